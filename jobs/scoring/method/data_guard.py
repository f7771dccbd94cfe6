"""When the data, not the release, is the news: looks that get no verdict, and why (docs/method.md#data-guards)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import DataGuardPolicy
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.environment_guard import OVERDISPERSION, PreviousVersionChange
from jobs.scoring.method.hourly_counts import trailing_sum
from jobs.verdicts.health_notes import NoteCode

Flags = NDArray[np.bool_]
_WEEK_HOURS = 168
_FALLEN_SHARE = 0.5
_FEWEST_CRASHES = 10.0
_TELLING_VARIANCE = OVERDISPERSION / 20  # of the previous version's change: 20 crashes in its last hours
_TELLING_CRASHES = 4.0  # usual in three hours: where no usage comes they stand out


@dataclass(frozen=True)
class DataProblem:
    """`has_problem` by hour; `note` says what it is."""

    has_problem: Flags
    note: NoteCode


def volume_problems(usage_hours: Array, crash_pings: Array, is_complete: Flags, policy: DataGuardPolicy) -> list[DataProblem]:
    """What arrived of all versions in the last three hours, by hour, against the same hours of the last weeks; not judged without them.

    Where usage and crash pings change in step, people use it more or less: a holiday, a country that is offline, a certificate that ran
    out. Crash pings are delayed as usage is, for otherwise they would be ahead of it for half a day.
    """
    is_judged = trailing_sum(is_complete.astype(float), policy.window_hours) >= policy.window_hours
    delayed_pings = np.convolve(crash_pings, delay_kernel())[: crash_pings.size]
    usage, crashes = trailing_sum(usage_hours, policy.window_hours), trailing_sum(delayed_pings, policy.window_hours)
    usual_usage, has_usage = _usual(usage, is_judged, policy.reference_weeks)
    usual_crashes, has_crashes = _usual(crashes, is_judged, policy.reference_weeks)
    usage_share = np.divide(usage, usual_usage, out=np.ones_like(usage), where=has_usage)
    in_step = np.where(has_usage, usage_share, 1.0) * usual_crashes
    noise = policy.in_step_sds * np.sqrt(2 * np.maximum(in_step, 1.0))
    is_ahead = has_crashes & (crashes > policy.in_step_ratio * in_step) & (crashes - in_step > noise)
    is_behind = has_crashes & (crashes * policy.in_step_ratio < in_step) & (in_step - crashes > noise)
    # What few crashes there are cannot tell; then the hours alone do.
    can_tell = has_crashes & (usual_crashes >= _TELLING_CRASHES)
    few_crashes = (crashes < policy.lowest_crash_share * np.minimum(in_step, usual_crashes)) & (
        np.minimum(in_step, usual_crashes) - crashes > policy.crash_sds * np.sqrt(2 * usual_crashes)
    )
    is_low, is_high = usage < policy.lowest_usage_share * usual_usage, usage > policy.highest_usage_share * usual_usage
    return [
        DataProblem(has_usage & is_low & (is_ahead | ~can_tell), NoteCode.FEW_USAGE_HOURS),
        DataProblem(has_usage & is_high & (is_behind | ~can_tell), NoteCode.MANY_USAGE_HOURS),
        DataProblem(has_crashes & few_crashes, NoteCode.FEW_CRASH_PINGS),
    ]


def but_for_the_release(problems: Sequence[DataProblem], change: PreviousVersionChange, policy: DataGuardPolicy) -> list[DataProblem]:
    """The same by hour since release, without usage out of step with crashes where the previous version's are in step: then the release differs.

    Where the previous version has too few crashes to tell, what all versions say stands.
    """
    is_in_step = (np.abs(change.log_change) < np.log(policy.in_step_ratio)) & (
        change.count_variance < _TELLING_VARIANCE
    )  # NaN, not known: False
    told = (NoteCode.FEW_USAGE_HOURS, NoteCode.MANY_USAGE_HOURS)
    return [replace(problem, has_problem=problem.has_problem & ~is_in_step) if problem.note in told else problem for problem in problems]


def reference_hours(policy: DataGuardPolicy) -> int:
    """So many hours before one decide whether its volume is odd."""
    return policy.reference_weeks * _WEEK_HOURS + policy.window_hours + delay_kernel().size


def fallen_usage(usage_hours: Array, crashes: Array, policy: DataGuardPolicy) -> DataProblem:
    """A version whose usage hours have halved for three hours while its crashes have not fallen: hours are missing, not quality."""
    window = policy.silent_usage_hours
    recent_crashes, usage_before = trailing_sum(crashes, window), _delayed(trailing_sum(usage_hours, window) / window, window)
    is_low = usage_hours < _FALLEN_SHARE * usage_before
    has_stayed_low = trailing_sum(is_low.astype(float), window) >= window
    crashes_before = _delayed(recent_crashes, window)
    keeps_crashing = (recent_crashes >= crashes_before) & (recent_crashes >= _FEWEST_CRASHES) & (crashes_before > 0)
    return DataProblem(has_stayed_low & keeps_crashing, NoteCode.FALLEN_USAGE)


def kernel_drift(in_use: Sequence[Array], measured: Sequence[Array | None], hours: int, policy: DataGuardPolicy) -> DataProblem:
    """Days on which hours came at another time than the kernel in use assumes: F(3 h) differs by more than a tenth.

    Both are kernels by day since release; `measured` are those of the last days alone, which know nothing of longer delays, so that both
    are taken as shares of what comes within a day.
    """
    has_drifted = np.zeros(hours, dtype=bool)
    for day, (assumed, today) in enumerate(zip(in_use, measured, strict=True)):
        if today is not None and abs(_by_three_hours(assumed) - _by_three_hours(today)) > policy.kernel_drift:
            has_drifted[24 * day : 24 * (day + 1)] = True
    return DataProblem(has_drifted, NoteCode.CHANGED_DELAYS)


def _by_three_hours(kernel: Array) -> float:
    return float(kernel[:4].sum() / max(kernel[:24].sum(), 1e-9))


def _usual(trailing: Array, is_judged: Flags, weeks: int) -> tuple[Array, Flags]:
    """Median of the same hours of the last weeks, where at least one of them is known and held anything."""
    past = np.full((weeks, trailing.size), np.nan)
    for week in range(weeks):
        shift = _WEEK_HOURS * (week + 1)
        if shift < trailing.size:
            known = np.where(is_judged, trailing, np.nan)
            past[week, shift:] = known[:-shift]
    has_past = np.isfinite(past).any(axis=0)
    usual = np.zeros(trailing.size)
    usual[has_past] = np.nanmedian(past[:, has_past], axis=0)
    return usual, has_past & is_judged & (usual > 0)


def _delayed(series: Array, hours: int) -> Array:
    return np.concatenate([np.zeros(min(hours, series.size)), series[:-hours]])
