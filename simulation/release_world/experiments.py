"""Concurrent experiments as hourly totals: each draws its clients at random, and at most one branch crashes more. Shares no code with the method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PLATFORM_SHARES = (0.85, 0.10, 0.05)
CRASHES_PER_HOUR = (0.002, 0.006)
"""Of two critical measures."""
_USAGE_HOURS_PER_DAY = 3.5
_ENROLMENT_HOURS = 6.0
"""Clients ask for experiments every six hours."""
_OVERDISPERSION = 4.0
_SESSION_HOURS = 2.0
"""Variance-to-mean ratio of received hours."""
_DELAY_HOURS = 6.0


@dataclass(frozen=True)
class ExperimentWorld:
    """`ratio` multiplies the crashes of `measure` in the first branch of the first experiment; with `leaving`, a crash makes its
    client leave the experiment with that chance."""

    users: float
    experiments: int = 20
    users_share: float = 0.10
    hours: int = 168
    ratio: float = 1.0
    measure: int = 0
    leaving: float = 0.0


@dataclass(frozen=True)
class SimulatedExperiments:
    """`crashes` (experiments, branches, measures, platforms, hours), `usage_hours` (experiments, branches, platforms, hours), as received."""

    crashes: Array
    usage_hours: Array


def simulate_experiments(world: ExperimentWorld, rng: np.random.Generator) -> SimulatedExperiments:
    """Two branches of equal size in each experiment."""
    hour = np.arange(world.hours)
    daily = 1 + 0.5 * np.sin(2 * np.pi * (hour - rng.uniform(0, 24)) / 24)
    enrolled = 1 - np.exp(-(hour + 1) / _ENROLMENT_HOURS)
    clients = world.users * world.users_share / 2 * np.array(PLATFORM_SHARES)
    used = clients[:, None] * enrolled * daily * _USAGE_HOURS_PER_DAY / 24
    used = np.broadcast_to(used, (world.experiments, 2, *used.shape)).copy()
    factor = np.ones((world.experiments, 2, len(CRASHES_PER_HOUR)))
    factor[0, 0, world.measure] = world.ratio
    rates = np.array(CRASHES_PER_HOUR) * factor * np.exp(rng.normal(0, 0.1, len(CRASHES_PER_HOUR)))
    leaving_per_hour = world.leaving * rates.sum(axis=2) * _USAGE_HOURS_PER_DAY / 24
    used *= np.exp(-leaving_per_hour[:, :, None, None] * hour)
    surroundings = np.exp(rng.normal(0, 0.05, (1, 1, 1, 1, world.hours)))
    means = rates[..., None, None] * used[:, :, None] * surroundings
    crashes = rng.poisson(rng.gamma(means / (_OVERDISPERSION - 1)) * (_OVERDISPERSION - 1)).astype(float)
    return SimulatedExperiments(crashes, rng.gamma(np.maximum(_received(used), 1e-12) / _SESSION_HOURS) * _SESSION_HOURS)


def _received(used: Array) -> Array:
    """Hours of use come with delays of six hours in the mean."""
    hours = used.shape[-1]
    kernel = np.exp(-np.arange(hours) / _DELAY_HOURS) * (1 - np.exp(-1 / _DELAY_HOURS))
    lag = np.arange(hours)[None, :] - np.arange(hours)[:, None]
    return np.asarray(used @ np.where(lag >= 0, kernel[np.maximum(lag, 0)], 0.0))
