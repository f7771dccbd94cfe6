"""Reading a window's records in Spark gives what the tasks' code gives, in one typed frame."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from jobs.declarations.windows import HOUR as ONE_HOUR
from jobs.declarations.windows import Mode, Window
from jobs.pings.landing_zone import list_hours
from jobs.pings.ping_records import PING_RECORD_SCHEMA
from jobs.pings.ping_source import read_records
from tests.ping_factory import HOUR, KEYS, core_ping, crash_ping, land, main_ping, update_ping
from tests.pings.reading import records

NEXT_HOUR = HOUR + ONE_HOUR

pytestmark = pytest.mark.spark


def read(spark: SparkSession, landing: Path) -> DataFrame:
    return read_records(spark, list_hours(str(landing), Window(HOUR, NEXT_HOUR + ONE_HOUR, Mode.PROVISIONAL)), KEYS)


def in_order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, found))


def test_a_window_of_pings_of_all_types_in_all_formats(spark: SparkSession, tmp_path: Path) -> None:
    with_experiment = main_ping({"about.trials": {"flip": {"branch": "control"}}})
    land(tmp_path, [with_experiment, main_ping(received_at=HOUR + timedelta(minutes=59))], "main")
    land(tmp_path, [crash_ping(), crash_ping({"body.process": "gpu"})], "crash", name="part-1.ndjson.gz")
    land(tmp_path, [core_ping(received_at=NEXT_HOUR)], "core", NEXT_HOUR, "part-2.ndjson.zst")
    land(tmp_path, [update_ping(received_at=NEXT_HOUR)], "update", NEXT_HOUR)
    land(tmp_path, b"not JSON\n" * 150, "update", NEXT_HOUR, "part-3.ndjson")

    found = read(spark, tmp_path).toArrow()

    assert found.schema.names == PING_RECORD_SCHEMA.names
    assert found.schema.types == PING_RECORD_SCHEMA.types
    assert in_order(found.to_pylist()) == in_order(records(tmp_path) + records(tmp_path, NEXT_HOUR))


def test_a_window_without_objects_has_no_records(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "submission_date=2026-11-21").mkdir()
    assert read(spark, tmp_path).count() == 0


def test_an_object_that_vanished_fails_the_action_with_what_to_do(spark: SparkSession, tmp_path: Path) -> None:
    path = land(tmp_path, [main_ping()])
    frame = read(spark, tmp_path)
    path.unlink()

    with pytest.raises(Exception, match=r"part-0.ndjson cannot be read as it was listed: .* run the window again"):
        frame.count()


def test_columns_that_are_always_there_are_not_nullable(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "submission_date=2026-11-21").mkdir()
    schema: T.StructType = read(spark, tmp_path).schema

    assert {field.name for field in schema if not field.nullable} == {"kind", "hour_start", "object_key", "split_start", "line_count"}
