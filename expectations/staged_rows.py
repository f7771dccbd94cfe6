"""Reads the staged rows of one table into memory or into Spark: the same SQL and the same expectations serve both.

Up to MAX_ROWS_IN_MEMORY the pandas engine is used: on 2 cores it validates 20,000 rows of error_aggregates in 0.3 s and a million in 10 s
(2 kB of memory a row); Spark takes 5-10 s for either, after a start of 6-12 s (docs/decisions/quality_gates.md).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.checks import StagedRows
from jobs.table_declarations import Table
from jobs.tables.object_store import filesystem_of
from jobs.tables.schemas import staged_schema
from jobs.tables.staging_manifest import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MAX_ROWS_IN_MEMORY = 500_000
# Masked arrays keep whole numbers whole beside a NULL, and tell NaN from NULL.
_MASKED = {
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


class RowsInMemory:
    """For DuckDB and the pandas engine."""

    def __init__(self, rows: pa.Table) -> None:
        self._duckdb = duckdb.connect()
        self._duckdb.execute("SET TimeZone = 'UTC'")
        self._duckdb.register("staged", rows)

    def frame(self, computed: Mapping[str, str]) -> pd.DataFrame:
        columns = "".join(f', {expression} AS "{name}"' for name, expression in computed.items())
        return self._arrow(f"SELECT *{columns} FROM staged").to_pandas(types_mapper=_MASKED.get)  # noqa: S608

    def query(self, sql: str) -> list[dict[str, Any]]:
        return self._arrow(sql.format(rows="staged")).to_pylist()

    def _arrow(self, sql: str) -> pa.Table:
        return self._duckdb.sql(sql).to_arrow_table()


class RowsInSpark:
    """For Spark SQL and the Spark engine. The files are read once, by pyarrow in Python workers, and kept for all queries."""

    def __init__(self, rows: "DataFrame") -> None:
        self._rows = rows.persist()

    def frame(self, computed: Mapping[str, str]) -> "DataFrame":
        from pyspark.sql import functions as F

        return self._rows.select("*", *(F.expr(expression).alias(name) for name, expression in computed.items()))

    def query(self, sql: str) -> list[dict[str, Any]]:
        return self._rows.sparkSession.sql(sql, rows=self._rows).toArrow().to_pylist()


def open_rows(manifest: Manifest, table: Table, get_spark: "Callable[[], SparkSession] | None" = None) -> StagedRows:
    """The attempt's rows of a table, with the columns and types of its files. A session is asked for only if the rows are many."""
    locations = [file.location for file in manifest.files.get(table.name, ())]
    if get_spark and manifest.rows_by_table.get(table.name, 0) > MAX_ROWS_IN_MEMORY:
        return RowsInSpark(_read_in_spark(get_spark(), table, locations))
    if not locations:
        return RowsInMemory(staged_schema(table).empty_table())
    return RowsInMemory(pa.concat_tables([_read(location) for location in locations]))


def staged_columns(manifest: Manifest, table: Table) -> dict[str, dict[str, pa.DataType]]:
    """The type of each column of each of the table's files, by the file's location."""
    return {file.location: _column_types(file.location) for file in manifest.files.get(table.name, ())}


def _read_in_spark(spark: "SparkSession", table: Table, locations: list[str]) -> "DataFrame":
    from pyspark.sql.pandas.types import from_arrow_schema

    files = spark.createDataFrame([(location,) for location in locations], "location string").repartition(len(locations))
    return files.mapInArrow(_file_reader(), from_arrow_schema(staged_schema(table)))


def _file_reader() -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """From locations to rows. A function inside a function travels whole to executors, which have `jobs` but not `expectations`."""

    def read(files: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in files:
            for location in batch.column(0).to_pylist():
                filesystem, path = filesystem_of(location)
                with pq.ParquetFile(path, filesystem=filesystem) as file:
                    yield from file.iter_batches()

    return read


def _read(location: str) -> pa.Table:
    filesystem, path = filesystem_of(location)
    return pq.read_table(path, filesystem=filesystem)


def _column_types(location: str) -> dict[str, pa.DataType]:
    filesystem, path = filesystem_of(location)
    return {field.name: field.type for field in pq.read_schema(path, filesystem=filesystem)}
