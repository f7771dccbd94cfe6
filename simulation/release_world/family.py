"""A world in which a release has several measures on several platforms, as the pipeline judges it: what differs from release to release is shared.

Every measure's rate differs between releases by a scale of its own; half of that is common to all measures of a release. Platforms and
strata deviate from their release a little. Shares no code with the scorer.
"""

from dataclasses import dataclass

import numpy as np

from simulation.release_world.adoption import Adoption, Rollout, active_share, crashy_share, draw_adoption
from simulation.release_world.counts import draw_counts, draw_environment, draw_kernels, received_crashes, received_hours
from simulation.release_world.crashed_clients import first_crashes_of_day
from simulation.release_world.world import HOURS_BEFORE, SIMULATED_HOURS, WEEK_HOURS, Array, Strata, World, delay_parts

_HOURS_BEFORE_RELEASE = 72
_SHARED_BETWEEN_MEASURES = 0.5
"""Correlation of two measures' release effects: a release that crashes more in one process often does in another."""
_PLATFORM_EFFECT_SD = 0.04
_STRATA_SEED = 1


@dataclass(frozen=True)
class FamilyMeasure:
    """`name` as the pipeline's; `effect_sd` is tau."""

    name: str
    crashes_per_1k_hours: float
    effect_sd: float


MEASURES: tuple[FamilyMeasure, ...] = (
    FamilyMeasure("main_crashes_capped", 2.0, 0.10),
    FamilyMeasure("content_crashes_capped", 6.0, 0.18),
    FamilyMeasure("startup_crashes", 0.3, 0.10),
    FamilyMeasure("content_shutdown_crashes", 3.0, 0.18),
    FamilyMeasure("gpu_crashes", 0.5, 0.18),
    FamilyMeasure("plugin_crashes", 0.8, 0.12),
    FamilyMeasure("gmplugin_crashes", 0.1, 0.18),
    FamilyMeasure("slow_script_notice_count", 20.0, 0.18),
)

MEASURES_WITH_CLIENTS = MEASURES[:2]
"""Whose crashed clients are counted."""


@dataclass(frozen=True)
class Group:
    """A group of users: operating system, its version, country group, and share of the users."""

    os_name: str
    os_version_major: str
    country_group: str
    share: float


GROUPS: tuple[Group, ...] = tuple(
    Group(os_name, version, country, share)
    for os_name, version, shares in (
        ("Windows_NT", "10", (0.19, 0.20, 0.22)),
        ("Windows_NT", "6", (0.05, 0.08, 0.10)),
        ("Darwin", "16", (0.05, 0.03, 0.02)),
        ("Linux", "4", (0.015, 0.025, 0.02)),
    )
    for country, share in zip(("north_america", "western_europe", "other"), shares, strict=True)
)
PLATFORMS = ("Darwin", "Linux", "Windows_NT")
LOCAL_GROUP = 5
"""Tenth of the users: Windows 6 in other countries."""


@dataclass(frozen=True)
class FamilyRegression:
    """What is wrong with a release under test: a factor on one measure's crashes, everywhere, on one platform or in one group, from an hour on."""

    label: str
    ratio: float = 1.0
    measure: int = 0
    platform: str | None = None
    group: int | None = None
    from_hour: int = 0


@dataclass(frozen=True)
class FamilyRelease:
    """Received counts since release: `crashes` (measures, groups, hours), `crashed_clients` for the first time on their day, of the measures that
    count them, (measures, platforms, hours), `usage_hours` and `updates` (groups, hours), `channel_hours` (platforms, hours) of all versions;
    `old_crashes` (measures, groups, hours) and `old_usage_hours` (groups, hours) of the version before, from 72 h before on.

    `released_hour` is in hours since its week's Monday; `kernels` (groups, delays) are those of its time; `log_ratios` the truth by
    measure: its rate over that of the typical release.
    """

    regression: FamilyRegression
    released_hour: float
    crashes: Array
    crashed_clients: Array
    usage_hours: Array
    updates: Array
    channel_hours: Array
    old_crashes: Array
    old_usage_hours: Array
    kernels: Array
    log_ratios: Array


@dataclass(frozen=True)
class SimulatedFamily:
    """Past releases, newest first, and the releases under test that share them."""

    world: World
    strata: Strata
    baselines: tuple[FamilyRelease, ...]
    tests: tuple[FamilyRelease, ...]


def family_strata(world: World) -> tuple[Strata, Array]:
    """The groups' habits, from one seed, and the crashes an hour of each measure in each group, (measures, groups)."""
    rng = np.random.default_rng(_STRATA_SEED)
    groups = len(GROUPS)
    share = np.array([group.share for group in GROUPS])
    relative = rng.lognormal(0, 0.4, (len(MEASURES), groups)) * rng.lognormal(0, 0.3, groups)
    per_hour = np.array([measure.crashes_per_1k_hours for measure in MEASURES]) / 1000
    rates = relative / (relative @ share)[:, None] * per_hour[:, None]
    strata = Strata(
        share=share,
        crashes_per_hour=rates[0],
        usage_hours_per_day=np.exp(rng.normal(np.log(3.5), 0.2, groups)),
        speed=rng.lognormal(0, 0.45, groups),
        phase_hours=rng.normal(0, 3, groups),
        delay_tilt=rng.normal(0, 0.20, (groups, 3)),
    )
    return strata, rates


def simulate_family(world: World, regressions: tuple[FamilyRegression, ...], seed: int, index: int) -> SimulatedFamily:
    """History number `index` of a study; deterministic from world, seed and index."""
    rng = np.random.default_rng([seed, index, 7])
    strata, rates = family_strata(world)
    past = (FamilyRegression("baseline"),) * world.baselines
    effects = _draw_effects(world, len(regressions), rng)
    baselines = _draw_releases(world, strata, rates, _Batch(past, effects[: world.baselines], is_of_one_time=False), rng)
    tests = _draw_releases(world, strata, rates, _Batch(regressions, effects[world.baselines :], is_of_one_time=True), rng)
    return SimulatedFamily(world, strata, tuple(baselines), tuple(tests))


@dataclass(frozen=True)
class _Batch:
    """Releases that are drawn together: what is wrong with each, and its log effects by measure and group.

    Releases under test are of one time: each is what might have come out then, under the same delays.
    """

    regressions: tuple[FamilyRegression, ...]
    effects: Array
    is_of_one_time: bool


def platform_rows() -> Array:
    """(platforms, groups): 1 where the group is of the platform."""
    return np.array([[float(group.os_name == platform) for group in GROUPS] for platform in PLATFORMS])


def _draw_effects(world: World, tests: int, rng: np.random.Generator) -> Array:
    """(releases, measures, groups): of the past ones, newest first, and then of those under test."""
    count, measures = world.baselines + tests, len(MEASURES)
    shared, own = rng.standard_normal((count, 1)), rng.standard_normal((count, measures))
    mixed = np.sqrt(_SHARED_BETWEEN_MEASURES) * shared + np.sqrt(1 - _SHARED_BETWEEN_MEASURES) * own
    walk = np.cumsum(rng.normal(0, world.drift_sd, (world.baselines + 1, measures)), axis=0)[::-1]
    drift = np.concatenate([walk[1:], np.repeat(walk[:1], tests, axis=0)])
    of_release = mixed * np.array([measure.effect_sd for measure in MEASURES]) + drift
    of_platform = rng.normal(0, _PLATFORM_EFFECT_SD, (count, measures, len(PLATFORMS))) @ platform_rows()
    return np.asarray(of_release[:, :, None] + of_platform + rng.normal(0, world.stratum_effect_sd, (count, measures, len(GROUPS))))


def _draw_releases(world: World, strata: Strata, rates: Array, batch: _Batch, rng: np.random.Generator) -> list[FamilyRelease]:
    releases = len(batch.regressions)
    adoption = draw_adoption(world, strata, Rollout(np.ones(releases), world.release_days, is_at_one_hour=batch.is_of_one_time), rng)
    users = world.users * strata.share
    hourly_use = users[:, None] * strata.usage_hours_per_day[:, None] / 24 * adoption.use
    new, old = _mean_crashes(world, rates, batch, adoption, users, rng)
    kernels = np.broadcast_to(draw_kernels(world, strata, 1 if batch.is_of_one_time else releases, rng), (releases, len(GROUPS), 3))
    usage_hours = received_hours(hourly_use * adoption.active, kernels, rng)
    old_usage_hours = received_hours(hourly_use * (1 - adoption.active), kernels, rng)
    since, since_old = slice(HOURS_BEFORE, None), slice(HOURS_BEFORE - _HOURS_BEFORE_RELEASE, None)
    by_platform = platform_rows()
    crashes = received_crashes(draw_counts(new[..., since], world.overdispersion, rng), world.late_crashes, rng)
    old_crashes = received_crashes(draw_counts(old, world.overdispersion, rng), world.late_crashes, rng)[..., since_old]
    updates = rng.poisson(users[:, None] * adoption.newly_updated).astype(float)
    (client_rng,) = rng.spawn(1)
    here, clock = (users[:, None] * adoption.active)[..., since], adoption.clock[:, since]
    clients = [
        by_platform @ first_crashes_of_day(crashes[:, measure], new[:, measure, :, since], here, clock, world.overdispersion, client_rng)
        for measure in range(len(MEASURES_WITH_CLIENTS))
    ]
    weight = rates * strata.share * strata.usage_hours_per_day
    mature = np.exp(batch.effects) * np.array([_factors(regression) for regression in batch.regressions])
    log_ratios = np.log((mature * weight).sum(axis=2) / weight.sum(axis=1))
    return [
        FamilyRelease(
            regression=batch.regressions[r],
            released_hour=float(adoption.clock[r, HOURS_BEFORE]),
            crashes=crashes[r],
            crashed_clients=np.array([of_measure[r] for of_measure in clients]),
            usage_hours=usage_hours[r][:, since],
            updates=updates[r][:, since],
            channel_hours=by_platform @ (usage_hours[r] + old_usage_hours[r])[:, since],
            old_crashes=old_crashes[r],
            old_usage_hours=old_usage_hours[r][:, since_old],
            kernels=(kernels[r] @ delay_parts())[:, :WEEK_HOURS],
            log_ratios=log_ratios[r],
        )
        for r in range(releases)
    ]


def _mean_crashes(
    world: World, rates: Array, batch: _Batch, adoption: Adoption, users: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Of the releases and of the version before each, (releases, measures, groups, hours); those who come first crash more."""
    releases = len(batch.regressions)
    strata, _ = family_strata(world)
    hourly_use = users[:, None] * strata.usage_hours_per_day[:, None] / 24 * adoption.use
    environment = draw_environment(world, adoption, (), rng)
    excess = world.early_excess * rng.lognormal(0, 0.25, releases)[:, None, None]
    scale = 1 + excess * crashy_share(1.0) / active_share(1.0)
    age = np.arange(SIMULATED_HOURS) - HOURS_BEFORE
    has_begun = np.array([age >= regression.from_hour for regression in batch.regressions])[:, None, None, :]
    factors = np.array([_factors(regression) for regression in batch.regressions])[..., None]
    of_release = np.exp(batch.effects)[..., None] * np.where(has_begun, factors, 1.0)
    steady = hourly_use * (adoption.active + excess * adoption.crashy) / scale * environment
    burst = world.burst_hours * users[:, None] * adoption.newly_updated
    tau = np.array([measure.effect_sd for measure in MEASURES])
    of_old = np.exp(rng.normal(0, 1, (releases, tau.size)) * tau)[:, :, None, None]
    left = hourly_use * ((1 - adoption.active) + excess * (crashy_share(1.0) - adoption.crashy)) / scale * environment
    by_measure = rates[None, :, :, None]
    return by_measure * (steady + burst)[:, None] * of_release, by_measure * left[:, None] * of_old


def _factors(regression: FamilyRegression) -> Array:
    """(measures, groups): what is wrong with the release."""
    factors = np.ones((len(MEASURES), len(GROUPS)))
    is_hit = np.array([regression.platform in (None, group.os_name) for group in GROUPS])
    if regression.group is not None:
        is_hit &= np.arange(len(GROUPS)) == regression.group
    factors[regression.measure, is_hit] = regression.ratio
    return factors
