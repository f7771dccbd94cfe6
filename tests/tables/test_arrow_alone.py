"""Tasks without data frames do not pay for pandas."""

import os
import subprocess
import sys
from pathlib import Path

ARROW_AT_WORK = """
import sys
from jobs.tables.lake.arrow_alone import leave_pandas_out
leave_pandas_out()
import pyarrow as pa, pyarrow.dataset
assert pa.Table.from_pylist([{"a": [1, None]}]).to_pylist() == [{"a": [1, None]}]
assert "pandas" not in sys.modules
import pandas
"""


def run(folder: Path, *arguments: str) -> str:
    places = {"URI": f"sqlite:///{folder}/catalog.db", "WAREHOUSE": f"file://{folder}/warehouse", "TYPE": "sql"}
    lake = {f"PYICEBERG_CATALOG__LAKE__{name}": place for name, place in places.items()}
    environment = os.environ | lake | {"STAGING": f"{folder}/staging", "LEDGER_URI": f"sqlite:///{folder}/ledger.db"}
    ended = subprocess.run([sys.executable, "-X", "importtime", *arguments], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stderr


def test_arrow_works_without_pandas_and_others_can_still_import_it(tmp_path: Path) -> None:
    run(tmp_path, "-c", ARROW_AT_WORK)


def test_the_hourly_scoring_loads_no_pandas(tmp_path: Path) -> None:
    window = ["--start", "2026-11-22T10:00Z", "--end", "2026-11-22T11:00Z", "--mode", "provisional", "--run-key", "by-hand"]
    imported = run(tmp_path, "-m", "jobs.score_release_health", *window)
    assert "pyarrow.lib" in imported
    assert "pandas.core" not in imported
