"""A backfill is cut into settled jobs of whole days and, for the current day, one provisional job."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.plan_backfill import main, plan_windows
from jobs.windows import parse_hour
from tests.ping_factory import close_hour, land, main_ping

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
    monkeypatch.setenv("LANDING", str(tmp_path))
    land(tmp_path, [main_ping(received_at=HOUR)], hour_start=HOUR)
    close_hour(tmp_path, HOUR)
    return tmp_path


def planned(*arguments: str) -> list[str]:
    result = CliRunner().invoke(main, [*arguments, "--run-key", "cafe"])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_the_plan_says_what_lies_in_the_landing_zone_and_ends_with_the_jobs_arguments(landing: Path) -> None:
    lines = planned("--start", "2026-11-01", "--end", "2026-11-03")
    assert lines[0] == "2026-11-01 00:00 to 2026-11-03 00:00 UTC: Spark jobs: 1, then scoring once and one summary"
    assert "48 hours (47 without pings, 47 never closed), 1 objects" in lines[1]
    assert json.loads(lines[-1]) == [
        ["--start", "2026-11-01T00:00Z", "--end", "2026-11-03T00:00Z", "--mode", "settled", "--run-key", "cafe-20261101"]
    ]


def test_a_dry_run_prints_the_same_plan_and_hands_on_no_job(landing: Path) -> None:
    lines = planned("--start", "2026-11-01", "--end", "2026-11-03", "--dry-run")
    assert lines[1].startswith("job 1: 2026-11-01 00:00 to 2026-11-03 00:00 UTC, settled")
    assert lines[-1] == "[]"


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
