"""What arrives of a sound release, spoilt: only what the fault names changes."""

import numpy as np
import pytest

from simulation.release_world.counts import simulate_history
from simulation.release_world.data_faults import ClientStorm, DataFaults, UsageChange, with_faults
from simulation.release_world.world import Regression, World

SOUND = simulate_history(World(baselines=4), (Regression("healthy"),), seed=3, index=0)


def spoilt(**faults):
    return with_faults(SOUND, DataFaults(**faults), seed=3, index=0)


def test_pings_are_lost_from_the_release_on_and_the_past_keeps_its_own():
    lost = spoilt(counted_updates=0.0, reported_crashes=1 / 3)
    assert lost.tests[0].updates.sum() == 0
    assert lost.tests[0].crashes.sum() == pytest.approx(SOUND.tests[0].crashes.sum() / 3, rel=0.1)
    assert np.array_equal(lost.baselines[0].updates, SOUND.baselines[0].updates)


def test_the_older_half_of_the_past_has_no_update_counts():
    assert [release.updates.any() for release in spoilt(past_without_updates=0.5).baselines] == [True, True, False, False]


@pytest.mark.parametrize(("cap", "most"), [("raw", np.inf), ("5 an hour", 30 * 24 * 5), ("5 a day", 30 * 5)])
def test_a_storm_adds_its_share_of_a_day_as_far_as_it_is_capped(cap, most):
    before, after = (history.tests[0].crashes[:, 24:48].sum() for history in (SOUND, spoilt(storm=ClientStorm(cap=cap))))
    assert 0 < after - before <= most
    assert cap != "raw" or (after - before) / after == pytest.approx(0.4, abs=0.05)


def test_usage_of_all_versions_falls_with_its_delays_and_crashes_at_once():
    fallen = spoilt(usage_change=UsageChange(0.5, 30, 24)).tests[0]
    sound = SOUND.tests[0]
    first, last = (fallen.channel_hours[hour] / sound.channel_hours[hour] for hour in (30, 53))
    assert 0.8 < first < 1 and 0.5 < last < 0.6
    assert fallen.crashes[:, 30:54].sum() / sound.crashes[:, 30:54].sum() == pytest.approx(0.5, abs=0.05)


def test_the_clients_of_a_storm_are_one_each_on_each_day_of_it():
    added = spoilt(storm=ClientStorm(clients=30, from_hour=24)).tests[0].crashed_clients - SOUND.tests[0].crashed_clients
    assert added.sum() == 60 and added[:24].sum() == 0
    assert spoilt(storm=ClientStorm(are_clients_told=False)).tests[0].crashed_clients.size == 0
