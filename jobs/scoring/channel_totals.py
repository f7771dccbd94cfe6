"""release_totals of one channel as arrays: which rows are of which version, platform and stratum, and counts of them by hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.measures import SCORED_MEASURES
from jobs.scoring.release_counts import Array
from jobs.windows import HOUR

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
FineStratum = tuple[str, str, str, str]
"""os_name, os_version_major, architecture, country_group; an unknown one is the empty string."""

_STRATUM = "fine_stratum"
STRATUM_COLUMNS = ("os_name", "os_version_major", "architecture", "country_group")
EXPOSURES = ("usage_hours", "updates", "crash_pings")
TOTALS_COLUMNS = (
    "hour_start",
    "channel",
    "release_version",
    *STRATUM_COLUMNS,
    *EXPOSURES,
    *(measure.name for measure in SCORED_MEASURES),
)
"""The columns of release_totals that scoring reads."""


@dataclass(frozen=True)
class ChannelTotals:
    """Rows of a channel from `origin` on. `hour`, `version` and `stratum` are codes of each row; a NULL measure is NaN.

    `is_complete` says which hours count; nothing is known of the others. `strata` are those of all channels.
    """

    channel: str
    origin: datetime
    hours: int
    is_complete: Flags
    versions: tuple[str, ...]
    strata: tuple[FineStratum, ...]
    hour: Codes
    version: Codes
    stratum: Codes
    measures: dict[str, Array]

    @property
    def platforms(self) -> tuple[str, ...]:
        return tuple(sorted({self.strata[code][0] for code in np.unique(self.stratum)}))

    def rows_of(self, version: str) -> Codes:
        """Row numbers of a version; none where it is not in the rows."""
        if version not in self.versions:
            return np.array([], dtype=np.int64)
        return np.flatnonzero(self.version == self.versions.index(version))

    def on_platform(self, platform: str | None) -> Flags:
        """Rows of one platform, or of all for None."""
        if platform is None:
            return np.ones(self.hour.size, dtype=bool)
        of_stratum = np.array([stratum[0] == platform for stratum in self.strata])
        return of_stratum[self.stratum] if self.strata else np.zeros(0, dtype=bool)

    def by_hour(self, measure: str, rows: Codes | Flags) -> Array:
        """Sum of a measure by hour from `origin`; NULL adds nothing."""
        values = np.nan_to_num(self.measures[measure][rows])
        return np.bincount(self.hour[rows], weights=values, minlength=self.hours).astype(np.float64)

    def hour_of(self, at: datetime) -> int:
        return int((at - self.origin) // HOUR)


def channel_totals(rows: pa.Table, incomplete_hours: Sequence[datetime], start: datetime, end: datetime) -> list[ChannelTotals]:
    """Totals by channel from rows of release_totals, of the hours [start, end)."""
    hours = int((end - start) // HOUR)
    is_complete = np.ones(hours, dtype=bool)
    for at in incomplete_hours:
        if start <= at < end:
            is_complete[int((at - start) // HOUR)] = False
    keys = _fine_strata(rows)
    strata = tuple(sorted(set(keys)))
    code_of = {stratum: code for code, stratum in enumerate(strata)}
    rows = rows.append_column(_STRATUM, pa.array([code_of[key] for key in keys], pa.int64()))
    return [
        _of_channel(rows.filter(pc.field("channel") == channel), channel, start, is_complete, strata) for channel in _sorted_values(rows)
    ]


def _fine_strata(rows: pa.Table) -> list[FineStratum]:
    columns = [[value or "" for value in rows[name].to_pylist()] for name in STRATUM_COLUMNS]
    return list(zip(*columns, strict=True))


def _sorted_values(rows: pa.Table) -> list[str]:
    return sorted(rows["channel"].unique().to_pylist())


def _of_channel(rows: pa.Table, channel: str, start: datetime, is_complete: Flags, strata: tuple[FineStratum, ...]) -> ChannelTotals:
    hour_us = 3_600_000_000
    start_us = int(start.timestamp()) * 1_000_000
    hour = (rows["hour_start"].cast(pa.int64()).to_numpy() - start_us) // hour_us
    versions = rows["release_version"].combine_chunks().dictionary_encode()
    names = (*EXPOSURES, *(measure.name for measure in SCORED_MEASURES))
    return ChannelTotals(
        channel=channel,
        origin=start,
        hours=is_complete.size,
        is_complete=is_complete,
        versions=tuple(_dictionary_values(versions)),
        strata=strata,
        hour=hour.astype(np.int64),
        version=_dictionary_codes(versions),
        stratum=rows[_STRATUM].to_numpy(),
        measures={name: rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for name in names},
    )


def _dictionary_values(encoded: pa.Array) -> list[str]:
    chunks = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    return chunks[0].dictionary.to_pylist() if chunks else []


def _dictionary_codes(encoded: pa.Array) -> Codes:
    chunks = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    return chunks[0].indices.to_numpy().astype(np.int64) if chunks else np.array([], dtype=np.int64)
