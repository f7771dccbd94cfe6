"""Read a table's rows of complete hours only: those whose window_run_id is that of the hour's complete audit row. No Spark."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression
from pyiceberg.table import Table as IcebergTable

from jobs.table_declarations import INGEST_AUDIT, Table
from jobs.tables.audit_reading import read_hour_audits
from jobs.tables.audit_rows import HourAudit
from jobs.tables.lake_catalog import identifier
from jobs.tables.row_replacement import hours_filter
from jobs.tables.schemas import arrow_schema
from jobs.windows import hours_between

EVERY_ROW = AlwaysTrue()
_READINGS = 5  # a publisher needs seconds for its window, a reading less
_HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class CompleteRows:
    """`incomplete_hours` have no complete audit row, or changed hands while they were read; `rows` holds nothing of them.

    `audit_sequence` is the sequence number of the ingest_audit snapshot that this rests on; 0 before the first.
    """

    rows: pa.Table
    incomplete_hours: list[datetime]
    audit_sequence: int


def read_complete(
    catalog: Catalog,
    table: Table,
    start: datetime,
    end: datetime,
    row_filter: BooleanExpression = EVERY_ROW,
    columns: tuple[str, ...] | None = None,
) -> CompleteRows:
    """The rows of the whole hours in [start, end) that match the filter, with the columns asked for (all, unless said), in no particular order.

    A table or an audit that does not exist yet has no complete hour.
    """
    columns = columns or table.column_names
    hours = hours_between(start, end)
    audit = _load(catalog, INGEST_AUDIT)
    for _ in range(_READINGS):
        before = _complete_hours(audit, start, end)
        rows = _scan(_load(catalog, table), table, And(hours_filter(table.time_column, hours), row_filter), columns)
        looked_at, audit = _sequence(audit), _load(catalog, INGEST_AUDIT)
        after = before if _sequence(audit) == looked_at else _complete_hours(audit, start, end)
        if before == after:
            break
    # An hour that the same run had completed before and after its rows were read held that run's rows, all of them, in between.
    owners = {hour: run_id for hour, run_id in after.items() if before.get(hour) == run_id}
    return CompleteRows(
        rows=_rows_of_owners(rows, table, hours, owners).select(list(columns)),
        incomplete_hours=[hour for hour in hours if hour not in owners],
        audit_sequence=_sequence(audit),
    )


def _load(catalog: Catalog, table: Table) -> IcebergTable | None:
    try:
        return catalog.load_table(identifier(table))
    except NoSuchTableError:
        return None


def _complete_hours(audit: IcebergTable | None, start: datetime, end: datetime) -> dict[datetime, str]:
    """The run that completed each hour."""
    audits: dict[datetime, HourAudit] = {} if audit is None else read_hour_audits(audit, start, end)
    return {hour: row.window_run_id for hour, row in audits.items() if row.is_complete}


def _sequence(audit: IcebergTable | None) -> int:
    snapshot = None if audit is None else audit.current_snapshot()
    return (snapshot and snapshot.sequence_number) or 0


def _scan(stored: IcebergTable | None, table: Table, row_filter: BooleanExpression, columns: tuple[str, ...]) -> pa.Table:
    needed = list(dict.fromkeys((*columns, table.time_column, "window_run_id")))
    schema = pa.schema([arrow_schema(table).field(name).with_nullable(True) for name in needed])
    if stored is None:
        return schema.empty_table()
    # A column declared since the last run published has no values yet.
    present = [name for name in needed if name in stored.schema().column_names]
    rows = stored.scan(row_filter=row_filter, selected_fields=tuple(present)).to_arrow()
    for name in needed:
        if name not in present:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
    return rows.select(needed).cast(schema)


def _rows_of_owners(rows: pa.Table, table: Table, hours: list[datetime], owners: dict[datetime, str]) -> pa.Table:
    owner_by_position = np.array([owners.get(hour) for hour in hours], dtype=object)
    first_us = int(hours[0].timestamp()) * 1_000_000
    positions = (rows[table.time_column].cast(pa.int64()).to_numpy() - first_us) // _HOUR_US
    row_owners = pa.array(owner_by_position, pa.string()).take(pa.array(positions, pa.int64()))
    return rows.filter(pc.equal(rows["window_run_id"], row_owners))
