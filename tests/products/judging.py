"""What ingestion makes of pings of a product: in a process of its own, since a process works for one product."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from jobs.deployment.settings import ROOT

_JUDGE = """
import json, sys
from datetime import datetime
from jobs.pings.ping_extraction import PingExtraction, Reject
from jobs.pings.line_problems import document_problems
from jobs.pings.ping_records import PING_RECORD_SCHEMA
names = PING_RECORD_SCHEMA.names[PING_RECORD_SCHEMA.get_field_index("document_id"):]
names = ["client_id" if name == "client_key" else name for name in names if name != "client_key_before"]
asked = json.load(sys.stdin)
hour = datetime.fromisoformat(asked["hour"])
extraction = PingExtraction(asked["folder"], hour)
said = []
for document in asked["documents"]:
    row = extraction.extract(json.dumps(document).encode())
    problems = [problem.reason for problem in document_problems(document, asked["folder"], hour)]
    if isinstance(row, Reject):
        assert row.reason in problems, (row, problems)
        said.append(row.reason)
    else:
        assert not problems, problems
        said.append({name: value for name, value in zip(names, row) if value is not None})
json.dump(said, sys.stdout)
"""


def judged(product: str, folder: str, documents: Sequence[dict[str, Any]], hour: str = "2026-11-23T10:00:00+00:00") -> list[Any]:
    """The columns of each accepted ping that are not NULL, or why it is rejected; `check_pings` agrees."""
    asked = json.dumps({"folder": folder, "hour": hour, "documents": documents})
    return json.loads(run_python(product, "-c", _JUDGE, given=asked))


def run_python(product: str, *arguments: str, given: str = "") -> str:
    """What Python prints when it runs for a product."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PRODUCT": product},
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
