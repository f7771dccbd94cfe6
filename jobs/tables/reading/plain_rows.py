"""Small reads of a table as it stands, as rows by column name. For hours that have to be complete, see `complete_windows`."""

from datetime import UTC
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression

from jobs.declarations.tables import Table
from jobs.tables.lake.lake_catalog import stored_table

Row = dict[str, Any]


def read_rows(catalog: Catalog, table: Table, wanted: BooleanExpression, columns: tuple[str, ...] | None = None) -> list[Row]:
    """The rows that match, with all declared columns unless said; none without the table, and no column that it does not have yet."""
    stored = stored_table(catalog, table)
    if stored is None:
        return []
    present = tuple(name for name in columns or table.column_names if name in stored.schema().column_names)
    return rows_by_name(stored.scan(wanted, selected_fields=present).to_arrow())


def rows_by_name(rows: pa.Table) -> list[Row]:
    """Rows by column name; times as Python's own UTC."""
    times = [field.name for field in rows.schema if pa.types.is_timestamp(field.type)]
    found: list[Row] = rows.to_pylist()
    for row in found:
        for name in times:
            if row[name] is not None:
                row[name] = row[name].astimezone(UTC)
    return found
