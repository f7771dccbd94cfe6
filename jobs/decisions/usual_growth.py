"""How a release's expected crashes may grow from a look on: as those of each of its baselines did from the same age on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.hourly_counts import ReleaseCounts, adoption
from jobs.scoring.method.release_amounts import release_exposure
from jobs.scoring.method.release_history import ReleaseHistory

_ADOPTION_WIDTH = 0.5
"""A baseline with 1.6 times the adoption counts for a third: a rollout that is throttled grows as throttled ones did."""
_DAY_HOURS = 24
_MOST_SCALED = 50.0
_STEADY_HOURS = slice(48, 144)
_QUIETEST = 0.1


@dataclass(frozen=True)
class UsualGrowth:
    """Of each baseline, (baselines, hours since release): expected crashes added in each hour, and adoption."""

    added_crashes: Array
    adoption: Array

    @property
    def daily_shapes(self) -> Array:
        """(baselines, 24): crashes in an hour of the day over the day's mean, from the hour of the release on, in its third to sixth day.

        At least _QUIETEST: a release whose first hours have less would say nothing of those to come.
        """
        days = self.added_crashes[:, _STEADY_HOURS].reshape(len(self.added_crashes), -1, _DAY_HOURS).sum(axis=1)
        return np.asarray(np.maximum(days / np.maximum(days.mean(axis=1, keepdims=True), 1e-9), _QUIETEST))

    def drawn(self, age_hours: int, adoption_now: float, chances: Array) -> NDArray[np.intp]:
        """A baseline for each chance within (0, 1)."""
        edges = np.cumsum(self.weights(age_hours, adoption_now))
        return np.minimum(np.searchsorted(edges, chances), len(edges) - 1)

    def weights(self, age_hours: int, adoption_now: float) -> Array:
        """How much each baseline's path counts at that age: those of like adoption most; they add up to 1."""
        distance = np.abs(np.log((self.adoption[:, age_hours - 1] + 0.001) / (adoption_now + 0.001)))
        weights = np.exp(-distance / _ADOPTION_WIDTH)
        return np.asarray(weights / weights.sum())

    def ahead(self, age_hours: int, last_day_crashes: float, hours: int) -> Array:
        """(baselines, hours): what the coming hours add, each path scaled to what the release's last day would usually have had."""
        last_day = self.added_crashes[:, max(age_hours - _DAY_HOURS, 0) : age_hours].sum(axis=1)
        scale = np.clip(last_day_crashes / np.maximum(last_day, 1e-9), 1 / _MOST_SCALED, _MOST_SCALED)
        return np.asarray(scale[:, None] * self.added_crashes[:, age_hours : age_hours + hours])


def usual_growth(history: ReleaseHistory, baselines: tuple[ReleaseCounts, ...]) -> UsualGrowth:
    """The paths of a history's baselines; hours that are not known repeat those of the day before."""
    paths = [_path(history, baseline) for baseline in baselines]
    return UsualGrowth(*(np.array(series) for series in zip(*paths, strict=True)))


def _path(history: ReleaseHistory, baseline: ReleaseCounts) -> tuple[Array, Array]:
    hours = min(baseline.hours, HORIZON_HOURS)
    exposed = release_exposure(history, baseline, hours)
    shares = adoption(baseline.usage_hours[:, :hours].sum(axis=0), baseline.channel_hours[:hours])
    multiplier = np.exp(history.log_development(shares, baseline.release_hour))
    amounts = np.where(exposed.has_lost_updates, exposed.implied, exposed.counted)
    added = (history.rates[:, None] * amounts).sum(axis=0) * multiplier
    is_missing = ~baseline.known[:hours]
    for hour in np.flatnonzero(is_missing[_DAY_HOURS:]) + _DAY_HOURS:
        added[hour] = added[hour - _DAY_HOURS]
    return _repeated(added), _repeated(shares)


def _repeated(series: Array) -> Array:
    """A life that was cut short goes on as its last day."""
    last_day = series[-_DAY_HOURS:]
    missing = HORIZON_HOURS - series.size
    return np.concatenate([series, np.resize(last_day, missing)]) if missing > 0 else series
