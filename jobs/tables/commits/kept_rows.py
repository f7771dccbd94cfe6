"""Rows that are kept so as not to be computed again: each can be made anew, so that they are written without a gate, by whoever made them.

A month is one file: it is rewritten with each addition, a few times a week, and read as a whole by every run.
"""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression, GreaterThanOrEqual, LessThan
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.tables import BUILD_DAYS, CHANNEL_DAYS, RELEASE_OUTCOMES, RELEASE_RECORDS, Table
from jobs.tables.commits.row_replacement import Replacement, replace_rows
from jobs.tables.lake.lake_catalog import ensure_table, stored_table
from jobs.tables.lake.schemas import arrow_schema

KEPT_TABLES: tuple[Table, ...] = (CHANNEL_DAYS, RELEASE_RECORDS, RELEASE_OUTCOMES, BUILD_DAYS)
_RELEASE = ("released_at", "channel", "release_version")
_UNIT = {CHANNEL_DAYS.name: ("day_start",), RELEASE_RECORDS.name: _RELEASE, RELEASE_OUTCOMES.name: _RELEASE}
_UNIT[BUILD_DAYS.name] = ("day_start", "channel", "release_version")
"""What is made and replaced as a whole: a day, a release, a release's day."""


def read_kept(catalog: Catalog, table: Table, row_filter: BooleanExpression) -> pa.Table:
    """The kept rows that match; none where the table is missing or was made by other code."""
    stored = stored_table(catalog, table)
    return _scan(stored, table, row_filter) if stored else arrow_schema(table).empty_table()


def keep_rows(catalog: Catalog, table: Table, rows: pa.Table) -> None:
    """Put days or releases in place of their earlier rows, month by month. Any number of processes may do so at once."""
    if not rows.num_rows:
        return
    ensure_table(catalog, table)
    months = pc.floor_temporal(rows[table.time_column], unit="month")
    for month in months.unique().to_pylist():
        _keep_month(catalog, table, rows.filter(pc.equal(months, pa.scalar(month, months.type))), month)


def _keep_month(catalog: Catalog, table: Table, rows: pa.Table, month: datetime) -> None:
    unit = list(_UNIT[table.name])
    where = within(table, month, next_month(month))

    def decide(stored: IcebergTable) -> Replacement:
        others = _scan(stored, table, where)
        replaced = rows.select(unit).group_by(unit).aggregate([])
        kept = others.select(unit).append_column("row", pa.array(range(others.num_rows), pa.int64()))
        kept = kept.join(replaced, unit, join_type="left anti").sort_by("row")["row"]
        merged = pa.concat_tables([others.take(kept), rows.cast(arrow_schema(table))])
        return Replacement(where, (merged.sort_by([(name, "ascending") for name in table.grain]),))

    replace_rows(catalog, table, decide)


def within(table: Table, start: datetime, end: datetime) -> BooleanExpression:
    """Rows whose time lies in [start, end)."""
    return And(GreaterThanOrEqual(table.time_column, start.isoformat()), LessThan(table.time_column, end.isoformat()))


def next_month(month: datetime) -> datetime:
    """The start of the month after one that starts then."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _scan(stored: IcebergTable, table: Table, row_filter: BooleanExpression) -> pa.Table:
    """Rows of before a column was declared are left out, for they are made anew, unless it may be NULL."""
    schema, known = arrow_schema(table), set(stored.schema().column_names)
    missing = [field for field in schema if field.name not in known]
    if not all(field.nullable for field in missing):
        return schema.empty_table()
    rows = stored.scan(row_filter, selected_fields=tuple(known & set(schema.names))).to_arrow()
    for field in missing:
        rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    rows = rows.select(schema.names)
    for field in schema:
        if not field.nullable and rows[field.name].null_count:
            rows = rows.filter(pc.field(field.name).is_valid())
    return rows.cast(schema)


def kept_in(rows_by_table: dict[str, list[pa.Table]]) -> Iterable[tuple[Table, pa.Table]]:
    """The tables that have rows to keep, with these."""
    for table in KEPT_TABLES:
        parts = rows_by_table.get(table.name, [])
        if parts:
            yield table, pa.concat_tables(parts)
