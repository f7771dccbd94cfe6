"""The demo's world: what is true in it, and that it is the same each time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from simulation.ping_world.events import Crash, Kind, Pings, simulate_pings
from simulation.ping_world.faults import add_faults
from simulation.ping_world.lines import FAULTS
from simulation.ping_world.population import Users
from simulation.ping_world.world import REGRESSION, PingWorld, latest_release_time, world_ending

END = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> PingWorld:
    return world_ending(END, seed=57)


@pytest.fixture(scope="module")
def simulated(world: PingWorld) -> tuple[Users, Pings]:
    return simulate_pings(world)


def test_a_beta_a_week_and_the_current_one_old_enough_to_be_judged(world: PingWorld) -> None:
    assert [release.display_version for release in world.releases] == ["57.0b3", "57.0b4", "57.0b5", "57.0b6", "57.0b7", "57.0b8"]
    released = [release.released_at for release in world.releases]
    assert {later - earlier for earlier, later in pairwise(released)} == {timedelta(days=7)}
    assert world.start == datetime(2026, 10, 19, tzinfo=UTC)  # five weeks of history
    assert world.current.released_at == datetime(2026, 11, 20, 14, tzinfo=UTC)  # the Friday before
    assert world.current.build_id == "20261120023622"


def test_whatever_the_hour_the_current_beta_is_out_for_two_and_a_half_to_six_days_since_a_working_day() -> None:
    for hours in range(7 * 24):
        end = END + timedelta(hours=hours)
        released_at = latest_release_time(end)
        assert timedelta(hours=60) <= end - released_at <= timedelta(hours=60 + 72)
        assert released_at.weekday() < 5


def test_the_end_is_a_whole_hour() -> None:
    with pytest.raises(ValueError, match="whole hour"):
        world_ending(END + timedelta(minutes=7), seed=57)


def test_the_same_seed_is_the_same_world_and_another_seed_another(world: PingWorld, simulated: tuple[Users, Pings]) -> None:
    assert np.array_equal(simulate_pings(world)[1], simulated[1])
    assert not np.array_equal(simulate_pings(world_ending(END, seed=58))[1][:1000], simulated[1][:1000])


def test_what_happens_does_not_depend_on_the_date_but_on_the_weekday(simulated: tuple[Users, Pings]) -> None:
    a_year_later = simulate_pings(world_ending(END + timedelta(days=364), seed=57))[1]
    for column in set(a_year_later.dtype.names or ()) - {"received_ns", "created_ns"}:
        assert np.array_equal(a_year_later[column], simulated[1][column])
    assert set(a_year_later["received_ns"] - simulated[1]["received_ns"]) == {364 * 24 * 3600 * 10**9}


def test_a_few_hundred_pings_an_hour(world: PingWorld, simulated: tuple[Users, Pings]) -> None:
    hours = (END - world.start) / timedelta(hours=1)
    received = (simulated[1]["received_ns"] < END.timestamp() * 1e9).sum()
    assert 200 < received / hours < 400


def test_the_current_beta_crashes_twice_as_often_on_windows_and_nowhere_else(world: PingWorld, simulated: tuple[Users, Pings]) -> None:
    users, pings = simulated
    on_windows = users.on(REGRESSION.os_name)[pings["user"]]
    current, before = len(world.releases) - 1, len(world.releases) - 2
    # By the end of the second week nearly every hour of use has been received.
    windows = _crash_rate(pings[on_windows], current) / _crash_rate(pings[on_windows], before)
    others = _crash_rate(pings[~on_windows], current) / _crash_rate(pings[~on_windows], before)
    assert 1.6 < windows < 2.4
    assert 0.6 < others < 1.4


def test_where_an_experiment_is_bad_its_branch_crashes_in_all_releases_and_no_release_is_worse() -> None:
    users, pings = simulate_pings(world_ending(END, seed=57, culprit="experiment"))
    branch = users.experiment_branch[pings["user"]]
    control, treatment = (pings[branch == number] for number in (1, 2))
    for release in (4, 5):
        assert 2.5 < _crash_rate(treatment, release) / _crash_rate(control, release) < 6
    rates = [_crash_rate(pings[branch != 2], release) for release in (1, 2, 3, 4, 5)]
    assert max(rates) / min(rates) < 1.5


def test_healthy_betas_differ_by_little(simulated: tuple[Users, Pings]) -> None:
    rates = [_crash_rate(simulated[1], release) for release in (1, 2, 3, 4)]
    assert max(rates) / min(rates) < 1.5


def _crash_rate(pings: Pings, release: int) -> float:
    of_release = pings[pings["release"] == release]
    crashes = ((of_release["kind"] == Kind.CRASH) & np.isin(of_release["crash"], (Crash.MAIN, Crash.STARTUP))).sum()
    return float(crashes / np.minimum(of_release["use_seconds"], 90_000).sum())


def test_crashes_arrive_before_the_hours_that_belong_to_them(world: PingWorld, simulated: tuple[Users, Pings]) -> None:
    pings = simulated[1]
    current = pings[pings["release"] == len(world.releases) - 1]
    rates = []
    for age_hours in (6, 48):
        until = (world.current.released_at + timedelta(hours=age_hours)).timestamp() * 1e9
        rates.append(_crash_rate(current[current["received_ns"] < until], len(world.releases) - 1))
    assert rates[0] > 2 * rates[1]


def test_half_of_the_users_have_updated_after_two_days_and_a_throttled_beta_starts_slower(
    world: PingWorld, simulated: tuple[Users, Pings]
) -> None:
    pings = simulated[1]
    updates = pings[pings["kind"] == Kind.UPDATE]
    updated = {}
    for index, release in enumerate(world.releases[1:], start=1):
        age_hours = (updates["received_ns"][updates["release"] == index] / 1e9 - release.released_at.timestamp()) / 3600
        updated[release.display_version] = [(age_hours < limit).sum() for limit in (24, 48, 168)]
    for in_a_day, in_two_days, in_a_week in updated.values():
        assert in_a_day < in_two_days < in_a_week
    assert 0.4 < updated["57.0b8"][1] / updated["57.0b8"][2] < 0.8
    assert updated["57.0b7"][0] < 0.6 * updated["57.0b8"][0]


def test_a_few_in_a_thousand_are_damaged_in_every_way_or_arrive_twice(world: PingWorld, simulated: tuple[Users, Pings]) -> None:
    pings = simulated[1]
    faulty = add_faults(world, pings, FAULTS)
    assert 0.002 < (faulty["fault"] > 0).mean() < 0.006
    assert set(faulty["fault"]) == set(range(len(FAULTS) + 1))
    assert 0.002 < faulty.size / pings.size - 1 < 0.006
    assert np.all(np.diff(faulty["received_ns"]) >= 0)


def test_one_machine_loops(world: PingWorld, simulated: tuple[Users, Pings]) -> None:
    crashes = simulated[1][simulated[1]["kind"] == Kind.CRASH]
    hours = (crashes["created_ns"] // 3_600_000_000_000).astype(np.int64)
    _, counts = np.unique(hours * 100_000 + crashes["user"], return_counts=True)
    assert counts.max() >= 40
    assert (counts > 10).sum() == 1
