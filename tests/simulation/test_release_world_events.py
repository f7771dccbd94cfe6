"""What happens to all versions of the statistical world, and how its rollouts are held."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.release_world.counts import simulate_history
from simulation.release_world.events import event_factors, held, weekly_factors
from simulation.release_world.world import Event, Regression, WeeklyEvent, World

HEALTHY = (Regression("healthy"),) * 4
STEADY = World(baselines=2, effect_sd=0.0, drift_sd=0.0, stratum_effect_sd=0.0, environment_sd=0.0)


def drawn(**given):
    return simulate_history(replace(STEADY, **given), HEALTHY, seed=3, index=0)


def test_an_event_grows_and_ends():
    factors = event_factors((Event(3.0, from_hour=4, until_hour=8, strata=(2,), ramp_hours=2),))
    assert factors[2, 96 + 3 : 96 + 9] == pytest.approx([1.0, 2.0, 3.0, 3.0, 3.0, 1.0])
    assert (np.delete(factors, 2, axis=0) == 1.0).all()


def test_a_weekly_event_keeps_to_the_clock():
    clock = np.arange(30.0, 60.0)[None, :]
    factors = weekly_factors(WeeklyEvent(1.5, hour_of_week=42, hours=6), clock)
    assert np.flatnonzero(factors[0, 0] > 1).tolist() == list(range(12, 18))


@pytest.mark.parametrize("version", ["crashes", "old_crashes"])
def test_an_event_hits_every_version_in_its_strata(version):
    usual, hit = (drawn(test_events=events) for events in ((), (Event(2.5, 24, 96, (4,)),)))
    start = 0 if version == "crashes" else 72
    # Some crashes are reported hours late: the first and the last hours of the event are left out.
    sums = [np.sum([getattr(r, version)[:, start + 48 : start + 96] for r in h.tests], axis=(0, 2)) for h in (usual, hit)]
    ratio = sums[1] / sums[0]
    assert ratio[4] == pytest.approx(2.5, rel=0.2)
    assert np.median(np.delete(ratio, 4)) == pytest.approx(1.0, rel=0.1)


def test_a_held_rollout_stays_where_it_is_for_its_hours():
    hazard = np.full((1, 2, 10), 0.1)
    updated = np.cumsum(hazard, axis=2)
    still = held(hazard, updated, np.array([0.5, 0.5]), share=0.3, hours=4)
    assert np.flatnonzero(still[0, 0] == 0).tolist() == [2, 3, 4, 5]
    shares = np.array([np.cumsum(r.updates.sum(axis=0)) for r in drawn(test_held_share=0.25).tests]) / 2e5
    assert shares[:, 60] == pytest.approx(np.full(4, 0.25), abs=0.05)
    assert (shares[:, -1] > 0.3).all()


def test_releases_come_on_their_days():
    history = drawn(release_days=(1,), test_release_days=(4,))
    assert {release.released_hour // 24 for release in history.baselines} == {1}
    assert {release.released_hour // 24 for release in history.tests} == {4}


def test_a_stratum_may_be_new():
    history = drawn(test_new_stratum=3)
    assert sum(release.updates[3].sum() for release in history.baselines) == 0
    assert history.tests[0].updates[3].sum() > 0


def test_a_regression_may_come_by_and_by():
    tests = (Regression("ramp", 2.0, from_hour=72, ramp_hours=48),) * 4
    history = simulate_history(STEADY, tests, seed=3, index=0)
    rates = [
        sum(r.crashes[:, hours].sum() / r.usage_hours[:, hours].sum() for r in history.tests) for hours in (slice(96, 97), slice(150, 168))
    ]
    usual = [
        sum(r.crashes[:, hours].sum() / r.usage_hours[:, hours].sum() for r in drawn().tests) for hours in (slice(96, 97), slice(150, 168))
    ]
    assert 1.2 < rates[0] / usual[0] < 1.8
    assert rates[1] / usual[1] == pytest.approx(2.0, rel=0.15)
