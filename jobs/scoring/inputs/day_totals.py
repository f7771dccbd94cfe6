"""What scoring keeps of each day of release_totals: hours of use and crashes by version, by platform, and by both. From days to channels."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.declarations.measures import CRITICAL_MEASURES
from jobs.declarations.windows import HOUR, HOUR_US
from jobs.scoring.inputs.channel_totals import ChannelTotals, Flags, VersionOnPlatform
from jobs.scoring.method.arrays import Array

HOURS_OF_DAY = 24
OF_VERSION, OF_PLATFORM = "version", "platform"
MIN_SHARE_BY_BOTH = 0.01
"""A version with less of its channel's hours of the day is summed on all platforms only: hundreds of old ones have less, and no watch needs more."""
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
        ("platform", pa.string()),
        *((name, _HOURS_LIST) for name in DAY_AMOUNTS),
    ]
)


def day_series(rows: pa.Table, day_start: datetime) -> pa.Table:
    """Sums by version, by platform and by both from a day's rows of release_totals, (24,) each; the rows' order does not matter."""
    order = [(name, "ascending") for name in ("hour_start", "channel", "release_version", "os_name", "usage_hours")]
    rows = rows.select(list(DAY_COLUMNS)).sort_by(order)  # so that sums of fractions are the same, whatever file a row was read from
    by_version = _sums_by(rows, {"name": "release_version"}, OF_VERSION, day_start)
    by_platform = _sums_by(rows, {"name": "os_name"}, OF_PLATFORM, day_start)
    by_both = _sums_by(rows, {"name": "release_version", "platform": "os_name"}, OF_VERSION, day_start)
    return pa.concat_tables([by_version, by_platform, by_both.filter(_has_users(by_both, by_version))])


def _sums_by(rows: pa.Table, columns: dict[str, str], series: str, day_start: datetime) -> pa.Table:
    """A row (DAY_SERIES) for each channel and what the columns hold, by what they are called in the series."""
    hour = (rows["hour_start"].cast(pa.int64()).to_numpy() - int(day_start.timestamp()) * 1_000_000) // HOUR_US
    keys = pa.table({"channel": rows["channel"], **{name: rows[column] for name, column in columns.items()}})
    groups = keys.group_by(keys.column_names).aggregate([]).sort_by([(name, "ascending") for name in keys.column_names])
    code = _codes(keys, groups)
    found = {name: groups[name] for name in keys.column_names}
    found |= {column: _lists(_sums(code, hour, rows[column], groups.num_rows)) for column in DAY_AMOUNTS}
    found["day_start"] = pa.array([day_start] * groups.num_rows, DAY_SERIES.field("day_start").type)
    found["series"] = pa.array([series] * groups.num_rows, pa.string())
    found.setdefault("platform", pa.nulls(groups.num_rows, pa.string()))
    return pa.table(found).select(DAY_SERIES.names).cast(DAY_SERIES)


def _has_users(by_both: pa.Table, by_version: pa.Table) -> pa.Array:
    """Rows of the versions that have enough of their channel's hours of the day."""
    usage_hours: dict[tuple[str, str], float] = {}
    of_channel: dict[str, float] = defaultdict(float)
    amounts = _matrix(by_version["usage_hours"]).sum(axis=1).tolist()
    for channel, version, hours in zip(by_version["channel"].to_pylist(), by_version["name"].to_pylist(), amounts, strict=True):
        usage_hours[channel, version] = hours
        of_channel[channel] += hours
    keys = zip(by_both["channel"].to_pylist(), by_both["name"].to_pylist(), strict=True)
    return pa.array([usage_hours[key] > MIN_SHARE_BY_BOTH * of_channel[key[0]] for key in keys], pa.bool_())


def channels_of_days(days: pa.Table, origin: datetime, is_complete: Flags) -> list[ChannelTotals]:
    """The channels, by name, from the series of whole days; hours before `origin` and after the last of `is_complete` are cut."""
    days = days.combine_chunks()
    position = (days["day_start"].cast(pa.int64()).to_numpy() - int(origin.timestamp()) * 1_000_000) // HOUR_US
    amounts = {column: _matrix(days[column]) for column in DAY_AMOUNTS}
    is_version = pc.equal(days["series"], OF_VERSION).to_numpy(zero_copy_only=False)
    hours = is_complete.size
    found = []
    for channel in sorted(days["channel"].unique().to_pylist()):
        is_ours = pc.equal(days["channel"], channel).to_numpy(zero_copy_only=False)
        versions, platforms = (_rows_by_key(days, np.flatnonzero(is_ours & wanted)) for wanted in (is_version, ~is_version))
        of_platforms = {column: dict(_series(platforms, position, amounts[column], hours)) for column in ("usage_hours", "crash_pings")}
        by_platform, pings = (
            {name: _whole(*series, hours) for (name, _), series in of_column.items()} for of_column in of_platforms.values()
        )
        by_both = {column: dict(_series(versions, position, amounts[column], hours)) for column in ("usage_hours", *CRITICAL_MEASURES)}
        found.append(
            ChannelTotals(
                channel=channel,
                origin=origin,
                is_complete=is_complete,
                usage_by_version={name: series for (name, platform), series in by_both["usage_hours"].items() if platform is None},
                usage_by_platform=by_platform,
                crash_pings=np.asarray(sum(pings.values(), start=np.zeros(hours))),
                crash_pings_by_platform=pings,
                by_version_and_platform=by_both,
            )
        )
    return found


def _rows_by_key(days: pa.Table, rows: NDArray[np.intp]) -> dict[VersionOnPlatform, NDArray[np.intp]]:
    """The rows of each name on each platform, None for all, in the order of the names."""
    keys = days.select(["name", "platform"]).take(pa.array(rows)).combine_chunks()
    codes = keys.append_column("row", pa.array(rows)).group_by(["name", "platform"]).aggregate([("row", "list")])
    grouped = zip(codes["name"].to_pylist(), codes["platform"].to_pylist(), codes["row_list"], strict=True)
    found = {(name, platform): np.sort(own.values.to_numpy()) for name, platform, own in grouped}
    return {key: found[key] for key in sorted(found, key=lambda key: (key[0], key[1] or ""))}


def _series(
    rows: dict[VersionOnPlatform, NDArray[np.intp]], position: NDArray[np.int64], amounts: Array, hours: int
) -> Iterator[tuple[VersionOnPlatform, tuple[int, Array]]]:
    """Of each key a series from its first day to its last, cut to the hours [0, hours); none where nothing is left."""
    for key, own in rows.items():
        begins = int(position[own].min())
        laid = np.zeros(int(position[own].max()) - begins + HOURS_OF_DAY)
        laid[(position[own] - begins)[:, None] + np.arange(HOURS_OF_DAY)] = amounts[own]
        first, last = max(begins, 0), min(begins + laid.size, hours)
        if first < last:
            yield key, (first, laid[first - begins : last - begins])


def _whole(first: int, amounts: Array, hours: int) -> Array:
    whole = np.zeros(hours)
    whole[first : first + amounts.size] = amounts
    return whole


def _codes(keys: pa.Table, groups: pa.Table) -> NDArray[np.int64]:
    """The position of each key among the groups."""
    numbered = groups.append_column("code", pa.array(np.arange(groups.num_rows)))
    with_row = keys.append_column("row", pa.array(np.arange(keys.num_rows)))
    joined = with_row.join(numbered, keys.column_names).sort_by("row")
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
