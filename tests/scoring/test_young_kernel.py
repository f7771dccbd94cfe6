"""Delays that change with a release are followed within its first day, from hours of use whose late pings are yet to come."""

import numpy as np
import pytest

from jobs.declarations.policies import POLICY
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.young_kernel import led_by_own_hours

CHANNEL = delay_kernel()
SLOWER, FASTER = delay_kernel((0.35, 0.35, 0.30)), delay_kernel((0.85, 0.10, 0.05))


def received_by(kernel, age, usage_hours=1000.0):
    """Usage hours by hour of use since release and delay, as known at that age."""
    hours, delays = np.indices((age, kernel.size))
    return np.where(hours + delays < age, usage_hours * kernel, np.nan)


def led(kernel, age, usage_hours=1000.0):
    return led_by_own_hours(CHANNEL, received_by(kernel, age, usage_hours), POLICY.delays)


def distance(kernel, other):
    return np.abs(np.cumsum(kernel) - np.cumsum(other))[:24].max()


@pytest.mark.parametrize("changed", [SLOWER, FASTER], ids=["slower", "faster"])
@pytest.mark.parametrize(("age", "left"), [(6, 0.85), (12, 0.6), (24, 0.45)])
def test_a_change_is_followed_as_hours_come(changed, age, left):
    assert distance(led(changed, age), changed) < left * distance(CHANNEL, changed)


def test_delays_that_stay_as_they_were_leave_the_channel_s_kernel():
    assert distance(led(CHANNEL, 12), CHANNEL) < 0.01


@pytest.mark.parametrize(("age", "usage_hours"), [(0, 1000.0), (6, 0.0), (6, 0.5)], ids=["no hour yet", "no usage", "hardly any usage"])
def test_without_usage_the_channel_s_kernel_serves(age, usage_hours):
    assert distance(led(FASTER, age, usage_hours), CHANNEL) < 0.02


def test_it_is_a_distribution():
    kernel = led(FASTER, 9)
    assert kernel.sum() == pytest.approx(1.0)
    assert (kernel >= 0).all()
