"""What the page is made of, read from published tables through pyiceberg: complete hours, one snapshot of release_health. No JVM."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyiceberg.expressions
from pyiceberg.catalog import Catalog
from pyiceberg.table import ManifestGroupPlanner
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.states import FAILED, HourStatus
from jobs.declarations.tables import (
    BUILD_HEALTH,
    DATA_QUALITY,
    ERROR_AGGREGATES,
    EXPERIMENT_HEALTH,
    INGEST_AUDIT,
    LATER_HEALTH,
    RELEASE_HEALTH,
)
from jobs.declarations.windows import HOUR
from jobs.page.contents.channel_looks import WantedRows
from jobs.page.contents.told_decisions import DecisionRows
from jobs.page.series.clock_series import CLOCK_HOURS, SUMMED_COLUMNS, HourSums, hour_sums, rows_of_hour
from jobs.page.series.look_series import LOOK_COLUMNS
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.reading.complete_windows import PinnedHours, pin_hours
from jobs.tables.reading.plain_rows import read_rows, rows_by_name
from jobs.verdicts.health_cells import ALARMING_STATES, CELL_COLUMNS, Cell, cell_from_row

where: Any = pyiceberg.expressions  # its constructors are typed by the fields that they fill, not by what they take

QUALITY_SPAN = timedelta(days=14)
_AUDIT_COLUMNS = (
    "hour_start",
    "mode",
    "status",
    "late_objects",
    "lines",
    "accepted",
    "duplicates",
    "rejected",
    "rejects_by_reason",
    "rows_by_table",
)
_QUALITY_COLUMNS = tuple(name for name in DATA_QUALITY.column_names if name not in ("run_key", "attempt", "mode", "unexpected_rows"))


@dataclass(frozen=True)
class HealthSnapshot:
    """release_health as it stood when it was opened."""

    table: IcebergTable | None

    @property
    def sequence(self) -> int:
        """The snapshot's sequence number; 0 before the first."""
        snapshot = self.table.current_snapshot() if self.table is not None else None
        return (snapshot and snapshot.sequence_number) or 0

    def verdicts(self, first: datetime, until: datetime) -> pa.Table:
        """The verdict rows of looks in [first, until]."""
        within = where.And(where.GreaterThanOrEqual("as_of", first.isoformat()), where.LessThanOrEqual("as_of", until.isoformat()))
        return self._scan(where.And(where.EqualTo("scope", "release"), within), CELL_COLUMNS)

    def cells(self, wanted: Iterable[WantedRows]) -> list[Cell]:
        """The cells of channels at some looks; groups of users that do not alarm only of the versions that are named."""
        wanted = [channel for channel in wanted if channel.times]
        if not wanted:
            return []
        times = sorted({at.isoformat() for channel in wanted for at in channel.times})
        parts = [
            (pc.field("channel") == channel.channel)
            & pc.field("as_of").isin(pa.array(sorted(channel.times), pa.timestamp("us", "UTC")))
            & (
                (pc.field("scope") != "stratum")
                | pc.field("state").isin([state.value for state in ALARMING_STATES])
                | pc.field("release_version").isin(pa.array(sorted(channel.versions), pa.string()))
            )
            for channel in wanted
        ]
        return cells_of(self._scan(where.In("as_of", times), CELL_COLUMNS).filter(reduce(or_, parts)))

    def looks(self, wanted: Iterable[WantedRows]) -> pa.Table:
        """The rows of scope platform of some releases of channels, from the first time wanted to the last."""
        wanted = list(wanted)
        first, last = (choose(at for channel in wanted for at in channel.times) for choose in (min, max))
        parts = [
            (pc.field("channel") == channel.channel) & pc.field("release_version").isin(pa.array(sorted(channel.versions), pa.string()))
            for channel in wanted
        ]
        of_platforms = where.And(
            where.GreaterThanOrEqual("as_of", first.isoformat()),
            where.LessThanOrEqual("as_of", last.isoformat()),
            where.EqualTo("scope", "platform"),
            where.In("release_version", sorted({version for channel in wanted for version in channel.versions})),
        )
        return self._scan(of_platforms, LOOK_COLUMNS).filter(reduce(or_, parts))

    def files_by_day(self, first: datetime) -> dict[datetime, str]:
        """For each day from `first` on, a digest of the names of its files: it changes whenever its rows do."""
        snapshot = self.table.current_snapshot() if self.table is not None else None
        if self.table is None or snapshot is None:
            return {}
        # The entries themselves: to plan a scan of them costs five times as much.
        planner = ManifestGroupPlanner(self.table.metadata, self.table.io, where.GreaterThanOrEqual("as_of", first.isoformat()))
        names: dict[datetime, list[str]] = {}
        for entry in chain.from_iterable(planner.plan_manifest_entries(snapshot.manifests(self.table.io))):
            day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=entry.data_file.partition[0])
            names.setdefault(day, []).append(entry.data_file.file_path)
        return {day: hashlib.sha256("\n".join(sorted(of_day)).encode()).hexdigest() for day, of_day in names.items()}

    def _scan(self, wanted: Any, columns: tuple[str, ...]) -> pa.Table:
        """The rows, with those of the columns that the table has: one that was declared since its last rows were written is not there yet."""
        assert self.table is not None, "asked only for rows of days that it holds"
        present = tuple(name for name in columns if name in self.table.schema().column_names)
        return self.table.scan(wanted, selected_fields=present).to_arrow()


@dataclass(frozen=True)
class HourRows:
    """The last two weeks of ingest_audit and data_quality, and the last 48 hours of error_aggregates as they stood at one moment."""

    complete_until: datetime | None
    """The end of the latest complete hour."""
    mode: str | None
    audits: list[dict[str, Any]]
    failed: list[dict[str, Any]]
    pinned: PinnedHours

    @property
    def clock_start(self) -> datetime:
        return self.pinned.hours[0]

    @property
    def clock_end(self) -> datetime:
        return self.pinned.hours[-1] + HOUR

    def run_ids(self) -> dict[datetime, str]:
        """The complete hours of the last 48, with the run that each rests on."""
        return {hour: owner.window_run_id for hour, owner in self.pinned.owners.items()}

    def sums(self, hours: Collection[datetime]) -> dict[datetime, HourSums]:
        """Those hours, summed in steps of five minutes."""
        if not hours:
            return {}
        rows = self.pinned.within(min(hours), max(hours) + HOUR).read(ERROR_AGGREGATES, columns=SUMMED_COLUMNS).rows
        return {hour: hour_sums(hour, rows_of_hour(rows, hour)) for hour in hours}


def open_health(catalog: Catalog) -> HealthSnapshot:
    """release_health as it stands now."""
    return HealthSnapshot(stored_table(catalog, RELEASE_HEALTH))


def read_hours(catalog: Catalog, until: datetime) -> HourRows:
    """What the hours before `until` have; the 48 hours end with the latest complete one of two weeks."""
    first = until - QUALITY_SPAN
    audits = read_rows(catalog, INGEST_AUDIT, _between("hour_start", first, until), _AUDIT_COLUMNS)
    failed = where.And(where.GreaterThanOrEqual("checked_at", first.isoformat()), where.In("outcome", FAILED))
    complete = [row for row in audits if row["status"] == HourStatus.COMPLETE]
    latest: Mapping[str, Any] = max(complete, key=lambda row: row["hour_start"], default={})
    end = latest["hour_start"] + HOUR if latest else until
    pinned = pin_hours(catalog, end - CLOCK_HOURS * HOUR, end, (ERROR_AGGREGATES,))
    return HourRows(end if latest else None, latest.get("mode"), audits, read_rows(catalog, DATA_QUALITY, failed, _QUALITY_COLUMNS), pinned)


def read_decisions(catalog: Catalog, at: datetime, looks: Collection[datetime]) -> DecisionRows:
    """Experiments and releases after their first week at a look, and the builds of releases at theirs."""
    at_look = where.EqualTo("as_of", at.isoformat())
    at_looks = where.In("as_of", sorted(look.isoformat() for look in looks))
    wanted = ((EXPERIMENT_HEALTH, at_look), (BUILD_HEALTH, at_looks), (LATER_HEALTH, at_look))
    return DecisionRows(*(tuple(read_rows(catalog, table, rows, table.column_names)) for table, rows in wanted))


def _between(column: str, first: datetime, end: datetime) -> Any:
    return where.And(where.GreaterThanOrEqual(column, first.isoformat()), where.LessThan(column, end.isoformat()))


def cells_of(rows: pa.Table) -> list[Cell]:
    """Rows of release_health as cells."""
    return [cell_from_row(row) for row in rows_by_name(rows)]
