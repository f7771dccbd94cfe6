"""From a channel's rows to the plain arrays of one release, measure and platform."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.policies import HORIZON_HOURS
from jobs.scoring.channel_totals import ChannelTotals
from jobs.scoring.environment_guard import HOURS_BEFORE_RELEASE
from jobs.scoring.release_calendar import Release
from jobs.scoring.release_counts import Array, PreviousVersion, ReleaseCounts
from jobs.scoring.release_history import Number
from jobs.scoring.strata import Strata


@dataclass(frozen=True)
class CellKey:
    """`platform` None stands for all platforms together."""

    measure: str
    platform: str | None


@dataclass(frozen=True)
class ReleaseLife:
    """How many hours of a release count, the release that its users came from, and its measured delays."""

    hours: int
    previous: Release | None
    delay_kernel: Array | None


def release_counts(
    totals: ChannelTotals,
    release: Release,
    cell: CellKey,
    strata: Strata,
    life: ReleaseLife,
) -> ReleaseCounts:
    """Counts of a release's life; hours before the record or after its end are not known."""
    life_hours, previous = life.hours, life.previous
    start = totals.hour_of(release.hour)
    rows = _rows(totals, release.version, cell.platform)
    age = totals.hour[rows] - start
    is_used = (age >= 0) & (age < life_hours)
    rows, age = rows[is_used], age[is_used]
    slot = strata.of_fine[totals.stratum[rows]] * life_hours + age
    shape = (len(strata.names), life_hours)

    def summed(measure: str) -> Array:
        weights = np.nan_to_num(totals.measures[measure][rows])
        return np.bincount(slot, weights=weights, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    channel_hours = totals.by_hour("usage_hours", totals.on_platform(cell.platform))
    return ReleaseCounts(
        crashes=summed(cell.measure),
        usage_hours=summed("usage_hours"),
        channel_hours=_cut(channel_hours, start, life_hours),
        updates=summed("updates"),
        delay_kernel=life.delay_kernel,
        previous=None if previous is None else _previous_version(totals, previous, cell, start, life_hours),
        is_known=_cut(totals.is_complete, start, life_hours),
        version=release.version,
        release_type=release.release_type,
    )


def measure_known_from(totals: ChannelTotals, release: Release, cell: CellKey) -> int | None:
    """The first hour since release in which any ping of the version carried the measure; None where none ever did."""
    rows = _rows(totals, release.version, cell.platform)
    age = totals.hour[rows] - totals.hour_of(release.hour)
    carried = age[(age >= 0) & (age < HORIZON_HOURS) & ~np.isnan(totals.measures[cell.measure][rows])]
    return int(carried.min()) if carried.size else None


def _rows(totals: ChannelTotals, version: str, platform: str | None) -> NDArray[np.int64]:
    rows = totals.rows_of(version)
    return rows if platform is None else rows[totals.on_platform(platform)[rows]]


def _cut(series: NDArray[Number], start: int, hours: int) -> NDArray[Number]:
    """The hours [start, start + hours) of a series, zeros (False) where it has none."""
    piece = np.zeros(hours, dtype=series.dtype)
    first, last = max(start, 0), min(start + hours, series.size)
    if first < last:
        piece[first - start : last - start] = series[first:last]
    return piece


def _previous_version(totals: ChannelTotals, previous: Release, cell: CellKey, start: int, life_hours: int) -> PreviousVersion | None:
    if start < HOURS_BEFORE_RELEASE:
        return None
    rows = _rows(totals, previous.version, cell.platform)
    first, hours = start - HOURS_BEFORE_RELEASE, HOURS_BEFORE_RELEASE + life_hours
    return PreviousVersion(_cut(totals.by_hour(cell.measure, rows), first, hours), _cut(totals.by_hour("usage_hours", rows), first, hours))
