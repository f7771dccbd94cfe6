"""Is a branch of an experiment to blame? Its clients were drawn at random, so that its other branches are what it would be without it.

Of an hour's crashes in the experiment each comes from the branch with a chance that its share of the usage hours and the ratio of the rates
decide: the e-value of random holdbacks, for arms of any share, valid however often one looks. Before that, the share itself: where it
drifts, clients have left or were not drawn at random, and nothing can be said.
"""

from dataclasses import dataclass

import numpy as np

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.hourly_counts import trailing_sum
from jobs.scoring.method.random_holdback import holdback_evidence

_INTERVAL_SDS = 1.645
_PRIOR_PHI, _PRIOR_HOURS = 4.0, 12.0
"""Until a comparison has shown how clustered its counts are, they are believed to be as clustered as any channel's."""
_MOST_PHI = 20.0
_DAY_HOURS = 24
_DRIFT_VARIANCES = 25.0
"""A drift is looked for of five times what chance gives."""
_MEDIAN_OF_SQUARES = 0.455
_SMALLEST_DISPERSION = 2.0
"""Hours come in sessions: variance of twice the mean at least."""


@dataclass(frozen=True)
class BranchEvidence:
    """A branch against the experiment's other branches together, by hour since the comparison began, all of it up to that hour."""

    branch_crashes: Array
    rest_crashes: Array
    branch_hours: Array
    rest_hours: Array
    ratio: Array
    ratio_low: Array
    ratio_high: Array
    evidence: Array


def branch_evidence(branch_crashes: Array, rest_crashes: Array, branch_hours: Array, rest_hours: Array) -> BranchEvidence:
    """From hourly crashes and received usage hours of both; hours are smoothed over a day, as who is received when is chance."""
    a, b = trailing_sum(branch_hours, _DAY_HOURS), trailing_sum(rest_hours, _DAY_HOURS)
    crashes, rest, hours, rest_of_hours = (np.cumsum(series) for series in (branch_crashes, rest_crashes, branch_hours, rest_hours))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.nan_to_num((crashes + 0.5) / hours / ((rest + 0.5) / rest_of_hours), nan=1.0, posinf=1.0)
    phi = _overdispersion(branch_crashes, rest_crashes, a, b, ratio)
    spread = np.exp(_INTERVAL_SDS * np.sqrt(phi * (1 / (crashes + 0.5) + 1 / (rest + 0.5))))
    return BranchEvidence(
        crashes,
        rest,
        hours,
        rest_of_hours,
        ratio,
        ratio / spread,
        ratio * spread,
        holdback_evidence(branch_crashes, rest_crashes, a, b, phi),
    )


def _overdispersion(branch_crashes: Array, rest_crashes: Array, branch_hours: Array, rest_hours: Array, ratio: Array) -> Array:
    """phi at each look: how the hours' crashes scatter around the ratio that was known the hour before."""
    known = np.concatenate([[1.0], ratio[:-1]])
    odds = known * branch_hours
    share = np.divide(odds, odds + rest_hours, out=np.full(odds.shape, 0.5), where=odds + rest_hours > 0)
    crashes = branch_crashes + rest_crashes
    variance = crashes * share * (1 - share)
    is_used = variance > 0
    squares = np.divide((branch_crashes - crashes * share) ** 2, variance, out=np.zeros(odds.shape), where=is_used)
    phi = (_PRIOR_HOURS * _PRIOR_PHI + np.cumsum(squares)) / (_PRIOR_HOURS + np.cumsum(is_used))
    return np.clip(phi, 1.0, _MOST_PHI)


def share_drift_evidence(branch_hours: Array, all_hours: Array) -> float:
    """Evidence that the branch's share of the usage hours is no longer that of its first day (of the first half, within two days)."""
    elapsed = int(np.count_nonzero(np.cumsum(all_hours) > 0))
    hours, total = branch_hours[all_hours.size - elapsed :], all_hours[all_hours.size - elapsed :]
    first = min(_DAY_HOURS, elapsed // 2)
    reference = total[:first].sum()
    if first < 1 or reference <= 0 or total[first:].sum() <= 0:
        return 1.0
    share = hours[:first].sum() / reference
    if not 0 < share < 1:
        return 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        shares_now = trailing_sum(hours, _DAY_HOURS) / trailing_sum(total, _DAY_HOURS)  # what drifts is no scatter
        squares = (hours - shares_now * total) ** 2 / (share * (1 - share) * total)
    dispersion = max(float(np.median(squares[total > 0])) / _MEDIAN_OF_SQUARES, _SMALLEST_DISPERSION)
    later = total[first:].sum()
    drift = hours[first:].sum() - share * later
    variance = dispersion * share * (1 - share) * (later + later**2 / reference)
    squared_sds = drift**2 / variance
    log_evidence = _DRIFT_VARIANCES / (1 + _DRIFT_VARIANCES) * squared_sds / 2 - np.log1p(_DRIFT_VARIANCES) / 2
    return float(np.exp(min(log_evidence, 700.0)))
