"""Is a release, or one of its platforms, worse than it was? Its last 24 hours against its own days before, when its first week is over.

What changes then is no part of the release: something was switched on from the server, a certificate ran out, a driver was updated. The
release's own level is that of its median day of the three weeks before the last day, so that a few bad days do not move it; what its days
differ by beyond chance says how much is unusual. Crashes are delayed as usage hours are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import AlarmPolicy, LaterWeeksPolicy
from jobs.scoring.looks.verdict_states import alarming_looks, held_looks
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.hourly_counts import trailing_sum
from jobs.scoring.method.ratio_posterior import INTERVAL_SDS, RatioPosterior, RatioPrior, ratio_posterior, ratio_prior

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


@dataclass(frozen=True)
class ReceivedHours:
    """What was received of a release, on all platforms or on one, by hour since it settled, (hours,): crashes, delayed, and hours of use.

    `is_good`: the hour is complete and not odd.
    """

    delayed: Array
    usage_hours: Array
    is_good: NDArray[np.bool_]


@dataclass(frozen=True)
class Bar:
    """What it takes to be called worse: beyond `scales` times what the days differ by, with at most so much doubt."""

    doubt: float
    scales: float


def bars_by_platform(usage_hours: Mapping[str, float], min_share: float, policy: LaterWeeksPolicy) -> dict[str | None, Bar]:
    """The bar of all platforms (None) and of each that has users enough, from the hours of each; one alone is the whole."""
    least = min_share * sum(usage_hours.values())
    watched = [platform for platform, hours in sorted(usage_hours.items()) if hours > 0 and hours >= least]
    if len(watched) < 2:
        return {None: Bar(policy.doubt, policy.scales)}
    of_platform = Bar(policy.doubt * (1 - policy.whole_share) / len(watched), policy.platform_scales)
    return {None: Bar(policy.doubt * policy.whole_share, policy.scales)} | dict.fromkeys(watched, of_platform)


def delayed_by_default(crashes: Array) -> Array:
    """Hourly crashes, delayed as usage hours mostly are; those of the first hours lack what came of the hours before."""
    return np.asarray(np.convolve(crashes, _KERNEL)[: crashes.size])


def later_look(received: ReceivedHours, bar: Bar, policy: LaterWeeksPolicy, alarm: AlarmPolicy) -> LaterLook:
    """The look at the end of the hours."""
    days = _days_before(received)
    if days is None or not received.is_good[-DAY_HOURS:].all():
        return LaterLook(None, 0)
    last_hours, usual_hours = trailing_sum(received.usage_hours, DAY_HOURS), float(np.median(days[1]))
    if not policy.least_stayed * usual_hours <= last_hours[-1] <= policy.most_grown * usual_hours:
        return LaterLook(None, 0)
    own = _own_level(*days, bar.scales, policy)
    looked_back = slice(-min(LOOKED_BACK_HOURS, last_hours.size - DAY_HOURS), None)
    looks = _LastDays(
        observed=trailing_sum(received.delayed, DAY_HOURS)[looked_back],
        expected=last_hours[looked_back] * own.rate,
        is_known=trailing_sum(received.is_good.astype(float), DAY_HOURS)[looked_back] >= DAY_HOURS,
    )
    posterior, worse_hours = _judged(looks, own, bar.doubt, policy, alarm)
    mean, sd = float(posterior.mean[-1]), float(posterior.sd[-1])
    figures = LaterFigures(
        delayed=float(looks.observed[-1]),
        expected=float(looks.expected[-1]),
        scale=own.scale,
        acceptable_ratio=float(np.exp(own.prior.log_acceptable)),
        ratio=float(np.exp(mean)),
        ratio_low=float(np.exp(mean - INTERVAL_SDS * sd)),
        ratio_high=float(np.exp(mean + INTERVAL_SDS * sd)),
        p_unacceptable=float(posterior.p_unacceptable[-1]),
    )
    return LaterLook(figures, worse_hours)


@dataclass(frozen=True)
class _OwnLevel:
    """Crashes an hour of use of the median day, what days differ by, and how far the ratio to it is believed and known."""

    rate: float
    scale: float
    prior: RatioPrior
    variance: float


@dataclass(frozen=True)
class _LastDays:
    """Of the 24 hours before each look, (looks,): delayed crashes, those at the usual rate, and whether all of its hours are known."""

    observed: Array
    expected: Array
    is_known: NDArray[np.bool_]

    def last(self, looks: int) -> "_LastDays":
        return _LastDays(self.observed[-looks:], self.expected[-looks:], self.is_known[-looks:])


def _own_level(day_crashes: Array, day_hours: Array, scales: float, policy: LaterWeeksPolicy) -> _OwnLevel:
    log_rates = np.log((day_crashes + 0.5) / day_hours)
    level = float(np.median(log_rates))
    counting = _PHI / np.maximum(np.exp(level) * day_hours, 1.0)
    scale = _day_to_day_scale(log_rates - level, counting)
    log_acceptable = max(float(np.log1p(policy.margin)), scales * scale)
    prior = ratio_prior(scale, _SCALE_DAYS + log_rates.size, log_acceptable, _P_WORSE, _P_WORSE / 2)
    return _OwnLevel(float(np.exp(level)), scale, prior, _TODAY_VARIANCE + _MEDIAN_VARIANCE * float(np.mean(counting)) / log_rates.size)


def _judged(looks: _LastDays, own: _OwnLevel, doubt: float, policy: LaterWeeksPolicy, alarm: AlarmPolicy) -> tuple[RatioPosterior, int]:
    """The posterior of the last looks, and at how many up to the last one it has been worse."""
    recent = looks.last(alarm.release_hours)
    posterior = _posterior(recent, own)
    is_low = recent.is_known & (posterior.p_unacceptable < alarm.release_below)
    if is_low.all() and is_low.size == alarm.release_hours:
        return posterior, 0  # quiet by now, whatever was before
    posterior = _posterior(looks, own)
    flagged = (posterior.p_unacceptable >= 1 - doubt) & looks.is_known & (looks.observed >= alarm.min_effective_crashes * _PHI)
    alarming = alarming_looks(flagged[None, :], policy.persistence_hours)
    is_low = looks.is_known & (posterior.p_unacceptable < alarm.release_below)
    return posterior, _length_of_run(held_looks(alarming, is_low[None, :], alarm.release_hours)[0])


def _posterior(looks: _LastDays, own: _OwnLevel) -> RatioPosterior:
    return ratio_posterior(looks.observed, looks.expected, np.array(_PHI), np.array(own.variance), own.prior)


def _days_before(received: ReceivedHours) -> tuple[Array, Array] | None:
    """Crashes and hours of each good day before the last one; None where too few are known."""
    size = received.delayed.size
    days = min((size - DAY_HOURS) // DAY_HOURS, DAYS_BEFORE)
    before = slice(size - (days + 1) * DAY_HOURS, size - DAY_HOURS)
    series = (received.delayed, received.usage_hours, received.is_good)
    crashes, hours, good = (amounts[before].reshape(-1, DAY_HOURS) for amounts in series)
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
