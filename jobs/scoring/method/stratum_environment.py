"""Something that hits one group of users in all versions: an update of their system, a driver, a site (docs/method.md#environment).

The previous version's own change in the stratum, against its change everywhere else, says so. As in `environment_guard`, most of what is
seen is wander, and an event is rare and large: the factor is the posterior mean of a mixture of both, and what it leaves open is doubt.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import DelayMatching
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE, OVERDISPERSION, REFERENCE, event_chances
from jobs.scoring.method.hourly_counts import PreviousVersion, trailing_sum

_TRAILING_HOURS = 36  # a stratum has few crashes of a version that its users leave: with 12 an event fades from view while it lasts
_EVENT_PROBABILITY = (
    0.1  # of a stratum's hour; .05 leaves local alarms in 8 % of releases under an event of 2.5x, .2 hides local regressions
)
_EVENT_SD = 0.7  # of its log factor: what hits one group can hit it hard
_WANDER = 0.10**2  # of a stratum against the rest, beyond counting: in simulated releases .07 to .12, by age


@dataclass(frozen=True)
class StratumEnvironment:
    """(strata, hours): the factor on what is expected of each stratum, and the variance of its logarithm; `explained` (hours,) is the log of
    what the factors make of the previous version as a whole."""

    factors: Array
    variance: Array
    explained: Array


def no_stratum_environment(strata: int, hours: int) -> StratumEnvironment:
    return StratumEnvironment(np.ones((strata, hours)), np.zeros((strata, hours)), np.zeros(hours))


def stratum_environment(previous: PreviousVersion | None, matching: DelayMatching, strata: int, hours: int) -> StratumEnvironment:
    """Of each of the first `hours` hours since release; no factor where the previous version is not known by stratum."""
    if previous is None or previous.crashes_by_stratum is None or previous.usage_by_stratum is None or strata < 2:
        return no_stratum_environment(strata, hours)
    end = HOURS_BEFORE_RELEASE + hours
    usage_hours = previous.usage_by_stratum[:, :end]
    crashes = np.array([np.convolve(row[:end], matching.kernel)[:end] for row in previous.crashes_by_stratum])
    own, rest = _Change.of(crashes, usage_hours), _Change.of(crashes.sum(axis=0) - crashes, usage_hours.sum(axis=0) - usage_hours)
    psi, wander = own.log_change - rest.log_change, own.count_variance + rest.count_variance + _WANDER
    is_event, share = event_chances(psi, wander, _EVENT_PROBABILITY, _EVENT_SD)
    log_factors = np.where(own.is_known & rest.is_known, is_event * share * psi, 0.0)
    variance = is_event * share * wander + is_event * (1 - is_event) * (share * psi) ** 2
    usual = own.usual_crashes
    explained = np.log((usual * np.exp(log_factors)).sum(axis=0) / np.maximum(usual.sum(axis=0), 1e-9) + 1e-12)
    known = np.where(own.is_known & rest.is_known, variance, 0.0)
    return StratumEnvironment(np.exp(log_factors), known, np.where(usual.sum(axis=0) > 0, explained, 0.0))


@dataclass(frozen=True)
class _Change:
    """Log of trailing rates over those before the release, (strata, hours); 0 with a variance of 1 where not known."""

    log_change: Array
    count_variance: Array
    is_known: NDArray[np.bool_]
    usual_crashes: Array

    @classmethod
    def of(cls, crashes: Array, usage_hours: Array) -> "_Change":
        before, used_before = (counts[:, REFERENCE].sum(axis=1, keepdims=True) for counts in (crashes, usage_hours))
        lately, used_lately = (trailing_sum(counts, _TRAILING_HOURS)[:, HOURS_BEFORE_RELEASE:] for counts in (crashes, usage_hours))
        is_known = (used_lately > 1e-9) & (used_before > 1e-9)
        usual = np.where(is_known, (before + 0.5) * used_lately / np.maximum(used_before, 1e-9), 0.0)
        change = np.where(is_known, np.log((lately + 0.5) / np.maximum(usual, 1e-9)), 0.0)
        # By what is usual, not by what came: few crashes would be sure of themselves.
        counted = np.maximum(np.maximum(lately, usual), 1.0)
        return cls(change, OVERDISPERSION * (1 / counted + 1 / np.maximum(before, 1.0)), is_known, usual)
