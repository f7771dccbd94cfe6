"""Releases given out in steps: what has been given out stays as it is, and the loop of advice and rollout closes."""

import numpy as np
import pytest

from simulation.evaluation.rollout_runs import POLICIES, SHARES, counts_of, run_rollout, simulated_history
from simulation.release_world.counts import late_kernel
from simulation.release_world.staged_rollout import draw_release, draw_step, mean_crashes
from simulation.release_world.world import STRATA, World, draw_strata

WORLD = World(users=100_000)


def a_release(factor=1.0, world=WORLD):
    return draw_release(world, draw_strata(world), np.zeros(STRATA), np.full(STRATA, factor), np.random.default_rng(3))


def test_nobody_updates_before_a_step():
    step = draw_step(a_release(), 0.5, 30, np.random.default_rng(1))
    assert step.usage_hours[:, :30].sum() < 1e-3
    assert step.crashes[:, :30].sum() == 0
    assert step.crashes[:, 30:].sum() > 0


def test_steps_of_a_share_have_that_share_of_the_crashes():
    release = a_release()
    assert mean_crashes(release, 0.25, 0).sum() * 4 == pytest.approx(mean_crashes(release, 1.0, 0).sum())


def test_counts_scatter_around_their_means():
    release = a_release()
    drawn = [draw_step(release, 1.0, 0, np.random.default_rng(seed)).crashes.sum() for seed in range(20)]
    reported = np.convolve(mean_crashes(release, 1.0, 0).sum(axis=0), late_kernel(WORLD.late_crashes, 168))[:168].sum()
    assert np.mean(drawn) == pytest.approx(reported, rel=0.03)


def test_a_stop_keeps_others_from_updating_but_takes_nothing_back():
    release = a_release()
    stopped, whole = mean_crashes(release, 1.0, 0, until_hour=12), mean_crashes(release, 1.0, 0)
    assert stopped[:, :12] == pytest.approx(whole[:, :12])
    assert 0 < stopped[:, 100:].sum() < whole[:, 100:].sum()


@pytest.fixture(scope="module")
def history():
    return simulated_history(WORLD, np.random.default_rng(5))[0]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_bad_release_is_stopped_before_everybody_has_it(history, policy):
    outcome = run_rollout(policy, "worse", a_release(factor=3.0), history, (1, 2, 3))
    assert outcome.stop_hours is not None
    assert outcome.full_hours is None
    assert outcome.excess_crashes > 0


def test_the_fixed_schedule_keeps_its_hours_and_the_advice_is_sooner(history):
    fixed, _, advised = (run_rollout(policy, "healthy", a_release(), history, (1, 2, 3)) for policy in POLICIES)
    assert fixed.full_hours == 48
    assert advised.full_hours is not None and advised.full_hours < 48
    assert fixed.excess_crashes == 0


def test_counts_of_steps_add_up():
    release = a_release()
    steps = [draw_step(release, share, hour, np.random.default_rng(hour)) for share, hour in zip(SHARES, (0, 24, 48), strict=True)]
    assert counts_of(release, steps).crashes.sum() == sum(step.crashes.sum() for step in steps)
