"""Rejected lines as rows: real line numbers, and a bounded number of each reason and object."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.aggregates.ping_copies import mark_pings
from jobs.aggregates.rejected_lines import MAX_ROWS_PER_REASON_AND_OBJECT, list_rejects
from jobs.declarations.windows import Mode
from tests.aggregates.ping_record_factory import TEN, frame_of, lines, main_ping, reject, rows_of

pytestmark = pytest.mark.spark


def listed(spark: SparkSession, records: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return rows_of(list_rejects(mark_pings(frame_of(spark, records), Mode.PROVISIONAL)), *columns)


def test_line_numbers_count_from_the_start_of_the_object(spark: SparkSession) -> None:
    records = [
        lines(10, split_start=0),
        reject(3, split_start=0),
        lines(7, split_start=4096),
        reject(2, split_start=4096),
        lines(20, split_start=8192),
        reject(1, split_start=8192),
        lines(5, object_key="other"),
        reject(5, object_key="other"),
    ]
    assert listed(spark, records, "object_key", "line_number") == [
        ("20-10/main/a.ndjson", 10 + 2),
        ("20-10/main/a.ndjson", 10 + 7 + 1),
        ("20-10/main/a.ndjson", 3),
        ("other", 5),
    ]


def test_a_reject_is_named_by_reason_and_document_but_its_payload_is_not_kept(spark: SparkSession) -> None:
    records = [lines(2), reject(1, "build_too_old", document_id="d", doc_type="main"), reject(2, "not_json"), main_ping()]
    assert listed(spark, records, "hour_start", "line_number", "reason", "document_id", "doc_type") == [
        (TEN, 1, "build_too_old", "d", "main"),
        (TEN, 2, "not_json", None, None),
    ]


def test_the_first_rejects_of_each_reason_and_object_are_kept(spark: SparkSession) -> None:
    limit = MAX_ROWS_PER_REASON_AND_OBJECT
    many = [reject(line) for line in range(1, limit + 4)]
    records = [lines(limit + 5), *many, reject(limit + 4, "no_meta"), reject(None, line_count=1000), reject(1, object_key="other")]
    kept = listed(spark, records, "object_key", "reason", "line_number")
    assert sorted(row[2] for row in kept if row[:2] == ("20-10/main/a.ndjson", "not_json")) == list(range(1, limit + 1))
    assert [row for row in kept if row[1] == "no_meta" or row[0] == "other"] == [
        ("20-10/main/a.ndjson", "no_meta", limit + 4),
        ("other", "not_json", 1),
    ]
