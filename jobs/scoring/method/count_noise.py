"""How noisy counts are: overdispersion, long-run wander, the transient error of a young release, and how strata differ (docs/method.md#noise-of-counts).

Arrays are (releases, strata, hours) or (releases, hours), newest release first.
"""

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array

_LEAST_MEAN = 0.05
_LATE_WINDOWS = (slice(72, 120), slice(120, 168))
_LEAST_TRANSIENT_VARIANCE = 0.02**2
_FEWEST_TO_LEARN = 3  # releases, of their transient variance
_UPDATE_HOURS = 7.0  # what a user's update is worth, in hours of a usage of 3.5 h a day
_UPDATE_COUNT_VARIANCE_SCALE = 0.36  # om_scale .6, squared


def overdispersion(crashes: Array, fitted: Array, mature: NDArray[np.bool_]) -> float:
    """phi: variance-to-mean ratio of raw hourly counts around their fit, in the mature window; within [1, 10]."""
    is_used = (fitted > _LEAST_MEAN) & mature[:, None, :]
    means, counts = fitted[is_used], crashes[is_used]
    if means.size == 0:
        return 1.0
    weights = 1.0 / (1.0 + means / 20.0)
    return float(np.clip(np.average((counts - means) ** 2 / means, weights=weights), 1.0, 10.0))


def long_run_variance(delayed: Array, expected: Array, mature: NDArray[np.bool_], phi: float) -> float:
    """vlong: how far a mature release's level wanders between the first and the second half of its mature window."""
    halves = [
        np.log((np.where(mature, delayed, 0.0)[:, half].sum(axis=1) + 0.5) / (np.where(mature, expected, 0.0)[:, half].sum(axis=1) + 0.5))
        for half in _LATE_WINDOWS
    ]
    mature_crashes = np.maximum(np.where(mature, delayed, 0.0).sum(axis=1), 1.0)
    has_both = mature[:, _LATE_WINDOWS[0]].any(axis=1) & mature[:, _LATE_WINDOWS[1]].any(axis=1)
    wander = np.where(has_both, (halves[0] - halves[1]) ** 2 / 4 - phi / mature_crashes, 0.0)
    releases = delayed.shape[0]
    return float((releases * max(wander.mean(), 0.0) + 8 * 0.03**2) / (releases + 8))


def start_transient_variance(hours: int, has_update_counts: bool) -> Array:
    """om0: what to expect before past releases have shown it; smaller where update counts tell how many moved."""
    age = np.arange(hours)
    start = 0.22**2 * np.exp(-age / 2) + 0.10**2 * np.exp(-age / 30) + 0.02**2
    return np.asarray(start * (_UPDATE_COUNT_VARIANCE_SCALE if has_update_counts else 1.0))


def unaligned_variance(hours: int) -> Array:
    """Variance of log observed/expected by age where no past release tells how rates develop.

    One crash-hour at updating beside 1/7 usage hour an hour from then on, of users of whom one in `age` has just come: 8 times the rate after
    an hour, 1.3 times after a day.
    """
    return np.asarray(np.log1p(_UPDATE_HOURS / np.arange(1, hours + 1)) ** 2)


def transient_variance(observed: Array, expected: Array, effective: Array, levels: Array, phi: float, start: Array) -> Array:
    """omega2 without the long-run part: variance of log cumulative observed/expected around the release's own level, by age.

    `observed`, `expected` and `effective` counts are cumulative, all strata together.
    """
    releases, hours = observed.shape
    deviation = np.log((observed + 0.5) / (expected + 0.5)) - levels[:, None]
    correction = releases / max(releases - 1, 1)
    raw = correction * (deviation**2 - phi / np.maximum(effective, 1.0)).mean(axis=0)
    learned = np.maximum(smoothed_by_age(raw), 0.0)
    weight = releases / (releases + 8) * ((effective.mean(axis=0) > 10) & (releases >= _FEWEST_TO_LEARN))
    if releases < _FEWEST_TO_LEARN:
        start = start * (1 + 1 / releases)  # the factors of so few releases carry their own transient error, too
    return np.asarray(np.maximum(weight * learned + (1 - weight) * start[:hours], _LEAST_TRANSIENT_VARIANCE))


def level_variance(mature_effective: Array, weights: Array, phi: float) -> float:
    """Variance of the baselines' mean log level from their counts being finite; it is the same at every age."""
    return float(phi * ((weights**2) / np.maximum(mature_effective, 1.0)).sum())


def stratum_scale(mature_delayed: Array, mature_fitted: Array, weights: Array, phi: float) -> float:
    """s_int: how much strata of a healthy release deviate from the release; arguments are (releases, strata) sums of strata that any had."""
    return _scale_of_parts(np.log((mature_delayed + 0.5) / (mature_fitted + 0.5)), 1.0 / np.maximum(mature_delayed, 1.0), weights, phi)


def contrast_scale(mature_delayed: Array, mature_fitted: Array, weights: Array, phi: float) -> float:
    """How much each part of a healthy release, (releases, parts), deviates from all of its other parts together."""
    rest_delayed, rest_fitted = (sums.sum(axis=1, keepdims=True) - sums for sums in (mature_delayed, mature_fitted))
    contrast = np.log((mature_delayed + 0.5) / (mature_fitted + 0.5)) - np.log((rest_delayed + 0.5) / (rest_fitted + 0.5))
    return _scale_of_parts(contrast, 1.0 / np.maximum(mature_delayed, 1.0) + 1.0 / np.maximum(rest_delayed, 1.0), weights, phi)


def _scale_of_parts(deviation: Array, count_variance: Array, weights: Array, phi: float) -> float:
    """Predictive scale of log deviations, (releases, parts), each around its part's own mean, without what is due to counting."""
    releases = deviation.shape[0]
    deviation = deviation - deviation.mean(axis=0)
    excess = releases / max(releases - 1, 1) * deviation**2 - phi * count_variance
    shrunk = (20 * 0.06**2 + releases * max(float(excess.mean()), 0.0)) / (20 + releases)
    return float(np.sqrt(max(shrunk, 0.02**2) * (1.0 + (weights**2).sum())))


def smoothed_by_age(series: Array) -> Array:
    """Moving mean over a quarter of the age to either side."""
    hours = np.arange(series.size)
    reach = hours // 4
    cumulative = np.concatenate([[0.0], np.cumsum(series)])
    first, last = np.maximum(hours - reach, 0), np.minimum(hours + reach, series.size - 1)
    return np.asarray((cumulative[last + 1] - cumulative[first]) / (last + 1 - first))
