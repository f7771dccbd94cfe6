"""Some hours of the demo's landing zone, through aggregation and publishing, against an independent count: row by row the same."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.aggregate_errors import Terms, aggregate_window
from jobs.declarations.windows import Mode, Window
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.staged.staging_manifest import read_manifest
from simulation.independent_count.landing_counts import LandingCounts, compare
from simulation.ping_world.landing import TRUNCATED_OBJECT_HOUR, Landing, land_until, open_landing
from tests.ping_factory import KEYS

pytestmark = pytest.mark.spark

END = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def compared(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[LandingCounts, list[str]]:
    """The day in which an object was cut off, settled, and two hours of the next day, provisional."""
    home = tmp_path_factory.mktemp("demo")
    landing = open_landing(home / "landing", END, seed=57)
    day = (landing.world.start + TRUNCATED_OBJECT_HOUR).replace(hour=0)
    next_day = day + timedelta(days=1)
    land_until(Landing(landing.folder, landing.world, day), next_day + timedelta(hours=2))
    with pytest.MonkeyPatch.context() as patch:
        _use_tables_in(home, patch)
        for window in (Window(day, next_day, Mode.SETTLED), Window(next_day, next_day + timedelta(hours=2), Mode.PROVISIONAL)):
            key = f"{window.start:%Y%m%d}"
            aggregate_window(spark, str(landing.folder), window, key, str(home / "staging"), Terms(KEYS))
            publish_window(open_catalog(), read_manifest(str(home / "staging"), key, "aggregates"))
        return compare(landing.folder, open_catalog())


def _use_tables_in(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "warehouse").mkdir()
    patch.setenv("PYICEBERG_CATALOG__LAKE__TYPE", "sql")
    patch.setenv("PYICEBERG_CATALOG__LAKE__URI", f"sqlite:///{home / 'catalog.db'}")
    patch.setenv("PYICEBERG_CATALOG__LAKE__WAREHOUSE", (home / "warehouse").as_uri())


def test_the_tables_equal_an_independent_count(compared: tuple[LandingCounts, list[str]]) -> None:
    assert compared[1] == []


def test_the_hours_hold_what_the_demo_is_to_show(compared: tuple[LandingCounts, list[str]]) -> None:
    hours = compared[0].by_hour.values()
    assert len(hours) == 24 + 2
    assert sum(hour.accepted for hour in hours) > 26 * 150
    assert sum(hour.duplicates for hour in hours) > 0
    assert sum(hour.rejected for hour in hours) > 0
