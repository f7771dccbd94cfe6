"""Update pings that do not come are missed, and do not make a release regressed."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.method.hourly_counts import ReleaseCounts
from jobs.scoring.method.release_history import fit_history
from jobs.scoring.method.update_counts import usual_updates
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import Regression, World

SIMULATED = simulate_history(World(baselines=6, users=5_000_000), (Regression("healthy"),), seed=5, index=0)


def counts_of(release, updates=1.0) -> ReleaseCounts:
    return ReleaseCounts(release.crashes, release.usage_hours, release.channel_hours, updates=release.updates * updates)


BASELINES = [counts_of(release) for release in SIMULATED.baselines]
HISTORY = fit_history(BASELINES)
RELEASE = counts_of(SIMULATED.tests[0])


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_updates_that_are_lost_hardly_move_what_is_expected(share):
    sound, lost = look_at_cells(HISTORY, RELEASE), look_at_cells(HISTORY, counts_of(SIMULATED.tests[0], share))
    assert not sound.has_lost_updates.any()
    assert lost.has_lost_updates[2:].all()
    assert np.log(lost.expected[0, 3:] / sound.expected[0, 3:]) == pytest.approx(0, abs=0.25)
    assert (lost.transient_variance[0, 3:] >= sound.transient_variance[0, 3:]).all()


def test_updates_that_are_not_given_are_lost():
    assert look_at_cells(HISTORY, replace(RELEASE, updates=None)).has_lost_updates[2:].all()


def test_a_look_is_the_same_whatever_came_later():
    lost = counts_of(SIMULATED.tests[0], 0.0)
    young = ReleaseCounts(lost.crashes[:, :20], lost.usage_hours[:, :20], lost.channel_hours[:20], updates=lost.updates[:, :20])
    assert look_at_cells(HISTORY, young).expected[:, :20] == pytest.approx(look_at_cells(HISTORY, lost).expected[:, :20])


def test_past_releases_without_counts_take_those_that_their_usage_implies():
    usage_hours = np.array([release.usage_hours for release in SIMULATED.baselines])
    updates = np.array([release.updates for release in SIMULATED.baselines])
    without = updates.copy()
    without[3:] = 0
    usual, filled = usual_updates(without, usage_hours)
    assert usual is not None
    assert filled[3:].sum() == pytest.approx(updates[3:].sum(), rel=0.2)
    assert np.array_equal(filled[:3], updates[:3])


def test_where_no_release_has_updates_there_is_nothing_to_miss():
    nothing = np.zeros((3, 2, 168))
    assert usual_updates(nothing, nothing + 1)[0] is None
