"""The days of the past as scoring keeps them: those that did not change as they are kept, the others summed up from release_totals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.tables import CHANNEL_DAYS, RELEASE_TOTALS
from jobs.declarations.windows import HOUR
from jobs.history.audited_days import HOURS_OF_DAY, files_of_days, runs_of_days
from jobs.scoring.inputs.day_totals import DAY_AMOUNTS, DAY_COLUMNS, DAY_SERIES, day_series, days_between
from jobs.tables.commits.kept_rows import read_kept, within
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.reading.complete_windows import read_complete

_OF_DAY = "day"
_DAY = HOURS_OF_DAY * HOUR
_DAYS_AT_ONCE = 4
_TOLD_FROM = 20
_RESTLESS_DAYS = 3
"""Days so young that they may still get hours are kept only once all of these are complete."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class PastDays:
    """`series` of the days from `first` on (day_totals), the run that completed each hour from then on, and rows of channel_days to keep."""

    first: datetime
    series: pa.Table
    run_ids: Sequence[str]
    to_keep: pa.Table

    @property
    def is_complete(self) -> NDArray[np.bool_]:
        return np.array([bool(run_id) for run_id in self.run_ids], dtype=bool)

    def runs(self, start: datetime, end: datetime) -> list[str]:
        """The runs of the hours [start, end); the empty string for hours that are not complete or not known of."""
        first, last = int((start - self.first) / HOUR), int((end - self.first) / HOUR)
        known = list(self.run_ids[max(first, 0) : max(last, 0)])
        return [""] * (min(last, 0) - min(first, 0)) + known + [""] * (last - max(first, 0) - len(known) if last > 0 else 0)


def read_days(catalog: Catalog, audit: IcebergTable, start: datetime, end: datetime | None, tell: Tell) -> PastDays | None:
    """The days of the hours [start, end), or from `start` on, as far as any was ever read; None where none was.

    `tell` is told of progress where many days have to be summed up: after an upgrade, or when channel_days was lost.
    """
    files = files_of_days(audit, start.replace(hour=0), None if end is None else days_between(start, end)[-1] + _DAY)
    if not files:
        return None
    end = max(files) + _DAY
    kept = read_kept(catalog, CHANNEL_DAYS, within(CHANNEL_DAYS, min(files), end))
    headers = {row["day_start"]: row for row in kept.filter(pc.field("series") == _OF_DAY).select(_HEADER).to_pylist()}
    runs = {day: row["window_run_ids"] for day, row in headers.items() if day in files}
    looked_at = [day for day in files if day not in runs or headers[day]["audit_files"] != files[day]]
    runs_now = runs_of_days(audit, looked_at)
    changed = sorted(day for day in looked_at if runs.get(day) != runs_now[day])
    if len(changed) >= _TOLD_FROM:
        tell(f"channel_days: {len(changed)} days are not kept yet, or changed; summing them up from release_totals")
    summed, runs_read = _summed(catalog, changed, runs_now, tell)
    runs |= runs_now | runs_read
    is_current = pc.is_in(kept["day_start"], pa.array(sorted(set(files) - set(changed)), DAY_SERIES.field("day_start").type))
    series = [kept.filter(is_current).filter(pc.field("series") != _OF_DAY), *summed.values()]
    days = days_between(min(files), max(files) + _DAY)
    no_runs = [""] * HOURS_OF_DAY
    resting = [day for day in looked_at if all(runs[day]) or day + _RESTLESS_DAYS * _DAY < end]
    return PastDays(
        first=days[0],
        series=pa.concat_tables([part.select(DAY_SERIES.names).cast(DAY_SERIES) for part in series]),
        run_ids=[run_id for day in days for run_id in runs.get(day, no_runs)],
        to_keep=pa.concat_tables([_kept_rows(day, kept, summed, runs[day], files[day]) for day in resting] or [kept.slice(0, 0)]),
    )


_HEADER = ["day_start", "window_run_ids", "audit_files"]


def _summed(
    catalog: Catalog, days: list[datetime], runs: dict[datetime, list[str]], tell: Tell
) -> tuple[dict[datetime, pa.Table], dict[datetime, list[str]]]:
    """The series of each day, and its runs without those of hours that could not be read as complete."""
    series: dict[datetime, pa.Table] = {}
    runs_read: dict[datetime, list[str]] = {}
    for position, group in enumerate(_neighbours(days)):
        read = read_complete(catalog, RELEASE_TOTALS, group[0], group[-1] + _DAY, columns=DAY_COLUMNS)
        incomplete = set(read.incomplete_hours)
        day_of_row = pc.floor_temporal(read.rows["hour_start"], unit="day")
        for day in group:
            series[day] = day_series(read.rows.filter(pc.equal(day_of_row, pa.scalar(day, day_of_row.type))), day)
            runs_read[day] = ["" if day + i * HOUR in incomplete else run_id for i, run_id in enumerate(runs[day])]
        if position and position % 10 == 0 and len(days) >= _TOLD_FROM:
            tell(f"channel_days: {len(series)} of {len(days)} days")
    return series, runs_read


def _neighbours(days: list[datetime]) -> list[list[datetime]]:
    """Days in order, a few that follow each other at a time: memory is bounded by their rows."""
    groups: list[list[datetime]] = []
    for day in days:
        if groups and len(groups[-1]) < _DAYS_AT_ONCE and groups[-1][-1] + _DAY == day:
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _kept_rows(day: datetime, kept: pa.Table, summed: dict[datetime, pa.Table], runs: list[str], audit_files: str) -> pa.Table:
    """The day's rows of channel_days, its own first."""
    own = kept.filter((pc.field("day_start") == pa.scalar(day, kept["day_start"].type)) & (pc.field("series") != _OF_DAY))
    series = summed.get(day, own).select(DAY_SERIES.names)
    no_hours: dict[str, list[float]] = {name: [] for name in DAY_AMOUNTS}
    header = {"day_start": day, "series": _OF_DAY, "channel": "", "name": "", "platform": None, **no_hours}
    rows = pa.concat_tables([pa.Table.from_pylist([header], schema=DAY_SERIES), series.cast(DAY_SERIES)])
    others = rows.num_rows - 1
    schema = arrow_schema(CHANNEL_DAYS)
    rows = rows.append_column("window_run_ids", pa.array([runs, *([[]] * others)], schema.field("window_run_ids").type))
    return rows.append_column("audit_files", pa.array([audit_files, *([""] * others)], pa.string())).cast(schema)
