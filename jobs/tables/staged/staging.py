"""Staged Parquet: one folder per attempt, listed in a manifest; nobody reads it but the gate and the publisher.

    STAGING/<run key>/<attempt>/<table>/*.parquet
    STAGING/<run key>/<stage>.<attempt>.manifest.json   of an attempt that finished; the latest one counts

Files of failed or speculative tasks are in no manifest and so do not exist.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.declarations.tables import TABLES, Table
from jobs.declarations.windows import HOUR, HOUR_US
from jobs.deployment.object_store import filesystem_of
from jobs.tables.lake.schemas import TIMESTAMP, arrow_schema, staged_schema
from jobs.tables.staged.staging_manifest import Manifest, StagedFile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FILE_ROWS = pa.schema([("location", pa.string()), ("hour_start", TIMESTAMP), ("row_count", pa.int64())])
_FILE_ROWS_DDL = "location string, hour_start timestamp, row_count long"


def new_attempt() -> str:
    """A name for one attempt of a run; its staging folder."""
    return uuid.uuid4().hex[:12]


def stage_frame(frame: "DataFrame", table: Table, folder: str) -> list[StagedFile]:
    """Write the frame's rows as Parquet from its tasks, one file a task, below `folder`/<table>; the driver gets the list of files.

    The frame has the table's columns; their order and exact types are brought about here.
    """

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _file_rows(_write_file(batches, table, folder)).to_batches()

    in_time_order = frame.select(*table.column_names).sortWithinPartitions(table.time_column)  # so that an hour is a few row groups
    file_rows = in_time_order.mapInArrow(write, _FILE_ROWS_DDL).toArrow()
    return _staged_files(file_rows)


def stage_rows(rows: pa.Table, table: Table, folder: str) -> list[StagedFile]:
    """The same for rows that are at hand, without Spark."""
    return _staged_files(_file_rows(_write_file(rows.select(list(table.column_names)).to_batches(), table, folder)))


def check_staged(manifest: Manifest) -> None:
    """ValueError or OSError unless each file that the manifest names is there, with as many rows, of columns that are or become declared."""
    tables = {table.name: table for table in TABLES}
    for name, files in manifest.files.items():
        for file in files:
            with _open_parquet(file) as parquet:
                if parquet.metadata.num_rows != file.row_count:
                    raise ValueError(
                        f"{file.location} holds {parquet.metadata.num_rows} rows of {name}, not {file.row_count}: stage them again"
                    )
                _as_declared(parquet.schema_arrow.empty_table(), tables[name])


def read_staged(manifest: Manifest, table: Table, columns: list[str] | None = None) -> pa.Table:
    """The attempt's rows of a table (memory: all of them). A table without rows gives no rows, with the declared columns."""
    schema = staged_schema(table)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    parts = [schema.empty_table()]
    for file in manifest.files.get(table.name, ()):
        with _open_parquet(file) as parquet:
            parts.append(_as_declared(parquet.read(columns=columns), table, columns))
    return pa.concat_tables(parts)


def read_hours(files: Iterable[StagedFile], table: Table, hours: Collection[datetime]) -> pa.Table:
    """Those rows of the files whose time lies in one of the hours. Memory: these rows and one row group, whatever else the files hold."""
    parts = [staged_schema(table).empty_table()]
    for file in files:
        if file.rows_by_hour.keys().isdisjoint(hours):
            continue
        with _open_parquet(file) as parquet:
            for number in range(parquet.num_row_groups):
                if _may_hold(parquet.metadata.row_group(number), table, hours):
                    rows = _as_declared(parquet.read_row_group(number), table)
                    parts.append(rows_of_hours(rows, table, hours))
    return pa.concat_tables(parts)


def rows_of_hours(rows: pa.Table, table: Table, hours: Iterable[datetime]) -> pa.Table:
    """Those of the table's rows whose time lies in one of the hours."""
    wanted = pa.array([int(hour.timestamp()) // 3600 for hour in hours], pa.int64())
    row_hours = pc.divide(rows[table.time_column].cast(pa.int64()), HOUR_US)
    return rows.filter(pc.is_in(row_hours, wanted))


def _as_declared(rows: pa.Table, table: Table, columns: list[str] | None = None) -> pa.Table:
    """Those columns, all unless said. One that was declared since the rows were staged has no values, if it may have none."""
    declared = arrow_schema(table)
    names = columns or declared.names
    for name in names:
        if name not in rows.column_names and declared.field(name).nullable:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, declared.field(name).type))
    schema = staged_schema(table)
    return rows.select(names).cast(pa.schema([schema.field(name) for name in names]))


def _open_parquet(file: StagedFile) -> pq.ParquetFile:
    filesystem, path = filesystem_of(file.location)
    return pq.ParquetFile(path, filesystem=filesystem)


def _may_hold(row_group: pq.RowGroupMetaData, table: Table, hours: Collection[datetime]) -> bool:
    leaves = (row_group.column(position) for position in range(row_group.num_columns))
    times = next(leaf.statistics for leaf in leaves if leaf.path_in_schema == table.time_column)
    return times is None or not times.has_min_max or (times.max >= min(hours) and times.min < max(hours) + HOUR)


def _write_file(batches: Iterable[pa.RecordBatch], table: Table, folder: str) -> StagedFile | None:
    schema = staged_schema(table)
    location = f"{folder}/{table.name}/{uuid.uuid4().hex}.parquet"
    writer = None
    rows_by_hour: Counter[datetime] = Counter()
    for batch in batches:
        if batch.num_rows == 0:
            continue
        rows = pa.Table.from_batches([batch]).cast(schema)
        if writer is None:
            filesystem, path = filesystem_of(location)
            filesystem.create_dir(path.rpartition("/")[0])
            writer = pq.ParquetWriter(path, schema, filesystem=filesystem, compression="zstd")
        writer.write_table(rows)
        rows_by_hour.update(count_by_hour(rows[table.time_column]))
    if writer is None:
        return None
    writer.close()
    return StagedFile(location, dict(rows_by_hour))


def count_by_hour(times: pa.ChunkedArray) -> dict[datetime, int]:
    """How many of the times fall into each hour; the hours by their starts."""
    hours, counts = np.unique(times.cast(pa.int64()).to_numpy() // HOUR_US, return_counts=True)
    return {datetime.fromtimestamp(int(hour) * 3600, UTC): int(count) for hour, count in zip(hours, counts, strict=True)}


def _file_rows(file: StagedFile | None) -> pa.Table:
    rows = [] if file is None else [{"location": file.location, "hour_start": h, "row_count": n} for h, n in file.rows_by_hour.items()]
    return pa.Table.from_pylist(rows, schema=_FILE_ROWS)


def _staged_files(file_rows: pa.Table) -> list[StagedFile]:
    by_location: dict[str, dict[datetime, int]] = {}
    for row in file_rows.to_pylist():
        by_location.setdefault(row["location"], {})[row["hour_start"].astimezone(UTC)] = row["row_count"]
    return [StagedFile(location, by_location[location]) for location in sorted(by_location)]
