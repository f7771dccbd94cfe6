"""What one release contributes to scoring: its own hours by stratum, those of the version before it, and how late its usage came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.declarations.dimensions import STRATUM_COLUMNS
from jobs.declarations.measures import HAS_UPDATES, SCORED_MEASURES
from jobs.declarations.windows import HOUR_US
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE
from jobs.scoring.method.strata import FineStratum

STRATUM_NAMES = tuple(column.name for column in STRATUM_COLUMNS)
SCORED_COLUMNS: tuple[str, ...] = tuple(measure.name for measure in SCORED_MEASURES)
EXPOSURE_COLUMNS = ("usage_hours", "updates") if HAS_UPDATES else ("usage_hours",)
TOTALS_COLUMNS = ("hour_start", "channel", "release_version", *STRATUM_NAMES, *EXPOSURE_COLUMNS, *SCORED_COLUMNS)
"""The columns of release_totals that a release's record is made of."""


@dataclass(frozen=True)
class HourlyCounts:
    """Counts by stratum (rows) and hour (columns) of each measure; NaN where no ping carried it."""

    strata: tuple[FineStratum, ...]
    by_measure: Mapping[str, Array]

    @cached_property
    def platforms(self) -> NDArray[np.str_]:
        return np.array([stratum[0] for stratum in self.strata], dtype=str)

    def on_platform(self, platform: str | None) -> NDArray[np.intp]:
        """The rows of one platform, or all for None."""
        return np.arange(len(self.strata)) if platform is None else np.flatnonzero(self.platforms == platform)

    @cached_property
    def filled(self) -> dict[str, Array]:
        """The same with zeros for NaN."""
        return {name: np.nan_to_num(values) for name, values in self.by_measure.items()}

    def total(self, measure: str, platform: str | None) -> Array:
        """Sum over the strata by hour."""
        return np.asarray(self.filled[measure][self.on_platform(platform)].sum(axis=0))

    def known_from(self, measure: str, platform: str | None) -> int | None:
        """The first hour in which any ping carried the measure; None where none ever did."""
        carried = np.flatnonzero(~np.isnan(self.by_measure[measure][self.on_platform(platform)]).all(axis=0))
        return int(carried[0]) if carried.size else None


@dataclass(frozen=True)
class ReleaseRecord:
    """`own` are a release's counts by hour since release, of its first week at most; `previous` those of the release that its users came from,
    from 72 hours before on (None: it had none, or nothing was received of it). `kernels` are the delays of the two weeks up to the end of its
    week, by platform and for all (None); the whole is None while the week lasts, and a kernel where too little usage came.
    `crash_free_users` are those of its week by platform (`all` among them) and hour of age, NaN where unknown; none while the week lasts.
    `clients` are those that crashed for the first time on their day, by platform, for measures whose clients are counted; None where none are.
    """

    own: HourlyCounts
    previous: HourlyCounts | None
    kernels: Mapping[str | None, Array | None] | None = None
    crash_free_users: Mapping[str, Array] = field(default_factory=dict)
    clients: HourlyCounts | None = None

    @property
    def hours(self) -> int:
        return int(self.own.by_measure["usage_hours"].shape[1])


RecordOf = Callable[[Release, Release | None], ReleaseRecord]
"""The record of a release, given the release that its users came from."""


def release_record(rows: pa.Table, release: Release, previous: Release | None, hours: int) -> ReleaseRecord:
    """The record of a release's first `hours` hours, without kernels, from rows of release_totals that hold those of both versions."""
    rows = rows.filter(pc.field("channel") == release.channel)
    own = hourly_counts(rows, release.version, release, 0, hours)
    if previous is None:
        return ReleaseRecord(own, None)
    length = HOURS_BEFORE_RELEASE + hours
    before = hourly_counts(rows, previous.version, release, -HOURS_BEFORE_RELEASE, length)
    scored = {name: values for name, values in before.by_measure.items() if name != "updates"}
    return ReleaseRecord(own, HourlyCounts(before.strata, scored) if before.strata else None)


def hourly_counts(rows: pa.Table, version: str, release: Release, first: int, hours: int) -> HourlyCounts:
    """A version's counts in the hours [first, first + hours) since a release, from its rows of release_totals."""
    age = (rows["hour_start"].cast(pa.int64()).to_numpy() - int(release.hour.timestamp()) * 1_000_000) // HOUR_US - first
    is_own = pc.equal(rows["release_version"], version).to_numpy(zero_copy_only=False)
    used = np.flatnonzero(is_own & (age >= 0) & (age < hours))
    age, rows = age[used], rows.take(pa.array(used)).combine_chunks()
    strata, code = _strata_of(rows)
    by_measure = {}
    for name in (*EXPOSURE_COLUMNS, *SCORED_COLUMNS):
        values = np.full((len(strata), hours), np.nan)
        values[code, age] = rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)  # one row a stratum and hour: the table's grain
        by_measure[name] = values
    return HourlyCounts(strata, by_measure)


def _strata_of(rows: pa.Table) -> tuple[tuple[FineStratum, ...], NDArray[np.intp]]:
    """The strata in order, and the code of each row's; an unknown part is the empty string."""
    code = np.zeros(rows.num_rows, dtype=np.int64)
    parts = []
    for name in STRATUM_NAMES:
        encoded = pc.fill_null(rows[name], "").combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        values = encoded.dictionary.to_pylist()
        parts.append(values)
        code = code * max(len(values), 1) + encoded.indices.to_numpy(zero_copy_only=False)
    present, code = np.unique(code, return_inverse=True)
    found: list[FineStratum] = []
    for number in present.tolist():
        key = []
        for values in reversed(parts):
            number, at = divmod(number, len(values))
            key.append(values[at])
        found.append((key[3], key[2], key[1], key[0]))
    order = sorted(range(len(found)), key=found.__getitem__)
    place = np.empty(len(found), dtype=np.intp)
    place[order] = np.arange(len(found))
    return tuple(found[i] for i in order), place[code]
