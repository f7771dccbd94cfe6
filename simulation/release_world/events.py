"""What happens to all versions of a world's release at once: an event, a rhythm, an add-on; and how a rollout may be held."""

import numpy as np
from numpy.typing import NDArray

from simulation.release_world.world import HOURS_BEFORE, SIMULATED_HOURS, STRATA, Array, Event, WeeklyEvent

_LONG = 10_000


def event_factors(events: tuple[Event, ...]) -> Array:
    """(strata, hours from 96 h before release): the factor of all of them on the crashes of every version."""
    age = np.arange(SIMULATED_HOURS) - HOURS_BEFORE
    factors = np.ones((STRATA, SIMULATED_HOURS))
    for event in events:
        grown = np.clip((age - event.from_hour + 1) / max(event.ramp_hours, 1), 0.0, 1.0)
        own = np.where((age >= event.from_hour) & (age < event.until_hour), 1 + (event.ratio - 1) * grown, 1.0)
        factors[_rows(event.strata)] *= own
    return factors


def weekly_factors(event: WeeklyEvent | None, clock: Array) -> Array:
    """(releases, strata, hours): of an event that comes at the same hour of each week; `clock` is in hours from a Monday's midnight."""
    factors = np.ones((clock.shape[0], STRATA, clock.shape[1]))
    if event is not None:
        is_on = (clock - event.hour_of_week) % 168 < event.hours
        factors[:, _rows(event.strata)] = np.where(is_on, event.ratio, 1.0)[:, None, :]
    return factors


def held(hazard: Array, updated: Array, weights: Array, share: float, hours: int) -> Array:
    """The hazard of updating (releases, strata, hours) as it is when the rollout is held at a `share` of the users for some hours."""
    reached = np.einsum("s,rst->rt", weights, updated) >= share
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), _LONG)
    hour = np.arange(hazard.shape[2])
    is_held = (hour >= first[:, None]) & (hour < first[:, None] + hours)
    return np.where(is_held[:, None, :], 0.0, hazard)


def without_stratum(share: Array, stratum: int | None) -> Array:
    """Shares of users of a world in which one stratum is not there yet."""
    if stratum is None:
        return share
    left = np.where(np.arange(STRATA) == stratum, 0.0, share)
    return np.asarray(left / left.sum())


def is_weekend(clock: Array) -> NDArray[np.bool_]:
    return np.asarray((clock // 24) % 7 >= 5)


def _rows(strata: tuple[int, ...]) -> slice | list[int]:
    return list(strata) if strata else slice(None)
