"""Read complete hours only: for each, all rows of one run in all tables, also while another run is replacing them. No Spark.

An hour under an open claim is read as its tables stood before the claim; any other hour as they stand now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.tables import INGEST_AUDIT, WINDOW_TABLES, Table
from jobs.declarations.windows import HOUR_US, hours_between
from jobs.tables.audit.audit_reading import read_hour_audits
from jobs.tables.audit.audit_rows import HourAudit
from jobs.tables.audit.open_claims import Claim, claim_by_hour, read_claims
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.reading.stored_rows import dropped_before, read_snapshot, refuse_missing_rows

EVERY_ROW = AlwaysTrue()
_LOOKS = 5  # a look takes milliseconds, a publisher needs tenths of a second between its commits


@dataclass(frozen=True)
class CompleteRows:
    """`rows` holds nothing of the `incomplete_hours`: those without a complete audit row, past the table's retention, or never at rest.

    `audit_sequence` is the sequence number of the ingest_audit snapshot that this rests on; 0 before the first.
    """

    rows: pa.Table
    incomplete_hours: list[datetime]
    audit_sequence: int


@dataclass(frozen=True)
class PinnedHours:
    """Hours of several tables as they stood at one moment; whatever is published meanwhile, reading from here gives the same rows.

    `owners` has the complete hours with their audit rows, `claims` those of them that are being replaced; `snapshots` has each table's
    snapshot of that moment, None before its first.
    """

    hours: list[datetime]
    owners: Mapping[datetime, HourAudit]
    claims: Mapping[datetime, Claim]
    stored: Mapping[str, IcebergTable | None]
    snapshots: Mapping[str, int | None]
    audit_sequence: int

    def read(
        self, table: Table, row_filter: BooleanExpression = EVERY_ROW, columns: tuple[str, ...] | None = None, *, is_counted: bool = True
    ) -> CompleteRows:
        """The rows of a pinned table that match the filter, with the columns asked for (all, unless said), in no particular order.

        InconsistentTableError if an hour has not the rows that its audit row counts, unless they are not to be counted: those of
        error_aggregates are too many where few match.
        """
        stored, columns = self.stored[table.name], columns or table.column_names
        owners = {hour: owner for hour, owner in self.owners.items() if hour >= dropped_before(stored)}
        needed = tuple(dict.fromkeys((*columns, table.time_column, "window_run_id")))
        parts = [pa.schema([arrow_schema(table).field(name).with_nullable(True) for name in needed]).empty_table()]
        for snapshot_id, hours in self._hours_by_snapshot(table, owners).items():
            within = hours_filter(table.time_column, hours)
            found = _of_owners(read_snapshot(stored, table, snapshot_id, And(within, row_filter), needed), table, self.hours, owners)
            parts.append(found)
            if not is_counted:
                continue
            counted = found
            if row_filter != EVERY_ROW:
                marks = (table.time_column, "window_run_id")
                counted = _of_owners(read_snapshot(stored, table, snapshot_id, within, marks), table, self.hours, owners)
            refuse_missing_rows(table, counted[table.time_column], {hour: owners[hour] for hour in hours})
        incomplete = [hour for hour in self.hours if hour not in owners]
        return CompleteRows(pa.concat_tables(parts).select(list(columns)), incomplete, self.audit_sequence)

    def within(self, start: datetime, end: datetime) -> "PinnedHours":
        """Those of the hours that lie in [start, end)."""
        hours = [hour for hour in self.hours if start <= hour < end]
        owners = {hour: owner for hour, owner in self.owners.items() if start <= hour < end}
        return replace(self, hours=hours, owners=owners, claims={hour: claim for hour, claim in self.claims.items() if hour in owners})

    def _hours_by_snapshot(self, table: Table, owners: Iterable[datetime]) -> dict[int | None, list[datetime]]:
        """The owned hours by the snapshot that has their rows; None where the table had none yet."""
        hours: dict[int | None, list[datetime]] = defaultdict(list)
        for hour in owners:
            is_claimed = table in WINDOW_TABLES and hour in self.claims
            snapshot_id = self.claims[hour].snapshots_before.get(table.name) if is_claimed else self.snapshots[table.name]
            hours[snapshot_id].append(hour)
        return hours


def read_complete(
    catalog: Catalog,
    table: Table,
    start: datetime,
    end: datetime,
    row_filter: BooleanExpression = EVERY_ROW,
    columns: tuple[str, ...] | None = None,
) -> CompleteRows:
    """The rows of one table in the complete hours of [start, end). Who reads several tables pins their hours once, and reads from there.

    A table or an audit that does not exist yet has no complete hour. InconsistentTableError as above.
    """
    return pin_hours(catalog, start, end, (table,)).read(table, row_filter, columns)


def pin_hours(catalog: Catalog, start: datetime, end: datetime, tables: tuple[Table, ...] = WINDOW_TABLES) -> PinnedHours:
    """The hours of [start, end) as the tables have them now."""
    hours = hours_between(start, end)
    audit = stored_table(catalog, INGEST_AUDIT)
    before = _states(audit, start, end)
    for _ in range(_LOOKS):
        stored = {table.name: stored_table(catalog, table) for table in tables}
        looked_at, audit = audit, stored_table(catalog, INGEST_AUDIT)
        after = before if _same(looked_at, audit) else _states(audit, start, end)
        # An hour with the same owner and claim before and after the tables were loaded had them in between.
        at_rest = {hour: state for hour, state in after.items() if before.get(hour) == state}
        if before == after:
            break
        before = after
    owners = {hour: owner for hour, (owner, _) in at_rest.items() if owner.is_complete}
    claims = {hour: claim for hour, (_, claim) in at_rest.items() if claim}
    current = {name: found.current_snapshot() if found else None for name, found in stored.items()}
    snapshots = {name: snapshot.snapshot_id if snapshot else None for name, snapshot in current.items()}
    last = audit.current_snapshot() if audit else None
    return PinnedHours(hours, owners, claims, stored, snapshots, (last and last.sequence_number) or 0)


def _states(audit: IcebergTable | None, start: datetime, end: datetime) -> dict[datetime, tuple[HourAudit, Claim | None]]:
    """Each hour that has an audit row: its owner, and who is replacing it."""
    if audit is None:
        return {}
    claimed = claim_by_hour(read_claims(audit))
    return {hour: (owner, claimed.get(hour)) for hour, owner in read_hour_audits(audit, start, end).items()}


def _same(one: IcebergTable | None, other: IcebergTable | None) -> bool:
    return (one and one.metadata_location) == (other and other.metadata_location)


def _of_owners(rows: pa.Table, table: Table, hours: list[datetime], owners: Mapping[datetime, HourAudit]) -> pa.Table:
    owner_by_position = np.array([owners[hour].window_run_id if hour in owners else None for hour in hours], dtype=object)
    first_us = int(hours[0].timestamp()) * 1_000_000
    positions = (rows[table.time_column].cast(pa.int64()).to_numpy() - first_us) // HOUR_US
    row_owners = pa.array(owner_by_position, pa.string()).take(pa.array(positions, pa.int64()))
    return rows.filter(pc.equal(rows["window_run_id"], row_owners))
