"""The study of later weeks: what its worlds do, and that the watch of platforms sees what all together do not, without more false alarms."""

import numpy as np
import pytest

from simulation.evaluate_later_weeks import worse_hours
from simulation.release_world.later_weeks import LaterWorld, simulate_weeks

FAULT_HOUR, WEEK_HOURS = 500, 168


def test_an_event_on_one_platform_leaves_the_others_as_they_were():
    world = LaterWorld(5_000_000, weeks=4, platform_wander_sd=0.0, wander_sd=0.0, ratio=2.0, event_platform=1, event_hour=FAULT_HOUR)
    simulated = simulate_weeks(world, np.random.default_rng(1001))
    before, after = (
        simulated.crashes[:, hours].sum(axis=1) / simulated.usage_hours[:, hours].sum(axis=1)
        for hours in (slice(FAULT_HOUR - WEEK_HOURS, FAULT_HOUR), slice(FAULT_HOUR, FAULT_HOUR + WEEK_HOURS))
    )
    assert after / before == pytest.approx([1.0, 2.0, 1.0], rel=0.05)
    assert simulated.usage_hours.sum(axis=1) / simulated.usage_hours.sum() == pytest.approx(world.platforms, rel=0.01)


@pytest.mark.long
def test_twice_on_one_platform_is_found_by_its_platform_alone():
    world = LaterWorld(200_000, weeks=4, ratio=2.0, event_platform=1, event_hour=FAULT_HOUR)
    found = [worse_hours(world, np.random.default_rng([1001, index]), FAULT_HOUR, FAULT_HOUR + 48) for index in range(8)]
    assert sum(hours.watched.size > 0 for hours in found) >= 7
    assert sum(hours.together.size > 0 for hours in found) <= 4


@pytest.mark.long
def test_healthy_releases_are_not_called_worse_on_any_platform():
    weeks = [worse_hours(LaterWorld(5_000_000, weeks=3), np.random.default_rng([1001, index])).watched.size for index in range(12)]
    assert weeks == [0] * 12
