"""What scoring keeps of each day of release_totals: hours of use and crashes by version and by platform. From days to channels."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.declarations.measures import CRITICAL_MEASURES
from jobs.declarations.windows import HOUR, HOUR_US
from jobs.scoring.inputs.channel_totals import ChannelTotals, Flags
from jobs.scoring.method.arrays import Array

HOURS_OF_DAY = 24
OF_VERSION, OF_PLATFORM = "version", "platform"
DAY_AMOUNTS = ("usage_hours", "crash_pings", *CRITICAL_MEASURES)
_HOURS_LIST = pa.list_(pa.field("element", pa.float64(), nullable=False))
DAY_COLUMNS = ("hour_start", "channel", "release_version", "os_name", *DAY_AMOUNTS)
"""The columns of release_totals that the sums of a day are made of."""
DAY_SERIES = pa.schema(
    [
        ("day_start", pa.timestamp("us", tz="UTC")),
        ("series", pa.string()),
        ("channel", pa.string()),
        ("name", pa.string()),
        *((name, _HOURS_LIST) for name in DAY_AMOUNTS),
    ]
)


def day_series(rows: pa.Table, day_start: datetime) -> pa.Table:
    """Sums by version and by platform from a day's rows of release_totals, (24,) each; the rows' order does not matter."""
    order = [(name, "ascending") for name in ("hour_start", "channel", "release_version", "os_name", "usage_hours")]
    rows = rows.select(list(DAY_COLUMNS)).sort_by(order)  # so that sums of fractions are the same, whatever file a row was read from
    hour = (rows["hour_start"].cast(pa.int64()).to_numpy() - int(day_start.timestamp()) * 1_000_000) // HOUR_US
    parts = [DAY_SERIES.empty_table()]
    for series, name in ((OF_VERSION, "release_version"), (OF_PLATFORM, "os_name")):
        keys = pa.table({"channel": rows["channel"], "name": rows[name]})
        groups = keys.group_by(["channel", "name"]).aggregate([]).sort_by([("channel", "ascending"), ("name", "ascending")])
        code = _codes(keys, groups)
        sums = {column: _sums(code, hour, rows[column], groups.num_rows) for column in DAY_AMOUNTS}
        columns = {
            "day_start": pa.array([day_start] * groups.num_rows, DAY_SERIES.field("day_start").type),
            "series": pa.array([series] * groups.num_rows, pa.string()),
            "channel": groups["channel"],
            "name": groups["name"],
            **{column: _lists(values) for column, values in sums.items()},
        }
        parts.append(pa.table(columns).select(DAY_SERIES.names).cast(DAY_SERIES))
    return pa.concat_tables(parts)


def channels_of_days(days: pa.Table, origin: datetime, is_complete: Flags) -> list[ChannelTotals]:
    """The channels, by name, from the series of whole days; hours before `origin` and after the last of `is_complete` are cut."""
    days = days.combine_chunks()
    position = (days["day_start"].cast(pa.int64()).to_numpy() - int(origin.timestamp()) * 1_000_000) // HOUR_US
    amounts = {column: _matrix(days[column]) for column in DAY_AMOUNTS}
    channels = sorted(days["channel"].unique().to_pylist())
    is_version = pc.equal(days["series"], OF_VERSION).to_numpy(zero_copy_only=False)
    found = []
    for channel in channels:
        is_ours = pc.equal(days["channel"], channel).to_numpy(zero_copy_only=False)
        of_version, of_platform = (np.flatnonzero(is_ours & wanted) for wanted in (is_version, ~is_version))
        by_version, by_platform = (
            _by_name(days, rows, position, amounts["usage_hours"], is_complete.size) for rows in (of_version, of_platform)
        )
        pings = np.zeros(is_complete.size)
        for first, added in _by_name(days, of_platform, position, amounts["crash_pings"], is_complete.size).values():
            pings[first : first + added.size] += added
        platforms = {name: _whole(first, hours, is_complete.size) for name, (first, hours) in by_platform.items()}
        crashes = {name: _by_name(days, of_version, position, amounts[name], is_complete.size) for name in CRITICAL_MEASURES}
        found.append(ChannelTotals(channel, origin, is_complete, by_version, platforms, pings, crashes))
    return found


def _by_name(
    days: pa.Table, rows: NDArray[np.intp], position: NDArray[np.int64], amounts: Array, hours: int
) -> dict[str, tuple[int, Array]]:
    """A series for each name, from its first day to its last, cut to the hours [0, hours)."""
    encoded = days["name"].take(pa.array(rows)).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes, names = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()
    series = {}
    for code in np.argsort(names):
        own = rows[codes == code]
        begins = position[own].min()
        laid = np.zeros(int(position[own].max() - begins) + HOURS_OF_DAY)
        laid[(position[own] - begins)[:, None] + np.arange(HOURS_OF_DAY)] = amounts[own]
        first, last = max(int(begins), 0), min(int(begins) + laid.size, hours)
        if first < last:
            series[names[code]] = (first, laid[first - int(begins) : last - int(begins)])
    return series


def _whole(first: int, amounts: Array, hours: int) -> Array:
    whole = np.zeros(hours)
    whole[first : first + amounts.size] = amounts
    return whole


def _codes(keys: pa.Table, groups: pa.Table) -> NDArray[np.int64]:
    """The position of each key among the groups."""
    numbered = groups.append_column("code", pa.array(np.arange(groups.num_rows)))
    with_row = keys.append_column("row", pa.array(np.arange(keys.num_rows)))
    joined = with_row.join(numbered, ["channel", "name"]).sort_by("row")
    return np.asarray(joined["code"].to_numpy(), dtype=np.int64)


def _sums(code: NDArray[np.int64], hour: NDArray[np.int64], values: pa.ChunkedArray, groups: int) -> Array:
    weights = np.nan_to_num(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    summed = np.bincount(code * HOURS_OF_DAY + hour, weights=weights, minlength=groups * HOURS_OF_DAY)
    return summed.astype(np.float64).reshape(groups, HOURS_OF_DAY)


def _lists(values: Array) -> pa.Array:
    offsets = pa.array(np.arange(values.shape[0] + 1, dtype=np.int32) * values.shape[1])
    return pa.ListArray.from_arrays(offsets, pa.array(values.ravel()))


def _matrix(lists: pa.ChunkedArray) -> Array:
    return np.asarray(pc.list_flatten(lists).to_numpy(), dtype=np.float64).reshape(-1, HOURS_OF_DAY)


def days_between(start: datetime, end: datetime) -> Sequence[datetime]:
    """The UTC days that the hours [start, end) touch."""
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return [first + i * HOURS_OF_DAY * HOUR for i in range(-((first - end) // (HOURS_OF_DAY * HOUR)))]
