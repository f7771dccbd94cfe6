"""What K past releases teach about the next one, fitted once for all of its looks (docs/method.md#base-rates to #noise-of-counts)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import HORIZON_HOURS, POLICY, Policy
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.baseline_noise import BaselineFit, Baselines, noise_of
from jobs.scoring.method.count_noise import unaligned_variance
from jobs.scoring.method.delay_matching import DelayMatching, delay_kernel, kernel_from_triangle
from jobs.scoring.method.development_factors import DevelopmentFactors, adoption_bins, base_rates, fit_development
from jobs.scoring.method.environment_guard import UsualChange, usual_change, weekend_share_change
from jobs.scoring.method.few_clients import usual_clients
from jobs.scoring.method.hourly_counts import CrashingClients, ReleaseCounts, adoption
from jobs.scoring.method.release_levels import CellLevels, PredictiveLevel, levels_for_type, predictive_level, recency_weights
from jobs.scoring.method.strata import Platform, platforms_of
from jobs.scoring.method.update_counts import UsualUpdates, usual_updates
from jobs.scoring.method.weekend_rate import log_weekend_factor, weekend_share

Number = TypeVar("Number", np.float64, np.bool_)
_UPDATE_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.35, 1.75, 2.25)
_UPDATE_FIT_HOURS = slice(0, 48, 2)


class Proxy(StrEnum):
    """What stands in for the past of a channel that has none: this version on the channel before, or the version that it takes over from."""

    CHANNEL_BEFORE = "channel_before"
    VERSION_BEFORE = "version_before"


@dataclass(frozen=True)
class ReleaseHistory:
    """Everything that scoring a new release needs to know of the past ones, newest first.

    `rates` are crashes per exposure hour of each stratum, `has_baseline` says which strata any baseline had. `omega2` is the transient
    variance by hour since release. `update_weight` is the exposure of one update, in hours (0: updates are not counted). `stratum_scale`
    and `platform_scale` say how much strata and platforms of a healthy release deviate from it.
    """

    versions: tuple[str, ...]
    matching: DelayMatching
    rates: Array
    has_baseline: NDArray[np.bool_]
    update_weight: float
    usual_updates: UsualUpdates | None
    factors: DevelopmentFactors
    past: CellLevels
    level: PredictiveLevel
    phi: float
    omega2: Array
    long_run_variance: float
    stratum_scale: float
    platforms: tuple[Platform, ...]
    platform_scale: float
    usual_change: UsualChange | None
    usual_clients: CrashingClients | None
    is_scale_learned: bool
    log_weekend: float
    policy: Policy
    proxy: Proxy | None = None

    @property
    def releases(self) -> int:
        return len(self.versions)

    def log_development(self, adoption_by_hour: Array, release_hour: int | None) -> Array:
        """Of a release with that adoption: log of its usual rate by hour since release, over the base rates."""
        hours = adoption_by_hour.size
        weekends = self.log_weekend * weekend_share(release_hour, hours)
        return self.factors.log_multiplier(adoption_bins(adoption_by_hour), hours) + weekends + self.level.mean


@lru_cache(maxsize=8)
def default_matching(hours: int = HORIZON_HOURS) -> DelayMatching:
    return DelayMatching.of(delay_kernel(), hours)


def fit_history(
    baselines: Sequence[ReleaseCounts],
    prior_scale: float = 0.10,
    matching: DelayMatching | None = None,
    parents: tuple[str, ...] | None = None,
    policy: Policy = POLICY,
    release_type: str = "major",
) -> ReleaseHistory | None:
    """The history of K baselines, newest first; None where there is none, or none with usage in its mature window.

    `prior_scale` is tau0. `matching` serves releases without a measured kernel of their own. `parents` names each stratum's parent, whose
    rate a stratum without baseline takes. `release_type` is that of the release to be scored.
    """
    matching = matching or default_matching()
    usable = [release for release in baselines if _mature_usage(release) > 0]
    if not usable:
        return None
    stacked = _stacked(usable, matching)
    weights = recency_weights(len(usable), policy.baselines.recency)
    rates = _fitted_rates(stacked, weights, parents)
    usual, updates = usual_updates(stacked.delayed_updates, stacked.usage_hours)
    stacked = replace(stacked, delayed_updates=updates)
    update_weight = _fitted_update_weight(stacked, rates)
    exposure = stacked.usage_hours if updates is None else stacked.usage_hours + update_weight * updates
    log_weekend, weekends = _weekends(usable, stacked, np.einsum("s,rst->rt", rates, exposure))
    by_stratum = rates[:, None] * exposure * weekends[:, None, :]
    bins = adoption_bins(stacked.adoption)
    factors, raw_levels = fit_development(stacked.delayed.sum(axis=1), by_stratum.sum(axis=1), bins, stacked.mature)
    multiplier = np.exp(np.array([factors.log_multiplier(row, stacked.mature.shape[1]) for row in bins]))
    levels = levels_for_type(raw_levels, [release.release_type for release in usable], release_type, policy.baselines.types_for_offset)
    past_levels = CellLevels(levels, np.maximum((stacked.delayed.sum(axis=1) * stacked.mature).sum(axis=1), 1.0))
    fit = BaselineFit(by_stratum * multiplier[:, None, :], raw_levels, weights, update_weight > 0)
    noise = noise_of(stacked, fit, platforms_of(parents or (), stacked.usage_hours.sum(axis=(0, 2)) > 0))
    return ReleaseHistory(
        versions=tuple(release.version for release in usable),
        matching=matching,
        rates=rates,
        has_baseline=stacked.usage_hours.sum(axis=(0, 2)) > 0,
        update_weight=update_weight,
        usual_updates=usual,
        factors=factors,
        past=past_levels,
        level=predictive_level(past_levels, prior_scale, policy.variance.prior_degrees, policy.baselines),
        **vars(noise),
        usual_change=_usual_change(usable, matching, log_weekend),
        usual_clients=usual_clients([past.crashing.first(HORIZON_HOURS) for past in usable if past.crashing]),
        is_scale_learned=False,
        log_weekend=log_weekend,
        policy=policy,
    )


def with_learned_scale(history: ReleaseHistory, prior_scale: float) -> ReleaseHistory:
    """The same history with a tau0 that was learned over the cells of its class."""
    policy = history.policy
    level = predictive_level(history.past, prior_scale, policy.variance.learned_degrees, policy.baselines)
    return replace(history, level=level, is_scale_learned=True)


def as_proxy(history: ReleaseHistory, proxy: Proxy) -> ReleaseHistory:
    """What stands in for a channel's past may differ from it by half as much again.

    The version before has no development to learn from: who updates crashes more at first, by as much as the variance then allows for.
    """
    omega2 = history.omega2 + (unaligned_variance(history.omega2.size) if proxy is Proxy.VERSION_BEFORE else 0.0)
    return replace(history, level=replace(history.level, scale=history.policy.variance.proxy_scale), omega2=omega2, proxy=proxy)


def matchings_by_age(release: ReleaseCounts, default: DelayMatching) -> list[DelayMatching]:
    """A release's measured kernel, or one for each of KERNEL_AGES_HOURS; else the default."""
    kernels = release.delay_kernel
    if release.delay_triangle is not None:
        kernels = kernel_from_triangle(release.delay_triangle)
    if kernels is None:
        return [default]
    return [_matching_of(np.ascontiguousarray(kernel).tobytes()) for kernel in np.atleast_2d(kernels)]


@lru_cache(maxsize=64)
def _matching_of(kernel: bytes) -> DelayMatching:
    return DelayMatching.of(np.frombuffer(kernel))


def padded(counts: NDArray[Number], hours: int) -> NDArray[Number]:
    """Zeros for the hours that are yet to come; hours beyond the horizon are cut."""
    counts = counts[..., :hours]
    missing = hours - counts.shape[-1]
    return np.pad(counts, [(0, 0)] * (counts.ndim - 1) + [(0, missing)]) if missing else counts


def _mature_usage(release: ReleaseCounts) -> float:
    return float(release.usage_hours[:, release.mature].sum())


def _weekends(usable: Sequence[ReleaseCounts], stacked: Baselines, expected: Array) -> tuple[float, Array]:
    """Log of the factor of weekends, and what it makes of each hour, (releases, hours)."""
    shares = np.array([weekend_share(release.release_hour, HORIZON_HOURS) for release in usable])
    log_weekend = log_weekend_factor(stacked.delayed.sum(axis=1), expected, shares, stacked.mature)
    return log_weekend, np.exp(log_weekend * shares)


def _usual_change(usable: Sequence[ReleaseCounts], matching: DelayMatching, log_weekend: float) -> UsualChange | None:
    preceded = [(past.previous, past) for past in usable if past.previous is not None]
    changes = [(previous, matchings_by_age(past, matching)[-1]) for previous, past in preceded]
    weekends = np.array([weekend_share_change(past.release_hour, HORIZON_HOURS) for _, past in preceded])
    return usual_change(changes, HORIZON_HOURS, log_weekend * weekends)


def _stacked(baselines: Sequence[ReleaseCounts], default: DelayMatching) -> Baselines:
    hours = HORIZON_HOURS
    known = np.array([padded(release.known, hours) for release in baselines])
    crashes = np.array([padded(release.crashes, hours) for release in baselines]) * known[:, None, :]
    usage_hours = np.array([padded(release.usage_hours, hours) for release in baselines]) * known[:, None, :]
    channel_hours = np.array([padded(release.channel_hours, hours) for release in baselines]) * known
    matchings = [matchings_by_age(release, default)[-1] for release in baselines]
    has_updates = all(release.updates is not None for release in baselines)
    updates = [padded(release.updates, hours) for release in baselines if release.updates is not None]
    if all(matching is default for matching in matchings):
        delayed, squared = default.delayed(crashes), default.squared_weights(crashes)
    else:
        delayed = np.array([matching.delayed(own) for matching, own in zip(matchings, crashes, strict=True)])
        squared = np.array([matching.squared_weights(own) for matching, own in zip(matchings, crashes, strict=True)])
    return Baselines(
        crashes=crashes,
        usage_hours=usage_hours,
        delayed=delayed,
        squared_weights=squared,
        delayed_updates=np.array([m.delayed(own) for m, own in zip(matchings, updates, strict=True)]) if has_updates else None,
        adoption=adoption(usage_hours.sum(axis=1), channel_hours),
        mature=np.array([padded(release.mature, hours) for release in baselines]),
    )


def _fitted_rates(stacked: Baselines, weights: Array, parents: tuple[str, ...] | None) -> Array:
    mature = stacked.mature[:, None, :]
    crashes = np.einsum("r,rst->s", weights, stacked.delayed * mature)
    usage_hours = np.einsum("r,rst->s", weights, stacked.usage_hours * mature)
    return base_rates(crashes, usage_hours, weights.size, parents)


def _fitted_update_weight(stacked: Baselines, rates: Array) -> float:
    """Exposure of one update in usage hours: what makes the ratio of the first two days most level."""
    delayed_updates = stacked.delayed_updates
    if delayed_updates is None:
        return 0.0
    observed = np.log(np.cumsum(stacked.delayed.sum(axis=1), axis=1)[:, _UPDATE_FIT_HOURS] + 0.5)

    def unevenness(weight: float) -> float:
        expected: Array = np.einsum("s,rst->rt", rates, stacked.usage_hours + weight * delayed_updates)
        log_ratio = observed - np.log(np.cumsum(expected, axis=1)[:, _UPDATE_FIT_HOURS] + 0.5)
        return float(((log_ratio - log_ratio.mean(axis=1, keepdims=True)) ** 2).mean())

    return min(_UPDATE_WEIGHTS, key=unevenness)
