"""Crash-free users of past releases by hour of age, as they are kept, and what is usual at an age. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jobs.declarations.populations import ACTIVE, CRASHED
from jobs.declarations.windows import HOUR
from jobs.reach.client_figures import Share, crash_free_users, told_clients
from jobs.reach.last_days import ALL, DAY_HOURS, DayReach, Place
from jobs.reach.sketches import ClientCount, count_clients, united

Array = NDArray[np.float64]
CrashFreeByAge = Mapping[str, Array]
"""By platform (ALL for all together), crash-free users in the 24 hours before each hour of age; NaN where they are not known."""


@dataclass(frozen=True)
class UsualShare:
    """The median of past releases at an age, the lowest and the highest of them, and how many they are."""

    median: float
    lowest: float
    highest: float
    releases: int


def told_crash_free(reach: DayReach) -> Share | None:
    """Crash-free users as told of a day; None before enough are active."""
    return crash_free_users(told_clients(reach.active), told_clients(reach.crashed))


def crash_free_by_age(
    reach: Mapping[datetime, Mapping[Place, DayReach]],
    days: Mapping[datetime, Mapping[str, DayReach]],
    version: str,
    looks: Sequence[datetime],
) -> dict[str, Array]:
    """A past release's crash-free users at its looks, by platform; `days` serve for looks at midnight whose hours have been dropped."""
    found: dict[str, Array] = {}
    for index, look in enumerate(looks):
        of_look = {platform: day for (own, platform), day in reach.get(look, {}).items() if own == version} or days.get(look, {})
        for platform, day in of_look.items():
            share = told_crash_free(day)
            if share is not None:
                found.setdefault(platform, np.full(len(looks), np.nan))[index] = share.share
    return found


def settled_days(rows: pa.Table) -> dict[datetime, dict[str, DayReach]]:
    """By the midnight at which a day ends, a release's reach in it by platform, from its rows of client_reach_days.

    Of two keys the one with more rows counts, and of equal ones the first by name.
    """
    by_day: dict[datetime, dict[str, list[tuple[str, str, bytes]]]] = {}
    for row in rows.select(["hour_start", "key_id", "os_name", "population", "sketch"]).to_pylist():
        of_key = by_day.setdefault(row["hour_start"] + DAY_HOURS * HOUR, {}).setdefault(row["key_id"], [])
        of_key.append((row["os_name"], row["population"], row["sketch"]))
    return {end: _day(max(sorted(of_day.items()), key=lambda item: len(item[1]))[1]) for end, of_day in by_day.items()}


def usual_crash_free(past: Sequence[Array], look: int) -> UsualShare | None:
    """What past releases had at look `look` (0 is an hour after release), or up to 23 hours before where only whole days are kept of them."""
    known = [
        float(values[-1]) for values in (_known(of_release[max(look - DAY_HOURS + 1, 0) : look + 1]) for of_release in past) if values.size
    ]
    return UsualShare(float(np.median(known)), min(known), max(known), len(known)) if known else None


def _known(values: Array) -> Array:
    return values[~np.isnan(values)]


def _day(sketches: Sequence[tuple[str, str, bytes]]) -> dict[str, DayReach]:
    nobody = ClientCount(0.0, 0.0, 0.0)

    def count(platform: str, population: str) -> ClientCount:
        of_group = [sketch for name, kind, sketch in sketches if platform in (name, ALL) and kind == population]
        return count_clients(united(of_group)) if of_group else nobody

    return {
        platform: DayReach(count(platform, ACTIVE), count(platform, CRASHED), nobody)
        for platform in (ALL, *{name for name, _, _ in sketches})
    }
