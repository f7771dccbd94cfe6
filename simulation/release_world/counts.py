"""Counts of a history and of the releases under test: crashes, received hours, updates, and the old version beside each."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulation.release_world.adoption import Adoption, Rollout, active_share, crashy_share, draw_adoption
from simulation.release_world.crashed_clients import first_crashes_of_day
from simulation.release_world.events import event_factors, is_weekend, weekly_factors, without_stratum
from simulation.release_world.world import (
    HOURS_BEFORE,
    SIMULATED_HOURS,
    STRATA,
    Array,
    Event,
    Regression,
    Strata,
    World,
    delay_parts,
    draw_strata,
)

_ENVIRONMENT_MEMORY = np.exp(-1 / 24)
_STRATUM_ENVIRONMENT_SD = 0.04
_LATE_CRASH_HOURS = 10.0
_OLD_VERSION_HOURS = 72
_RECENCY = 0.9
_CONTAMINATION_RATIO = 1.5


@dataclass(frozen=True)
class SimulatedRelease:
    """Received counts by stratum and hour since release; `old_*`, of the version before, from 72 h before. `kernels` (strata, delays) are true.

    `released_hour` is the first hour in the week, from Monday's midnight. `log_ratio` is the truth: mature crash rate against the recency-weighted mean of the history, for the history's mix of users.
    """

    regression: Regression
    log_ratio: float
    crashes: Array
    usage_hours: Array
    channel_hours: Array
    updates: Array
    old_crashes: Array
    old_usage_hours: Array
    kernels: Array
    mean_kernel: Array
    released_hour: int
    crashed_clients: Array
    """(hours,): clients that crash for the first time on their UTC day, of all strata."""


@dataclass(frozen=True)
class SimulatedHistory:
    """Past releases, newest first, and the releases under test that share them."""

    world: World
    strata: Strata
    baselines: tuple[SimulatedRelease, ...]
    tests: tuple[SimulatedRelease, ...]


def simulate_history(world: World, regressions: tuple[Regression, ...], seed: int, index: int) -> SimulatedHistory:
    """History number `index` of a study; deterministic from world, seed and index."""
    rng = np.random.default_rng([seed, index])
    strata = draw_strata(world)
    effects, stratum_effects = _draw_effects(world, len(regressions), rng)
    past, tests = slice(0, world.baselines), slice(world.baselines, None)
    healthy = (Regression("baseline"),) * world.baselines
    usual = Rollout(np.ones(world.baselines), world.release_days)
    past_strata = replace(strata, share=without_stratum(strata.share, world.test_new_stratum))
    baselines = _draw_releases(world, past_strata, _Batch(healthy, effects[past], stratum_effects[past], usual), rng)
    test_strata = _with_new_mix(strata) if world.test_has_new_mix else strata
    late = world.late_crashes if world.test_late_crashes is None else world.test_late_crashes
    test_world = replace(world, delay_shares=world.test_delay_shares or world.delay_shares, late_crashes=late)
    days = world.test_release_days or world.release_days
    rollout = Rollout(np.full(len(regressions), world.test_speed), days, world.test_held_share, world.test_held_hours)
    batch = _Batch(regressions, effects[tests], stratum_effects[tests], rollout, world.test_events)
    released = _draw_releases(test_world, test_strata, batch, rng)
    truths = _log_ratios(strata, regressions, effects, stratum_effects, world.baselines)
    return SimulatedHistory(
        world, strata, tuple(baselines), tuple(replace(r, log_ratio=float(t)) for r, t in zip(released, truths, strict=True))
    )


def _draw_effects(world: World, tests: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Log effects of the K past releases, newest first, and then of those under test; by release, and by release and stratum."""
    count = world.baselines + tests
    own = rng.standard_t(3, count) / np.sqrt(3) if world.has_heavy_tails else rng.standard_normal(count)
    walk = np.cumsum(rng.normal(0, world.drift_sd, world.baselines + 1))[::-1]  # newest first; the first is the tests'
    drift = np.concatenate([walk[1:], np.full(tests, walk[0])])
    is_contaminated = (rng.random(count) < world.contamination) & (np.arange(count) < world.baselines)
    effects = own * world.effect_sd + drift + np.where(is_contaminated, np.log(_CONTAMINATION_RATIO), 0.0)
    return effects, rng.normal(0, world.stratum_effect_sd, (count, STRATA))


def _log_ratios(strata: Strata, regressions: tuple[Regression, ...], effects: Array, stratum_effects: Array, baselines: int) -> Array:
    weight = strata.crash_weight
    levels = np.log((np.exp(effects[:, None] + stratum_effects) * weight).sum(axis=1))
    factors = np.array([_stratum_factors(regression) for regression in regressions])
    tests = np.log((np.exp(effects[baselines:, None] + stratum_effects[baselines:]) * factors * weight).sum(axis=1))
    recency = _RECENCY ** np.arange(baselines)
    return np.asarray(tests - levels[:baselines] @ recency / recency.sum())


def _stratum_factors(regression: Regression) -> Array:
    factors = np.ones(STRATA)
    factors[slice(None) if regression.stratum is None else regression.stratum] = regression.ratio
    return factors


def _with_new_mix(strata: Strata) -> Strata:
    """Twelve points of users more in the crashiest stratum, from the two largest."""
    share = strata.share.copy()
    share[np.argmax(strata.crashes_per_hour)] += 0.12
    share[0] -= 0.08
    share[1] -= 0.04
    return replace(strata, share=np.maximum(share, 0.0))


@dataclass(frozen=True)
class _Batch:
    """Releases that are drawn together: what is wrong with each, its log effects, how they are given out, and what hits all their versions."""

    regressions: tuple[Regression, ...]
    effects: Array
    stratum_effects: Array
    rollout: Rollout
    events: tuple[Event, ...] = ()


def _draw_releases(world: World, strata: Strata, batch: _Batch, rng: np.random.Generator) -> list[SimulatedRelease]:
    regressions = batch.regressions
    releases = len(regressions)
    adoption = draw_adoption(world, strata, batch.rollout, rng)
    environment = draw_environment(world, adoption, batch.events, rng)
    factors = np.exp(batch.effects[:, None] + batch.stratum_effects)[:, :, None] * _hourly_factors(regressions)
    users = world.users * strata.share
    hourly_use = users[None, :, None] * strata.usage_hours_per_day[None, :, None] / 24 * adoption.use
    excess = world.early_excess * rng.lognormal(0, 0.25, releases)[:, None, None]
    rate = strata.crashes_per_hour[None, :, None]
    scale = 1 + excess * crashy_share(1.0) / active_share(1.0)
    steady = rate * hourly_use * (adoption.active + excess * adoption.crashy) / scale * factors * environment
    burst = rate * world.burst_hours * users[None, :, None] * adoption.newly_updated * factors
    left_active, left_crashy = active_share(1.0) - adoption.active, crashy_share(1.0) - adoption.crashy
    old_effect = np.exp(rng.normal(0, world.effect_sd, releases))[:, None, None]
    old_steady = rate * hourly_use * (left_active + excess * left_crashy) / scale * old_effect * environment
    kernels = draw_kernels(world, strata, releases, rng)
    usage_hours = received_hours(hourly_use * adoption.active, kernels, rng)
    old_usage_hours = received_hours(hourly_use * left_active, kernels, rng)
    crashes = received_crashes(draw_counts(steady + burst, world.overdispersion, rng), world.late_crashes, rng)
    old_crashes = received_crashes(draw_counts(old_steady, world.overdispersion, rng), world.late_crashes, rng)
    here = users[None, :, None] * adoption.active
    (client_rng,) = rng.spawn(1)
    clients = first_crashes_of_day(crashes, steady + burst, here, adoption.clock, world.overdispersion, client_rng)
    updates = rng.poisson(users[None, :, None] * adoption.newly_updated).astype(float)
    true_kernels = np.einsum("rsk,kd->rsd", kernels, delay_parts())
    mean_kernels = np.einsum("s,rsd->rd", strata.share * strata.usage_hours_per_day, true_kernels)
    mean_kernels /= (strata.share * strata.usage_hours_per_day).sum()
    since_release, since_old = slice(HOURS_BEFORE, None), slice(HOURS_BEFORE - _OLD_VERSION_HOURS, None)
    return [
        SimulatedRelease(
            regression=regressions[r],
            log_ratio=0.0,
            crashes=crashes[r][:, since_release],
            usage_hours=usage_hours[r][:, since_release],
            channel_hours=(usage_hours[r] + old_usage_hours[r])[:, since_release].sum(axis=0),
            updates=updates[r][:, since_release],
            old_crashes=old_crashes[r][:, since_old],
            old_usage_hours=old_usage_hours[r][:, since_old],
            kernels=true_kernels[r],
            mean_kernel=mean_kernels[r],
            released_hour=int(adoption.clock[r, HOURS_BEFORE]),
            crashed_clients=clients[r][:, since_release].sum(axis=0),
        )
        for r in range(releases)
    ]


def _hourly_factors(regressions: tuple[Regression, ...]) -> Array:
    """(releases, strata, hours): what is wrong, from when it is."""
    age = np.arange(SIMULATED_HOURS) - HOURS_BEFORE
    grown = [np.clip((age - r.from_hour + 1) / max(r.ramp_hours, 1), 0.0, 1.0) for r in regressions]
    return np.array([1 + (_stratum_factors(r)[:, None] - 1) * share for r, share in zip(regressions, grown, strict=True)])


def draw_environment(world: World, adoption: Adoption, events: tuple[Event, ...], rng: np.random.Generator) -> Array:
    releases = adoption.use.shape[0]
    common = _autoregression((releases, 1, SIMULATED_HOURS), world.environment_sd, rng)
    by_stratum = _autoregression((releases, STRATA, SIMULATED_HOURS), _STRATUM_ENVIRONMENT_SD, rng)
    weekly = np.where(is_weekend(adoption.clock), world.weekend_crashes, 1.0)[:, None, :] * weekly_factors(
        world.weekly_event, adoption.clock
    )
    return np.asarray(np.exp(common + by_stratum) * weekly * event_factors(events))


def _autoregression(shape: tuple[int, ...], sd: float, rng: np.random.Generator) -> Array:
    noise = rng.normal(0, sd, shape)
    innovation = np.sqrt(1 - _ENVIRONMENT_MEMORY**2)
    for t in range(1, shape[-1]):
        noise[..., t] = _ENVIRONMENT_MEMORY * noise[..., t - 1] + innovation * noise[..., t]
    return noise


def draw_counts(means: Array, overdispersion: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Negative binomial: variance is `overdispersion` x mean."""
    spread = overdispersion - 1
    return rng.poisson(rng.gamma(np.maximum(means, 1e-12) / spread) * spread)


def received_crashes(crashes: NDArray[np.int64], late_share: float, rng: np.random.Generator) -> Array:
    """Most crashes are reported at once, the others after some hours."""
    hours = crashes.shape[-1]
    late = rng.binomial(crashes, late_share)
    received = (crashes - late).astype(float).reshape(-1, hours)
    row, hour = np.nonzero(late.reshape(-1, hours))
    repeats = late.reshape(-1, hours)[row, hour]
    arrives = np.repeat(hour, repeats) + rng.geometric(1 - np.exp(-1 / _LATE_CRASH_HOURS), repeats.sum())
    slot = np.repeat(row, repeats) * hours + arrives
    slot = slot[arrives < hours]
    received += np.bincount(slot, minlength=received.size).reshape(received.shape)
    return np.asarray(received.reshape(crashes.shape))


def late_kernel(late_share: float, hours: int) -> Array:
    """Share of the crashes that are reported after each whole number of hours."""
    later = np.exp(-np.arange(hours - 1) / _LATE_CRASH_HOURS) * (1 - np.exp(-1 / _LATE_CRASH_HOURS))
    return np.concatenate([[1 - late_share], late_share * later])


def draw_kernels(world: World, strata: Strata, releases: int, rng: np.random.Generator) -> Array:
    """(releases, strata, 3): how much of each kind of delay."""
    log_shares = np.log(world.delay_shares) + strata.delay_tilt[None] + rng.normal(0, 0.15, (releases, 1, 3))
    shares = np.exp(log_shares)
    return np.asarray(shares / shares.sum(axis=2, keepdims=True))


def received_hours(hours: Array, kernels: Array, rng: np.random.Generator) -> Array:
    """Hours of use as they are received; gamma noise of variance 2 x mean, since hours come in sessions."""
    lag = np.arange(SIMULATED_HOURS)[None, :] - np.arange(SIMULATED_HOURS)[:, None]
    received = np.zeros_like(hours)
    for kind, part in enumerate(delay_parts()):
        received += kernels[:, :, kind, None] * (hours @ np.where(lag >= 0, part[np.maximum(lag, 0)], 0.0))
    return np.asarray(rng.gamma(np.maximum(received, 1e-12) / 2) * 2)
