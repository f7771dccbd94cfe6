"""What others do: each rule as a statistic by hour since release, which alarms above a threshold.

Raw thresholds on the rate; Mission Control's first generation (measuresummary.py: cumulative rates of successive versions, first day
dropped); its second (70 % sure of 20 % worse than the previous version at the same adoption, daily); Kayenta's canary test (Mann-Whitney
interval beyond a quarter of its own shift, against the concurrent old version); Lindon and Malek's anytime-valid test for randomised arms,
used as if updating were random. All take raw crashes and received hours, strata summed.
"""

from dataclasses import dataclass

import numpy as np

from simulation.release_world.counts import SimulatedHistory, SimulatedRelease
from simulation.release_world.world import WEEK_HOURS, Array

_OLD_HOURS_BEFORE = 72
_SURE_70 = 0.524  # 70 % quantile of a normal
_ETA = np.linspace(-1.5, 1.5, 41)


@dataclass(frozen=True)
class RivalRule:
    """`default` is the threshold of its authors."""

    name: str
    default: float


RULES = (
    RivalRule("raw 6 h", 1.5),
    RivalRule("raw 24 h", 1.5),
    RivalRule("Mission Control v1", 1.25),
    RivalRule("Mission Control v2", 1.2),
    RivalRule("Kayenta", 0.0),
    RivalRule("Lindon-Malek", float(np.log(100))),
)


@dataclass(frozen=True)
class _Series:
    """Of all strata together: crashes and received hours by hour since release, and the same of the old version meanwhile."""

    crashes: Array
    usage_hours: Array
    channel_hours: Array
    old_crashes: Array
    old_usage_hours: Array

    @classmethod
    def of(cls, release: SimulatedRelease) -> "_Series":
        old = slice(_OLD_HOURS_BEFORE, None)
        return cls(
            release.crashes.sum(axis=0),
            release.usage_hours.sum(axis=0),
            release.channel_hours,
            release.old_crashes.sum(axis=0)[old],
            release.old_usage_hours.sum(axis=0)[old],
        )


def rival_statistics(history: SimulatedHistory, release: SimulatedRelease) -> Array:
    """(rules, hours), in the order of `RULES`; 0 where a rule does not speak."""
    new = _Series.of(release)
    past = [_Series.of(baseline) for baseline in history.baselines]
    return np.stack(
        [
            raw_ratio(new, past, 6),
            raw_ratio(new, past, 24),
            cumulative_ratio(new, past[0]),
            ratio_at_equal_adoption(new, past[0]),
            mann_whitney_ratio(new),
            log_e_value(new),
        ]
    )


def raw_ratio(new: _Series, past: list[_Series], window_hours: int) -> Array:
    mature = slice(72, WEEK_HOURS)
    usual = sum(p.crashes[mature].sum() for p in past) / sum(p.usage_hours[mature].sum() for p in past)
    crashes, usage_hours = _last(new.crashes, window_hours), _last(new.usage_hours, window_hours)
    return np.where(crashes >= 5, crashes / np.maximum(usage_hours, 1e-9) / usual, 0.0)


def raw_ratio_by_stratum(history: SimulatedHistory, release: SimulatedRelease) -> Array:
    """(strata, hours): the raw rule over six hours, as a dashboard with a line for each stratum applies it."""
    mature = slice(72, WEEK_HOURS)
    usual = sum(b.crashes[:, mature].sum(axis=1) for b in history.baselines) / sum(
        b.usage_hours[:, mature].sum(axis=1) for b in history.baselines
    )
    crashes = np.stack([_last(row, 6) for row in release.crashes])
    usage_hours = np.stack([_last(row, 6) for row in release.usage_hours])
    return np.where(crashes >= 5, crashes / np.maximum(usage_hours, 1e-9) / np.maximum(usual, 1e-12)[:, None], 0.0)


def cumulative_ratio(new: _Series, previous: _Series) -> Array:
    crashes, usage_hours = _without_first_day(new.crashes), _without_first_day(new.usage_hours)
    previous_crashes, previous_usage = _without_first_day(previous.crashes), _without_first_day(previous.usage_hours)
    ratio = crashes / np.maximum(usage_hours, 1e-9) / ((previous_crashes + 0.5) / np.maximum(previous_usage, 1e-9))
    return np.where((crashes >= 10) & (previous_crashes >= 10), ratio, 0.0)


def ratio_at_equal_adoption(new: _Series, previous: _Series) -> Array:
    """Lower 70 % bound of the daily rate ratio."""
    share, previous_share = _adoption(new), np.maximum.accumulate(_adoption(previous))
    crashes, previous_crashes = _last(new.crashes, 24), _last(previous.crashes, 24)
    log_rate = np.log((crashes + 0.5) / np.maximum(_last(new.usage_hours, 24), 1e-9))
    previous_log_rate = np.log((previous_crashes + 0.5) / np.maximum(_last(previous.usage_hours, 24), 1e-9))
    log_ratio = log_rate - np.interp(share, previous_share, previous_log_rate)
    crashes_then = np.interp(share, previous_share, previous_crashes)
    noise = np.sqrt(2 / np.maximum(crashes, 0.5) + 2 / np.maximum(crashes_then, 0.5))
    is_daily = (np.arange(WEEK_HOURS) + 1) % 24 == 0
    return np.where(is_daily & (crashes >= 5), np.exp(log_ratio - _SURE_70 * noise), 0.0)


def mann_whitney_ratio(new: _Series) -> Array:
    """Ratio of mean hourly rates where the lower end of the Hodges-Lehmann interval is beyond a quarter of the shift, else 0."""
    rate = new.crashes / np.maximum(new.usage_hours, 1e-9)
    old_rate = new.old_crashes / np.maximum(new.old_usage_hours, 1e-9)
    ratios = np.zeros(WEEK_HOURS)
    for hour in range(5, 24):
        ratios[hour] = _shifted_ratio(rate[None, : hour + 1], old_rate[None, : hour + 1])[0]
    full = np.lib.stride_tricks.sliding_window_view
    ratios[23:] = _shifted_ratio(full(rate, 24), full(old_rate, 24))
    return ratios


def _shifted_ratio(rates: Array, old_rates: Array) -> Array:
    """Of windows of n hours, (windows, n)."""
    n = rates.shape[1]
    median = n * n // 2
    low = int(np.floor(max(n * n / 2 - 1.96 * np.sqrt(n * n * (2 * n + 1) / 12), 0)))
    differences = np.partition((rates[:, :, None] - old_rates[:, None, :]).reshape(len(rates), -1), (low, median), axis=1)
    is_shifted = differences[:, low] > 0.25 * np.abs(differences[:, median])
    return np.where(is_shifted, rates.mean(axis=1) / np.maximum(old_rates.mean(axis=1), 1e-12), 0.0)


def log_e_value(new: _Series) -> Array:
    """Mixture likelihood ratio of the new version's share in all crashes against its share in all hours."""
    share = new.usage_hours / np.maximum(new.usage_hours + new.old_usage_hours, 1e-9)
    per_hour = new.crashes[:, None] * _ETA - (new.crashes + new.old_crashes)[:, None] * np.log1p(share[:, None] * np.expm1(_ETA))
    log_ratios = np.cumsum(per_hour, axis=0)
    weights = np.exp(-((_ETA / 0.5) ** 2) / 2)
    largest = log_ratios.max(axis=1)
    return np.asarray(largest + np.log(np.exp(log_ratios - largest[:, None]) @ (weights / weights.sum())))


def _last(hourly: Array, window_hours: int) -> Array:
    return np.convolve(hourly, np.ones(window_hours))[: hourly.size]


def _without_first_day(hourly: Array) -> Array:
    """Cumulative; from the 25th hour on without the first 24."""
    cumulative = np.cumsum(hourly)
    return np.where(np.arange(hourly.size) >= 24, cumulative - cumulative[23], cumulative)


def _adoption(series: _Series) -> Array:
    return _last(series.usage_hours, 24) / np.maximum(_last(series.channel_hours, 24), 1e-9)
