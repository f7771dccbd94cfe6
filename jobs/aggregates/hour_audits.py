"""The audit row of each hour of a window: what was read, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from jobs.aggregates.line_counts import LineCounts
from jobs.declarations.states import HourStatus
from jobs.declarations.tables import INGEST_AUDIT
from jobs.declarations.windows import Mode
from jobs.pings.landing_zone import LandedHour
from jobs.tables.lake.schemas import arrow_schema


@dataclass(frozen=True)
class Attempt:
    """Who read the window, with which code, when, from which ingest_audit on, and whether less input may replace what it was made of."""

    window_run_id: str
    mode: Mode
    code_version: str
    processed_at: datetime
    audit_sequence: int
    accepts_less: bool = False


def audit_hours(
    hours: Iterable[LandedHour],
    counts: Mapping[datetime, LineCounts],
    rows_by_table: Mapping[str, Mapping[datetime, int]],
    attempt: Attempt,
) -> pa.Table:
    """ingest_audit: one row for each hour, also for one without any object. `rows_by_table` has each table's rows by hour."""
    rows = [
        _audit_row(
            hour, counts.get(hour.hour_start, LineCounts()), {t: n.get(hour.hour_start, 0) for t, n in rows_by_table.items()}, attempt
        )
        for hour in hours
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(INGEST_AUDIT))


def _audit_row(hour: LandedHour, counts: LineCounts, rows: Mapping[str, int], attempt: Attempt) -> dict[str, object]:
    return {
        "hour_start": hour.hour_start,
        "mode": attempt.mode.value,
        "status": HourStatus.PUBLISHING,
        "is_closed": hour.is_closed,
        "objects": [
            {"object_key": o.object_key, "etag": o.etag, "bytes": o.bytes, "modified_at": o.modified_at, "is_late": o.is_late}
            for o in hour.objects
        ],
        "late_objects": sum(landed.is_late for landed in hour.objects),
        "ignored_objects": hour.ignored_objects,
        "ignored_keys": list(hour.ignored_keys),
        "lines": counts.lines,
        "accepted": counts.accepted,
        "duplicates": counts.duplicates,
        "rejected": counts.rejected,
        "rejects_by_reason": dict(counts.rejects_by_reason),
        "accepted_by_ping": dict(counts.accepted_by_ping),
        "rows_by_table": dict(rows),
        "code_version": attempt.code_version,
        "window_run_id": attempt.window_run_id,
        "processed_at": attempt.processed_at,
        "audit_sequence": attempt.audit_sequence,
        "accepted_less": attempt.accepts_less,
    }
