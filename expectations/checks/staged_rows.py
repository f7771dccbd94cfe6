"""Opens the staged rows of one table for SQL: those of an hour in memory, those of many days where they lie."""

import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.declarations.tables import Table
from jobs.deployment.object_store import filesystem_of
from jobs.tables.lake.schemas import staged_schema
from jobs.tables.staged.staging_manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

    from expectations.checks.checks import StagedRows

MAX_ROWS_IN_MEMORY = 500_000
"""Great Expectations' pandas engine takes 2 kB of memory a row."""
_DUCKDB_MEMORY = "1GB"
"""Beyond it, DuckDB writes what it groups to a temporary folder."""


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all tables of a gate: opening one takes 18 ms, a connection to it 1 ms, and a gate has dozens."""
    spill = tempfile.mkdtemp(prefix="gate-")
    atexit.register(shutil.rmtree, spill, ignore_errors=True)
    database = duckdb.connect(config={"memory_limit": _DUCKDB_MEMORY, "temp_directory": spill})
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    return database


class RowsInSql:
    """Rows that DuckDB reads from a table or a dataset of pyarrow."""

    def __init__(self, rows: Any, is_small: bool = True) -> None:
        self.is_small = is_small
        self._duckdb = _database().cursor()
        self._duckdb.register("staged", rows)

    def query(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._arrow(sql).to_pylist()
        return rows

    def frame(self, sql: str) -> "pd.DataFrame":
        import pandas as pd

        # Masked arrays keep whole numbers whole beside a NULL, and tell NaN from NULL.
        masked = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}
        return self._arrow(sql).to_pandas(types_mapper=masked.get)

    def _arrow(self, sql: str) -> pa.Table:
        return self._duckdb.sql(sql).to_arrow_table()


class FigureRows(RowsInSql):
    """Figures about rows, one mapping for each thing that is compared; a NaN is NULL."""

    def __init__(self, figures: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
        names = list(columns or figures[0])
        super().__init__(pa.table({name: pa.array([row.get(name) for row in figures], from_pandas=True) for name in names}))

    def frame(self, sql: str) -> "pd.DataFrame":
        """Plain columns, in which a NULL equals nothing."""
        return self._arrow(sql).to_pandas()


def open_rows(manifest: Manifest, table: Table) -> "StagedRows":
    """The attempt's rows of a table, with the columns and types of its files."""
    locations = [file.location for file in manifest.files.get(table.name, ())]
    if not locations:
        return RowsInSql(staged_schema(table).empty_table())
    if manifest.rows_by_table.get(table.name, 0) <= MAX_ROWS_IN_MEMORY:
        return RowsInSql(pa.concat_tables([_read(location) for location in locations]))
    from pyarrow import dataset

    filesystem, _ = filesystem_of(locations[0])
    return RowsInSql(dataset.dataset([filesystem_of(location)[1] for location in locations], filesystem=filesystem), is_small=False)


def staged_columns(manifest: Manifest, table: Table) -> dict[str, dict[str, pa.DataType]]:
    """The type of each column of each of the table's files, by the file's location."""
    return {file.location: _column_types(file.location) for file in manifest.files.get(table.name, ())}


def _read(location: str) -> pa.Table:
    filesystem, path = filesystem_of(location)
    return pq.read_table(path, filesystem=filesystem)


def _column_types(location: str) -> dict[str, pa.DataType]:
    filesystem, path = filesystem_of(location)
    return {field.name: field.type for field in pq.read_schema(path, filesystem=filesystem)}
