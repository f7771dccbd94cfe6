"""How much releases differ: level, predictive scale, and what many cells teach about it."""

import numpy as np
import pytest

from jobs.declarations.policies import POLICY
from jobs.scoring.method.count_noise import level_variance
from jobs.scoring.method.release_history import fit_history, with_learned_scale
from jobs.scoring.method.release_levels import (
    CellLevels,
    learned_prior_scale,
    learned_scale_factor,
    levels_for_type,
    predictive_level,
    recency_weights,
    without_bad_ones,
)
from tests.scoring.drawn_releases import baselines, release


def cell(levels, crashes=1e6):
    return CellLevels(np.array(levels, dtype=float), np.full(len(levels), crashes))


def level_of(levels, crashes=1e6, prior_scale=0.10):
    return predictive_level(cell(levels, crashes), prior_scale, POLICY.variance.prior_degrees, POLICY.baselines)


def test_newer_releases_weigh_more():
    assert recency_weights(3, 0.9) == pytest.approx(np.array([1, 0.9, 0.81]) / 2.71)
    assert level_of([0.1, 0.0, 0.0]).mean == pytest.approx(0.1 / 2.71)


def test_two_releases_leave_the_start_value():
    level = level_of([0.3, -0.3])
    weights = np.array([1, 0.9]) / 1.9
    assert level.scale == pytest.approx(0.10 * np.sqrt(1 + (weights**2).sum()))
    assert level.degrees == 8


def test_the_scale_comes_from_past_predictions():
    """Three releases, one prediction: .2 against the older two's 0."""
    level = level_of([0.2, 0.0, 0.0])
    older = np.array([1, 0.9]) / 1.9
    excess = (0.2**2 - 2e-6 - (older**2).sum() * 2e-6) / (1 + (older**2).sum())
    weights = np.array([1, 0.9, 0.81]) / 2.71
    assert level.scale**2 == pytest.approx((8 * 0.01 + excess) / 9 * (1 + (weights**2).sum()))
    assert level.degrees == 9


def test_what_the_channel_taught_counts_more_than_what_was_believed_beforehand():
    """Each release is a third better or worse than the one before: by a belief of .10 this measure is a wild one, by what all cells taught less so."""
    history = fit_history([release(np.exp(level)) for level in [0.17, -0.17] * 5])
    learned = with_learned_scale(history, 0.10)
    assert (history.level.degrees, learned.level.degrees) == (8 + 8, 16 + 8)
    assert 0.10 < learned.level.scale < 0.92 * history.level.scale


def test_counting_noise_is_not_a_difference_between_releases():
    """With 50 crashes each, levels .2 apart are what counting alone gives."""
    assert level_of([0.2, 0.0, 0.2, 0.0], crashes=50).scale < level_of([0.2, 0.0, 0.2, 0.0]).scale


def test_a_bad_past_release_is_pulled_in_from_four_on():
    assert without_bad_ones(cell([0.0, 0.0, 0.0, 1.0]), 0.10) == pytest.approx([0, 0, 0, 0], abs=0.01)
    assert without_bad_ones(cell([0.0, 0.0, 0.0, -1.0]), 0.10)[3] == pytest.approx(-0.25, abs=0.1)
    assert without_bad_ones(cell([0.0, 0.0, 1.0]), 0.10) == pytest.approx([0, 0, 1.0])


def test_one_bad_release_in_five_hardly_moves_what_is_acceptable():
    rng = np.random.default_rng(4)
    sound = rng.normal(0, 0.10, 10)
    with_bad_ones = sound + np.where(np.arange(10) % 5 == 2, np.log(1.5), 0.0)
    of_sound, of_both = level_of(sound), level_of(with_bad_ones)
    assert of_both.mean == pytest.approx(of_sound.mean, abs=0.05)
    assert of_both.scale < 1.15 * of_sound.scale


@pytest.mark.parametrize("truth", [0.05, 0.10, 0.20])
def test_many_cells_teach_how_much_releases_differ(truth):
    rng = np.random.default_rng(4)
    cells = [cell(rng.normal(0, truth, 12)) for _ in range(60)]
    learned = learned_prior_scale(cells, 0.10, POLICY.baselines, POLICY.variance)
    assert learned == pytest.approx(truth, rel=0.2)


def test_cells_with_few_crashes_teach_the_same():
    rng = np.random.default_rng(4)
    many = [cell(rng.normal(0, 0.1, 12)) for _ in range(30)]
    few = [cell(rng.normal(0, np.sqrt(0.01 + 2 / 40), 12), crashes=40) for _ in range(30)]
    assert learned_prior_scale(many + few, 0.10, POLICY.baselines, POLICY.variance) == pytest.approx(0.1, rel=0.25)


def test_counting_noise_is_not_taken_for_bad_past_releases():
    """200 crashes each: counting alone makes levels differ as much as releases do."""
    rng = np.random.default_rng(3)
    cells = [cell(rng.normal(0, np.sqrt(0.01 + 2 / 200), 12), crashes=200) for _ in range(40)]
    assert learned_prior_scale(cells, 0.10, POLICY.baselines, POLICY.variance) == pytest.approx(0.1, rel=0.2)


def test_a_calm_measure_learns_nothing_wild_from_a_wilder_one():
    rng = np.random.default_rng(4)
    calm, wild = ([cell(rng.normal(0, truth, 12)) for _ in range(15)] for truth in (0.10, 0.18))
    factor = learned_scale_factor(calm + wild, [0.10] * 15 + [0.18] * 15, POLICY.baselines, POLICY.variance)
    assert factor == pytest.approx(1.0, rel=0.2)  # one scale for both would be .146: half as much again for the calm one


@pytest.mark.parametrize(
    ("cells", "releases"), [(9, 12), (40, 3), (10, 4)], ids=["too few cells", "too short pasts", "too few predictions"]
)
def test_too_little_past_teaches_nothing(cells, releases):
    assert learned_prior_scale([cell(np.zeros(releases))] * cells, 0.10, POLICY.baselines, POLICY.variance) is None


def test_releases_that_never_differ_leave_the_least_scale():
    assert learned_prior_scale([cell(np.zeros(12))] * 20, 0.10, POLICY.baselines, POLICY.variance) == pytest.approx(0.03)


def test_dot_releases_have_a_level_of_their_own_from_six_on():
    levels = np.array([0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])
    types = ["major", *["dot"] * 6]
    assert levels_for_type(levels, types, "major", 6) == pytest.approx(np.zeros(7))
    assert levels_for_type(levels, types, "dot", 6) == pytest.approx(np.full(7, 0.2))
    assert levels_for_type(levels[:6], types[:6], "major", 6) == pytest.approx(levels[:6])


def test_baselines_of_few_crashes_leave_their_mean_level_uncertain():
    # 2 x (.5^2 / 100 + .5^2 / 50), and nothing worth a word where there are many
    assert level_variance(np.array([100.0, 50.0]), np.array([0.5, 0.5]), phi=2.0) == pytest.approx(2 * (0.25 / 100 + 0.25 / 50))
    few, many = (fit_history(baselines(scale=scale)) for scale in (100.0, 20_000.0))
    assert few.omega2[-1] - few.long_run_variance > 1.5 * (many.omega2[-1] - many.long_run_variance)
