"""The secret of the clients' keys changes in the middle of the demo's weeks: no figure is lost, and nobody is counted twice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from pyspark.sql import SparkSession

from jobs.aggregate_errors import Terms, aggregate_window
from jobs.declarations.tables import CLIENT_REACH
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.history.lake_reach import REACH_TABLES, read_reach
from jobs.pings.client_keys import ClientKeys
from jobs.reach.last_days import ReachByLook
from jobs.scoring.inputs.release_calendar import Release
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading.complete_windows import pin_hours
from jobs.tables.staged.staging_manifest import read_manifest
from simulation.independent_count.landing_counts import compare
from simulation.ping_world.landing import Landing, land_until, open_landing
from tests.ping_factory import KEYS
from tests.tables.lakes import open_lake

pytestmark = pytest.mark.spark

END = datetime(2026, 11, 23, 4, tzinfo=UTC)
FIRST_DAY = datetime(2026, 11, 17, tzinfo=UTC)
DAY = 24 * HOUR
NEXT = b"the secret after it"
ROTATION = (KEYS, ClientKeys(NEXT, KEYS.secret), ClientKeys(NEXT))
"""Day by day: the old secret, both, the new one."""


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of the demo's world, in which a new beta comes out."""
    new = open_landing(tmp_path_factory.mktemp("rotation") / "landing", END, seed=57)
    land_until(Landing(new.folder, new.world, FIRST_DAY), FIRST_DAY + 3 * DAY)
    return new.folder


def settled(spark: SparkSession, landing: Path, home: Path, keys_by_day: Sequence[ClientKeys], days_at_once: int = 1) -> Catalog:
    """A lake with the days, each read with the secrets of that day."""
    catalog = open_lake(home)
    for number in range(0, len(keys_by_day), days_at_once):
        start = FIRST_DAY + number * DAY
        window = Window(start, start + days_at_once * DAY, Mode.SETTLED)
        aggregate_window(spark, str(landing), window, f"day-{number}", str(home / "staging"), Terms(keys_by_day[number]))
        publish_window(catalog, read_manifest(str(home / "staging"), f"day-{number}", "aggregates"))
    return catalog


def reach(catalog: Catalog) -> ReachByLook:
    """What is known of people at each look that has a whole day before it."""
    rows = catalog.load_table(identifier(CLIENT_REACH)).scan().to_arrow()
    names = set(zip(rows["channel"].to_pylist(), rows["release_version"].to_pylist(), strict=True))
    releases = [Release(channel, version, FIRST_DAY, FIRST_DAY) for channel, version in sorted(names)]
    pinned = pin_hours(catalog, FIRST_DAY, FIRST_DAY + 3 * DAY, REACH_TABLES)
    return read_reach(pinned, releases, FIRST_DAY + DAY - HOUR, FIRST_DAY + 3 * DAY, print)


def test_a_secret_that_changes_loses_no_figure_and_counts_nobody_twice(spark: SparkSession, landing: Path, tmp_path: Path) -> None:
    rotated = settled(spark, landing, tmp_path / "rotated", ROTATION)
    told = reach(settled(spark, landing, tmp_path / "steady", [KEYS] * 3, days_at_once=3))
    assert len(told) == 2 * 24 + 1
    assert max(day.crashed.estimate for day in told["beta", FIRST_DAY + 2 * DAY].values()) > 10
    assert reach(rotated) == told
    counts, differences = compare(landing, rotated)
    assert differences == []
    assert len(counts.by_hour) == 72
