"""The tables for an analyst's SQL: every view of the same moment, of complete hours, one run each. Nothing to join or to filter for that."""

import re
from datetime import datetime

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, And, GreaterThanOrEqual, LessThanOrEqual

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_REVIEWS, TABLES, WINDOW_TABLES, Table
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.reading.complete_windows import PinnedHours, pin_hours


def query(catalog: Catalog, sql: str, start: datetime, end: datetime) -> duckdb.DuckDBPyRelation:
    """The result of DuckDB SQL over the tables that it names, with their rows of [start, end); reads only those into memory.

    The tables of a window and ingest_audit hold complete hours as they stood at one moment. All reviews are there, whatever their time.
    """
    connection = duckdb.connect()
    named = set(re.findall(r"\w+", sql.lower()))
    pinned = pin_hours(catalog, start, end, (*WINDOW_TABLES, INGEST_AUDIT))
    for table in TABLES:
        if table.name in named:
            connection.register(table.name, _rows(catalog, table, pinned, start, end))
    return connection.sql(sql)


def _rows(catalog: Catalog, table: Table, pinned: PinnedHours, start: datetime, end: datetime) -> pa.Table:
    if table in (*WINDOW_TABLES, INGEST_AUDIT):
        return pinned.read(table).rows
    within = And(GreaterThanOrEqual(table.time_column, start.isoformat()), LessThanOrEqual(table.time_column, end.isoformat()))
    stored = stored_table(catalog, table)
    if stored is None:
        return arrow_schema(table).empty_table()
    return stored.scan(AlwaysTrue() if table is RELEASE_REVIEWS else within).to_arrow()
