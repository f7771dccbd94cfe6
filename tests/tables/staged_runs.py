"""Staged attempts without Spark: rows of every table for some hours, all carrying one figure by which a run is known."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, TABLES, WINDOW_TABLES, Column, CountsByName, ListOf, Table
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.reach.sketches import united
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.lake.schemas import staged_schema
from jobs.tables.staged.staging import stage_rows
from jobs.tables.staged.staging_manifest import Looks, Manifest, StagedFile, attempt_folder, window_run_id, write_manifest

DAY = datetime(2017, 11, 20, tzinfo=UTC)
TEN = DAY + 10 * HOUR
VOLATILE = {"window_run_id", "code_version", "processed_at", "audit_sequence"}
"""What differs between runs that give the same rows."""


def stage_run(
    staging: str,
    window: Window,
    figure: int,
    rows_an_hour: int = 2,
    run_key: str | None = None,
    read_at: int = 0,
    audit_sequence: int = 0,
) -> Manifest:
    """A staged run of which every number is `figure`; `read_at` orders runs by when they read their input, in minutes."""
    run_key = run_key or f"run-{figure}-{read_at}"
    attempt = f"attempt{figure}"
    processed_at = datetime(2017, 11, 21, tzinfo=UTC) + timedelta(minutes=read_at)
    marks = {
        "window_run_id": window_run_id(run_key, attempt),
        "mode": window.mode.value,
        "processed_at": processed_at,
        "status": "publishing",
        "audit_sequence": audit_sequence,
        "restored_from": None,
        "rows_by_table": [(table.name, rows_an_hour) for table in WINDOW_TABLES],
    }
    folder = attempt_folder(staging, run_key, attempt)
    files = {}
    for table in (*WINDOW_TABLES, INGEST_AUDIT):
        rows = made_up_rows(table, window.hours, 1 if table is INGEST_AUDIT else rows_an_hour, figure, marks)
        files[table.name] = tuple(stage_rows(rows, table, folder))
    manifest = Manifest(run_key, attempt, window, "abc123", processed_at, files, audit_sequence=audit_sequence)
    write_manifest(staging, "aggregates", manifest)
    return manifest


def stage_run_of(staging: str, window: Window, objects: Mapping[datetime, list[tuple[str, str]]], read_at: int = 0) -> Manifest:
    """A staged run of no rows that read these objects, key and etag, in these hours."""
    run_key = f"objects-{window.mode}-{window.start:%d%H}-{read_at}"
    processed_at = datetime(2017, 11, 21, tzinfo=UTC) + timedelta(minutes=read_at)
    marks = {"window_run_id": window_run_id(run_key, "only"), "mode": window.mode.value, "processed_at": processed_at}
    files = {table.name: tuple[StagedFile, ...]() for table in WINDOW_TABLES}
    folder = attempt_folder(staging, run_key, "only")
    audit = pa.concat_tables(
        made_up_rows(
            INGEST_AUDIT,
            [hour],
            1,
            0,
            marks
            | {
                "status": "publishing",
                "audit_sequence": read_at,
                "objects": [
                    {"object_key": key, "etag": etag, "bytes": 1, "modified_at": hour, "is_late": False}
                    for key, etag in objects.get(hour, [])
                ],
            },
        )
        for hour in window.hours
    )
    files[INGEST_AUDIT.name] = tuple(stage_rows(audit, INGEST_AUDIT, folder))
    return Manifest(run_key, "only", window, "abc123", processed_at, files)


def stage_looks(staging: str, looks: Looks, figure: int, rows_a_look: int = 2) -> Manifest:
    """A staged scoring run; all its rows carry the audit sequence of `looks`."""
    run_key, attempt = f"health-{figure}", f"attempt{figure}"
    hours = [looks.after + i * HOUR for i in range(1, (looks.until - looks.after) // HOUR + 1)]
    rows = made_up_rows(RELEASE_HEALTH, hours, rows_a_look, figure, {"audit_sequence": looks.audit_sequence})
    files = {RELEASE_HEALTH.name: tuple(stage_rows(rows, RELEASE_HEALTH, attempt_folder(staging, run_key, attempt)))}
    window = Window(looks.after, looks.after + HOUR, Mode.PROVISIONAL)
    return Manifest(run_key, attempt, window, "abc123", datetime(2017, 11, 21, tzinfo=UTC), files, looks)


def made_up_rows(table: Table, hours: Iterable[datetime], rows_an_hour: int, figure: int, marks: dict[str, Any]) -> pa.Table:
    """Rows whose text columns number them within their hour and whose numbers are `figure`."""
    rows = [
        {c.name: _value(c, hour, number, figure) for c in table.columns}
        | {name: value for name, value in marks.items() if name in table.column_names}
        for hour in hours
        for number in range(rows_an_hour)
    ]
    return pa.Table.from_pylist(rows, schema=staged_schema(table))


SKETCH = united([])
"""Of nobody."""


def _value(column: Column, hour: datetime, number: int, figure: int) -> Any:
    if isinstance(column.type, ListOf | CountsByName):
        return []
    return {
        "string": f"{column.name} {number}",
        "timestamp": hour,
        "boolean": True,
        "double": figure / 3,
        "binary": SKETCH,
        "long": figure,
        "int": figure,
    }[column.type]


def contents(catalog: Catalog) -> dict[str, list[str]]:
    """All rows of all tables that have some, but for what differs between runs that give the same rows."""
    rows_by_table = {
        table.name: catalog.load_table(identifier(table)).scan().to_arrow().to_pylist()
        for table in TABLES
        if catalog.table_exists(identifier(table))
    }
    return {
        table_name: sorted(str({name: value for name, value in row.items() if name not in VOLATILE}) for row in rows)
        for table_name, rows in rows_by_table.items()
        if rows
    }


def figures(catalog: Catalog, table: Table, column: str = "usage_hours") -> dict[datetime, list[float]]:
    """The figure of each row of a table, by hour."""
    by_hour: dict[datetime, list[float]] = {}
    for row in catalog.load_table(identifier(table)).scan().to_arrow().to_pylist():
        by_hour.setdefault(row[table.time_column], []).append(round(row[column] * 3, 6))
    return by_hour


def provisional(start: datetime, hours: int = 1) -> Window:
    return Window(start, start + hours * HOUR, Mode.PROVISIONAL)


def settled(day: datetime, days: int = 1) -> Window:
    return Window(day, day + days * 24 * HOUR, Mode.SETTLED)
