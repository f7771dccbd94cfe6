"""A release from its fourth day on, hour by hour, for weeks: what its users, its days and its events do. Shares no code with the method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FIRST_AGE_HOURS = 72
CRASHES_PER_HOUR = 0.002
_USAGE_HOURS_PER_DAY = 3.5
_OVERDISPERSION, _SESSION_HOURS, _DELAY_HOURS = 4.0, 2.0, 9.0


@dataclass(frozen=True)
class LaterWorld:
    """`weeks` after the first; all versions' rate wanders by `wander_sd` (a memory of `wander_days`), that of each platform by `platform_wander_sd` besides,
    and weekends differ by `weekend`. `platforms` are shares of the users.

    From `event_hour` (since the first hour told of) on crashes are `ratio` times as many on `event_platform` (its number; None: on all). From week
    `successor_week` on users leave by `leaving_a_day`; who stays crashes `stayer_crashes` times as often as who leaves.
    """

    users: float
    weeks: int = 7
    wander_sd: float = 0.05
    platform_wander_sd: float = 0.03
    wander_days: float = 3.0
    weekend: float = 0.06
    event_hour: int | None = None
    ratio: float = 1.0
    event_platform: int | None = None
    successor_week: int | None = None
    leaving_a_day: float = 0.15
    stayer_crashes: float = 1.3
    platforms: tuple[float, ...] = (0.6, 0.3, 0.1)


@dataclass(frozen=True)
class SimulatedWeeks:
    """As received, by platform and hour from the age of FIRST_AGE_HOURS on, (platforms, hours)."""

    crashes: Array
    usage_hours: Array


def simulate_weeks(world: LaterWorld, rng: np.random.Generator) -> SimulatedWeeks:
    hours = (world.weeks + 1) * 168 - FIRST_AGE_HOURS
    hour = np.arange(hours)
    phase, first_weekday = rng.uniform(0, 24), int(rng.integers(0, 7))
    is_weekend = (hour // 24 + first_weekday) % 7 >= 5
    rhythm = 1 + 0.5 * np.sin(2 * np.pi * (hour - phase) / 24)
    staying = np.ones(hours)
    if world.successor_week is not None:
        left = np.maximum(hour - world.successor_week * 168, 0) / 24
        staying = np.exp(-world.leaving_a_day * left)
    stayer_share = 0.3
    population = stayer_share + (1 - stayer_share) * staying
    crashiness = (stayer_share * world.stayer_crashes + (1 - stayer_share) * staying) / population
    crashiness = crashiness / crashiness[0]
    used = world.users * _USAGE_HOURS_PER_DAY / 24 * rhythm * np.where(is_weekend, 0.85, 1.0) * population
    used = np.array(world.platforms)[:, None] * used
    levels = CRASHES_PER_HOUR * np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.3, (len(world.platforms), 1)))
    rates = levels * np.exp(_wander(world, hours, rng)) * crashiness * np.where(is_weekend, 1 + world.weekend * rng.choice([-1, 1]), 1.0)
    if world.event_hour is not None:
        hit = slice(None) if world.event_platform is None else world.event_platform
        rates[hit, world.event_hour :] *= world.ratio
    spread = _OVERDISPERSION - 1
    crashes = rng.poisson(rng.gamma(used * rates / spread) * spread).astype(float)
    kernel = np.exp(-hour / _DELAY_HOURS)
    received = np.array([np.convolve(of_platform, kernel / kernel.sum())[:hours] for of_platform in used])
    return SimulatedWeeks(crashes, rng.gamma(np.maximum(received, 1e-9) / _SESSION_HOURS) * _SESSION_HOURS)


def _wander(world: LaterWorld, hours: int, rng: np.random.Generator) -> Array:
    """Of the logarithm of each platform's rate, (platforms, hours): what all share, and its own."""
    memory = np.exp(-1 / (24 * world.wander_days))
    sds = np.array([world.wander_sd, *[world.platform_wander_sd] * len(world.platforms)])
    noise = rng.normal(0, 1, (sds.size, hours)) * sds[:, None]
    for hour in range(1, hours):
        noise[:, hour] = memory * noise[:, hour - 1] + np.sqrt(1 - memory**2) * noise[:, hour]
    return np.asarray(noise[0] + noise[1:])
