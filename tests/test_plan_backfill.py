"""A backfill is cut into settled jobs of whole days and, for the current day, one provisional job."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.declarations.windows import parse_hour
from jobs.plan_backfill import main
from jobs.tables.commits.publishing import publish_window
from jobs.tables.upkeep.backfill_requests import plan_windows
from tests.ping_factory import close_hour, land, main_ping
from tests.tables.lakes import lake_environment, open_lake
from tests.tables.staged_runs import settled, stage_run_of

HOUR = datetime(2026, 11, 2, 10, tzinfo=UTC)


def windows(start: str, end: str, days_per_job: int) -> list[str]:
    return [str(window) for window in plan_windows(parse_hour(start), parse_hour(end), days_per_job)]


def test_days_are_cut_into_jobs_and_the_last_one_takes_the_rest() -> None:
    assert windows("2026-11-01", "2026-11-06", days_per_job=2) == [
        "2026-11-01 00:00 to 2026-11-03 00:00 UTC, settled",
        "2026-11-03 00:00 to 2026-11-05 00:00 UTC, settled",
        "2026-11-05 00:00 to 2026-11-06 00:00 UTC, settled",
    ]


def test_the_hours_of_an_unfinished_day_are_provisional() -> None:
    assert windows("2026-11-01", "2026-11-02T03:00", days_per_job=7) == [
        "2026-11-01 00:00 to 2026-11-02 00:00 UTC, settled",
        "2026-11-02 00:00 to 2026-11-02 03:00 UTC, provisional",
    ]


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    landing = tmp_path / "landing"
    for name, location in (lake_environment(tmp_path / "lake") | {"LANDING": str(landing)}).items():
        monkeypatch.setenv(name, location)
    land(landing, [main_ping(received_at=HOUR)], hour_start=HOUR)
    close_hour(landing, HOUR)
    return landing


def planned(*arguments: str) -> list[str]:
    result = CliRunner().invoke(main, [*arguments, "--run-key", "cafe"])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_the_plan_says_what_lies_in_the_landing_zone_and_ends_with_the_jobs_arguments(landing: Path) -> None:
    lines = planned("--start", "2026-11-01", "--end", "2026-11-03")
    assert lines[0] == "2026-11-01 00:00 to 2026-11-03 00:00 UTC: Spark jobs: 1, then scoring once and one summary"
    assert "48 hours (47 without pings, 47 never closed), 1 object, " in lines[1]
    assert json.loads(lines[-1]) == [
        ["--start", "2026-11-01T00:00Z", "--end", "2026-11-03T00:00Z", "--mode", "settled", "--run-key", "cafe-20261101"]
    ]


def test_a_dry_run_prints_the_same_plan_and_hands_on_no_job(landing: Path) -> None:
    lines = planned("--start", "2026-11-01", "--end", "2026-11-03", "--dry-run")
    assert lines[1].startswith("job 1: 2026-11-01 00:00 to 2026-11-03 00:00 UTC, settled")
    assert lines[-1] == "[]"


def test_an_hour_that_is_still_open_is_left_and_the_closed_ones_are_taken(landing: Path) -> None:
    for hour in (0, 1, 3):
        close_hour(landing, HOUR.replace(hour=hour))
    lines = planned("--start", "2026-11-01", "--end", "2026-11-02T04:00")
    assert "left as it is: 2026-11-02 02:00 to 03:00, not closed yet; its hourly run takes it, or the day's settling" in lines
    assert [(job[1], job[3], job[5], job[7]) for job in json.loads(lines[-1])] == [
        ("2026-11-01T00:00Z", "2026-11-02T00:00Z", "settled", "cafe-20261101"),
        ("2026-11-02T00:00Z", "2026-11-02T02:00Z", "provisional", "cafe-2026110200"),
        ("2026-11-02T03:00Z", "2026-11-02T04:00Z", "provisional", "cafe-2026110203"),
    ]


def test_a_day_that_the_landing_zone_no_longer_keeps_is_named(landing: Path, tmp_path: Path) -> None:
    day = HOUR.replace(hour=0)
    catalog = open_lake(tmp_path / "lake")
    publish_window(catalog, stage_run_of(str(tmp_path / "staging"), settled(day), {HOUR: [("gone.ndjson", "1"), ("too.ndjson", "1")]}))
    said = "  of 2026-11-02, 2 objects that were read are gone from the landing zone, "
    lines = planned("--start", "2026-11-02", "--end", "2026-11-03")
    assert f"{said}so that its gate will refuse the job, unless accept_less is on" in lines
    lines = planned("--start", "2026-11-02", "--end", "2026-11-03", "--accept-less")
    assert f"{said}replaced all the same" in lines
    assert json.loads(lines[-1])[0][-1] == "--accept-less"


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-11-03", "2026-11-01", "a backfill takes whole days"),
        ("2026-11-01T05:00", "2026-11-03", "a backfill takes whole days"),
        ("2026-11-01", f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}", "lies beyond the current hour"),
    ],
)
def test_a_period_that_cannot_be_settled_is_refused(landing: Path, start: str, end: str, message: str) -> None:
    result = CliRunner().invoke(main, ["--start", start, "--end", end, "--run-key", "cafe"])
    assert result.exit_code == 1
    assert message in result.output
