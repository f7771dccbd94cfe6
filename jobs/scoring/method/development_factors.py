"""How a release's rate runs above its mature level by age and adoption: a chain ladder in two dimensions (docs/method.md#base-rates and #development-factors).

Age carries the burst of crashes at updating, adoption the fact that people who update first crash more; both are needed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array

Bins = NDArray[np.intp]

ADOPTION_EDGES: Array = np.array([0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.23, 0.32, 0.43, 0.56, 0.72])
AGE_EDGES_HOURS: Array = np.array([0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 72], dtype=float)
_ROUNDS = 4
_ADOPTION_SHRINKAGE_CRASHES = 30.0
_AGE_SHRINKAGE_CRASHES = 5.0
_BASE_RATE_SHRINKAGE_CRASHES = 20.0


@dataclass(frozen=True)
class DevelopmentFactors:
    """Logarithms: `by_adoption` for each adoption bin, `by_age` for each age bin."""

    by_adoption: Array
    by_age: Array

    def log_multiplier(self, adoption_bins: Bins, hours: int) -> Array:
        """G at each hour since release."""
        return np.asarray(self.by_adoption[..., adoption_bins] + self.by_age[..., age_bins(hours)])


def adoption_bins(adoption: Array) -> Bins:
    return np.searchsorted(ADOPTION_EDGES, adoption, side="right") - 1


def age_bins(hours: int) -> Bins:
    return np.searchsorted(AGE_EDGES_HOURS, np.arange(hours), side="right") - 1


def base_rates(mature_crashes: Array, mature_exposure: Array, releases: int, parents: tuple[str, ...] | None = None) -> Array:
    """Crashes per hour of each stratum, shrunk towards the channel's rate by 20 crashes.

    Both arguments are recency-weighted sums over the baselines' mature hours. A stratum that no baseline had takes the rate of the strata
    with the same parent, else the channel's.
    """
    total_exposure = mature_exposure.sum()
    # Half a crash where there was none at all: nothing else here divides by a rate.
    channel_rate = max(mature_crashes.sum(), 0.5) / total_exposure
    shrinkage_hours = _BASE_RATE_SHRINKAGE_CRASHES / releases / channel_rate
    target = np.full(mature_crashes.shape, channel_rate)
    if parents is not None:
        groups = np.array(parents)
        for i in np.flatnonzero(mature_exposure <= 0):
            is_sibling = groups == groups[i]
            crashes, exposure = mature_crashes[is_sibling].sum(), mature_exposure[is_sibling].sum()
            target[i] = (crashes + shrinkage_hours * channel_rate) / (exposure + shrinkage_hours)
    return np.asarray((mature_crashes + shrinkage_hours * target) / (mature_exposure + shrinkage_hours))


def fit_development(delayed: Array, expected: Array, bins: Bins, mature: NDArray[np.bool_]) -> tuple[DevelopmentFactors, Array]:
    """Factors and each release's mature log level, alternately, from (..., releases, hours) of all strata together.

    `expected` are the crashes at base rates; `bins` the adoption bins and `mature` the hours that make a level, (releases, hours). Leading
    axes of `delayed` and `expected` are fits of their own.
    """
    ages = np.broadcast_to(age_bins(delayed.shape[-1]), bins.shape)
    adoption_slots, age_slots = _slots(bins, ADOPTION_EDGES.size), _slots(ages, AGE_EDGES_HOURS.size)
    by_adoption = np.zeros((*delayed.shape[:-2], ADOPTION_EDGES.size))
    by_age = np.zeros((*delayed.shape[:-2], AGE_EDGES_HOURS.size))
    mature_delayed = (delayed * mature).sum(axis=-1)

    def levels_at(at_factors: Array) -> Array:
        return np.asarray(np.log((mature_delayed + 0.5) / ((at_factors * mature).sum(axis=-1) + 0.5)))

    at_factors = expected
    levels = levels_at(at_factors)
    for _ in range(_ROUNDS):
        levelled = delayed * np.exp(-levels)[..., None]
        by_adoption = by_adoption + _log_ratio(levelled, at_factors, adoption_slots, _ADOPTION_SHRINKAGE_CRASHES)
        at_factors = expected * np.exp(by_adoption[..., bins] + by_age[..., ages])
        by_age = by_age + _log_ratio(levelled, at_factors, age_slots, _AGE_SHRINKAGE_CRASHES)
        at_factors = expected * np.exp(by_adoption[..., bins] + by_age[..., ages])
        levels = levels_at(at_factors)
    return DevelopmentFactors(by_adoption, by_age), levels


def _slots(bins: Bins, size: int) -> Array:
    """(releases x hours, bins): 1 where the hour falls into the bin; a product with it sums by bin."""
    return np.asarray(bins.ravel()[:, None] == np.arange(size), dtype=np.float64)


def _log_ratio(observed: Array, expected: Array, slots: Array, shrinkage_crashes: float) -> Array:
    observed_sums = observed.reshape(*observed.shape[:-2], -1) @ slots
    expected_sums = expected.reshape(*expected.shape[:-2], -1) @ slots
    return np.asarray(np.log((observed_sums + shrinkage_crashes) / (expected_sums + shrinkage_crashes)))
