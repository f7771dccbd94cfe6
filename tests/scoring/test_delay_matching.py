"""Crashes delayed as usage hours are: both sides of a rate late in the same way, whatever the adoption."""

import numpy as np
import pytest

from jobs.scoring.method.delay_matching import DelayMatching, candidate_mixtures, delay_kernel, kernel_from_triangle
from jobs.scoring.method.kernel_choice import chosen_matching
from tests.scoring.drawn_releases import HOURS, baselines, received

HOUR = np.arange(HOURS)
ADOPTIONS = {
    "sudden": np.full(HOURS, 100.0),
    "gradual": 100 * (1 - np.exp(-HOUR / 38)),
    "throttled, then open": np.where(HOUR < 48, 10.0, 100.0),
}


@pytest.mark.parametrize("usage_hours", ADOPTIONS.values(), ids=ADOPTIONS)
def test_delayed_crashes_are_the_rate_times_the_received_hours(usage_hours):
    kernel = delay_kernel()
    delayed = DelayMatching.of(kernel).delayed(0.002 * usage_hours)
    assert delayed == pytest.approx(0.002 * received(usage_hours[None])[0])


def test_default_kernel():
    received_by = np.cumsum(delay_kernel())
    assert received_by[[0, 1, 2, 3, 6, 12, 24, 48]] == pytest.approx(
        [0.2475, 0.3836, 0.4702, 0.5231, 0.6003, 0.7226, 0.9300, 0.9815], abs=1e-4
    )


def test_squared_weights_are_those_of_the_cumulative_count():
    kernel = np.array([0.5, 0.3, 0.2])
    crashes = np.array([4.0, 0.0, 2.0, 0.0])
    squared = DelayMatching.of(kernel, hours=4).squared_weights(crashes)
    # F = .5, .8, 1, 1, ...
    assert squared == pytest.approx([4 * 0.25, 4 * 0.64, 4 * 1 + 2 * 0.25, 4 * 1 + 2 * 0.64])


def test_the_kernel_of_a_complete_triangle_is_the_observed_shares():
    triangle = np.tile([50.0, 30.0, 20.0], (10, 1))
    assert kernel_from_triangle(triangle) == pytest.approx([0.5, 0.3, 0.2])


def test_hours_that_are_yet_to_come_do_not_look_punctual():
    triangle = np.tile([50.0, 30.0, 20.0], (10, 1))
    triangle[8, 2] = triangle[9, 1] = triangle[9, 2] = np.nan
    assert kernel_from_triangle(triangle) == pytest.approx([0.5, 0.3, 0.2])


def test_growing_usage_does_not_bend_the_kernel():
    """More hours of use of late: a mere share of what was received would call them punctual."""
    usage = np.linspace(100, 1000, 30)
    triangle = usage[:, None] * np.array([0.5, 0.3, 0.2])
    rows, delays = np.indices(triangle.shape)
    triangle[rows + delays >= 30] = np.nan
    assert kernel_from_triangle(triangle) == pytest.approx([0.5, 0.3, 0.2])


def test_an_empty_triangle_gives_a_kernel_without_nan():
    assert np.isfinite(kernel_from_triangle(np.zeros((5, 4)))).all()


def test_there_are_231_mixtures_and_the_default_goes_first():
    mixtures = candidate_mixtures()
    assert len(set(mixtures[1:])) == 231
    assert mixtures[0] == (0.55, 0.27, 0.18)


def test_a_mixture_is_chosen_only_from_three_baselines_on():
    assert chosen_matching(baselines(2)) is None


def test_the_mixture_chosen_has_the_delays_of_the_releases():
    """All hours received at once: most of the mixture goes to the component that is received at once."""
    from dataclasses import replace

    from tests.scoring.drawn_releases import used_hours

    kernel = delay_kernel((0.2, 0.2, 0.6))
    late = [replace(release, usage_hours=received(used_hours(), kernel)) for release in baselines(4)]
    matching = chosen_matching(late)
    chosen, default = np.cumsum(matching.kernel), np.cumsum(delay_kernel())
    assert abs(chosen[6] - np.cumsum(kernel)[6]) < abs(default[6] - np.cumsum(kernel)[6])
