"""What a release has come to by each look, by stratum: crashes received and delayed, hours, what is expected; and what few clients bend."""

from dataclasses import dataclass, replace

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.development_factors import adoption_bins
from jobs.scoring.method.environment_guard import Environment, environment_of
from jobs.scoring.method.few_clients import crashes_of_few, days_of_age
from jobs.scoring.method.hourly_counts import ReleaseCounts, adoption
from jobs.scoring.method.release_amounts import delayed_crashes
from jobs.scoring.method.release_history import ReleaseHistory, matchings_by_age, padded
from jobs.scoring.method.stratum_environment import StratumEnvironment, stratum_environment
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


def sums_since_release(
    history: ReleaseHistory, release: ReleaseCounts, exposed: Exposure, hours: int
) -> tuple[ReleaseSums, Array, Environment, StratumEnvironment]:
    """Sums since release by stratum, the release's adoption, the environment of each hour, and that of its strata."""
    known = release.known[:hours]
    crashes, usage_hours = release.crashes[:, :hours] * known, release.usage_hours[:, :hours] * known
    shares = adoption(usage_hours.sum(axis=0), release.channel_hours[:hours] * known)
    matching = matchings_by_age(release, history.matching)[0]  # of the first hours: a later one would change earlier looks
    by_stratum = stratum_environment(release.previous, matching, release.crashes.shape[0], hours)
    environment = environment_of(release.previous, matching, history.usual_change, hours, by_stratum.explained)
    multiplier = (
        np.exp(history.factors.log_multiplier(adoption_bins(shares), hours) + history.level.mean) * environment.factors * by_stratum.factors
    )
    observed, squared_weights = delayed_crashes(history, release, padded(crashes, HORIZON_HOURS), hours)
    rates, amounts = history.rates[:, None], (exposed.implied, exposed.counted)
    sums = ReleaseSums(
        crashes=np.cumsum(crashes, axis=1),
        usage_hours=np.cumsum(usage_hours, axis=1),
        observed=observed,
        squared_weights=squared_weights,
        expected=np.where(exposed.has_lost_updates, *(np.cumsum(rates * amount * multiplier, axis=1) for amount in amounts)),
    )
    return sums, shares, environment, by_stratum


def trailing_sums(cumulative: Array) -> Array:
    """What the last 24 hours added."""
    added = cumulative.copy()
    added[:, TRAILING_HOURS:] -= cumulative[:, :-TRAILING_HOURS]
    return np.maximum(added, 0.0)


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
