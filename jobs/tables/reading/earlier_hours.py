"""Hours as the tables had them at an earlier time, from the snapshots that are kept (jobs/tables/lake/kept_snapshots.py)."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

from jobs.declarations.tables import INGEST_AUDIT, WINDOW_TABLES
from jobs.declarations.windows import hours_between
from jobs.tables.audit.audit_rows import hour_audits
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.kept_snapshots import committed_at
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading.complete_windows import PinnedHours
from jobs.tables.reading.stored_rows import read_snapshot


class NotKeptError(RuntimeError):
    """No snapshot is kept from which the hours could be read as they were."""


@dataclass(frozen=True)
class EarlierHours:
    """`pinned` reads the window tables as of then, `audit_rows` are those of ingest_audit, complete hours only; `at` is when that stood."""

    at: datetime
    pinned: PinnedHours
    audit_rows: pa.Table


def hours_as_of(catalog: Catalog, start: datetime, end: datetime, at: datetime) -> EarlierHours:
    """The hours of [start, end) as the latest kept snapshot up to `at` has them. NotKeptError, with the times that are kept, without one.

    Whether the tables agree with that audit shows when they are read: InconsistentTableError if they were being replaced just then.
    """
    audit = catalog.load_table(identifier(INGEST_AUDIT))
    found = _latest(audit, at)
    if found is None:
        kept = ", ".join(f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in kept_times(audit))
        raise NotKeptError(f"nothing is kept from {at:%Y-%m-%d %H:%M} UTC or before; what is kept: {kept}")
    hours = hours_between(start, end)
    rows = read_snapshot(audit, INGEST_AUDIT, found.snapshot_id, hours_filter("hour_start", hours), INGEST_AUDIT.column_names)
    owners = {hour: owner for hour, owner in hour_audits(rows).items() if owner.is_complete}
    stored = {table.name: catalog.load_table(identifier(table)) for table in WINDOW_TABLES}
    then = {name: _latest(table, at) for name, table in stored.items()}
    snapshots = {name: snapshot.snapshot_id if snapshot else None for name, snapshot in then.items()}
    return EarlierHours(committed_at(found), PinnedHours(hours, owners, {}, stored, snapshots, found.sequence_number or 0), rows)


def kept_times(stored: IcebergTable) -> list[datetime]:
    """The times of the kept snapshots, newest first."""
    return sorted({committed_at(snapshot).replace(microsecond=0) for snapshot in stored.snapshots()}, reverse=True)


def _latest(stored: IcebergTable, at: datetime) -> Snapshot | None:
    before = [snapshot for snapshot in stored.snapshots() if committed_at(snapshot) <= at]
    return max(before, key=lambda snapshot: (snapshot.timestamp_ms, snapshot.sequence_number or 0), default=None)
