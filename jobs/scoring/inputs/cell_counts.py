"""From a release's record to the plain arrays of one cell, a measure on a platform."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.measures import HAS_UPDATES
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.inputs.release_record import HourlyCounts, ReleaseRecord
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE
from jobs.scoring.method.hourly_counts import CrashingClients, PreviousVersion, ReleaseCounts
from jobs.scoring.method.release_history import Number
from jobs.scoring.method.strata import FineStratum, Strata


@dataclass(frozen=True)
class CellKey:
    """`platform` None stands for all platforms together."""

    measure: str
    platform: str | None


@dataclass(frozen=True)
class CellStrata:
    """The strata of a cell and where its fine ones go."""

    strata: Strata
    code_of: dict[FineStratum, int]

    def grouped(self, counts: HourlyCounts, measure: str, platform: str | None, hours: int) -> Array:
        """Sums by stratum of the first hours."""
        rows = counts.on_platform(platform)
        codes = np.array([self.code_of[counts.strata[row]] for row in rows], dtype=np.intp)
        is_in = np.asarray(codes[None, :] == np.arange(len(self.strata.names))[:, None], dtype=np.float64)
        return np.asarray(is_in @ counts.filled[measure][rows, :hours])


@dataclass(frozen=True)
class ReleaseLife:
    """A release, how many of its hours count, and its measured delays."""

    release: Release
    hours: int
    delay_kernel: Array | None


def release_counts(totals: ChannelTotals, life: ReleaseLife, record: ReleaseRecord, cell: CellKey, strata: CellStrata) -> ReleaseCounts:
    """Counts of a release's life; hours before the record or after its end are not known."""
    release, hours = life.release, life.hours
    start = totals.hour_of(release.hour)
    return ReleaseCounts(
        crashes=strata.grouped(record.own, cell.measure, cell.platform, hours),
        usage_hours=strata.grouped(record.own, "usage_hours", cell.platform, hours),
        channel_hours=_cut(totals.usage_on(cell.platform), start, hours),
        updates=strata.grouped(record.own, "updates", cell.platform, hours) if HAS_UPDATES else None,
        delay_kernel=life.delay_kernel,
        previous=_previous_version(record, cell, strata, start, hours),
        is_known=_cut(totals.is_complete, start, hours),
        version=release.version,
        release_type=release.release_type,
        crashing=_crashing_clients(record, cell, hours),
        release_hour=24 * release.hour.weekday() + release.hour.hour,
    )


def _crashing_clients(record: ReleaseRecord, cell: CellKey, hours: int) -> CrashingClients | None:
    """Crashes and clients of the platforms and hours whose clients are known; None without any."""
    if record.clients is None or cell.measure not in record.clients.by_measure:
        return None
    rows = record.clients.on_platform(cell.platform)
    clients = record.clients.by_measure[cell.measure][rows, :hours]
    crashes = np.array([record.own.total(cell.measure, str(platform))[:hours] for platform in record.clients.platforms[rows]])
    is_known = ~np.isnan(clients)
    if not is_known.any():
        return None
    return CrashingClients(np.where(is_known, crashes, 0.0).sum(axis=0), np.nan_to_num(clients).sum(axis=0))


def _cut(series: NDArray[Number], start: int, hours: int) -> NDArray[Number]:
    """The hours [start, start + hours) of a series, zeros (False) where it has none."""
    piece = np.zeros(hours, dtype=series.dtype)
    first, last = max(start, 0), min(start + hours, series.size)
    if first < last:
        piece[first - start : last - start] = series[first:last]
    return piece


def _previous_version(record: ReleaseRecord, cell: CellKey, strata: CellStrata, start: int, hours: int) -> PreviousVersion | None:
    """By stratum only for all platforms together: local cells are made there. Strata that only the previous version has are left out of that."""
    before = record.previous
    if before is None or start < HOURS_BEFORE_RELEASE:
        return None
    length = HOURS_BEFORE_RELEASE + hours
    crashes, usage_hours = (before.total(measure, cell.platform)[:length] for measure in (cell.measure, "usage_hours"))
    rows = [row for row, stratum in enumerate(before.strata) if stratum in strata.code_of]
    if cell.platform is not None or not rows:
        return PreviousVersion(crashes, usage_hours)
    known = HourlyCounts(
        tuple(before.strata[row] for row in rows), {name: before.by_measure[name][rows] for name in (cell.measure, "usage_hours")}
    )
    by_stratum = [strata.grouped(known, measure, None, length) for measure in (cell.measure, "usage_hours")]
    return PreviousVersion(crashes, usage_hours, *by_stratum)
