"""Folders and the closing of hours as a product declares them."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT
from tests.products.judging import run_python
from tests.products.test_harbor_pings import SESSION

_LIST = """
import sys
from datetime import datetime, timedelta
from jobs.declarations.windows import Mode, Window
from jobs.pings.landing_zone import list_hours
start = datetime.fromisoformat(sys.argv[2])
for hour in list_hours(sys.argv[1], Window(start, start + timedelta(hours=1), Mode.PROVISIONAL)):
    print(hour.is_closed, [(landed.object_key, landed.doc_type, landed.is_late) for landed in hour.objects])
"""


@pytest.fixture
def ferry(tmp_path: Path) -> str:
    """A product whose events lie in folders of its own, without a marker."""
    path = tmp_path / "ferry.py"
    harbor = (ROOT / "jobs" / "products" / "harbor.py").read_text().replace('name="harbor"', 'name="ferry"')
    harbor = harbor.replace("    Envelope,\n", "    Envelope,\n    LandingLayout,\n")
    layout = 'landing=LandingLayout("events/%Y-%m-%d", "%H", closed_marker=None, closed_after_minutes=10),\n    ping_types='
    path.write_text(harbor.replace("ping_types=", layout))
    return str(path)


def land(landing: Path, hour: datetime, modified_at: datetime) -> Path:
    path = landing / f"events/{hour:%Y-%m-%d}/{hour:%H}/session_end/part-0.ndjson"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(SESSION | {"ts": f"{hour:%Y-%m-%dT%H}:20:00Z"}) + "\n")
    os.utime(path, (modified_at.timestamp(), modified_at.timestamp()))
    return path


def test_an_hour_without_a_marker_is_closed_some_time_after_its_end(tmp_path: Path, ferry: str) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    past = now - timedelta(hours=5)
    land(tmp_path / "landing", past, past + timedelta(hours=1, minutes=5))
    land(tmp_path / "landing", now, now)
    listed = [run_python(ferry, "-c", _LIST, str(tmp_path / "landing"), hour.isoformat()).strip() for hour in (past, now)]
    key = f"events/{past:%Y-%m-%d/%H}/session_end/part-0.ndjson"
    assert listed[0] == f"True {[(key, 'session_end', False)]}"
    assert listed[1].startswith("False ")


def test_what_comes_after_that_time_is_late(tmp_path: Path, ferry: str) -> None:
    hour = datetime(2026, 11, 23, 10, tzinfo=UTC)
    land(tmp_path / "landing", hour, hour + timedelta(hours=1, minutes=11))
    assert "'session_end', True)" in run_python(ferry, "-c", _LIST, str(tmp_path / "landing"), hour.isoformat())


def test_check_pings_knows_the_folders(tmp_path: Path, ferry: str) -> None:
    path = land(tmp_path / "landing", datetime(2026, 11, 23, 10, tzinfo=UTC), datetime.now(UTC))
    assert run_python(ferry, "-m", "jobs.check_pings", str(path)).strip() == "1 line: 1 accepted, 0 rejected"
