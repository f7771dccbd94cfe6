"""What became of each line, and the audit row of each hour."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from jobs.aggregates.hour_audits import Attempt, audit_hours
from jobs.aggregates.line_counts import LineCounts, count_lines, counts_by_hour, sum_counts
from jobs.aggregates.ping_copies import mark_pings
from jobs.declarations.windows import HOUR, Mode
from jobs.pings.landing_zone import LandedHour, LandedObject
from tests.aggregates.ping_record_factory import TEN, Record, crash_ping, frame_of, lines, main_ping, reject

ATTEMPT = Attempt("run-attempt", Mode.SETTLED, "abc123", datetime(2017, 11, 21, 6, tzinfo=UTC), 7, accepts_less=True)


def counted(spark: SparkSession, records: list[Record]) -> dict[datetime, LineCounts]:
    return counts_by_hour(count_lines(mark_pings(frame_of(spark, records), Mode.SETTLED)).toArrow())


@pytest.mark.spark
def test_every_line_is_accepted_a_duplicate_or_rejected(spark: SparkSession) -> None:
    records = [
        lines(4 + 6, split_start=0),
        lines(3, split_start=900),
        *(main_ping(document_id=document_id) for document_id in "abcb"),
        crash_ping(),
        reject(7),
        reject(None, line_count=5),
        reject(9, "build_too_old"),
        reject(10, "build_too_old"),
        lines(1, hour_start=TEN + HOUR),
        main_ping(at=TEN + HOUR, document_id="a"),
    ]
    counts = counted(spark, records)
    assert counts[TEN] == LineCounts(13, {"main": 3, "crash": 1}, 1, {"not_json": 1 + 5, "build_too_old": 2})
    assert counts[TEN].lines == counts[TEN].accepted + counts[TEN].duplicates + counts[TEN].rejected
    assert counts[TEN + HOUR] == LineCounts(1, {}, 1, {})
    assert sum_counts(counts.values()) == LineCounts(14, {"main": 3, "crash": 1}, 2, {"not_json": 6, "build_too_old": 2})


@pytest.mark.spark
def test_a_ping_that_was_lost_on_the_way_shows_as_a_difference(spark: SparkSession) -> None:
    counts = counted(spark, [lines(3), main_ping(), reject(2)])[TEN]
    assert (counts.lines, counts.accepted + counts.duplicates + counts.rejected) == (3, 2)


def landed(name: str, is_late: bool) -> LandedObject:
    modified_at = TEN + timedelta(minutes=90 if is_late else 30)
    return LandedObject(f"h/main/{name}", f"/landing/h/main/{name}", f"etag-{name}", 100, modified_at, is_late, TEN, "main")


def test_an_hour_is_audited_with_its_objects_lines_and_rows() -> None:
    hour = LandedHour(
        TEN, True, TEN + HOUR, (landed("a.ndjson", False), landed("b.ndjson", True)), ignored_objects=2, ignored_keys=("h/main/c.json",)
    )
    counts = {TEN: LineCounts(9, {"main": 4, "crash": 1}, 1, {"not_json": 3})}
    (row,) = audit_hours([hour], counts, {"error_aggregates": {TEN: 5}, "usage_delays": {TEN + HOUR: 7}}, ATTEMPT).to_pylist()
    assert row == {
        "hour_start": TEN,
        "mode": "settled",
        "status": "publishing",
        "is_closed": True,
        "objects": [
            {
                "object_key": "h/main/a.ndjson",
                "etag": "etag-a.ndjson",
                "bytes": 100,
                "modified_at": TEN + timedelta(minutes=30),
                "is_late": False,
            },
            {
                "object_key": "h/main/b.ndjson",
                "etag": "etag-b.ndjson",
                "bytes": 100,
                "modified_at": TEN + timedelta(minutes=90),
                "is_late": True,
            },
        ],
        "late_objects": 1,
        "ignored_objects": 2,
        "ignored_keys": ["h/main/c.json"],
        "lines": 9,
        "accepted": 4 + 1,
        "duplicates": 1,
        "rejected": 3,
        "rejects_by_reason": [("not_json", 3)],
        "accepted_by_ping": [("main", 4), ("crash", 1)],
        "rows_by_table": [("error_aggregates", 5), ("usage_delays", 0)],
        "code_version": "abc123",
        "window_run_id": "run-attempt",
        "processed_at": datetime(2017, 11, 21, 6, tzinfo=UTC),
        "audit_sequence": 7,
        "accepted_less": True,
        "restored_from": None,
    }


def test_an_hour_without_any_object_is_audited_too() -> None:
    (row,) = audit_hours([LandedHour(TEN, False, None, (), 0)], {}, {"error_aggregates": {}}, ATTEMPT).to_pylist()
    assert (row["hour_start"], row["is_closed"], row["objects"], row["lines"], row["rows_by_table"]) == (
        TEN,
        False,
        [],
        0,
        [("error_aggregates", 0)],
    )
