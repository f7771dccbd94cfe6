"""Staged files: only those that a manifest names exist."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_TOTALS, USAGE_DELAYS
from jobs.declarations.windows import HOUR
from jobs.deployment.object_store import write_atomically
from jobs.tables.lake.schemas import arrow_schema, staged_schema
from jobs.tables.staged.staging import read_hours, read_staged, rows_of_hours, stage_frame, stage_rows
from jobs.tables.staged.staging_manifest import Looks, Manifest, StagedFile, read_manifest, write_manifest
from tests.tables.staged_runs import TEN, made_up_rows, provisional, stage_looks, stage_run

ELEVEN = TEN + HOUR


def test_a_manifest_reads_back_as_it_was_written(staging: str) -> None:
    manifest = stage_run(staging, provisional(TEN, hours=2), figure=1, run_key="k")
    assert read_manifest(staging, "k", "aggregates") == manifest
    assert manifest.rows_by_table["release_totals"] == 2 * 2
    assert manifest.files["release_totals"][0].rows_by_hour == {TEN: 2, ELEVEN: 2}
    looks = stage_looks(staging, Looks(TEN, ELEVEN, audit_sequence=7), figure=1)
    write_manifest(staging, "health", looks)
    assert read_manifest(staging, looks.run_key, "health") == looks


def test_the_attempt_that_began_last_is_the_one_that_counts(staging: str) -> None:
    for figure in (1, 2):
        stage_run(staging, provisional(TEN), figure, run_key="k", read_at=figure)
    rows = read_staged(read_manifest(staging, "k", "aggregates"), RELEASE_TOTALS)
    assert rows["main_crashes"].to_pylist() == [2, 2]


def test_files_that_no_manifest_names_do_not_exist(staging: str) -> None:
    """Those of a failed task, or of an attempt that was killed."""
    manifest = stage_run(staging, provisional(TEN), figure=1, run_key="k")
    folder = Path(manifest.files["release_totals"][0].location).parent
    stage_rows(made_up_rows(RELEASE_TOTALS, [TEN], 5, 9, {}), RELEASE_TOTALS, str(folder.parent))
    assert len(list(folder.iterdir())) == 2
    assert read_staged(read_manifest(staging, "k", "aggregates"), RELEASE_TOTALS)["main_crashes"].to_pylist() == [1, 1]


def test_a_run_that_staged_nothing_says_what_to_run(staging: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"no attempt of run k has staged aggregates.* run jobs.aggregate_errors first"):
        read_manifest(staging, "k", "aggregates")


def test_a_table_without_rows_has_its_columns(staging: str) -> None:
    manifest = stage_run(staging, provisional(TEN), figure=1, rows_an_hour=0)
    assert manifest.files["usage_delays"] == ()
    assert read_staged(manifest, USAGE_DELAYS).schema == staged_schema(USAGE_DELAYS)
    assert read_staged(manifest, USAGE_DELAYS, ["delay_hours"]).column_names == ["delay_hours"]


def test_a_null_key_can_be_staged_for_the_gate_to_find(staging: str) -> None:
    rows = made_up_rows(RELEASE_TOTALS, [TEN], 1, 1, {"channel": None})
    files = stage_rows(rows, RELEASE_TOTALS, staging)
    manifest = Manifest("k", "a", provisional(TEN), "abc123", TEN, {"release_totals": tuple(files)})
    assert read_staged(manifest, RELEASE_TOTALS, ["channel"]).to_pylist() == [{"channel": None}]


def test_objects_and_counts_of_an_audit_row_survive_staging(staging: str) -> None:
    landed = {"object_key": "a", "etag": "e", "bytes": 7, "modified_at": TEN, "is_late": False}
    audit = made_up_rows(INGEST_AUDIT, [TEN], 1, 1, {"objects": [landed], "rejects_by_reason": [("not_json", 3)]})
    manifest = Manifest("k", "a", provisional(TEN), "abc123", TEN, {"ingest_audit": tuple(stage_rows(audit, INGEST_AUDIT, staging))})
    assert read_staged(manifest, INGEST_AUDIT).equals(audit)


def test_rows_are_told_apart_by_their_hours() -> None:
    rows = made_up_rows(RELEASE_TOTALS, [TEN, ELEVEN, ELEVEN + HOUR], 1, 1, {})
    assert rows_of_hours(rows, RELEASE_TOTALS, [TEN, ELEVEN + HOUR])["hour_start"].to_pylist() == [TEN, ELEVEN + HOUR]


def test_the_rows_of_some_hours_are_read_from_the_row_groups_that_hold_them(staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = [TEN + i * HOUR for i in range(6)]
    batches = [made_up_rows(RELEASE_TOTALS, hours[i : i + 2], 2, i, {}) for i in (0, 2, 4)]
    files = stage_rows(pa.concat_tables(batches), RELEASE_TOTALS, staging)
    groups: list[int] = []
    read_row_group = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda file, number: groups.append(number) or read_row_group(file, number))
    rows = read_hours(files, RELEASE_TOTALS, [hours[1], hours[2]])
    assert list(zip(rows["hour_start"].to_pylist(), rows["main_crashes"].to_pylist(), strict=True)) == [
        (hours[1], 0),
        (hours[1], 0),
        (hours[2], 2),
        (hours[2], 2),
    ]
    assert groups == [0, 1]
    assert read_hours(files, RELEASE_TOTALS, [hours[0] - HOUR]).num_rows == 0


def test_folders_that_look_like_partitions_are_only_folders(tmp_path: Path) -> None:
    manifest = stage_run(str(tmp_path / "environment=production" / "channel=9"), provisional(TEN), figure=1)
    assert read_staged(manifest, RELEASE_TOTALS)["channel"].to_pylist() == ["channel 0", "channel 1"]


@pytest.mark.spark
def test_a_frame_is_staged_by_its_tasks_with_declared_columns_and_types(spark: SparkSession, staging: str) -> None:
    rows = made_up_rows(USAGE_DELAYS, [TEN, ELEVEN], 3, 4, {})
    frame = spark.createDataFrame(rows).repartition(2).select(*reversed(USAGE_DELAYS.column_names))
    files = stage_frame(frame.withColumn("delay_hours", F.col("delay_hours").cast("long")), USAGE_DELAYS, staging)
    manifest = Manifest("k", "a", provisional(TEN), "abc123", TEN, {"usage_delays": tuple(files)})
    staged = read_staged(manifest, USAGE_DELAYS)
    assert staged.schema == staged_schema(USAGE_DELAYS)
    assert sorted(map(str, staged.to_pylist())) == sorted(map(str, rows.to_pylist()))
    assert sum(file.rows_by_hour.get(TEN, 0) for file in files) == 3
    assert all(Path(file.location).parent == Path(staging) / "usage_delays" for file in files)


@pytest.mark.spark
def test_a_frame_without_rows_stages_no_file(spark: SparkSession, staging: str) -> None:
    assert stage_frame(spark.createDataFrame([], from_arrow_schema(arrow_schema(USAGE_DELAYS))), USAGE_DELAYS, staging) == []


def test_of_writers_at_once_one_has_its_whole_content_in_place(tmp_path: Path) -> None:
    """Two attempts of a run, of which Airflow took the first for dead."""
    location = tmp_path / "manifest.json"

    def write_often(content: bytes) -> None:
        for _ in range(100):
            write_atomically(str(location), content * 1_000_000)
            assert len(set(location.read_bytes())) == 1

    with ThreadPoolExecutor(2) as writers:
        for writing in [writers.submit(write_often, content) for content in (b"1", b"2")]:
            writing.result()
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_slow_attempt_that_finishes_last_does_not_take_the_place_of_one_that_began_later(staging: str) -> None:
    for figure, audit_sequence, read_at in ((2, 7, 0), (1, 6, 9)):
        stage_run(staging, provisional(TEN), figure, run_key="k", audit_sequence=audit_sequence, read_at=read_at)
    assert read_manifest(staging, "k", "aggregates").attempt == "attempt2"


def test_a_run_that_was_staged_under_the_name_of_its_stage_alone_is_found(staging: str) -> None:
    manifest = stage_run(staging, provisional(TEN), figure=1, run_key="k")
    (location,) = Path(staging, "k").glob("*.json")
    location.rename(location.with_name("aggregates.manifest.json"))
    assert read_manifest(staging, "k", "aggregates") == manifest


def test_staged_file_counts_its_rows() -> None:
    assert StagedFile("f", {TEN: 2, ELEVEN: 3}).row_count == 2 + 3


def test_staged_columns_are_those_declared_with_null_allowed() -> None:
    assert staged_schema(RELEASE_TOTALS).names == arrow_schema(RELEASE_TOTALS).names
    assert all(field.nullable for field in staged_schema(RELEASE_TOTALS))
