"""Reads single lines and whole landing zones the way a task does, without Spark."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.declarations.windows import Mode, Window
from jobs.pings.byte_splits import plan_splits
from jobs.pings.landing_zone import list_hours
from jobs.pings.line_pieces import LONGEST_LINE_BYTES
from jobs.pings.ping_extraction import PingExtraction, Reject
from jobs.pings.ping_records import PING_RECORD_SCHEMA
from jobs.pings.reject_reasons import RejectReason
from jobs.pings.split_reader import read_split
from tests.ping_factory import HOUR, KEYS, line

_RECORD_NAMES = PING_RECORD_SCHEMA.names[PING_RECORD_SCHEMA.get_field_index("document_id") :]
_ROW_NAMES = ["client_id" if name == "client_key" else name for name in _RECORD_NAMES if name != "client_key_before"]


def outcome(landed: dict[str, Any] | bytes, folder: str = "main") -> dict[str, Any] | RejectReason:
    """The columns of an accepted ping that are not NULL, or why the line is rejected."""
    extracted = PingExtraction(folder, HOUR).extract(landed if isinstance(landed, bytes) else line(landed))
    if isinstance(extracted, Reject):
        return extracted.reason
    return {name: value for name, value in zip(_ROW_NAMES, extracted, strict=True) if value is not None}


def records(landing: Path, hour_start: datetime = HOUR, longest_line_bytes: int = LONGEST_LINE_BYTES) -> list[dict[str, Any]]:
    """The ping records of one hour of a landing zone."""
    window = Window(hour_start, hour_start + timedelta(hours=1), Mode.PROVISIONAL)
    objects = [landed for hour in list_hours(str(landing), window) for landed in hour.objects]
    batches = [batch for split in plan_splits(objects, cores=2) for batch in read_split(split, KEYS, longest_line_bytes)]
    return [record for batch in batches for record in batch.to_pylist()]


def rejects_by_reason(all_records: list[dict[str, Any]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in all_records:
        if record["kind"] == "reject":
            counts[record["reason"]] += record["line_count"]
    return dict(counts)


def count_of(all_records: list[dict[str, Any]], kind: str) -> int:
    """Lines, pings or rejects."""
    return sum(record["line_count"] for record in all_records if record["kind"] == kind)
