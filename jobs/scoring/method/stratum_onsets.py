"""When something may have begun in a stratum, and what the release and its previous version show before and since (docs/method.md#environment)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE, OVERDISPERSION, REFERENCE
from jobs.scoring.method.rest_of_release import expected_as_the_rest

_STEP_HOURS = 24  # 12 alarms and finds the same, at twice the cost; an event that begins in between is found as soon
ONSETS_A_WEEK = HORIZON_HOURS / _STEP_HOURS
_LEAST_HOURS = 3  # of crashes that tell of an onset; in the first they are few, and delayed
_PREVIOUS_WANDER = 0.10**2  # of a stratum against the rest, beyond counting: in simulated releases .07 to .12, by age
_WANDER = 0.05**2  # the same of a release in its week, beyond the scale of its strata
_UNKNOWN_VARIANCE = 1e4


@dataclass(frozen=True)
class Normal:
    mean: float
    variance: float


@dataclass(frozen=True)
class Onsets:
    """(strata, onsets, hours), as known by each hour: logs of a stratum's ratio to the rest of its release before and since each onset, of the
    previous version's change since then against its own rest, and their variances by counting and wander; and what was expected before and since.

    `is_past`: onsets that are hours ago.
    """

    before: Array
    before_variance: Array
    since: Array
    since_variance: Array
    change: Array
    change_variance: Array
    expected_before: Array
    expected_since: Array
    is_past: NDArray[np.bool_]


def onsets_of(previous_crashes: Array, previous_usage_hours: Array, observed: Array, expected: Array, overdispersion: Array) -> Onsets:
    """Of the previous version's delayed crashes and usage hours by hour, from HOURS_BEFORE_RELEASE on, and of a release's sums since release."""
    hours = observed.shape[1]
    at = np.arange(0, hours, _STEP_HOURS)
    counts = np.array([observed, expected, _rest(observed), _rest(expected)])
    since = _sums_since(counts, at)
    before = np.maximum(counts[:, :, None] - since, 0.0)
    log_before, before_variance = _log_ratio(before, overdispersion[:, None])
    before_variance[:, 0] = _UNKNOWN_VARIANCE  # the first onset is the release
    log_since, since_variance = _log_ratio(since, overdispersion[:, None])
    own, own_variance = _previous_change(previous_crashes, previous_usage_hours, at)
    rest, rest_variance = _previous_change(_rest(previous_crashes), _rest(previous_usage_hours), at)
    return Onsets(
        before=log_before,
        before_variance=before_variance,
        since=log_since,
        since_variance=since_variance,
        change=own - rest,
        change_variance=own_variance + rest_variance + _PREVIOUS_WANDER,
        expected_before=before[1],
        expected_since=since[1],
        is_past=(np.arange(hours) >= at[:, None] + _LEAST_HOURS)[None],
    )


def log_evidence(onsets: Onsets, level: Normal, step: Normal, is_shared: bool = False) -> Array:
    """Log density, up to a constant, of ratios before and since and of the previous version's change, if a release's stratum has that level and
    from the onset on that step as well, in which its previous version shares or does not."""
    variance = level.variance + onsets.before_variance
    pull = level.variance / variance
    error = onsets.before - level.mean
    evidence = _log_density(error, variance)
    error = onsets.since - level.mean - pull * error - step.mean
    variance = pull * onsets.before_variance + onsets.since_variance + step.variance
    evidence += _log_density(error, variance)
    if not is_shared:
        return evidence + _log_density(onsets.change, onsets.change_variance)
    pull = step.variance / variance
    return evidence + _log_density(onsets.change - step.mean - pull * error, onsets.change_variance + step.variance * (1 - pull))


def _previous_change(crashes: Array, usage_hours: Array, at: NDArray[np.intp]) -> tuple[Array, Array]:
    """Log of the rates since each onset over that before the release, and its variance by counting."""
    before, used_before = (hourly[:, REFERENCE].sum(axis=1)[:, None, None] for hourly in (crashes, usage_hours))
    since, used_since = (_sums_since(np.cumsum(hourly[:, HOURS_BEFORE_RELEASE:], axis=1), at) for hourly in (crashes, usage_hours))
    is_known = (used_since > 1e-9) & (used_before > 1e-9)
    usual = np.where(is_known, (before + 0.5) * used_since / np.maximum(used_before, 1e-9), 0.0)
    change = np.where(is_known, np.log((since + 0.5) / (usual + 0.5)), 0.0)
    variance = OVERDISPERSION * (_count_variance(since, usual) + 1 / np.maximum(before, 1.0))
    return change, np.where(is_known, variance, _UNKNOWN_VARIANCE)


def _log_ratio(counts: Array, overdispersion: Array) -> tuple[Array, Array]:
    observed, expected, rest_observed, rest_expected = counts
    expected = expected_as_the_rest(expected, rest_observed, rest_expected)
    variance = overdispersion * (_count_variance(observed, expected) + 1 / np.maximum(rest_observed, 2.0)) + _WANDER
    return np.log((observed + 0.5) / (expected + 0.5)), variance


def _count_variance(observed: Array, expected: Array) -> Array:
    """Of log observed/expected: with the mean of both, normal densities tell two Poisson means apart about as their own likelihoods do."""
    return np.asarray(1 / np.maximum((observed + expected) / 2, 0.5))


def _rest(by_stratum: Array) -> Array:
    return np.asarray(by_stratum.sum(axis=0) - by_stratum)


def _sums_since(cumulative: Array, at: NDArray[np.intp]) -> Array:
    """(..., onsets, hours): what came since each hour `at`; nothing before it."""
    before = np.where(at > 0, cumulative[..., at - 1], 0.0)
    return np.maximum(cumulative[..., None, :] - before[..., None], 0.0)


def _log_density(error: Array, variance: Array) -> Array:
    return np.asarray(-(np.log(variance) + error**2 / variance) / 2)
