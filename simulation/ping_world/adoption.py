"""When each user of the demo's world moves to each release."""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from simulation.ping_world.population import Users
from simulation.ping_world.world import PingWorld, Release

HOURS_TO_UPDATE = 42.0
"""Mean time to update at the average hour of the day: half of the users in a day and a half."""
NEVER_UPDATES = 0.06
THROTTLED_SHARE = 0.3
THROTTLED_HOURS = 24
BEFORE_EVERYTHING = -1e6
NEVER = 1e6
WEEKEND_USE = 0.8

Hours = npt.NDArray[np.float64]
"""Hours since the world's start."""


def hours_since_start(world: PingWorld, at: datetime) -> float:
    return (at - world.start) / timedelta(hours=1)


def use_by_hour(world: PingWorld, hours: Hours, utc_offset_hours: npt.ArrayLike = 0.0) -> npt.NDArray[np.float64]:
    """How much the browser is used at that time against the average: day and night, working days and weekends, on the users' clocks."""
    local = hours + world.start.hour + np.asarray(utc_offset_hours)
    weekday = (world.start.weekday() + np.floor(local / 24)) % 7
    return np.asarray((1 + 0.5 * np.sin(2 * np.pi * (local - 9) / 24)) * np.where(weekday >= 5, WEEKEND_USE, 1.0))


def update_times(world: PingWorld, users: Users) -> Hours:
    """For each release (row) and user (column) the hours since the world's start at which the user is offered and takes the update."""
    everybody_from_the_start = np.full(users.machine.shape, BEFORE_EVERYTHING)
    return np.stack([everybody_from_the_start] + [_times_of(world, users, release) for release in world.releases[1:]])


def _times_of(world: PingWorld, users: Users, release: Release) -> Hours:
    rng = np.random.default_rng([world.seed, 2, world.releases.index(release)])
    released = hours_since_start(world, release.released_at)
    ages = np.arange(0.0, 24 * 14, 0.25)
    throttle = np.where((ages < THROTTLED_HOURS) & release.is_throttled, THROTTLED_SHARE, 1.0)
    hazard = use_by_hour(world, released + ages) * throttle / HOURS_TO_UPDATE * rng.lognormal(0, 0.15)
    exposure = np.cumsum(hazard) * 0.25
    # The same users are eager every time, though not to the hour.
    needed = rng.exponential(1.0, users.machine.size) * (0.25 + 1.5 * users.reluctance)
    times = released + np.interp(needed, exposure, ages, right=NEVER)
    return np.where(rng.random(users.machine.size) < NEVER_UPDATES, NEVER, times)


def release_in_use(updates: Hours, user: npt.NDArray[np.int64], hours: Hours) -> npt.NDArray[np.int64]:
    """The index of the release that each of `user` runs at `hours`: the newest one taken so far."""
    in_use = np.zeros(user.shape, dtype=np.int64)
    for index in range(len(updates)):
        in_use[updates[index, user] <= hours] = index
    return in_use
