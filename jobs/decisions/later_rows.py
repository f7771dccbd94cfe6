"""Rows of later_health: every release that is older than a week and still has users, on all its platforms and on each, at the looks asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from jobs.decisions.later_weeks import (
    DAY_HOURS,
    HOURS_NEEDED,
    SETTLED_AGE_HOURS,
    Bar,
    LaterLook,
    ReceivedHours,
    bars_by_platform,
    delayed_by_default,
    later_look,
)
from jobs.declarations.measures import CRITICAL_MEASURES
from jobs.declarations.policies import HORIZON_HOURS, DataGuardPolicy, Policy
from jobs.declarations.states import LaterState
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.channel_totals import ChannelTotals, Flags
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.data_guard import reference_hours, volume_problems
from jobs.verdicts.health_cells import ALL

Row = dict[str, Any]


def later_rows(channel: ChannelRecord, after: datetime, until: datetime, audit_sequence: int, policy: Policy) -> list[Row]:
    """Of the looks with `after` < as_of <= `until`."""
    totals = channel.totals
    first, end = max(totals.hour_of(after), 0), totals.hour_of(until)
    needed = slice(max(first - HOURS_NEEDED - SETTLED_AGE_HOURS, 0), end)
    good_hours = cache(lambda platform: _good_hours(totals, platform, needed, policy.data_guard))
    rows = []
    for release in channel.releases:
        looks = range(max(first, totals.hour_of(release.hour) + HORIZON_HOURS), end)
        if release.version in totals.usage_by_version:
            found = _rows_of_release(totals, release, looks, lambda platform: good_hours(None) & good_hours(platform), policy)
            rows += [row | {"audit_sequence": audit_sequence} for row in found]
    return rows


def _good_hours(totals: ChannelTotals, platform: str | None, needed: slice, policy: DataGuardPolicy) -> Flags:
    """Of the hours needed those that are complete and not odd on the platform, None: on all together; the others are not good."""
    known = slice(max(needed.start - reference_hours(policy), 0), needed.stop)
    amounts = (totals.usage_on(platform)[known], totals.crash_pings_on(platform)[known])
    problems = volume_problems(*amounts, totals.is_complete[known], policy)
    is_good = np.zeros(totals.hours, dtype=bool)
    is_good[known] = totals.is_complete[known] & ~np.any([problem.has_problem for problem in problems], axis=0)
    return is_good


@dataclass(frozen=True)
class _Place:
    """What looks at a release rest on, on all platforms or on one, (hours,): hours of use, crashes and delayed crashes by measure."""

    usage_hours: Array
    crashes: dict[str, Array]
    delayed: dict[str, Array]
    is_good: Flags


def _rows_of_release(
    totals: ChannelTotals, release: Release, looks: range, good_hours: Callable[[str | None], Flags], policy: Policy
) -> Iterator[Row]:
    """A row for each platform and critical measure at each look at which the release has users.

    A look comes after that hour since the channel's origin.
    """
    adoption = {look: _adoption(totals, release, None, look) for look in looks}
    used = [look for look, share in adoption.items() if share >= policy.later_weeks.min_adoption]
    if not used:
        return
    settled = totals.hour_of(release.hour) + SETTLED_AGE_HOURS
    span = slice(max(settled - SETTLED_AGE_HOURS, used[0] + 1 - HOURS_NEEDED - SETTLED_AGE_HOURS, 0), used[-1] + 1)
    platforms = totals.platforms_of(release.version)
    places = {platform: _place(totals, release.version, platform, span, good_hours(platform)) for platform in (None, *platforms)}
    for look in used:
        known = slice(max(settled, look + 1 - HOURS_NEEDED, 0) - span.start, look + 1 - span.start)
        usage_hours = {platform: float(places[platform].usage_hours[known].sum()) for platform in platforms}
        as_of = totals.origin + (look + 1) * HOUR
        of_look = {
            "as_of": as_of,
            "channel": totals.channel,
            "release_version": release.version,
            "age_hours": (as_of - release.hour) / HOUR,
        }
        for platform, bar in bars_by_platform(usage_hours, policy.verdict.critical_platform_share, policy.later_weeks).items():
            share = adoption[look] if platform is None else _adoption(totals, release, platform, look)
            of_place = {"platform": platform or ALL, "adoption": share}
            for measure in CRITICAL_MEASURES:
                yield of_look | of_place | {"measure": measure} | _figures(places[platform], measure, known, bar, as_of, policy)


def _place(totals: ChannelTotals, version: str, platform: str | None, span: slice, is_good: Flags) -> _Place:
    usage_hours, *crashes = (
        _within(totals.by_version_and_platform[column].get((version, platform), (0, np.zeros(0))), span)
        for column in ("usage_hours", *CRITICAL_MEASURES)
    )
    by_measure = dict(zip(CRITICAL_MEASURES, crashes, strict=True))
    delayed = {measure: delayed_by_default(of_measure) for measure, of_measure in by_measure.items()}
    return _Place(usage_hours, by_measure, delayed, is_good[span])


def _adoption(totals: ChannelTotals, release: Release, platform: str | None, look: int) -> float:
    """The release's share of the channel's hours of the last day, on the platform."""
    last_day = slice(max(look + 1 - DAY_HOURS, 0), look + 1)
    of_channel = float(totals.usage_on(platform)[last_day].sum())
    own = _within(totals.by_version_and_platform["usage_hours"].get((release.version, platform), (0, np.zeros(0))), last_day)
    return min(float(own.sum()) / of_channel, 1.0) if of_channel > 0 else 0.0


def _figures(place: _Place, measure: str, known: slice, bar: Bar, as_of: datetime, policy: Policy) -> Row:
    received = ReceivedHours(place.delayed[measure][known], place.usage_hours[known], place.is_good[known])
    look = later_look(received, bar, policy.later_weeks, policy.alarm)
    last_day = slice(known.stop - DAY_HOURS, known.stop)
    return {
        "observed_crashes": float(place.crashes[measure][last_day].sum()),
        "usage_hours": float(place.usage_hours[last_day].sum()),
        **_judged(look),
        "worse_since": as_of - (look.worse_hours - 1) * HOUR if look.worse_hours else None,
    }


def _judged(look: LaterLook) -> Row:
    figures = look.figures
    if figures is None:
        return dict.fromkeys(_FIGURES) | {"state": LaterState.NOT_JUDGED.value}
    state = LaterState.WORSE if look.worse_hours else LaterState.QUIET
    return {
        "delayed_crashes": figures.delayed,
        "expected_crashes": figures.expected,
        "day_to_day_scale": figures.scale,
        "acceptable_ratio": figures.acceptable_ratio,
        "ratio": figures.ratio,
        "ratio_low": figures.ratio_low,
        "ratio_high": figures.ratio_high,
        "p_unacceptable": figures.p_unacceptable,
        "state": state.value,
    }


_FIGURES = (
    "delayed_crashes",
    "expected_crashes",
    "day_to_day_scale",
    "acceptable_ratio",
    "ratio",
    "ratio_low",
    "ratio_high",
    "p_unacceptable",
)


def _within(series: tuple[int, Array], span: slice) -> Array:
    """A version's amounts in the hours of the span; zeros where its series does not reach."""
    first, amounts = series
    laid = np.zeros(span.stop - span.start)
    begins, ends = max(first, span.start), min(first + amounts.size, span.stop)
    if begins < ends:
        laid[begins - span.start : ends - span.start] = amounts[begins - first : ends - first]
    return laid
