"""What each build of a release had by hour: hours as they are kept, and from the first that is new or changed on summed up from error_aggregates.

Only releases that are watched or regressed are asked for: the first run that does reads all of their hours, later ones what came since.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo

from jobs.decisions.build_rows import BUILD_COLUMNS
from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.tables import BUILD_DAYS, ERROR_AGGREGATES
from jobs.declarations.windows import HOUR, HOUR_US
from jobs.history.audited_days import HOURS_OF_DAY
from jobs.history.channel_days import PastDays
from jobs.scoring.inputs.day_totals import days_between
from jobs.scoring.inputs.release_calendar import Release
from jobs.tables.commits.kept_rows import read_kept, within
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.reading.complete_windows import PinnedHours

_DAY = HOURS_OF_DAY * HOUR
_WEEK = HORIZON_HOURS * HOUR
_AMOUNTS = BUILD_COLUMNS[3:]
_MILLISECONDS = 3_600_000
_HOURS_AT_ONCE = 6
"""Memory is bounded by their rows."""


@dataclass
class KeptBuilds:
    """Gives the hourly rows of a release's builds, and keeps in mind the days of which something had to be summed up. One for a run."""

    catalog: Catalog
    pinned: PinnedHours
    days: PastDays
    until: datetime
    to_keep: list[pa.Table] = field(default_factory=list)

    def __call__(self, release: Release) -> pa.Table:
        """A row (BUILD_COLUMNS) for each build, system and hour in the days of its first week."""
        of_release = And(EqualTo("channel", release.channel), EqualTo("release_version", release.version))
        days = days_between(release.hour, min(release.hour + _WEEK, self.until))
        kept = read_kept(self.catalog, BUILD_DAYS, And(within(BUILD_DAYS, days[0], days[-1] + _DAY), of_release))
        return pa.concat_tables([_by_hour(self._day(release, day, kept)) for day in days])

    def _day(self, release: Release, day: datetime, kept: pa.Table) -> pa.Table:
        runs = self.days.runs(day, day + _DAY)
        own = kept.filter(pc.field("day_start") == pa.scalar(day, kept["day_start"].type))
        stands: list[str] = next(iter(own.filter(pc.field("os_name") == "")["window_run_ids"].to_pylist()), [])
        known = next((hour for hour, (run, before) in enumerate(zip(runs, stands, strict=False)) if run != before), len(stands))
        if known == HOURS_OF_DAY:
            return own
        hours = self.pinned.within(day + known * HOUR, day + _DAY)
        of_release = And(EqualTo("channel", release.channel), EqualTo("release_version", release.version))
        series = _first_hours(own, known)
        for first in range(known, HOURS_OF_DAY, _HOURS_AT_ONCE):
            part = hours.within(day + first * HOUR, day + (first + _HOURS_AT_ONCE) * HOUR)
            if part.hours:
                _add(series, part.read(ERROR_AGGREGATES, of_release, BUILD_COLUMNS, is_counted=False).rows, day)
        owners = {hour: owner.window_run_id for hour, owner in hours.owners.items()}
        runs_read = [owners.get(day + hour * HOUR, "") for hour in range(known, HOURS_OF_DAY)]
        marks = {"day_start": day, "channel": release.channel, "release_version": release.version}
        whole: dict[str, Any] = {"build_id": "", "os_name": "", "window_run_ids": [*stands[:known], *runs_read]}
        whole |= {name: [] for name in _AMOUNTS}
        made = pa.Table.from_pylist([marks | row for row in (whole, *_rows(series))], schema=arrow_schema(BUILD_DAYS))
        if any(runs_read):
            self.to_keep.append(made)
        return made


_Series = dict[tuple[str, str], dict[str, list[float]]]


def _first_hours(day: pa.Table, hours: int) -> _Series:
    """The amounts of the day's first hours by build and system, and zeros of the others."""
    rest = [0.0] * (HOURS_OF_DAY - hours)
    rows = day.filter(pc.field("os_name") != "").to_pylist()
    return {(row["build_id"], row["os_name"]): {name: row[name][:hours] + rest for name in _AMOUNTS} for row in rows}


def _add(laid: _Series, rows: pa.Table, day: datetime) -> None:
    """Add the sums of the rows, by build, system and hour.

    Milliseconds of use are whole numbers: their sum is the same in whatever order rows are read.
    """
    hour = pc.divide(pc.subtract(rows["window_start"].cast(pa.int64()), int(day.timestamp()) * 1_000_000), HOUR_US)
    used = pc.round(pc.multiply(rows["usage_hours"].cast(pa.float64()), float(_MILLISECONDS))).cast(pa.int64())
    amounts = {name: used if name == "usage_hours" else rows[name].cast(pa.int64()) for name in _AMOUNTS}
    keys = {"hour": hour, "build_id": pc.fill_null(rows["build_id"], ""), "os_name": rows["os_name"]}
    sums = pa.table({**keys, **amounts}).group_by(list(keys)).aggregate([(name, "sum") for name in _AMOUNTS]).to_pylist()
    for total in sums:
        place = (total["build_id"], total["os_name"])
        series = laid.setdefault(place, {name: [0.0] * HOURS_OF_DAY for name in _AMOUNTS})
        for name in _AMOUNTS:
            unit = _MILLISECONDS if name == "usage_hours" else 1
            series[name][total["hour"]] = (total[f"{name}_sum"] or 0) / unit


def _rows(laid: _Series) -> Iterator[dict[str, Any]]:
    for (build_id, os_name), series in sorted(laid.items()):
        yield {"build_id": build_id, "os_name": os_name, "window_run_ids": [], **series}


def _by_hour(day: pa.Table) -> pa.Table:
    """A row for each hour of a day's rows."""
    rows = day.filter(pc.field("os_name") != "")
    hours = np.tile(np.arange(HOURS_OF_DAY) * HOUR_US, rows.num_rows)
    repeated = rows.select(["day_start", "os_name", "build_id"]).take(pa.array(np.repeat(np.arange(rows.num_rows), HOURS_OF_DAY)))
    starts = repeated["day_start"].cast(pa.int64()).to_numpy() + hours
    amounts = {name: pa.array(pc.list_flatten(rows[name]).to_numpy(), pa.float64()) for name in _AMOUNTS}
    times = pa.array(starts, pa.timestamp("us", tz="UTC"))
    return pa.table({"window_start": times, "os_name": repeated["os_name"], "build_id": repeated["build_id"], **amounts})
