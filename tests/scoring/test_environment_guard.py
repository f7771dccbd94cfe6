"""What the previous version tells of the day, and what it does not."""

import numpy as np
import pytest

from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.release_sums import environment_doubt
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.environment_guard import Environment, UsualChange, environment_of, previous_version_change, usual_change
from jobs.scoring.method.hourly_counts import PreviousVersion
from jobs.scoring.method.release_history import default_matching
from simulation.evaluation.weather_chunk import counts_of, fitted_history
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import Event, Regression, World

HOURS, BEFORE, RUN_IN = 96, 72, 168
MATCHING = default_matching()
AGE = np.arange(HOURS)


def previous_version(rate_factor=1.0, daily=0.5, leaving_per_hour=0.02, first_hour=14, scale=1e6):
    """Crashes at once and hours late, of users who leave from the release on and sleep at night; exactly as the model says."""
    clock = np.arange(-RUN_IN - BEFORE, HOURS)
    users = np.exp(-leaving_per_hour * np.maximum(clock, 0)) * scale
    used_hours = users * (1 + daily * np.sin(2 * np.pi * (clock + first_hour) / 24))
    factor = np.where(clock >= 0, np.concatenate([np.ones(RUN_IN + BEFORE), np.broadcast_to(rate_factor, HOURS)]), 1.0)
    received = np.convolve(used_hours, delay_kernel())[: clock.size]
    return PreviousVersion((0.002 * used_hours * factor)[RUN_IN:], received[RUN_IN:])


def usual(sd=0.06):
    return UsualChange(np.zeros(HOURS), np.full(HOURS, sd**2))


def log_factors(previous, wander=None):
    return np.log(environment_of(previous, MATCHING, wander or usual(), HOURS).factors)


@pytest.mark.parametrize("first_hour", [9, 14, 20])
def test_nights_and_users_who_leave_are_no_change(first_hour):
    change = previous_version_change(previous_version(first_hour=first_hour), MATCHING, HOURS)
    assert np.abs(change.log_change).max() < 0.03


def test_an_event_moves_what_is_expected_nearly_as_far():
    """A factor of 1.6 from the 12th hour on, seen through delays as crashes are: complete after a day and a half."""
    factors = log_factors(previous_version(np.where(AGE >= 12, 1.6, 1.0)))
    assert np.abs(factors[:12]).max() < 0.01
    assert factors[60:] == pytest.approx(np.log(1.6), rel=0.1)


@pytest.mark.parametrize("wandered", [0.95, 1.05])
def test_what_the_previous_version_usually_does_moves_next_to_nothing(wandered):
    factors = log_factors(previous_version(wandered))
    assert np.abs(factors).max() < 0.25 * abs(np.log(wandered))


def test_what_may_be_an_event_or_wander_is_doubt():
    """Doubt is largest between a change that the previous version usually makes and one that it never makes."""

    def doubt(change):
        return environment_of(previous_version(change), MATCHING, usual(sd=0.12), HOURS).doubt[60:].mean()

    assert doubt(1.3) > 0.08
    assert doubt(1 / 1.3) < -0.08
    assert max(abs(doubt(change)) for change in (1.0, 1.05, 3.0)) < 0.03


def test_few_crashes_leave_no_doubt():
    """They say nothing of an event, and what is not known of any release is no reason to doubt this one."""
    assert np.abs(environment_of(previous_version(1.3, scale=300.0), MATCHING, usual(), HOURS).doubt).max() < 0.03


def test_doubt_adds_up_and_noise_does_not():
    expected = np.arange(1.0, HOURS + 1)
    lasting, changing = np.full(HOURS, 0.1), 0.1 * (-1.0) ** np.arange(HOURS)
    assert environment_doubt(expected, Environment(np.ones(HOURS), lasting)) == pytest.approx(0.1**2)
    assert environment_doubt(expected, Environment(np.ones(HOURS), changing))[-1] < 0.01**2


def test_few_crashes_say_little():
    factors = log_factors(previous_version(1.6, scale=300.0))
    assert np.abs(factors).max() < 0.1 * np.log(1.6)


def test_a_variance_takes_three_baselines():
    past = [(previous_version(first_hour=9 + i), MATCHING) for i in range(3)]
    assert usual_change(past[:2], HOURS) is None
    known = usual_change(past, HOURS)
    assert known is not None
    assert np.isfinite(known.mean).all() and (known.variance > 0).all()
    assert (environment_of(past[0][0], MATCHING, None, HOURS).factors == 1.0).all()


def test_hours_without_usage_have_no_factor():
    previous = previous_version(1.6)
    gone = PreviousVersion(previous.crashes, np.where(np.arange(BEFORE + HOURS) < BEFORE + 50, previous.usage_hours, 0.0))
    factors = log_factors(gone)
    assert (factors[56:] == 0.0).all()
    assert np.isfinite(factors).all()


def test_an_add_on_for_all_versions_widens_the_release_as_a_whole():
    """It raises everybody's crashes slowly by 1.3: neither surely an event nor surely wander."""

    def whole_beyond_its_history(world):
        drawn = simulate_history(world, (Regression("healthy"),) * 6, 41, 0)
        fitted = fitted_history(drawn)
        looks = [look_at_cells(fitted, counts_of(release, release.mean_kernel[:168])) for release in drawn.tests]
        return np.mean([np.sqrt(look.transient_variance[0, 71] - fitted.omega2[71]) for look in looks])

    usual, under_an_add_on = (
        whole_beyond_its_history(World(baselines=6, test_events=events)) for events in ((), (Event(1.3, 0, ramp_hours=24),))
    )
    assert under_an_add_on > max(0.05, 2 * usual)
