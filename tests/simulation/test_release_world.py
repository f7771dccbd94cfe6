"""The statistical world: the same from the same seed, and as it says it is."""

import numpy as np
import pytest

from simulation.release_world.adoption import active_share, crashy_share
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import LOCAL_STRATUM, Event, Regression, World, draw_strata

TESTS = (Regression("healthy"), Regression("2x", 2.0))
STEADY = World(baselines=2, effect_sd=0.0, drift_sd=0.0, stratum_effect_sd=0.0, environment_sd=0.0)


@pytest.fixture(scope="module")
def history():
    return simulate_history(World(), TESTS, seed=3, index=0)


def test_a_history_is_the_same_from_the_same_seed(history):
    again = simulate_history(World(), TESTS, seed=3, index=0)
    other = simulate_history(World(), TESTS, seed=3, index=1)
    assert np.array_equal(again.tests[1].crashes, history.tests[1].crashes)
    assert np.array_equal(again.baselines[0].usage_hours, history.baselines[0].usage_hours)
    assert not np.array_equal(other.tests[1].crashes, history.tests[1].crashes)


def test_a_history_holds_its_releases_for_a_week(history):
    assert len(history.baselines) == 8
    assert history.tests[0].crashes.shape == (12, 168)
    assert history.tests[0].old_crashes.shape == (12, 72 + 168)


def test_strata_are_those_of_the_world_not_of_the_history():
    strata = draw_strata(World())
    assert strata.share.sum() == pytest.approx(1.0)
    assert (np.diff(strata.share) <= 0).all()
    assert strata.share @ strata.crashes_per_hour == pytest.approx(0.002)
    assert strata.share[LOCAL_STRATUM] == pytest.approx(0.09, abs=0.01)


def test_the_raw_rate_of_the_first_hour_is_many_times_the_mature_one(history):
    """Mission Control's spikes: why raw thresholds alarm on every release."""
    crashes = np.mean([np.cumsum(release.crashes.sum(axis=0)) for release in history.baselines], axis=0)
    usage_hours = np.mean([np.cumsum(release.usage_hours.sum(axis=0)) for release in history.baselines], axis=0)
    rate = crashes / usage_hours
    assert 8 < rate[0] / rate[-1] < 25
    assert 2 < rate[11] / rate[-1] < 5


def test_adoption_runs_as_rollouts_do(history):
    updated = np.mean([np.cumsum(release.updates.sum(axis=0)) for release in history.baselines], axis=0) / 200_000
    assert updated[[5, 23, 71, 167]] == pytest.approx([0.15, 0.39, 0.70, 0.88], abs=0.08)


def test_the_truth_is_the_factor_where_nothing_else_differs():
    tests = (*TESTS, Regression("local", 2.0, stratum=LOCAL_STRATUM))
    drawn = simulate_history(STEADY, tests, seed=3, index=0)
    share = draw_strata(STEADY).crash_weight[LOCAL_STRATUM]
    assert [release.log_ratio for release in drawn.tests] == pytest.approx([0.0, np.log(2), np.log(1 + share)])


def test_crashes_follow_the_factor():
    drawn = simulate_history(STEADY, (Regression("healthy"),) * 4 + (Regression("2x", 2.0),) * 4, seed=3, index=0)
    rates = [release.crashes[:, 100:].sum() / release.usage_hours[:, 100:].sum() for release in drawn.tests]
    assert np.mean(rates[4:]) / np.mean(rates[:4]) == pytest.approx(2.0, rel=0.05)


def test_counts_are_clustered_as_told():
    """Variance over mean of the hourly counts of releases that differ in nothing else."""
    calm = World(baselines=1, effect_sd=0.0, drift_sd=0.0, stratum_effect_sd=0.0, environment_sd=0.0, users=2e7)
    drawn = simulate_history(calm, (Regression("healthy"),) * 40, seed=3, index=0)
    late = np.array([release.crashes[0, 150:] for release in drawn.tests])
    level = late.mean(axis=1, keepdims=True)
    assert late.mean() > 50
    assert np.median((late - level).var(axis=1) / level[:, 0]) > 1.5


def test_shares_of_usage_are_integrals_over_the_eager():
    q = (np.arange(100_000) + 0.5) / 100_000
    weight = 1 + 0.5 * np.exp(-q / 0.2)
    weight /= weight.mean()
    below = q < 0.3
    assert active_share(0.3) == pytest.approx((weight * below).mean(), rel=1e-4)
    assert crashy_share(0.3) == pytest.approx((weight * np.exp(-q / 0.1) * below).mean(), rel=1e-4)


@pytest.mark.parametrize(
    "stress",
    [{"test_speed": 2.5}, {"test_events": (Event(1.6, 12, 36),)}, {"test_has_new_mix": True}, {"test_delay_shares": (0.35, 0.35, 0.30)}],
    ids=lambda stress: next(iter(stress)),
)
def test_a_stress_changes_the_tests_and_leaves_their_history(stress):
    usual, stressed = (simulate_history(World(**given), TESTS, seed=3, index=0) for given in ({}, stress))
    assert np.array_equal(usual.baselines[3].crashes, stressed.baselines[3].crashes)
    same = [np.array_equal(getattr(usual.tests[0], name), getattr(stressed.tests[0], name)) for name in ("crashes", "usage_hours")]
    assert not all(same)
