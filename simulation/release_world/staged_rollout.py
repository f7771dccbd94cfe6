"""A release that is given out in steps, each to a random share of the users at an hour that need not be known beforehand.

Every step's users are a population of their own that begins to update then: counts of what has been given out stay as they are when more is.
"""

from dataclasses import dataclass

import numpy as np

from simulation.release_world.adoption import Adoption, active_share, crashy_share, use_at
from simulation.release_world.counts import draw_counts, draw_environment, draw_kernels, received_crashes, received_hours
from simulation.release_world.world import HOURS_BEFORE, SIMULATED_HOURS, STRATA, Array, Strata, World

_LONGEST_ADOPTION = 0.92
_SINCE = slice(HOURS_BEFORE, None)


@dataclass(frozen=True)
class StagedRelease:
    """What all steps of a release share: (strata, hours from 96 h before release) unless said.

    `log_effects` by stratum are those of a healthy release, `factors` by stratum what is wrong with this one.
    """

    world: World
    strata: Strata
    log_effects: Array
    factors: Array
    use: Array
    environment: Array
    kernels: Array
    pace: float
    early_excess: float

    @property
    def channel_hours(self) -> Array:
        """Received hours of all versions, by hour since release."""
        hours = self._hourly_use * active_share(1.0)
        return np.asarray(_received_mean(hours, self.kernels)[:, _SINCE].sum(axis=0))

    @property
    def _hourly_use(self) -> Array:
        users = self.world.users * self.strata.share
        return np.asarray(users[:, None] * self.strata.usage_hours_per_day[:, None] / 24 * self.use)


@dataclass(frozen=True)
class Step:
    """Received counts of one step's users by stratum and hour since release."""

    share: float
    from_hour: int
    crashes: Array
    usage_hours: Array
    updates: Array


def draw_release(world: World, strata: Strata, log_effects: Array, factors: Array, rng: np.random.Generator) -> StagedRelease:
    """The release's week, its habits and surroundings; `log_effects` and `factors` are by stratum."""
    clock = rng.uniform(12, 20) + 24 * rng.integers(0, 5) + np.arange(SIMULATED_HOURS) - HOURS_BEFORE
    use = use_at(clock[None, :], world, strata)
    nothing = np.zeros((1, STRATA, SIMULATED_HOURS))
    environment = draw_environment(world, Adoption(use, nothing, nothing, nothing, clock[None, :]), (), rng)
    kernels = draw_kernels(world, strata, 1, rng)
    excess = world.early_excess * rng.lognormal(0, 0.25)
    return StagedRelease(world, strata, log_effects, factors, use[0], environment[0], kernels, float(rng.lognormal(0, 0.3)), float(excess))


def draw_step(release: StagedRelease, share: float, from_hour: int, rng: np.random.Generator) -> Step:
    """The counts of another `share` of the users, who may update from that hour on."""
    updated = _updated(release, from_hour)
    hours = share * release._hourly_use * active_share(updated)
    users = share * release.world.users * release.strata.share
    crashes = draw_counts(_mean_crashes(release, share, updated), release.world.overdispersion, rng)
    return Step(
        share,
        from_hour,
        received_crashes(crashes[:, _SINCE], release.world.late_crashes, rng),
        received_hours(hours[None], release.kernels, rng)[0][:, _SINCE],
        rng.poisson(users[:, None] * np.diff(updated, axis=1, prepend=0.0)).astype(float)[:, _SINCE],
    )


def mean_crashes(release: StagedRelease, share: float, from_hour: int, until_hour: int | None = None) -> Array:
    """True mean crashes of a step by stratum and hour since release, if nobody more updates from `until_hour` on."""
    return _mean_crashes(release, share, _updated(release, from_hour, until_hour))[:, _SINCE]


def _updated(release: StagedRelease, from_hour: int, until_hour: int | None = None) -> Array:
    age = np.arange(SIMULATED_HOURS) - HOURS_BEFORE
    may_update = (age >= from_hour) & (age < (SIMULATED_HOURS if until_hour is None else until_hour))
    hazard = release.pace * release.strata.speed[:, None] / 38 * release.use * may_update
    return np.asarray(_LONGEST_ADOPTION * (1 - np.exp(-(np.cumsum(hazard, axis=1) ** 0.9))))


def _mean_crashes(release: StagedRelease, share: float, updated: Array) -> Array:
    world, strata = release.world, release.strata
    scale = 1 + release.early_excess * crashy_share(1.0) / active_share(1.0)
    steady = release._hourly_use * (active_share(updated) + release.early_excess * crashy_share(updated)) / scale * release.environment
    burst = world.burst_hours * (world.users * strata.share)[:, None] * np.diff(updated, axis=1, prepend=0.0)
    factors = np.exp(release.log_effects) * release.factors
    return np.asarray(share * strata.crashes_per_hour[:, None] * (steady + burst) * factors[:, None])


def _received_mean(hours: Array, kernels: Array) -> Array:
    """Without the noise of sessions: of all versions together it hardly counts."""
    return np.asarray(received_hours(hours[None], kernels, np.random.default_rng(0))[0])
