"""Weekends: a rate that rises on each is neither the release's nor its past's."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.declarations.policies import POLICY
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.verdict_states import regressed_looks
from jobs.scoring.method.weekend_rate import log_weekend_factor, weekend_share
from simulation.evaluation.weather_chunk import counts_of, fitted_history
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import Regression, World

HOURS, SATURDAY = 168, 120
MATURE = np.arange(HOURS) >= 72
ON_FRIDAYS = World(baselines=6, release_days=(1,), test_release_days=(4,), weekend_use=0.6, weekend_crashes=1.15)


def past(factor, crashes=1000.0, release_hours=(14, 38, 62, 86)):
    """Log factor found in past releases with so many crashes an hour, exactly as a factor on what is used on weekends makes them."""
    shares = np.array([weekend_share(hour, HOURS) for hour in release_hours])
    expected = np.full(shares.shape, crashes)
    mature = np.broadcast_to(MATURE, shares.shape)
    return log_weekend_factor(expected * (1 + (factor - 1) * shares), expected, shares, mature)


def test_hours_of_a_weekend_are_received_until_after_it():
    share = weekend_share(SATURDAY - 24, HOURS)
    assert share[:24] == pytest.approx(0) and share[60] > 0.9
    assert 0.1 < share[74] < 0.6, "on Monday morning much of what comes is Sunday's"
    assert share[120] < 0.02


def test_before_a_release_its_predecessor_was_used():
    """On Monday noon what comes of the version before is partly the weekend's, of the new one nothing."""
    noon = 12
    assert weekend_share(noon, 1)[0] == 0
    assert weekend_share(noon, 1, hours_before=72)[72] > 0.2


def test_no_weekend_is_told_where_the_hour_of_the_release_is_not_known():
    assert not weekend_share(None, 24, 72).any()


def test_a_rate_that_rises_on_weekends_is_learned():
    assert past(1.15) == pytest.approx(np.log(1.15), rel=0.15)
    assert past(1.0) == pytest.approx(0, abs=1e-9)


def test_few_crashes_or_releases_say_little():
    assert 0 < past(1.15, crashes=0.3) < 0.3 * np.log(1.15)
    assert past(1.15, release_hours=(14,)) < 0.85 * past(1.15)


def test_releases_without_a_weekend_among_their_mature_hours_say_nothing():
    assert past(1.5, release_hours=(SATURDAY + 6,)) == 0


def found_soon(with_weekends):
    """Of releases on a Friday whose rate is 1.5 times as high from Monday on, how many alarm within a day and a half; their past came on Tuesdays."""
    drawn = simulate_history(ON_FRIDAYS, (Regression("late", 1.5, from_hour=72),) * 8, 41, 0)
    if not with_weekends:
        drawn = replace(drawn, baselines=tuple(replace(past, released_hour=None) for past in drawn.baselines))
    fitted = fitted_history(drawn)
    looks = [look_at_cells(fitted, counts_of(release, release.mean_kernel[:HOURS])) for release in drawn.tests]
    alarms = [regressed_looks(look, np.zeros(look.expected.shape, dtype=bool), POLICY.alarm).any(axis=0) for look in looks]
    return sum(bool(alarm[72:108].any() and not alarm[:72].any()) for alarm in alarms)


def test_what_begins_after_a_weekend_is_found_by_a_past_of_other_weekdays():
    assert found_soon(with_weekends=True) >= found_soon(with_weekends=False) + 3
