"""Something that hits all versions: the previous version's rate says so, and moves what is expected (scoring 3.9).

Only what is beyond the usual moves it: the change is judged against how much it differs between releases, not against how well its mean
is known (docs/decisions/scoring_departures.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.release_counts import Array, PreviousVersion, trailing_sum

HOURS_BEFORE_RELEASE = 72
_TRAILING_HOURS = 12
_FEWEST_RELEASES = 3
_OVERDISPERSION = 2.5  # fixed: the previous version's own is not known in its last days


@dataclass(frozen=True)
class PreviousVersionChange:
    """Log of the previous version's trailing rate over its rate before the release, by age; its crashes in both windows. NaN: not known."""

    log_change: Array
    trailing_crashes: Array
    crashes_before: float


@dataclass(frozen=True)
class UsualChange:
    """What the previous version's rate usually does after a release: those who stay behind differ from those who move.

    `variance` is that of the next release's change around `mean`.
    """

    mean: Array
    variance: Array


def previous_version_change(previous: PreviousVersion, hours: int) -> PreviousVersionChange:
    """The change at each of the first `hours` hours since release."""
    end = HOURS_BEFORE_RELEASE + hours
    crashes, usage_hours = previous.crashes[:end], previous.usage_hours[:end]
    crashes_before, usage_before = crashes[:HOURS_BEFORE_RELEASE].sum(), usage_hours[:HOURS_BEFORE_RELEASE].sum()
    trailing_crashes = trailing_sum(crashes, _TRAILING_HOURS)[HOURS_BEFORE_RELEASE:]
    trailing_usage = trailing_sum(usage_hours, _TRAILING_HOURS)[HOURS_BEFORE_RELEASE:]
    is_known = (trailing_usage > 1e-9) & (usage_before > 1e-9)
    ratio = np.full(trailing_crashes.shape, np.nan)
    ratio[is_known] = (trailing_crashes[is_known] + 0.5) / trailing_usage[is_known] * usage_before / (crashes_before + 0.5)
    padded = np.full((2, hours), np.nan)
    padded[0, : ratio.size], padded[1, : ratio.size] = np.log(ratio), trailing_crashes
    return PreviousVersionChange(padded[0], padded[1], float(crashes_before))


def usual_change(previous_versions: Sequence[PreviousVersion], hours: int) -> UsualChange | None:
    """Mean and predictive variance over the baselines; None where too few know their previous version for a variance."""
    releases = len(previous_versions)
    if releases < _FEWEST_RELEASES:
        return None
    changes = np.array([previous_version_change(previous, hours).log_change for previous in previous_versions])
    # NaN at an age at which any baseline doesn't know: no factor then.
    return UsualChange(changes.mean(axis=0), changes.var(axis=0, ddof=1) * (1 + 1 / releases))


def environment_factors(previous: PreviousVersion | None, usual: UsualChange | None, hours: int) -> Array:
    """The factor on each hour's expected crashes; 1 where the previous version says nothing beyond its noise."""
    factors: NDArray[np.float64] = np.ones(hours)
    if previous is None or usual is None:
        return factors
    change = previous_version_change(previous, hours)
    psi = change.log_change - usual.mean[:hours]
    variance = (
        _OVERDISPERSION / np.maximum(change.trailing_crashes, 1.0)
        + _OVERDISPERSION / max(change.crashes_before, 1.0)
        + usual.variance[:hours]
    )
    is_known = np.isfinite(psi) & (np.abs(psi) > 1e-9)
    shrinkage = np.maximum(0.0, 1.0 - 2.0 * variance[is_known] / psi[is_known] ** 2)
    factors[is_known] = np.exp(psi[is_known] * shrinkage)
    return factors
