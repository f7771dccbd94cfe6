"""Update counts as a second exposure, and what stands in for them where they do not come.

How many have moved to a version follows from how much it is used: updates so far, delayed as usage is, for each usage hour of the last day
hardly differ between releases of an age. A release whose updates fall far short of that has lost their pings; an exposure of zero would
make it regressed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.hourly_counts import trailing_sum

Flags = NDArray[np.bool_]
_DAY_HOURS = 24
_TOLD_AT = 47  # the look at two days: rollouts are past their first day, and few have yet to come
_LEAST_SHARE = 0.75  # a third of the pings lost is to be seen
_SDS = 2.5
_LEAST_VARIANCE = 0.12**2  # in simulated releases .06 to .16, by age
_FEWEST_UPDATES = 5.0


@dataclass(frozen=True)
class UsualUpdates:
    """Log of updates so far per usage hour of the last day, by hour since release, and its predictive variance."""

    log_level: Array
    variance: Array

    def implied(self, usage_hours: Array) -> Array:
        """Updates in each hour as its usage implies; `usage_hours` is (..., hours)."""
        so_far = trailing_sum(usage_hours, _DAY_HOURS) * np.exp(self.log_level[: usage_hours.shape[-1]])
        return np.diff(np.maximum.accumulate(so_far, axis=-1), axis=-1, prepend=0.0)

    def has_lost(self, delayed_updates: Array, usage_hours: Array) -> Flags:
        """From which look on far fewer came than usage implies; (hours,) of all strata. What was lost once is missed from then on."""
        hours = usage_hours.size
        last_day = trailing_sum(usage_hours, _DAY_HOURS)
        implied = last_day * np.exp(self.log_level[:hours])
        shortfall = _log_levels(delayed_updates, last_day) - self.log_level[:hours]
        sd = np.sqrt(self.variance[:hours] + 2.0 / np.maximum(implied, 1.0))
        is_short = (shortfall < np.minimum(np.log(_LEAST_SHARE), -_SDS * sd)) & (implied >= _FEWEST_UPDATES)
        return np.asarray(np.maximum.accumulate(is_short))


def usual_updates(delayed_updates: Array | None, usage_hours: Array) -> tuple[UsualUpdates | None, Array | None]:
    """What past releases had, and their updates with those that were not counted as their usage implies; both (releases, strata, hours).

    None, and the updates as they are, where no release has any.
    """
    if delayed_updates is None:
        return None, None
    levels = _log_levels(delayed_updates.sum(axis=1), trailing_sum(usage_hours.sum(axis=1), _DAY_HOURS))
    has_any = delayed_updates.sum(axis=(1, 2)) > 0
    if not has_any.any():
        return None, delayed_updates
    at = levels[:, _TOLD_AT]
    usual = float(np.median(at[has_any & (at > at[has_any].max() - np.log(2))]))
    is_counted = has_any & (at > usual + np.log(_LEAST_SHARE))
    counted = levels[is_counted]
    variance = counted.var(axis=0, ddof=1) if len(counted) > 2 else np.zeros(levels.shape[1])
    found = UsualUpdates(counted.mean(axis=0), np.maximum(variance, _LEAST_VARIANCE) * (1 + 1 / len(counted)))
    return found, np.where(is_counted[:, None, None], delayed_updates, found.implied(usage_hours))


def _log_levels(delayed_updates: Array, usage_hours_of_last_day: Array) -> Array:
    return np.asarray(np.log((np.cumsum(delayed_updates, axis=-1) + 0.5) / (usage_hours_of_last_day + 0.5)))


@dataclass(frozen=True)
class Exposure:
    """Hourly exposure by stratum from counted updates and from implied ones; `has_lost_updates` says by look which of them counts.

    `extra_variance` of the log of what is expected is due to updates that are implied only.
    """

    counted: Array
    implied: Array
    has_lost_updates: Flags
    extra_variance: Array

    def at(self, look: int) -> Array:
        """Hourly, as believed at a look."""
        return (self.implied if self.has_lost_updates[look] else self.counted)[:, : look + 1]


def exposure(usage_hours: Array, delayed_updates: Array | None, usual: UsualUpdates | None, update_weight: float) -> Exposure:
    """`usage_hours` and `delayed_updates` are (strata, hours); without updates, all of them are lost."""
    hours = usage_hours.shape[1]
    if usual is None or update_weight == 0:
        return Exposure(usage_hours, usage_hours, np.zeros(hours, dtype=bool), np.zeros(hours))
    given = np.zeros_like(usage_hours) if delayed_updates is None else delayed_updates
    has_lost = usual.has_lost(given.sum(axis=0), usage_hours.sum(axis=0))
    implied = update_weight * usual.implied(usage_hours)
    so_far = np.cumsum(implied.sum(axis=0))
    share = so_far / np.maximum(so_far + np.cumsum(usage_hours.sum(axis=0)), 1e-9)
    extra = np.where(has_lost, share**2 * usual.variance[:hours], 0.0)
    return Exposure(usage_hours + update_weight * given, usage_hours + implied, has_lost, extra)
