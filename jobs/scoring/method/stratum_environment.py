"""Something that hits one group of users in all versions: an update of their system, a driver, a site (docs/method.md#environment).

In a stratum something may have begun, at an hour since the release, that multiplies the crashes of all versions from then on: an event. Or the
release itself is worse there, from its first hour or from a later one on. Both show in the stratum's ratio to the rest of its release, an event
in the previous version as well; together they say which it is, and since when. How large it is the previous version says alone, for by the
release's own ratio every regression would explain itself. What this leaves open is doubt.
"""

from dataclasses import dataclass

import numpy as np

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE, REFERENCE, TRAILING_HOURS
from jobs.scoring.method.hourly_counts import PreviousVersion, trailing_sum
from jobs.scoring.method.stratum_onsets import ONSETS_A_WEEK, Normal, Onsets, log_evidence, onsets_of

_EVENT_PROBABILITY = 0.07  # of a stratum's week; .02 leaves several times the local alarms under events, .1 hides more of what begins late
_EVENT = Normal(0.0, 0.7**2)  # of its log factor: what hits one group can hit it hard
_REGRESSION = Normal(float(np.log(1.6)), 0.4**2)  # of its log ratio, as of a whole release
_NOTHING = Normal(0.0, 0.0)
_LEAST_EXPECTED = 1e-9


@dataclass(frozen=True)
class StratumSums:
    """Sums since release, (strata, hours): delayed crashes, what is expected of them but for events, and the variance of their count over its mean.

    Healthy strata stray from the rest of their release by `scale`; `regression_probability` is that of one stratum.
    """

    observed: Array
    expected: Array
    overdispersion: Array
    scale: float
    regression_probability: float


@dataclass(frozen=True)
class StratumEnvironment:
    """(strata, hours): `factors` on what is expected of each hour, as known by then; `since_release`, the factor on what is expected of all hours
    so far, as known now, and the `variance` of its logarithm. `explained` (hours,) is the log of what `factors` make of the previous version
    as a whole."""

    factors: Array
    since_release: Array
    variance: Array
    explained: Array


def no_stratum_environment(strata: int, hours: int) -> StratumEnvironment:
    ones = np.ones((strata, hours))
    return StratumEnvironment(ones, ones, np.zeros((strata, hours)), np.zeros(hours))


def stratum_environment(previous: PreviousVersion | None, kernel: Array, sums: StratumSums) -> StratumEnvironment:
    """Of each hour since release; no factor where the previous version is not known by stratum. `kernel` is f(d)."""
    strata, hours = sums.observed.shape
    if previous is None or previous.crashes_by_stratum is None or previous.usage_by_stratum is None or strata < 2:
        return no_stratum_environment(strata, hours)
    end = HOURS_BEFORE_RELEASE + hours
    usage_hours = previous.usage_by_stratum[:, :end]
    crashes = np.array([np.convolve(row[:end], kernel)[:end] for row in previous.crashes_by_stratum])
    onsets = onsets_of(crashes, usage_hours, sums.observed, sums.expected, sums.overdispersion)
    chances = _event_chances(onsets, sums)
    share = _EVENT.variance / (_EVENT.variance + onsets.change_variance)
    log_factors, factor_variance = share * onsets.change, share * onsets.change_variance
    factors = np.exp((chances * log_factors).sum(axis=1))
    hit = onsets.expected_since * np.exp(log_factors)
    expected = np.maximum(onsets.expected_before + hit, _LEAST_EXPECTED)
    log_since_release = np.log(expected / np.maximum(sums.expected, _LEAST_EXPECTED)[:, None])
    mean = (chances * log_since_release).sum(axis=1)
    variance = (chances * (log_since_release**2 + (hit / expected) ** 2 * factor_variance)).sum(axis=1) - mean**2
    return StratumEnvironment(factors, np.exp(mean), np.maximum(variance, 0.0), _explained(crashes, usage_hours, factors))


def _event_chances(onsets: Onsets, sums: StratumSums) -> Array:
    """The chance that an event began at each onset, (strata, onsets, hours): against no event, and a stratum that is as usual or regressed, from the
    release or from an onset on."""
    level = Normal(0.0, sums.scale**2)
    worse = Normal(_REGRESSION.mean, _REGRESSION.variance + sums.scale**2)
    log_regressed, log_event = np.log(sums.regression_probability), np.log(_EVENT_PROBABILITY / ONSETS_A_WEEK)
    usual = log_evidence(onsets, level, _NOTHING)
    regressed = log_evidence(onsets, worse, _NOTHING) - usual + log_regressed
    late = log_evidence(onsets, level, _REGRESSION) - usual + log_regressed - np.log(ONSETS_A_WEEK)
    event = log_evidence(onsets, level, _EVENT, is_shared=True) - usual + log_event
    both = log_evidence(onsets, worse, _EVENT, is_shared=True) - usual + log_regressed + log_event
    began = [np.where(onsets.is_past, log, -np.inf) for log in (late, event, both)]
    # What was usual or regressed from the first hour on doesn't depend on an onset: the first has all hours.
    since_release = np.concatenate([np.zeros_like(regressed[:, :1]), regressed[:, :1]], axis=1)
    total = np.logaddexp.reduce(np.concatenate([since_release, *began], axis=1), axis=1)
    return np.asarray(np.exp(np.logaddexp(began[1], began[2]) - total[:, None]))


def _explained(crashes: Array, usage_hours: Array, factors: Array) -> Array:
    """By the crashes that the previous version's strata would usually have now."""
    before, used_before = (hourly[:, REFERENCE].sum(axis=1, keepdims=True) for hourly in (crashes, usage_hours))
    used_lately = trailing_sum(usage_hours, TRAILING_HOURS)[:, HOURS_BEFORE_RELEASE:]
    usual = np.divide(before * used_lately, used_before, out=np.zeros_like(used_lately), where=used_before > 1e-9)
    total = usual.sum(axis=0)
    return np.asarray(np.log(np.divide((usual * factors).sum(axis=0), total, out=np.ones_like(total), where=total > 1e-9)))
