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
    """`weeks` after the first; all versions' rate wanders by `wander_sd` (a memory of `wander_days`), and weekends differ by `weekend`.

    From `event_hour` (since the first hour told of) on crashes are `ratio` times as many among the share `event_share` of the users. From week `successor_week` on
    users leave by `leaving_a_day`; who stays crashes `stayer_crashes` times as often as who leaves.
    """

    users: float
    weeks: int = 7
    wander_sd: float = 0.05
    wander_days: float = 3.0
    weekend: float = 0.06
    event_hour: int | None = None
    ratio: float = 1.0
    event_share: float = 1.0
    successor_week: int | None = None
    leaving_a_day: float = 0.15
    stayer_crashes: float = 1.3


@dataclass(frozen=True)
class SimulatedWeeks:
    """As received, by hour from the age of FIRST_AGE_HOURS on."""

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
    rates = CRASHES_PER_HOUR * np.exp(rng.normal(0, 0.15)) * np.exp(_wander(world, hours, rng)) * crashiness
    rates = rates * np.where(is_weekend, 1 + world.weekend * rng.choice([-1, 1]), 1.0)
    if world.event_hour is not None:
        rates[world.event_hour :] *= 1 + world.event_share * (world.ratio - 1)
    spread = _OVERDISPERSION - 1
    crashes = rng.poisson(rng.gamma(used * rates / spread) * spread).astype(float)
    kernel = np.exp(-hour / _DELAY_HOURS)
    received = np.convolve(used, kernel / kernel.sum())[:hours]
    return SimulatedWeeks(crashes, rng.gamma(np.maximum(received, 1e-9) / _SESSION_HOURS) * _SESSION_HOURS)


def _wander(world: LaterWorld, hours: int, rng: np.random.Generator) -> Array:
    memory = np.exp(-1 / (24 * world.wander_days))
    noise = rng.normal(0, world.wander_sd, hours)
    for hour in range(1, hours):
        noise[hour] = memory * noise[hour - 1] + np.sqrt(1 - memory**2) * noise[hour]
    return np.asarray(noise)
