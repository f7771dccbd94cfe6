"""Workers on this machine start without the archives that slow down each task."""

import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.deployment.spark_daemon import drop_archives


def archive_with(path: Path, package: str) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{package}/__init__.py", "")
    return str(path)


def test_archives_leave_the_path_and_folders_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [entry for entry in sys.path if not Path(entry).is_file()]
    monkeypatch.setattr(sys, "path", [archive_with(tmp_path / "pyspark.zip", "pyspark"), *folders])

    drop_archives()

    assert sys.path == folders


def test_archives_stay_where_pyspark_is_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = [archive_with(tmp_path / "pyspark.zip", "pyspark"), str(tmp_path)]
    monkeypatch.setattr(sys, "path", list(path))

    drop_archives()

    assert sys.path == path


@pytest.mark.spark
def test_a_session_on_this_machine_starts_its_workers_so(spark: SparkSession) -> None:
    def worker_path(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"entry": sys.path})

    entries = [row.entry for row in spark.range(0, 1, 1, 1).mapInArrow(worker_path, "entry string").collect()]

    assert [entry for entry in entries if entry.endswith((".zip", ".jar")) and Path(entry).exists()] == []


@pytest.mark.spark
def test_workers_make_arrays_without_pandas_and_have_it_where_it_is_needed(spark: SparkSession) -> None:
    def loaded(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            values = pa.array([1, None])
            of_array = "pandas" in sys.modules
            yield pa.RecordBatch.from_pylist([{"of_array": of_array, "first": values.to_pandas()[0], "then": "pandas" in sys.modules}])

    rows = spark.range(0, 1, 1, 1).mapInArrow(loaded, "of_array boolean, first double, then boolean")

    assert [tuple(row) for row in rows.collect()] == [(False, 1.0, True)]
