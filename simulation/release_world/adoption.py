"""Clock, adoption and the people who come first, for a batch of releases at once."""

from dataclasses import dataclass

import numpy as np

from simulation.release_world.events import held, is_weekend
from simulation.release_world.world import HOURS_BEFORE, SIMULATED_HOURS, Array, Strata, World

_THROTTLED_SHARE, _THROTTLE, _THROTTLED_HOURS = 0.45, 0.3, 48
_LONGEST_ADOPTION = 0.92
_EAGER_SCALE, _CRASHY_SCALE = 0.2, 0.1


@dataclass(frozen=True)
class Adoption:
    """(releases, strata, hours from 96 h before release). `use` is activity against the average, `updated` the share on the release.

    `active` weighs the updated by how much they use the browser, `crashy` by how early they came as well; `clock` is (releases, hours), in
    hours from a Monday's midnight.
    """

    use: Array
    updated: Array
    active: Array
    crashy: Array
    clock: Array

    @property
    def newly_updated(self) -> Array:
        return np.diff(self.updated, axis=2, prepend=0.0)


@dataclass(frozen=True)
class Rollout:
    """How releases are given out: `speeds` one factor a release, on which days of the week, and held at a share of the users for some hours.

    Each comes out at an hour of its own, or all at one.
    """

    speeds: Array
    release_days: tuple[int, ...]
    held_share: float | None = None
    held_hours: int = 0
    is_at_one_hour: bool = False


def draw_adoption(world: World, strata: Strata, rollout: Rollout, rng: np.random.Generator) -> Adoption:
    speeds, days = rollout.speeds, np.array(rollout.release_days)
    releases = speeds.size
    hours = 1 if rollout.is_at_one_hour else releases
    released_hour = np.broadcast_to(rng.uniform(12, 20, hours) + 24 * days[rng.integers(0, days.size, hours)], releases)
    age = np.arange(SIMULATED_HOURS, dtype=float) - HOURS_BEFORE
    clock = released_hour[:, None] + age
    use = use_at(clock, world, strata)
    is_throttled = rng.random(releases) < _THROTTLED_SHARE
    throttle = np.where(is_throttled[:, None] & (age < _THROTTLED_HOURS), _THROTTLE, 1.0) * (age >= 0)
    pace = rng.lognormal(0, 0.3, releases) * speeds
    hazard = pace[:, None, None] * strata.speed[None, :, None] / 38 * use * throttle[:, None, :]
    updated = _updated(hazard)
    if rollout.held_share is not None:
        updated = _updated(held(hazard, updated, strata.share, rollout.held_share, rollout.held_hours))
    return Adoption(use, updated, active_share(updated), crashy_share(updated), clock)


def _updated(hazard: Array) -> Array:
    return np.asarray(_LONGEST_ADOPTION * (1 - np.exp(-(np.cumsum(hazard, axis=2) ** 0.9))))


def use_at(clock: Array, world: World, strata: Strata) -> Array:
    """Activity against the average, (..., strata, hours), at hours (..., hours) since a Monday's midnight."""
    daily = 1 + 0.5 * np.sin(2 * np.pi * (clock[..., None, :] - 9 + strata.phase_hours[:, None]) / 24)
    return np.asarray(daily * np.where(is_weekend(clock), world.weekend_use, 1.0)[..., None, :])


def active_share(updated: Array | float) -> Array:
    """W: share of the usage of the `updated` most eager users, who use the browser more."""
    return np.asarray((updated + 0.5 * _EAGER_SCALE * (1 - np.exp(-np.asarray(updated) / _EAGER_SCALE))) / _mean_use())


def crashy_share(updated: Array | float) -> Array:
    """V: the same, weighted by how early they come: the first crash most."""
    both = 1 / (1 / _EAGER_SCALE + 1 / _CRASHY_SCALE)
    first = _CRASHY_SCALE * (1 - np.exp(-np.asarray(updated) / _CRASHY_SCALE))
    return np.asarray((first + 0.5 * both * (1 - np.exp(-np.asarray(updated) / both))) / _mean_use())


def _mean_use() -> float:
    return float(1 + 0.5 * _EAGER_SCALE * (1 - np.exp(-1 / _EAGER_SCALE)))
