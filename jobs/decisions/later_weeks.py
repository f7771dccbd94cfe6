"""Is a release worse than it was? Its last 24 hours against its own days before, when its first week is over.

What changes then is no part of the release: something was switched on from the server, a certificate ran out, a driver was updated. The
release's own level is that of its median day of the three weeks before the last day, so that a few bad days do not move it; what its days
differ by beyond chance says how much is unusual. Crashes are delayed as usage hours are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import AlarmPolicy, LaterWeeksPolicy
from jobs.scoring.looks.verdict_states import alarming_looks, held_looks
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.hourly_counts import trailing_sum
from jobs.scoring.method.ratio_posterior import INTERVAL_SDS, ratio_posterior, ratio_prior

DAY_HOURS = 24
SETTLED_AGE_HOURS = 72
"""From here on a release's days are its own: before, those use it who update first."""
DAYS_BEFORE = 21
_FEWEST_DAYS = 3
LOOKED_BACK_HOURS = 240
"""So far back the beginning of what is worse is looked for: then the bad days are half of all, and the new level."""
HOURS_NEEDED = (DAYS_BEFORE + 1) * DAY_HOURS + LOOKED_BACK_HOURS
_KERNEL = delay_kernel()
_PHI = 4.0
"""Variance of crashes over their mean, as clustered as any channel's. Where they are more so, the days differ by more."""
_SCALE, _SCALE_DAYS = 0.05, 8.0
"""What days differ by until they have shown it, worth so many days."""
_MAD_TO_SD = 1.4826
_TODAY_VARIANCE = 0.03**2
_MEDIAN_VARIANCE = 1.57
"""Of a median, over that of a mean."""
_P_WORSE = 0.05


@dataclass(frozen=True)
class LaterFigures:
    """Of the last 24 hours; `expected` is at the rate of the median day before, `scale` what its days differ by (sd of the log rate)."""

    delayed: float
    expected: float
    scale: float
    acceptable_ratio: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p_unacceptable: float


@dataclass(frozen=True)
class LaterLook:
    """`figures` are None where it is not judged; `worse_hours`: at so many looks up to this one it has been worse."""

    figures: LaterFigures | None
    worse_hours: int


def delayed_by_default(crashes: Array) -> Array:
    """Hourly crashes, delayed as usage hours mostly are; those of the first hours lack what came of the hours before."""
    return np.asarray(np.convolve(crashes, _KERNEL)[: crashes.size])


def later_look(delayed: Array, usage_hours: Array, is_good: NDArray[np.bool_], policy: LaterWeeksPolicy, alarm: AlarmPolicy) -> LaterLook:
    """The look at the end of a release's hours since it settled: delayed crashes and hours received; `is_good`: complete and not odd."""
    days = _days_before(delayed, usage_hours, is_good)
    if days is None or not is_good[-DAY_HOURS:].all():
        return LaterLook(None, 0)
    day_crashes, day_hours = days
    last_crashes, last_hours = trailing_sum(delayed, DAY_HOURS), trailing_sum(usage_hours, DAY_HOURS)
    usual_hours = float(np.median(day_hours))
    if not policy.least_stayed * usual_hours <= last_hours[-1] <= policy.most_grown * usual_hours:
        return LaterLook(None, 0)
    log_rates = np.log((day_crashes + 0.5) / day_hours)
    level = float(np.median(log_rates))
    counting = _PHI / np.maximum(np.exp(level) * day_hours, 1.0)
    scale = _day_to_day_scale(log_rates - level, counting)
    looked_back = slice(-min(LOOKED_BACK_HOURS, delayed.size - DAY_HOURS), None)
    observed, expected = last_crashes[looked_back], last_hours[looked_back] * np.exp(level)
    log_acceptable = max(float(np.log1p(policy.margin)), policy.scales * scale)
    prior = ratio_prior(scale, _SCALE_DAYS + log_rates.size, log_acceptable, _P_WORSE, _P_WORSE / 2)
    variance = _TODAY_VARIANCE + _MEDIAN_VARIANCE * float(np.mean(counting)) / log_rates.size
    posterior = ratio_posterior(observed, expected, np.array(_PHI), np.array(variance), prior)
    has_day = trailing_sum(is_good.astype(float), DAY_HOURS)[looked_back] >= DAY_HOURS
    flagged = (posterior.p_unacceptable >= 1 - policy.doubt) & has_day & (observed >= alarm.min_effective_crashes * _PHI)
    alarming = alarming_looks(flagged[None, :], policy.persistence_hours)
    is_worse = held_looks(alarming, (posterior.p_unacceptable < alarm.release_below)[None, :] & has_day, alarm.release_hours)[0]
    mean, sd = float(posterior.mean[-1]), float(posterior.sd[-1])
    figures = LaterFigures(
        delayed=float(observed[-1]),
        expected=float(expected[-1]),
        scale=scale,
        acceptable_ratio=float(np.exp(log_acceptable)),
        ratio=float(np.exp(mean)),
        ratio_low=float(np.exp(mean - INTERVAL_SDS * sd)),
        ratio_high=float(np.exp(mean + INTERVAL_SDS * sd)),
        p_unacceptable=float(posterior.p_unacceptable[-1]),
    )
    return LaterLook(figures, _length_of_run(is_worse))


def _days_before(delayed: Array, usage_hours: Array, is_good: NDArray[np.bool_]) -> tuple[Array, Array] | None:
    """Crashes and hours of each good day before the last one; None where too few are known."""
    days = min((delayed.size - DAY_HOURS) // DAY_HOURS, DAYS_BEFORE)
    before = slice(delayed.size - (days + 1) * DAY_HOURS, delayed.size - DAY_HOURS)
    crashes, hours, good = (series[before].reshape(-1, DAY_HOURS) for series in (delayed, usage_hours, is_good))
    kept = good.all(axis=1) & (hours.sum(axis=1) > 0)
    return None if kept.sum() < _FEWEST_DAYS else (crashes[kept].sum(axis=1), hours[kept].sum(axis=1))


def _day_to_day_scale(deviations: Array, counting: Array) -> float:
    """What days differ by beyond counting: robust, and as believed until there are days enough."""
    spread = (_MAD_TO_SD * float(np.median(np.abs(deviations)))) ** 2 - float(np.median(counting))
    days = deviations.size
    return float(np.sqrt((_SCALE_DAYS * _SCALE**2 + days * max(spread, 0.0)) / (_SCALE_DAYS + days)))


def _length_of_run(flags: NDArray[np.bool_]) -> int:
    below = np.flatnonzero(~flags)
    return int(flags.size - 1 - below[-1]) if below.size else int(flags.size)
