"""Sums of a day by version, by platform and by both are those of its rows, whatever the rows are and whatever their order."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.day_totals import DAY_AMOUNTS, MIN_SHARE_BY_BOTH, channels_of_days, day_series
from tests.scoring.small_channel import totals_rows

DAY = datetime(2026, 11, 22, tzinfo=UTC)
AMOUNTS = st.fixed_dictionaries({name: st.integers(0, 1_000).map(float) for name in DAY_AMOUNTS})
KEYS = st.tuples(
    st.integers(0, 23), st.sampled_from(("release", "beta")), st.sampled_from(("57.0", "58.0", "59.0")), st.sampled_from(("A", "B", "C"))
)


def rows_of(cells) -> pa.Table:
    return totals_rows(
        {"hour_start": DAY + hour * HOUR, "channel": channel, "release_version": version, "os_name": system, **amounts}
        for (hour, channel, version, system), amounts in cells
    )


def total(rows: pa.Table, column: str) -> float:
    return float(np.sum(pc.list_flatten(rows[column]).to_numpy()))


CELLS = st.dictionaries(KEYS, AMOUNTS, min_size=1, max_size=30).map(lambda cells: list(cells.items()))


@settings(deadline=None, max_examples=40)
@given(CELLS, st.randoms(use_true_random=False))
def test_sums_by_both_are_those_of_the_rows_in_any_order(cells, random):
    days = day_series(rows_of(cells), DAY)
    by_both = days.filter(pc.field("platform").is_valid())
    for row in by_both.to_pylist():
        for column in DAY_AMOUNTS:
            expected = np.zeros(24)
            for (hour, *place), amounts in cells:
                if place == [row["channel"], row["name"], row["platform"]]:
                    expected[hour] += amounts[column]
            assert row[column] == expected.tolist()
    for channel, version in {(row["channel"], row["name"]) for row in by_both.to_pylist()}:
        of_version = days.filter((pc.field("series") == "version") & (pc.field("channel") == channel) & (pc.field("name") == version))
        whole, parts = of_version.filter(pc.field("platform").is_null()), of_version.filter(pc.field("platform").is_valid())
        for column in DAY_AMOUNTS:
            assert total(parts, column) == total(whole, column)
    shuffled = random.sample(cells, len(cells))
    assert day_series(rows_of(shuffled), DAY) == days


@settings(deadline=None, max_examples=40)
@given(CELLS)
def test_every_version_with_users_has_its_platforms_and_no_other(cells):
    days = day_series(rows_of(cells), DAY)
    whole = days.filter((pc.field("series") == "version") & pc.field("platform").is_null()).to_pylist()
    has_platforms = {(row["channel"], row["name"]) for row in days.filter(pc.field("platform").is_valid()).to_pylist()}
    for row in whole:
        of_channel = sum(sum(other["usage_hours"]) for other in whole if other["channel"] == row["channel"])
        is_used = sum(row["usage_hours"]) > MIN_SHARE_BY_BOTH * of_channel
        assert ((row["channel"], row["name"]) in has_platforms) is is_used


def test_a_channel_has_the_days_by_version_on_all_platforms_and_on_each():
    amounts = dict.fromkeys(DAY_AMOUNTS, 2.0)
    cells = [((5, "beta", "57.0", system), amounts | {"usage_hours": hours}) for system, hours in (("A", 90.0), ("B", 10.0))]
    old = [((5, "beta", "50.0", "A"), amounts | {"usage_hours": 0.5})]
    (channel,) = channels_of_days(day_series(rows_of([*cells, *old]), DAY), DAY, np.ones(24, dtype=bool))
    assert channel.platforms_of("57.0") == ("A", "B")
    assert channel.platforms_of("50.0") == (), "under a hundredth of the hours"
    used = channel.by_version_and_platform["usage_hours"]
    assert {key: series[5] for key, (_, series) in used.items()} == {
        ("57.0", None): 100.0,
        ("57.0", "A"): 90.0,
        ("57.0", "B"): 10.0,
        ("50.0", None): 0.5,
    }
    assert channel.usage_by_version["57.0"][1][5] == 100.0
    assert channel.crash_pings_on("A")[5] == 4.0
    assert channel.crash_pings_on(None)[5] == pytest.approx(6.0)
