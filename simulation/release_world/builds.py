"""A release that gets a new build every twelve hours, as hourly totals by build; from one build on it crashes more. Shares no code with the method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BUILD_EVERY_HOURS = 12
CRASHES_PER_HOUR = 0.002
_USAGE_HOURS_PER_DAY = 3.5
_CLASSES = ((0.6, 6.0, 1.15), (0.4, 30.0, 0.78))
"""Users who update at once and those who let it wait: share, mean hours until they update, and crashes against those of all."""
_BUILD_SD, _ENVIRONMENT_SD = 0.05, 0.06
_OVERDISPERSION, _SESSION_HOURS, _DELAY_HOURS = 4.0, 2.0, 6.0


@dataclass(frozen=True)
class BuildsWorld:
    """`ratio` multiplies crashes from build `first_bad` on, up to but without build `mended`, if there is one; from `event_hour` on those of all."""

    users: float
    hours: int = 168
    first_bad: int | None = None
    mended: int | None = None
    event_hour: int | None = None
    ratio: float = 2.0
    release_sd: float = 0.25


@dataclass(frozen=True)
class SimulatedBuilds:
    """As received, (builds, hours since the release's first build). `kernel` is the true share of the usage hours by their delay."""

    crashes: Array
    usage_hours: Array
    kernel: Array


def simulate_builds(world: BuildsWorld, rng: np.random.Generator) -> SimulatedBuilds:
    builds = -(-world.hours // BUILD_EVERY_HOURS)
    hour = np.arange(world.hours)
    daily = 1 + 0.5 * np.sin(2 * np.pi * (hour - rng.uniform(0, 24)) / 24)
    effects = np.exp(rng.normal(0, world.release_sd) + rng.normal(0, _BUILD_SD, builds))
    if world.first_bad is not None:
        effects[world.first_bad : world.mended] *= world.ratio
    environment = _slow_noise(world.hours, rng)
    if world.event_hour is not None:
        environment[world.event_hour :] *= world.ratio
    used, means = np.zeros((builds, world.hours)), np.zeros((builds, world.hours))
    for share, update_hours, crashiness in _CLASSES:
        hours_of_use = world.users * share * _on_build(builds, world.hours, update_hours) * daily * _USAGE_HOURS_PER_DAY / 24
        used += hours_of_use
        means += hours_of_use * CRASHES_PER_HOUR * crashiness * effects[:, None] * environment
    spread = _OVERDISPERSION - 1
    crashes = rng.poisson(rng.gamma(np.maximum(means, 1e-12) / spread) * spread).astype(float)
    kernel = np.exp(-hour / _DELAY_HOURS) * (1 - np.exp(-1 / _DELAY_HOURS))
    lag = hour[None, :] - hour[:, None]
    received = used @ np.where(lag >= 0, kernel[np.maximum(lag, 0)], 0.0)
    return SimulatedBuilds(crashes, rng.gamma(np.maximum(received, 1e-12) / _SESSION_HOURS) * _SESSION_HOURS, kernel)


def _on_build(builds: int, hours: int, update_hours: float) -> Array:
    """Share of the users on each build in each hour; whoever updates gets the newest. Users begin before the first."""
    moving = 1 - np.exp(-1 / update_hours)
    share, before = np.zeros((builds, hours)), 1.0
    now = np.zeros(builds)
    for hour in range(hours):
        newest = hour // BUILD_EVERY_HOURS
        moved = moving * (before + now.sum() - now[newest])
        staying = now[newest]
        now *= 1 - moving
        before *= 1 - moving
        now[newest] = staying + moved
        share[:, hour] = now
    return share


def _slow_noise(hours: int, rng: np.random.Generator) -> Array:
    """What hits all builds alike, fading over a day."""
    memory = np.exp(-1 / 24)
    noise = rng.normal(0, _ENVIRONMENT_SD, hours)
    for hour in range(1, hours):
        noise[hour] = memory * noise[hour - 1] + np.sqrt(1 - memory**2) * noise[hour]
    return np.asarray(np.exp(noise))
