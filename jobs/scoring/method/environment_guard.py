"""Something that hits all versions: the previous version's rate says so, and moves what is expected (docs/method.md#environment).

Its crashes are delayed as its usage hours are, for otherwise the time of day and the users who leave move its rate more than any event does.
Most of what is left is wander, which must not move anything; an event that does is rare and large. The factor is the posterior mean
of a mixture of both, and where neither is sure, that is doubt (docs/decisions/scoring_departures.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.count_noise import smoothed_by_age
from jobs.scoring.method.delay_matching import DelayMatching
from jobs.scoring.method.hourly_counts import PreviousVersion, trailing_sum
from jobs.scoring.method.weekend_rate import weekend_share

HOURS_BEFORE_RELEASE = 72
REFERENCE = slice(24, HOURS_BEFORE_RELEASE)  # two whole days, after one in which crashes of the hours before would be missing
TRAILING_HOURS = 6
_FEWEST_RELEASES = 3
OVERDISPERSION = 2.5  # fixed: the previous version's own is not known in its last days
_LEAST_VARIANCE = 0.03**2
_EVENT_PROBABILITY = 0.3  # of any hour; believed too late where it is rarer: an event of x 1.6 alarms in 4 % of releases, at .05 in 7 %
_EVENT_SD = 0.4  # of its log factor


@dataclass(frozen=True)
class PreviousVersionChange:
    """Log of the previous version's trailing rate over its rate before the release, by age, and its variance by counting. NaN: not known."""

    log_change: Array
    count_variance: Array


@dataclass(frozen=True)
class UsualChange:
    """What the previous version's rate usually does after a release: those who stay behind differ from those who move.

    `variance` is that of the next release's change around `mean`, without what is due to counting.
    """

    mean: Array
    variance: Array


def previous_version_change(previous: PreviousVersion, matching: DelayMatching, hours: int) -> PreviousVersionChange:
    """The change at each of the first `hours` hours since release."""
    end = HOURS_BEFORE_RELEASE + hours
    usage_hours = previous.usage_hours[:end]
    crashes = np.convolve(previous.crashes[:end], matching.kernel)[: usage_hours.size]
    crashes_before, usage_before = crashes[REFERENCE].sum(), usage_hours[REFERENCE].sum()
    trailing_crashes = trailing_sum(crashes, TRAILING_HOURS)[HOURS_BEFORE_RELEASE:]
    trailing_usage = trailing_sum(usage_hours, TRAILING_HOURS)[HOURS_BEFORE_RELEASE:]
    is_known = (trailing_usage > 1e-9) & (usage_before > 1e-9)
    change = np.full((2, hours), np.nan)
    known = np.flatnonzero(is_known)
    change[0, known] = np.log((trailing_crashes[known] + 0.5) / trailing_usage[known] * usage_before / (crashes_before + 0.5))
    change[1, known] = OVERDISPERSION * (1 / np.maximum(trailing_crashes[known], 1.0) + 1 / max(crashes_before, 1.0))
    return PreviousVersionChange(change[0], change[1])


def weekend_share_change(release_hour: int | None, hours: int) -> Array:
    """By how much more of the hours of the previous version's change are of a weekend than of those that it is held against."""
    share = weekend_share(release_hour, hours, HOURS_BEFORE_RELEASE)
    lately = trailing_sum(share, TRAILING_HOURS)[HOURS_BEFORE_RELEASE:] / TRAILING_HOURS
    return np.asarray(lately - share[REFERENCE].mean())


def usual_change(
    previous_versions: Sequence[tuple[PreviousVersion, DelayMatching]], hours: int, explained: Array | float = 0.0
) -> UsualChange | None:
    """Mean and predictive variance over the baselines; None where too few know their previous version for a variance.

    `explained`, (baselines, hours), is the part of their changes (log) that is due to weekends.
    """
    releases = len(previous_versions)
    if releases < _FEWEST_RELEASES:
        return None
    changes = [previous_version_change(previous, matching, hours) for previous, matching in previous_versions]
    # NaN at an age at which any baseline doesn't know: no factor then.
    logs = np.array([change.log_change for change in changes]) - explained
    excess = logs.var(axis=0, ddof=1) - np.mean([change.count_variance for change in changes], axis=0)
    is_known = np.isfinite(excess)
    variance = np.full(hours, np.nan)
    variance[is_known] = np.maximum(smoothed_by_age(excess[is_known]), _LEAST_VARIANCE) * (1 + 1 / releases)
    return UsualChange(logs.mean(axis=0), variance)


def unusual_change(previous: PreviousVersion, matching: DelayMatching, usual: UsualChange, hours: int) -> PreviousVersionChange:
    """The change beyond what those who stay behind usually make of it."""
    change = previous_version_change(previous, matching, hours)
    return replace(change, log_change=change.log_change - usual.mean[:hours])


@dataclass(frozen=True)
class Environment:
    """The factor on each hour's expected crashes, and the standard deviation that doubt whether there is an event leaves in its logarithm; below 0
    where the event would be one of fewer crashes."""

    factors: Array
    doubt: Array


def environment_of(
    previous: PreviousVersion | None, matching: DelayMatching, usual: UsualChange | None, hours: int, explained: Array | None = None
) -> Environment:
    """Factors of about 1 where the previous version says nothing beyond its noise.

    `explained` is the part of its change (log) that weekends and events in single strata account for.
    """
    factors, doubt = np.ones(hours), np.zeros(hours)
    if previous is None or usual is None:
        return Environment(factors, doubt)
    change = unusual_change(previous, matching, usual, hours)
    psi = change.log_change - (0.0 if explained is None else explained)
    wander = change.count_variance + usual.variance[:hours]
    is_known = np.isfinite(psi) & np.isfinite(wander)
    is_event, share = event_chances(psi[is_known], wander[is_known], _EVENT_PROBABILITY, _EVENT_SD)
    factors[is_known] = np.exp(is_event * share * psi[is_known])
    doubt[is_known] = np.sqrt(is_event * (1 - is_event)) * share * psi[is_known]
    return Environment(factors, doubt)


def event_chances(psi: Array, wander: Array, probability: float, event_sd: float) -> tuple[Array, Array]:
    """Chance that there is an event, of log sd `event_sd` and that prior `probability`, and the share of psi that it would then be."""
    share = event_sd**2 / (event_sd**2 + wander)
    log_evidence = (np.log1p(-share) + psi**2 * share / wander) / 2
    return np.asarray(expit(log_evidence + logit(probability))), np.asarray(share)
