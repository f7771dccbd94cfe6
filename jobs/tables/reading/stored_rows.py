"""Rows of a table as one snapshot has them, with the declared columns; and what is wrong if there are not as many as were published."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression
from pyiceberg.table import Table as IcebergTable

from jobs.commands.printed_commands import printed_command
from jobs.declarations.tables import Table
from jobs.declarations.windows import HOUR
from jobs.tables.audit.audit_rows import HourAudit
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.staged.staging import count_by_hour

DROPPED_BEFORE = "release-health.rows-dropped-before"
"""A table's property: the time before which its rows went for their age."""
_SHOWN_HOURS = 3


class InconsistentTableError(RuntimeError):
    """A table does not hold the rows that ingest_audit says were published: something else than this pipeline changed it."""


def read_snapshot(
    stored: IcebergTable | None, table: Table, snapshot_id: int | None, where: BooleanExpression, columns: tuple[str, ...]
) -> pa.Table:
    """The columns of the rows that match, in the declared types; no rows without a table or a snapshot.

    A column declared since the snapshot has no values. InconsistentTableError if the snapshot is gone.
    """
    schema = pa.schema([arrow_schema(table).field(name).with_nullable(True) for name in columns])
    if stored is None or snapshot_id is None:
        return schema.empty_table()
    if stored.snapshot_by_id(snapshot_id) is None:
        raise InconsistentTableError(
            f"{table.name} has lost snapshot {snapshot_id}, where the last complete rows of hours that are being replaced stand: expired by "
            "something else than this pipeline. Clear the failed audit_aggregates (docs/runbook.md, 'A run does not go on')"
        )
    scan = stored.scan(row_filter=where, snapshot_id=snapshot_id)
    present = tuple(name for name in columns if name in scan.projection().column_names)
    rows = scan.select(*present).to_arrow()
    for name in columns:
        if name not in present:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
    return rows.select(list(columns)).cast(schema)


def dropped_before(stored: IcebergTable | None) -> datetime:
    """Rows from before are past the table's retention."""
    noted = stored.properties.get(DROPPED_BEFORE) if stored else None
    return datetime.fromisoformat(noted) if noted else datetime.min.replace(tzinfo=UTC)


def refuse_missing_rows(table: Table, times: pa.ChunkedArray, owners: Mapping[datetime, HourAudit]) -> None:
    """InconsistentTableError, with what to do, unless each hour has as many rows as its audit row counts in this table."""
    found = count_by_hour(times)
    counted = {hour: owner.rows_by_table.get(table.name) for hour, owner in owners.items()}
    differing = [hour for hour, rows in sorted(counted.items()) if rows is not None and rows != found.get(hour, 0)]
    if not differing:
        return
    shown = "; ".join(f"{hour:%Y-%m-%d %H:%M}: {found.get(hour, 0)} of {counted[hour]} rows" for hour in differing[:_SHOWN_HOURS])
    more = f" and {len(differing) - _SHOWN_HOURS} more hours" if len(differing) > _SHOWN_HOURS else ""
    period = ("--start", f"{min(differing):%Y-%m-%dT%H:%MZ}", "--end", f"{max(differing) + HOUR:%Y-%m-%dT%H:%MZ}")
    raise InconsistentTableError(
        f"{table.name} does not hold the rows that ingest_audit counts ({shown}{more}): it was rolled back or changed by something else than "
        f"this pipeline. Put the hours back by: {printed_command('restore_window', *period)} --as-of TIME, a time at which they were right; or "
        "settle their days again"
    )
