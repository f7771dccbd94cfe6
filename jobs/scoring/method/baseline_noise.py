"""What past releases teach of noise: of counts, of a young release, of how strata and platforms deviate (docs/method.md#noise-of-counts)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.count_noise import (
    contrast_scale,
    level_variance,
    long_run_variance,
    overdispersion,
    start_transient_variance,
    stratum_scale,
    transient_variance,
)
from jobs.scoring.method.ratio_posterior import variance_to_mean
from jobs.scoring.method.strata import Platform


@dataclass(frozen=True)
class Baselines:
    """K baselines stacked: (releases, strata, hours), and (releases, hours) of all strata."""

    crashes: Array
    usage_hours: Array
    delayed: Array
    squared_weights: Array
    delayed_updates: Array | None
    adoption: Array
    mature: NDArray[np.bool_]


@dataclass(frozen=True)
class BaselineNoise:
    """Fields of a history, by the same names."""

    phi: float
    omega2: Array
    long_run_variance: float
    stratum_scale: float
    platforms: tuple[Platform, ...]
    platform_scale: float


@dataclass(frozen=True)
class BaselineFit:
    """`expected` is by stratum, at base rates and development factors, without the releases' levels."""

    expected: Array
    levels: Array
    weights: Array
    has_update_counts: bool


def noise_of(stacked: Baselines, fit: BaselineFit, platforms: tuple[Platform, ...]) -> BaselineNoise:
    expected, levels, weights = fit.expected, fit.levels, fit.weights
    fitted = expected * np.exp(levels)[:, None, None]
    phi = overdispersion(stacked.crashes, fitted, stacked.mature)
    delayed, all_expected = stacked.delayed.sum(axis=1), expected.sum(axis=1)
    observed = np.cumsum(delayed, axis=1)
    effective = observed / variance_to_mean(observed, stacked.squared_weights.sum(axis=1))
    long_run = long_run_variance(delayed, all_expected, stacked.mature, phi)
    start = start_transient_variance(delayed.shape[1], fit.has_update_counts)
    transient = transient_variance(observed, np.cumsum(all_expected, axis=1), effective, levels, phi, start)
    mature = stacked.mature[:, None, :]
    mature_delayed = (stacked.delayed * mature).sum(axis=2)
    of_level = level_variance(mature_delayed.sum(axis=1), weights, phi)
    is_seen = stacked.usage_hours.sum(axis=(0, 2)) > 0  # what no baseline had says nothing of how strata differ
    mature_fitted = (fitted * mature).sum(axis=2)
    scale = stratum_scale(mature_delayed[:, is_seen], mature_fitted[:, is_seen], weights, phi)
    parts = [np.array([sums[:, platform.strata].sum(axis=1) for platform in platforms]).T for sums in (mature_delayed, mature_fitted)]
    platform_scale = contrast_scale(parts[0], parts[1], weights, phi) if platforms else scale
    return BaselineNoise(phi, transient + long_run + of_level, long_run, scale, platforms, platform_scale)
