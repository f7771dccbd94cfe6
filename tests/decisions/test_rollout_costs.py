"""What a release costs, checked by hand."""

import pytest

from jobs.decisions.rollout_costs import excess_next_day, excess_so_far, usual_crashes_per_day


def test_half_of_the_crashes_of_a_doubled_rate_are_beyond_the_usual():
    excess = excess_so_far(observed_crashes=100.0, ratio=2.0, ratio_low=1.25, ratio_high=4.0)
    assert (excess.crashes, excess.low, excess.high) == pytest.approx((50.0, 20.0, 75.0))


def test_a_better_release_has_saved_crashes():
    assert excess_so_far(100.0, 0.8, 0.5, 1.0).crashes == pytest.approx(-25.0)


@pytest.mark.parametrize(("usual", "hours", "per_day"), [(6.0, 6.0, 24.0), (50.0, 24.0, 50.0), (50.0, 100.0, 50.0), (0.0, 1.0, 0.0)])
def test_a_young_release_goes_on_at_its_pace(usual, hours, per_day):
    assert usual_crashes_per_day(usual, hours) == per_day


def test_twice_the_users_cost_twice():
    assert excess_next_day(200.0, 0.1) == pytest.approx(20.0)
    assert excess_next_day(200.0, 0.1, growth=2.0) == pytest.approx(40.0)
