"""Rows of later_health: every release that is older than a week and still has users, at the looks asked for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.decisions.later_weeks import DAY_HOURS, HOURS_NEEDED, SETTLED_AGE_HOURS, LaterLook, delayed_by_default, later_look
from jobs.declarations.measures import CRITICAL_MEASURES
from jobs.declarations.policies import HORIZON_HOURS, Policy
from jobs.declarations.states import LaterState
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.data_guard import volume_problems

Row = dict[str, Any]


def later_rows(channel: ChannelRecord, after: datetime, until: datetime, audit_sequence: int, policy: Policy) -> list[Row]:
    """Of the looks with `after` < as_of <= `until`."""
    totals = channel.totals
    problems = volume_problems(totals.usage_hours, totals.crash_pings, totals.is_complete, policy.data_guard)
    is_good = totals.is_complete & ~np.any([problem.has_problem for problem in problems], axis=0)
    first, end = max(totals.hour_of(after), 0), totals.hour_of(until)
    return [
        row | {"channel": channel.totals.channel, "audit_sequence": audit_sequence}
        for release in channel.releases
        if release.version in totals.usage_by_version
        for row in _rows_of_release(totals, release, range(max(first, totals.hour_of(release.hour) + HORIZON_HOURS), end), is_good, policy)
    ]


def _rows_of_release(totals: ChannelTotals, release: Release, looks: range, is_good: NDArray[np.bool_], policy: Policy) -> Iterator[Row]:
    """A row for each critical measure at each look at which the release has users; a look comes after that hour since the channel's origin."""
    adoption = {look: _adoption(totals, release, look) for look in looks}
    used = [look for look, share in adoption.items() if share >= policy.later_weeks.min_adoption]
    if not used:
        return
    settled = totals.hour_of(release.hour) + SETTLED_AGE_HOURS
    span = slice(max(settled - SETTLED_AGE_HOURS, used[0] + 1 - HOURS_NEEDED - SETTLED_AGE_HOURS, 0), used[-1] + 1)
    usage_hours = _within(totals.usage_by_version[release.version], span)
    for measure in CRITICAL_MEASURES:
        crashes = _within(totals.crashes_by_version.get(measure, {}).get(release.version, (0, np.zeros(0))), span)
        delayed = delayed_by_default(crashes)
        for look in used:
            known = slice(max(settled, look + 1 - HOURS_NEEDED, 0) - span.start, look + 1 - span.start)
            last_day = slice(known.stop - DAY_HOURS, known.stop)
            found = later_look(delayed[known], usage_hours[known], is_good[span][known], policy.later_weeks, policy.alarm)
            as_of = totals.origin + (look + 1) * HOUR
            yield {
                "as_of": as_of,
                "release_version": release.version,
                "measure": measure,
                "age_hours": (as_of - release.hour) / HOUR,
                "adoption": adoption[look],
                "observed_crashes": float(crashes[last_day].sum()),
                "usage_hours": float(usage_hours[last_day].sum()),
                **_figures(found),
                "worse_since": as_of - (found.worse_hours - 1) * HOUR if found.worse_hours else None,
            }


def _adoption(totals: ChannelTotals, release: Release, look: int) -> float:
    """The release's share of the channel's hours of the last day."""
    of_channel = float(totals.usage_hours[max(look + 1 - DAY_HOURS, 0) : look + 1].sum())
    return min(totals.usage_of(release.version, look + 1 - DAY_HOURS, DAY_HOURS) / of_channel, 1.0) if of_channel > 0 else 0.0


def _figures(look: LaterLook) -> Row:
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
