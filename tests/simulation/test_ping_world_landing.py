"""The demo's landing zone: its layout, and that it can be continued."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulation.ping_world.landing import (
    LATE_OBJECT_HOUR,
    STRAY_FILE_HOUR,
    TRUNCATED_OBJECT_HOUR,
    Landing,
    WorldIsOver,
    land_until,
    open_landing,
)

pytestmark = pytest.mark.long

END = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _land(folder: Path, first: timedelta, hours: int) -> Path:
    """Lands some hours of the world, from `first` after its start."""
    landing = open_landing(folder, END, seed=57)
    at = landing.world.start + first
    land_until(Landing(folder, landing.world, at), at + hours * HOUR)
    return folder / f"submission_date={at:%Y-%m-%d}" / f"submission_hour={at:%H}"


@pytest.fixture(scope="module")
def first_hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "landing"
    _land(folder, timedelta(0), 4)
    return folder


def _files(folder: Path) -> dict[str, tuple[bytes, float]]:
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime) for path in folder.rglob("*") if path.is_file()}


def test_an_hour_has_a_folder_for_each_type_and_is_closed(first_hours: Path) -> None:
    hour = first_hours / "submission_date=2026-10-19" / "submission_hour=02"
    assert sorted(path.relative_to(hour).as_posix() for path in hour.rglob("*") if path.is_file()) == [
        "_SUCCESS",
        "core/edge-1.ndjson",
        "crash/edge-1.ndjson.gz",
        "main/edge-1.ndjson.zst",
        "main/edge-2.ndjson.gz",
    ]
    closed = (hour / "_SUCCESS").stat().st_mtime
    assert all(path.stat().st_mtime < closed for path in hour.glob("*/*"))


def test_the_calendar_names_every_beta(first_hours: Path) -> None:
    calendar = (first_hours.parent / "release_calendar.csv").read_text().splitlines()
    assert calendar[0] == "version,channel,time"
    assert calendar[-1] == "57.0b8,beta,2026-11-20T14:00:00Z"
    assert len(calendar) == 1 + 6


def test_continued_later_it_is_as_if_landed_in_one_go(first_hours: Path, tmp_path: Path) -> None:
    folder = tmp_path / "landing"
    start = open_landing(folder, END, seed=57).world.start
    for until in (start + HOUR, start + 4 * HOUR):
        land_until(open_landing(folder, END if until == start + HOUR else until, seed=57), until)
    assert _files(folder) == _files(first_hours)


def test_what_has_landed_is_not_written_again(first_hours: Path) -> None:
    before = {path: path.stat().st_ctime_ns for path in first_hours.rglob("*")}
    landing = open_landing(first_hours, END, seed=1)
    assert landing.world.seed == 57
    land_until(landing, landing.landed_until)
    assert {path: path.stat().st_ctime_ns for path in first_hours.rglob("*")} == before


def test_two_weeks_after_its_last_beta_the_world_is_over(first_hours: Path) -> None:
    last_hour = datetime(2026, 12, 4, 14, tzinfo=UTC)
    open_landing(first_hours, last_hour, seed=57)
    with pytest.raises(WorldIsOver, match="the culprit is the release, not the experiment"):
        open_landing(first_hours, last_hour, seed=57, culprit="experiment")
    with pytest.raises(WorldIsOver, match="2026-12-04 14:00"):
        open_landing(first_hours, last_hour + HOUR, seed=57)


def test_one_object_is_late(tmp_path: Path) -> None:
    hour = _land(tmp_path / "landing", LATE_OBJECT_HOUR, 1)
    closed = (hour / "_SUCCESS").stat().st_mtime
    assert [path.name for path in hour.glob("*/*") if path.stat().st_mtime > closed] == ["edge-2.ndjson.gz"]


def test_one_object_is_cut_off(tmp_path: Path) -> None:
    hour = _land(tmp_path / "landing", TRUNCATED_OBJECT_HOUR, 1)
    with pytest.raises(EOFError):
        gzip.decompress((hour / "main" / "edge-2.ndjson.gz").read_bytes())


def test_one_hour_holds_a_file_that_is_no_object(tmp_path: Path) -> None:
    hour = _land(tmp_path / "landing", STRAY_FILE_HOUR, 1)
    assert (hour / "main" / "edge-1.ndjson.zst.partial").exists()


def test_every_line_is_stamped_in_its_hour_unless_damaged(first_hours: Path) -> None:
    hour = first_hours / "submission_date=2026-10-19" / "submission_hour=03"
    start_ns = int(datetime(2026, 10, 19, 3, tzinfo=UTC).timestamp()) * 10**9
    lines = gzip.decompress((hour / "main" / "edge-2.ndjson.gz").read_bytes()).splitlines()
    stamps = [json.loads(line)["meta"]["Timestamp"] for line in lines if line.endswith(b"}}")]
    assert stamps == sorted(stamps)
    assert start_ns <= stamps[0] < stamps[-1] < start_ns + 3600 * 10**9
