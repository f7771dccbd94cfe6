"""Ping records as the source yields them; a test names only the columns that it is about."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.aggregates.ping_copies import accepted_pings, mark_pings
from jobs.declarations.measures import MEASURES
from jobs.declarations.windows import Mode
from jobs.pings.ping_records import PING_RECORD_SCHEMA

TEN = datetime(2017, 11, 20, 10, tzinfo=UTC)
"""Ten o'clock: the hour in which a test's pings are received, unless it says otherwise."""

Record = dict[str, Any]

_numbers = count(1)
_DIMENSIONS = {
    "channel": "release",
    "application": "Firefox",
    "release_version": "57.0",
    "version": "57.0",
    "display_version": "57.0",
    "build_id": "20171112125346",
    "architecture": "x86-64",
    "os_name": "Windows_NT",
    "os_version": "10.0",
    "country": "DE",
}


def ping(doc_type: str, at: datetime = TEN, **columns: Any) -> Record:
    number = next(_numbers)
    hour_start = at.replace(minute=0, second=0, microsecond=0)
    return (
        {
            "kind": "ping",
            "hour_start": hour_start,
            "object_key": f"{hour_start:%d-%H}/{doc_type}/a.ndjson",
            "split_start": 0,
            "line_in_split": number,
            "line_count": 1,
            "document_id": f"document-{number}",
            "doc_type": doc_type,
            "received_at_ns": (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000,
            "client_key": number,
            "experiments": [],
        }
        | _DIMENSIONS
        | columns
    )


def main_ping(usage_hours: float = 1.0, at: datetime = TEN, **columns: Any) -> Record:
    return ping("main", at, **{"usage_hours": usage_hours, "main_pings": 1, "session_starts": 0} | columns)


def crash_ping(main_crashes: int = 1, at: datetime = TEN, **columns: Any) -> Record:
    """A crash of the main process, or with `main_crashes` 0 of a content process."""
    counts = {
        "crash_pings": 1,
        "main_crashes": main_crashes,
        "startup_crashes": 0,
        "content_crashes": 1 - main_crashes,
        "content_shutdown_crashes": 0,
    }
    return ping("crash", at, **counts | columns)


def update_ping(at: datetime = TEN, **columns: Any) -> Record:
    return ping("update", at, **{"updates": 1} | columns)


def reject(line_in_split: int | None, reason: str = "not_json", **columns: Any) -> Record:
    return {
        "kind": "reject",
        "hour_start": TEN,
        "object_key": "20-10/main/a.ndjson",
        "split_start": 0,
        "line_in_split": line_in_split,
        "line_count": 1,
        "reason": reason,
    } | columns


def lines(line_count: int, **columns: Any) -> Record:
    return {"kind": "lines", "hour_start": TEN, "object_key": "20-10/main/a.ndjson", "split_start": 0, "line_count": line_count} | columns


def frame_of(spark: SparkSession, records: list[Record]) -> DataFrame:
    return spark.createDataFrame(pa.Table.from_pylist(records, schema=PING_RECORD_SCHEMA))


def accepted(spark: SparkSession, records: list[Record], mode: Mode = Mode.PROVISIONAL) -> DataFrame:
    """The pings that count, marked."""
    return accepted_pings(mark_pings(frame_of(spark, records), mode))


def rows_of(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The columns of the frame's rows, sorted."""
    rows = frame.select(*columns).toArrow().to_pylist()
    return sorted((tuple(row[name] for name in columns) for row in rows), key=repr)


def carried(row: Record) -> Record:
    """The measures of a row that are not NULL."""
    return {measure.name: row[measure.name] for measure in MEASURES if row[measure.name] is not None}
