"""The statistical world as rows of tables, and scored from them as the pipeline scores."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from jobs.declarations.policies import POLICY
from jobs.declarations.tables import RELEASE_TOTALS, USAGE_DELAYS, Table
from jobs.scoring.inputs.measured_kernels import kernels_by_age, usage_delays
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.rows.health_rows import LookRange, health_rows
from jobs.tables.lake.schemas import staged_schema
from simulation.release_world.counts import simulate_history
from simulation.release_world.totals import delay_columns, release_hours, total_columns
from simulation.release_world.world import Regression, World
from tests.scoring.records_in_memory import channel_records

START = datetime(2026, 1, 1, tzinfo=UTC)
HISTORY = simulate_history(World(baselines=5), (Regression("healthy"), Regression("2x", 2.0)), seed=41, index=0)
RELEASES = release_hours(HISTORY, START)
LAST = max(RELEASES, key=lambda version: RELEASES[version])


def arrow_of(table: Table, columns) -> pa.Table:
    schema = staged_schema(table)
    size = len(next(iter(columns.values())))
    arrays = [pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(size, field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def record_of(test: int, hours: int) -> ChannelRecord:
    """What is known of the channel so many hours after its last release."""
    end = RELEASES[LAST] + timedelta(hours=hours)
    totals = arrow_of(RELEASE_TOTALS, total_columns(HISTORY, test, "release", START))
    delays = arrow_of(USAGE_DELAYS, delay_columns(HISTORY, test, "release", START))
    known = [
        rows.filter(pa.compute.field("hour_start") < pa.scalar(end, rows.schema.field("hour_start").type)) for rows in (totals, delays)
    ]
    calendar = {("release", version): at for version, at in RELEASES.items()}
    hours = int((end - START) / timedelta(hours=1))
    return channel_records(known[0], [], START, end, calendar, delays=usage_delays(known[1], "release", START, hours))["release"]


def rows_of(test: int, age_hours: int, known_hours: int):
    """Rows of the look at that age, from a record that goes on for `known_hours`."""
    record, at, end = (
        record_of(test, known_hours),
        RELEASES[LAST] + timedelta(hours=age_hours),
        RELEASES[LAST] + timedelta(hours=known_hours),
    )
    scored = score_releases(record, at - timedelta(hours=1), end, POLICY)
    rows = [row for release in scored for row in health_rows(release, LookRange(at - timedelta(hours=1), at), 1, POLICY)]
    return [row for row in rows if row["release_version"] == LAST]


def test_totals_hold_what_was_simulated():
    columns = total_columns(HISTORY, 1, "release", START)
    is_last = columns["release_version"] == LAST
    assert columns["usage_hours"][is_last].sum() == pytest.approx(HISTORY.tests[1].usage_hours.sum())
    assert columns["main_crashes_capped"][is_last].sum() == HISTORY.tests[1].crashes.sum()
    grain = list(zip(*(columns[name] for name in RELEASE_TOTALS.grain), strict=True))
    assert len(set(grain)) == len(grain)


def test_the_kernel_measured_from_the_rows_is_the_simulated_one():
    delays = usage_delays(arrow_of(USAGE_DELAYS, delay_columns(HISTORY, 0, "release", START)), "release", START, 24 * 60)
    measured = kernels_by_age(delays, None, RELEASES[LAST], 24, POLICY.delays)[0]
    truth = np.mean([release.mean_kernel for release in HISTORY.baselines[:2]], axis=0)
    assert np.cumsum(measured)[[0, 3, 12, 24]] == pytest.approx(np.cumsum(truth)[[0, 3, 12, 24]], abs=0.05)


@pytest.mark.parametrize(("test", "states"), [(0, {"healthy", "inconclusive", "improved"}), (1, {"regressed"})], ids=["healthy", "doubled"])
def test_the_pipeline_s_way_from_rows_tells_a_bad_release_from_a_good_one(test, states):
    verdict = next(row for row in rows_of(test, age_hours=36, known_hours=36) if row["scope"] == "release")
    assert verdict["state"] in states


def test_a_look_with_measured_delays_and_update_counts_is_the_same_whatever_came_later():
    assert rows_of(1, age_hours=36, known_hours=36) == rows_of(1, age_hours=36, known_hours=60)
