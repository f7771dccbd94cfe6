"""A release's record as rows of release_records, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.populations import POPULATION_BY_MEASURE
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.inputs.release_record import EXPOSURE_COLUMNS, SCORED_COLUMNS, STRATUM_NAMES, HourlyCounts, ReleaseRecord
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE

_OWN, _PREVIOUS, _CLIENTS, _DELAYS, _REACH, _RELEASE = "own", "previous", "clients", "delays", "reach", "release"
_ALL = "all"
_LISTS = (*EXPOSURE_COLUMNS, *SCORED_COLUMNS, "share_by_delay", "crash_free_users")


@dataclass(frozen=True)
class RecordKey:
    channel: str
    version: str
    released_at: datetime

    @classmethod
    def of(cls, release: Release) -> "RecordKey":
        return cls(release.channel, release.version, release.hour)


def record_rows(release: Release, record: ReleaseRecord, rests_on: str, schema: pa.Schema) -> pa.Table:
    """The rows of a record; columns and types are those of the table's schema."""
    parts = [_rows(_RELEASE, [("",) * len(STRATUM_NAMES)], {}), _rows(_OWN, record.own.strata, record.own.by_measure)]
    if record.previous is not None:
        parts.append(_rows(_PREVIOUS, record.previous.strata, record.previous.by_measure))
    if record.clients is not None:
        parts.append(_rows(_CLIENTS, record.clients.strata, record.clients.by_measure))
    kernels = {platform: kernel for platform, kernel in (record.kernels or {}).items() if kernel is not None}
    strata = [(platform or _ALL, *("",) * (len(STRATUM_NAMES) - 1)) for platform in kernels]
    parts.append(_rows(_DELAYS, strata, {"share_by_delay": np.array(list(kernels.values()))} if kernels else {}))
    of_people = record.crash_free_users
    strata = [(platform, *("",) * (len(STRATUM_NAMES) - 1)) for platform in of_people]
    parts.append(_rows(_REACH, strata, {"crash_free_users": np.array(list(of_people.values()))} if of_people else {}))
    rows = pa.concat_tables(parts)
    constants = {"released_at": release.hour, "channel": release.channel, "release_version": release.version, "rests_on": rests_on}
    for name, value in constants.items():
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, schema.field(name).type))
    return rows.select(schema.names).cast(schema)


def records_of(rows: pa.Table) -> dict[RecordKey, tuple[str, ReleaseRecord]]:
    """Each release's record with what it rests on, from whole releases' rows of release_records."""
    unit = ["channel", "release_version", "released_at"]
    rows = rows.combine_chunks().sort_by([(name, "ascending") for name in (*unit, "series", *STRATUM_NAMES)])
    found = {}
    for header in rows.filter(pc.field("series") == _RELEASE).select([*unit, "rests_on"]).to_pylist():
        is_own = pc.and_(
            pc.and_(pc.equal(rows["channel"], header["channel"]), pc.equal(rows["release_version"], header["release_version"])),
            pc.equal(rows["released_at"], pa.scalar(header["released_at"], rows["released_at"].type)),
        )
        key = RecordKey(header["channel"], header["release_version"], header["released_at"])
        found[key] = (header["rests_on"], _record(rows.filter(is_own)))
    return found


def _record(rows: pa.Table) -> ReleaseRecord:
    series = (_OWN, _PREVIOUS, _CLIENTS, _DELAYS, _REACH)
    own, previous, clients, delays, reach = (rows.filter(pc.field("series") == name) for name in series)
    kernels: dict[str | None, Array | None] = {}
    if delays.num_rows:
        for platform, kernel in zip(delays["os_name"].to_pylist(), _matrix(delays, "share_by_delay"), strict=True):
            kernels[None if platform == _ALL else platform] = kernel
    before = _counts(previous, ("usage_hours", *SCORED_COLUMNS), HOURS_BEFORE_RELEASE + HORIZON_HOURS) if previous.num_rows else None
    crashed = _counts(clients, tuple(POPULATION_BY_MEASURE), HORIZON_HOURS) if clients.num_rows else None
    of_people = dict(zip(reach["os_name"].to_pylist(), _matrix(reach, "crash_free_users"), strict=True)) if reach.num_rows else {}
    return ReleaseRecord(_counts(own, (*EXPOSURE_COLUMNS, *SCORED_COLUMNS), HORIZON_HOURS), before, kernels, of_people, crashed)


def _counts(rows: pa.Table, measures: Sequence[str], hours: int) -> HourlyCounts:
    strata = zip(*(rows[name].to_pylist() for name in STRATUM_NAMES), strict=True)
    return HourlyCounts(tuple(strata), {name: _matrix(rows, name).reshape(rows.num_rows, hours) for name in measures})


def _matrix(rows: pa.Table, column: str) -> Array:
    flat = pc.list_flatten(rows[column]).to_numpy()
    return np.asarray(flat, dtype=np.float64).reshape(rows.num_rows, -1) if rows.num_rows else np.zeros(0)


def _rows(series: str, strata: Sequence[tuple[str, ...]], by_name: Mapping[str, Array]) -> pa.Table:
    columns = {"series": pa.array([series] * len(strata), pa.string())}
    for i, name in enumerate(STRATUM_NAMES):
        columns[name] = pa.array([stratum[i] for stratum in strata], pa.string())
    for name in _LISTS:
        matrix = by_name.get(name, np.zeros((len(strata), 0)))
        offsets = np.arange(len(strata) + 1, dtype=np.int32) * matrix.shape[1]
        columns[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.ascontiguousarray(matrix).ravel(), pa.float64()))
    return pa.table(columns)
