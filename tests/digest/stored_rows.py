"""A lake in a test's folder, and rows of the tables that a digest reads."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import Table
from jobs.digest.facts.digest_facts import ReleaseLook
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema
from jobs.verdicts.health_cells import Cell


def lake_environment(folder: Path) -> dict[str, str]:
    """pyiceberg's variables for a catalog of its own."""
    return {
        "PYICEBERG_CATALOG__LAKE__TYPE": "sql",
        "PYICEBERG_CATALOG__LAKE__URI": f"sqlite:///{folder / 'catalog.db'}",
        "PYICEBERG_CATALOG__LAKE__WAREHOUSE": f"file://{folder / 'warehouse'}",
    }


def store(catalog: Catalog, table: Table, rows: list[dict]) -> None:
    """Replaces all rows of a table."""
    ensure_table(catalog, table).overwrite(pa.Table.from_pylist(rows, schema=arrow_schema(table)))


def health_rows(*releases: ReleaseLook) -> list[dict]:
    return [health_row(cell) for release in releases for cell in (release.verdict, *release.cells)]


def health_row(cell: Cell) -> dict:
    values = asdict(cell)
    return values | {
        "state": cell.state.value,
        "baseline_versions": list(cell.baseline_versions),
        "notes": [note.stored for note in cell.notes],
        "audit_sequence": 1,
    }


def an_audit_row(hour_start: datetime, **more) -> dict:
    values = {
        "hour_start": hour_start,
        "mode": "provisional",
        "status": "complete",
        "is_closed": True,
        "objects": [],
        "late_objects": 0,
        "ignored_objects": 0,
        "lines": 20_311,
        "accepted": 20_258,
        "duplicates": 41,
        "rejected": 12,
        "rejects_by_reason": {"build_too_old": 9, "not_json": 3},
        "accepted_by_ping": {},
        "rows_by_table": {},
        "code_version": "test",
        "window_run_id": "run",
        "processed_at": hour_start,
    }
    return values | more


def a_quality_row(**more) -> dict:
    values = {
        "run_key": "key",
        "attempt": "1",
        "mode": "provisional",
        "table_name": "error_aggregates",
        "expectation": "main_crashes is at least 0",
        "severity": "critical",
        "outcome": "fail",
        "observed": "-3 in 2 rows",
        "unexpected_rows": 2,
        "message": None,
    }
    return values | more
