"""Crashes and crashed clients of the simulated world are of one process, in which a few users crash most."""

import numpy as np

from simulation.release_world.counts import simulate_history
from simulation.release_world.crashed_clients import first_crashes_of_day
from simulation.release_world.world import Regression, World

HISTORY = simulate_history(World(baselines=4), (Regression("healthy"), Regression("2x", 2.0)), seed=3, index=0)


def test_no_more_clients_crash_than_there_are_crashes_and_fewer_where_some_crash_again():
    for release in HISTORY.baselines:
        assert (release.crashed_clients <= release.crashes.sum(axis=0)).all()
        assert 1.4 < release.crashes.sum() / release.crashed_clients.sum() < 2.2


def test_twice_the_crashes_meet_nearly_twice_the_clients():
    healthy, bad = (release.crashed_clients.sum() for release in HISTORY.tests)
    assert 1.5 < bad / healthy < 2.0


def test_a_day_has_no_client_twice():
    rng = np.random.default_rng(1)
    crashes = rng.poisson(200, (1, 1, 48)).astype(float)
    few_users = np.full((1, 1, 48), 50.0)
    first = first_crashes_of_day(crashes, np.full(crashes.shape, 200.0), few_users, np.arange(48.0)[None], 2.0, rng)
    assert first[0, 0, :24].sum() <= 50 and first[0, 0, 24:].sum() <= 50
    assert first[0, 0, 24:].sum() > 0  # who crashed yesterday may be met again
