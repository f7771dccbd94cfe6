"""Settling over a landing zone that is emptied, renamed, or unusable changes no row and says so; once it is back, it heals by itself."""

from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from jobs.aggregate_errors import Terms, aggregate_window
from jobs.audit_aggregates import main as audit_aggregates
from jobs.commands.exit_codes import FAILED_EXPECTATIONS
from jobs.declarations.tables import INGEST_AUDIT
from jobs.declarations.windows import HOUR, Window
from jobs.pings.landing_zone import LandingZoneError, hour_folder
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from tests.aggregates.landed_days import DAY, land_hour
from tests.ping_factory import KEYS, land
from tests.tables.staged_runs import contents, provisional, settled

pytestmark = pytest.mark.spark

TEN = DAY + 10 * HOUR
TABLES = ("error_aggregates", "release_totals", "usage_delays", "rejected_pings", "ingest_audit")


def run(spark: SparkSession, home: Path, window: Window, key: str) -> tuple[int, str]:
    aggregate_window(spark, str(home / "landing"), window, key, str(home / "staging"), Terms(KEYS))
    times = ["--start", window.start.isoformat(), "--end", window.end.isoformat()]
    finished = CliRunner().invoke(audit_aggregates, [*times, "--mode", window.mode.value, "--run-key", key])
    return finished.exit_code, finished.output


def rows() -> dict[str, list[str]]:
    return {name: stored for name, stored in contents(open_catalog()).items() if name in TABLES}


def audited() -> list[dict[str, Any]]:
    return open_catalog().load_table(identifier(INGEST_AUDIT)).scan().to_arrow().to_pylist()


def emptied(folder: Path) -> None:
    rmtree(folder / "main")
    (folder / "main").mkdir()


def renamed(folder: Path) -> None:
    (folder / "main").rename(folder / "main.old")


def of_another_suffix(folder: Path) -> None:
    for path in (folder / "main").iterdir():
        path.rename(path.with_suffix(".json"))


def unusable(folder: Path) -> None:
    for path in folder.rglob("*.ndjson*"):
        path.write_bytes(b"{not json\n" * 30)


def test_settling_over_a_damaged_hour_changes_no_row_and_heals_by_itself(spark: SparkSession, home: Path) -> None:
    landing, whole = home / "landing", home / "whole"
    land_hour(landing, TEN)
    assert run(spark, home, provisional(TEN), "hourly")[0] == 0
    before = rows()

    landing.rename(whole)
    for lose in (emptied, renamed, of_another_suffix, unusable):
        copytree(whole, landing)
        lose(landing / hour_folder(TEN))
        code, said = run(spark, home, settled(DAY), f"settling-{lose.__name__}")
        assert code == FAILED_EXPECTATIONS, said
        assert f"hour {TEN:%Y-%m-%d %H:%M}" in said
        assert rows() == before, lose.__name__
        rmtree(landing)
    whole.rename(landing)

    code, said = run(spark, home, settled(DAY), "settling")
    assert code == 0, said
    assert {row["mode"] for row in audited()} == {"settled"}


def test_a_landing_zone_that_is_moved_away_changes_no_row(spark: SparkSession, home: Path) -> None:
    landing = home / "landing"
    land(landing, b"", hour_start=TEN)
    away = landing.rename(home / "away")
    with pytest.raises(LandingZoneError, match="is it mounted"):
        run(spark, home, settled(DAY), "moved")
    landing.mkdir()
    with pytest.raises(LandingZoneError, match="is it mounted"):
        run(spark, home, settled(DAY), "unmounted")
    assert not (home / "staging" / "moved").exists()
    assert away.exists()
