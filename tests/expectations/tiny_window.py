"""A window of one hour with a row or two in each table, that passes every expectation; tests break it in one place each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from datasketches import update_theta_sketch

from expectations.checks.audited_run import AuditedRun, History
from jobs.declarations.measures import MEASURES
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, TABLES, TOLD_BESIDE, WINDOW_TABLES, Table
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.reach.sketches import LG_NOMINAL_ENTRIES, count_clients
from jobs.tables.lake.schemas import staged_schema
from jobs.tables.staged.staging import stage_rows
from jobs.tables.staged.staging_manifest import Looks, Manifest, StagedFile, attempt_folder

Row = dict[str, Any]
Rows = dict[str, list[Row]]

HOUR_START = datetime(2026, 11, 22, 10, tzinfo=UTC)
WINDOW = Window(HOUR_START, HOUR_START + HOUR, Mode.PROVISIONAL)
RUN_KEY, ATTEMPT = "0123456789abcdef", "first"
RUN_ID = f"{RUN_KEY}-{ATTEMPT}"
LOOKS = Looks(after=HOUR_START, until=HOUR_START + HOUR, audit_sequence=7)
TABLE_BY_NAME = {table.name: table for table in TABLES}

# 1 main ping of 2 hours; 4 crash pings: 1 startup crash of the main process, 1 content crash, 1 shutdown kill, 1 of neither kind
_MEASURES: Row = dict.fromkeys((measure.name for measure in MEASURES), 0) | {
    "usage_hours": 2.0,
    "main_pings": 1,
    "crash_pings": 4,
    "updates": 1,
    "session_starts": 1,
    "main_crashes": 1,
    "startup_crashes": 1,
    "content_crashes": 1,
    "content_shutdown_crashes": 1,
    "gpu_crashes": None,
    "main_crashes_capped": 1,
    "content_crashes_capped": 1,
}
_RELEASE: Row = {"channel": "beta", "release_version": "57.0b8", "os_name": "Windows_NT"}


def tiny_window() -> Rows:
    """Rows by table. 8 lines: 6 accepted, 1 duplicate, 1 rejected."""
    marked = {"hour_start": HOUR_START, "window_run_id": RUN_ID}
    return {
        "error_aggregates": [
            _RELEASE
            | _MEASURES
            | {
                "window_start": HOUR_START + timedelta(minutes=5),
                "application": "Firefox",
                "version": "57.0",
                "display_version": "57.0b8",
                "build_id": "20171016185129",
                "architecture": "x86-64",
                "os_version": "10.0",
                "country": "DE",
                "window_run_id": RUN_ID,
            }
        ],
        "experiment_error_aggregates": [
            marked | _MEASURES | {"channel": "beta", "version": "57.0", "os_name": "Windows_NT", "experiment": "pref-flip", "branch": "on"}
        ],
        "release_totals": [
            marked | _RELEASE | _MEASURES | {"os_version_major": "10", "architecture": "x86-64", "country_group": "western_europe"}
        ],
        "usage_delays": [
            marked | {"channel": "beta", "os_name": "Windows_NT", "delay_hours": delay, "usage_hours": 1.0} for delay in (0, 1)
        ],
        "client_reach": [reach_row("active", range(30)), reach_row("crashed", range(1))],
        "client_reach_days": [],
        "rejected_pings": [
            marked | {"object_key": "a.ndjson", "line_number": 3, "reason": "not_json", "document_id": None, "doc_type": "main"}
        ],
        "ingest_audit": [
            marked
            | {
                "mode": "provisional",
                "status": "publishing",
                "is_closed": True,
                "objects": [{"object_key": "a.ndjson", "etag": "1", "bytes": 100, "modified_at": HOUR_START, "is_late": False}],
                "late_objects": 0,
                "ignored_objects": 0,
                "ignored_keys": [],
                "lines": 8,
                "accepted": 6,
                "duplicates": 1,
                "rejected": 1,
                "rejects_by_reason": {"not_json": 1},
                "accepted_by_ping": {"main": 1, "crash": 4, "update": 1},
                "rows_by_table": {
                    "error_aggregates": 1,
                    "experiment_error_aggregates": 1,
                    "release_totals": 1,
                    "usage_delays": 2,
                    "client_reach": 2,
                    "client_reach_days": 0,
                    "rejected_pings": 1,
                },
                "code_version": "1",
                "processed_at": HOUR_START + HOUR,
                "accepted_less": False,
            }
        ],
        "release_health": [_health("release", "all", "all"), _health("platform", "Windows_NT", "main_crashes_capped")],
        "experiment_health": [_branch_health()],
        "build_health": [_build_health()],
        "later_health": [_later_health()],
    }


def _later_health() -> Row:
    amounts = ("observed_crashes", "usage_hours", "delayed_crashes")
    return dict.fromkeys(amounts, 1_000.0) | {
        "as_of": HOUR_START + HOUR,
        "channel": "beta",
        "release_version": "57.0b4",
        "platform": "Windows_NT",
        "measure": "main_crashes_capped",
        "age_hours": 400.0,
        "adoption": 0.3,
        "expected_crashes": 600.0,
        "day_to_day_scale": 0.05,
        "acceptable_ratio": 1.25,
        "ratio": 1.6,
        "ratio_low": 1.5,
        "ratio_high": 1.7,
        "p_unacceptable": 0.999,
        "state": "worse",
        "worse_since": HOUR_START,
        "audit_sequence": 7,
    }


def _build_health() -> Row:
    amounts = ("observed_crashes", "usage_hours", "delayed_crashes", "expected_crashes")
    return dict.fromkeys(amounts, 10.0) | {
        "as_of": HOUR_START + HOUR,
        "channel": "beta",
        "release_version": "57.0b8",
        "build_id": "20171016185129",
        "platform": "all",
        "measure": "main_crashes_capped",
        "p_first_bad": 0.7,
        "p_change": 0.97,
        "is_suspect": True,
        "audit_sequence": 7,
    }


def reach_row(population: str, clients: Iterable[int]) -> Row:
    sketch = update_theta_sketch(LG_NOMINAL_ENTRIES)
    for client in clients:
        sketch.update(client)
    stored = bytes(sketch.compact().serialize())
    row = {"hour_start": HOUR_START, "window_run_id": RUN_ID, "population": population, "key_id": "00c0ffee", "sketch": stored}
    return row | _RELEASE | asdict(count_clients(stored))


def _branch_health() -> Row:
    amounts = ("branch_crashes", "rest_crashes", "branch_usage_hours", "rest_usage_hours")
    return dict.fromkeys(amounts, 10.0) | {
        "as_of": HOUR_START + HOUR,
        "channel": "beta",
        "experiment": "pref-x",
        "branch": "treatment",
        "platform": "all",
        "measure": "main_crashes_capped",
        "started_at": HOUR_START - 24 * HOUR,
        "ratio": 1.1,
        "ratio_low": 0.9,
        "ratio_high": 1.3,
        "evidence": 2.0,
        "alarm_at": 1_200.0,
        "share_evidence": 0.4,
        "state": "quiet",
        "guilty_since": None,
        "audit_sequence": 7,
    }


def _health(scope: str, platform: str, measure: str) -> Row:
    figures = dict.fromkeys((column.name for column in RELEASE_HEALTH.columns), None)
    return figures | {
        "as_of": HOUR_START + HOUR,
        "channel": "beta",
        "release_version": "57.0b8",
        "scope": scope,
        "platform": platform,
        "stratum": "all",
        "measure": measure,
        "age_hours": 9.0,
        "expected_crashes": 10.0,
        "ratio": 1.1,
        "ratio_low": 0.9,
        "ratio_high": 1.3,
        "active_clients": 1_000,
        "crashed_clients": 50,
        "crash_free_users": 0.95,
        "crash_free_users_low": 0.94,
        "crash_free_users_high": 0.96,
        "usual_crash_free_users": 0.96,
        "usual_crash_free_users_low": 0.95,
        "usual_crash_free_users_high": 0.97,
        "channel_active_clients": 4_000,
        "adoption_by_people": 0.25,
        "p_unacceptable": 0.1,
        "p_improved": 0.2,
        "score": 90.0,
        "state": "healthy",
        "since": HOUR_START,
        "baseline_versions": ["57.0b7"],
        "notes": [],
        "audit_sequence": 7,
    }


def run_of(
    history: Any = None, calendar: Any = None, window: Window = WINDOW, published: Any = None, accepts_less: bool = False
) -> AuditedRun:
    """The run that staged the window; without history, calendar and anything published before, unless given."""
    return AuditedRun(window, RUN_ID, history or History((), {}), calendar, published or {}, accepts_less)


def arrow_rows(table: Table, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=staged_schema(table))


def changed(table: str, **values: Any) -> Callable[[Rows], None]:
    """Sets columns of the table's first row."""
    return lambda rows: rows[table][0].update(values)


def added(table: str, **values: Any) -> Callable[[Rows], None]:
    """Adds a copy of the table's first row with other values."""
    return lambda rows: rows[table].append(rows[table][0] | values)


def stage_window(rows: Rows, staging: str, run_key: str = RUN_KEY, attempt: str = ATTEMPT, window: Window = WINDOW) -> Manifest:
    """Stages the rows of a window's tables as the aggregation would; the manifest is not yet in place."""
    tables = (*WINDOW_TABLES, INGEST_AUDIT)
    files = {table.name: _stage(table, rows, staging, run_key, attempt) for table in tables}
    return Manifest(run_key, attempt, window, "1", window.end, files)


def stage_health(rows: Rows, staging: str, run_key: str = RUN_KEY, attempt: str = "scored", looks: Looks = LOOKS) -> Manifest:
    files = {table.name: _stage(table, rows, staging, run_key, attempt) for table in (RELEASE_HEALTH, *TOLD_BESIDE)}
    return Manifest(run_key, attempt, WINDOW, "1", WINDOW.end, files, looks)


def _stage(table: Table, rows: Mapping[str, list[Row]], staging: str, run_key: str, attempt: str) -> tuple[StagedFile, ...]:
    return tuple(stage_rows(arrow_rows(table, rows[table.name]), table, attempt_folder(staging, run_key, attempt)))
