"""The rivals, on counts small enough to check by eye."""

import numpy as np
import pytest

from simulation.evaluation.rival_rules import _Series, cumulative_ratio, log_e_value, mann_whitney_ratio, ratio_at_equal_adoption, raw_ratio

HOURS = 168


def series(crashes, usage_hours=1000.0, old_crashes=20.0, old_usage_hours=1000.0, channel_hours=4000.0):
    def full(value):
        return np.broadcast_to(np.asarray(value, dtype=float), (HOURS,)).copy()

    return _Series(full(crashes), full(usage_hours), full(channel_hours), full(old_crashes), full(old_usage_hours))


def test_raw_ratio_is_the_trailing_rate_over_the_mature_one():
    assert raw_ratio(series(30.0), [series(20.0), series(20.0)], 6) == pytest.approx(1.5)


def test_raw_ratio_says_nothing_below_five_crashes():
    statistic = raw_ratio(series(1.0), [series(20.0)], 24)
    assert (statistic[:4] == 0).all()
    assert (statistic[4:] > 0).all()


def test_cumulative_ratio_drops_the_first_day_once_it_is_over():
    crashes = np.where(np.arange(HOURS) < 24, 100.0, 20.0)
    statistic = cumulative_ratio(series(crashes), series(20.0))
    assert statistic[23] == pytest.approx(5.0, rel=0.01)
    assert statistic[24 + 24] == pytest.approx(1.0, rel=0.01)


def test_equal_adoption_compares_with_the_previous_version_when_it_was_as_widespread():
    """The new version takes hold twice as fast and crashes as the old one did at the same share."""
    share = np.linspace(0.01, 0.5, HOURS)
    previous = series(100 * share, usage_hours=4000 * share)
    fast = np.minimum(2 * share, 0.99)
    new = series(100 * fast, usage_hours=4000 * fast)
    spoken = ratio_at_equal_adoption(new, previous)[[23, 47, 71]]
    assert (spoken < 1.05).all()
    assert (ratio_at_equal_adoption(new, previous)[24:47] == 0).all()


def test_mann_whitney_sees_a_doubled_rate_and_nothing_in_an_equal_one():
    rng = np.random.default_rng(1)
    noise, old_noise = rng.normal(0, 1, HOURS), rng.normal(0, 1, HOURS)
    doubled = mann_whitney_ratio(series(40 + noise, old_crashes=20 + old_noise))
    assert doubled[30:] == pytest.approx(2.0, abs=0.1)
    # Equal rates: the interval includes 0 nearly always.
    assert (mann_whitney_ratio(series(20 + noise, old_crashes=20 + old_noise)) == 0).mean() > 0.9


def test_evidence_grows_for_a_difference_and_stays_low_without():
    assert log_e_value(series(40.0))[-1] > np.log(100)
    assert log_e_value(series(20.0)).max() < np.log(100)
