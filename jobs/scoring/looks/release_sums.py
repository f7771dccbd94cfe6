"""What a release has come to by each look, by stratum: crashes received and delayed, hours, what is expected; and what few clients bend."""

from dataclasses import dataclass, replace

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import Environment, PreviousVersionChange, environment_of, unusual_change, weekend_share_change
from jobs.scoring.method.few_clients import crashes_of_few, days_of_age
from jobs.scoring.method.hourly_counts import ReleaseCounts, adoption
from jobs.scoring.method.ratio_posterior import variance_to_mean
from jobs.scoring.method.release_amounts import delayed_crashes
from jobs.scoring.method.release_history import ReleaseHistory, matchings_by_age, padded
from jobs.scoring.method.stratum_environment import StratumEnvironment, StratumSums, stratum_environment
from jobs.scoring.method.update_counts import Exposure

TRAILING_HOURS = 24
LEAST_EXPECTED = 1e-6


@dataclass(frozen=True)
class ReleaseSums:
    """Sums since release, (strata, hours)."""

    crashes: Array
    usage_hours: Array
    observed: Array
    squared_weights: Array
    expected: Array

    def without(self, share: Array) -> "ReleaseSums":
        """Without a share of the crashes to be judged; received they were."""
        return replace(self, observed=self.observed * (1 - share), squared_weights=self.squared_weights * (1 - share))


@dataclass(frozen=True)
class SumsSoFar:
    """Sums since release with what is known by each look of events in the hours before, and with what was known in each of those hours: to tell what
    the last day added. `adoption` and `environment` are of each hour."""

    sums: ReleaseSums
    as_known_then: ReleaseSums
    adoption: Array
    environment: Environment
    by_stratum: StratumEnvironment


def sums_since_release(history: ReleaseHistory, release: ReleaseCounts, exposed: Exposure, hours: int) -> SumsSoFar:
    known = release.known[:hours]
    crashes, usage_hours = release.crashes[:, :hours] * known, release.usage_hours[:, :hours] * known
    shares = adoption(usage_hours.sum(axis=0), release.channel_hours[:hours] * known)
    matching = matchings_by_age(release, history.matching)[0]  # of the first hours: a later one would change earlier looks
    usual = np.exp(history.log_development(shares, release.release_hour)) * history.rates[:, None]
    observed, squared_weights = delayed_crashes(history, release, padded(crashes, HORIZON_HOURS), hours)
    by_stratum = stratum_environment(
        release.previous, matching.kernel, _stratum_sums(history, observed, squared_weights, _expected(usual, exposed))
    )
    explained = by_stratum.explained + history.log_weekend * weekend_share_change(release.release_hour, hours)
    environment = environment_of(release.previous, matching, history.usual_change, hours, explained)
    usual = usual * environment.factors
    sums = ReleaseSums(
        crashes=np.cumsum(crashes, axis=1),
        usage_hours=np.cumsum(usage_hours, axis=1),
        observed=observed,
        squared_weights=squared_weights,
        expected=_expected(usual, exposed) * by_stratum.since_release,
    )
    as_known_then = replace(sums, expected=_expected(usual * by_stratum.factors, exposed))
    return SumsSoFar(sums, as_known_then, shares, environment, by_stratum)


def _expected(rates: Array, exposed: Exposure) -> Array:
    """Sums since release of what is expected at the hours' rates."""
    return np.where(exposed.has_lost_updates, *(np.cumsum(rates * amount, axis=1) for amount in (exposed.implied, exposed.counted)))


def _stratum_sums(history: ReleaseHistory, observed: Array, squared_weights: Array, expected: Array) -> StratumSums:
    overdispersion = history.phi * variance_to_mean(observed, squared_weights)
    mass = history.policy.alarm.p_stratum_regression / observed.shape[0]
    return StratumSums(observed, expected, overdispersion, history.stratum_scale, mass)


def trailing_sums(cumulative: Array) -> Array:
    """What the last 24 hours added."""
    added = cumulative.copy()
    added[:, TRAILING_HOURS:] -= cumulative[:, :-TRAILING_HOURS]
    return np.maximum(added, 0.0)


def change_of_previous(history: ReleaseHistory, release: ReleaseCounts, hours: int) -> PreviousVersionChange:
    """By hour since release, beyond the usual; not known without a previous version, or where past releases lack theirs."""
    if release.previous is None or history.usual_change is None:
        return PreviousVersionChange(np.full(hours, np.nan), np.full(hours, np.nan))
    return unusual_change(release.previous, matchings_by_age(release, history.matching)[0], history.usual_change, hours)


def environment_doubt(expected: Array, environment: Environment) -> Array:
    """Variance that doubtful events leave in the logarithm of what is expected since release; all are (hours,).

    What is unknown of one hour is unknown of the next, too, so that doubt adds up; what is noise has either sign, and doesn't.
    """
    added = np.diff(expected, prepend=0.0)
    return np.asarray((np.cumsum(added * environment.doubt) / np.maximum(expected, LEAST_EXPECTED)) ** 2)


def of_few_clients(history: ReleaseHistory, release: ReleaseCounts, hours: int) -> Array:
    """The share of the crashes since release that a few clients had, at each of the first `hours`; nothing where clients are not counted, of the release or of its past."""
    if release.crashing is None or history.usual_clients is None:
        return np.zeros(hours)
    own = release.crashing.first(hours)
    delayed, _ = delayed_crashes(history, release, padded(days_of_age(own.crashes), HORIZON_HOURS), hours)
    return crashes_of_few(own, history.usual_clients, delayed)
