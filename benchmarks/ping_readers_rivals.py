"""What a user would pick instead of the ping source: Spark's JSON reader, DuckDB, Polars and pyarrow, each as its documentation advises.

All of them get the declared fields as a schema, none infers one, and each uses the given number of cores. Spark's has Spark's own settings and a
heap of 4 GB.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from benchmarks.ping_readers_query import COLUMNS, GROUPS, TOTALS, Fields, Total, declared_fields

Rows = list[tuple[Any, ...]]
LARGEST_LINE_BYTES = 16 * 2**20


def spark_session(cores: int) -> SparkSession:
    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.driver.memory", "4g").config("spark.ui.enabled", "false")
    return builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()


def read_with_spark_json(paths: Sequence[Path], cores: int) -> Rows:
    def total(total: Total) -> Column:
        value = F.coalesce(*total.paths)
        kinds = {"sum": F.sum(value), "ones": F.sum((value == 1).cast("long")), "largest": F.max(value)}
        return kinds[total.total].alias(total.name)

    pings = spark_session(cores).read.schema(_spark_struct(declared_fields())).json([str(path) for path in paths])
    groups = [F.coalesce(*columns).alias(name) for name, columns in GROUPS]
    answer = pings.groupBy(*groups).agg(F.count("*").alias("pings"), *map(total, TOTALS))
    return [tuple(row) for row in answer.select(*COLUMNS).collect()]


def _spark_struct(fields: Fields) -> T.StructType:
    types = {"text": T.StringType(), "number": T.LongType()}
    return T.StructType(
        [T.StructField(name, _spark_struct(below) if isinstance(below, dict) else types[below]) for name, below in fields.items()]
    )


def read_with_duckdb(paths: Sequence[Path], cores: int) -> Rows:
    def total(total: Total) -> str:
        value = _duckdb_value(total.paths)
        kinds = {"sum": f"sum({value})::BIGINT", "ones": f"count(*) FILTER ({value} = 1)", "largest": f"max({value})"}
        return kinds[total.total]

    groups = [_duckdb_value(columns) for _, columns in GROUPS]
    columns = ", ".join(f"'{name}': '{_duckdb_type(below)}'" for name, below in declared_fields().items())
    question = (
        f"SELECT {', '.join(groups)}, count(*), {', '.join(map(total, TOTALS))} FROM read_json(?, format='newline_delimited', "  # noqa: S608
        f"columns={{{columns}}}, maximum_object_size={LARGEST_LINE_BYTES}) GROUP BY {', '.join(groups)}"
    )
    with duckdb.connect(config={"threads": cores}) as connection:
        connection.execute("SET enable_progress_bar = false")
        return connection.execute(question, [[str(path) for path in paths]]).fetchall()


def _duckdb_value(paths: Sequence[str]) -> str:
    return f"coalesce({', '.join('.'.join(map(_quoted, path.split('.'))) for path in paths)})"


def _duckdb_type(field: Fields | str) -> str:
    if isinstance(field, dict):
        return f"STRUCT({', '.join(f'{_quoted(name)} {_duckdb_type(below)}' for name, below in field.items())})"
    return {"text": "VARCHAR", "number": "BIGINT"}[field]


def _quoted(name: str) -> str:
    return f'"{name}"'


def read_with_polars(paths: Sequence[Path], cores: int) -> Rows:
    """On the cores that POLARS_MAX_THREADS allows, which has to be set before polars is imported."""

    def value(columns: Sequence[str]) -> pl.Expr:
        return pl.coalesce(_polars_field(path) for path in columns)

    def total(total: Total) -> pl.Expr:
        kinds = {"sum": pl.Expr.sum, "ones": lambda values: (values == 1).sum(), "largest": pl.Expr.max}
        has_any = value(total.paths).is_not_null().any()
        answer = kinds[total.total](value(total.paths))
        # Polars sums nothing to 0, the others to NULL.
        return (pl.when(has_any).then(answer) if total.total == "sum" else answer).alias(total.name)

    pings = pl.scan_ndjson([str(path) for path in paths], schema=_polars_schema(declared_fields()))
    groups = [value(columns).alias(name) for name, columns in GROUPS]
    return pings.group_by(groups).agg(pl.len().alias("pings"), *map(total, TOTALS)).select(COLUMNS).collect(engine="streaming").rows()


def _polars_field(path: str) -> pl.Expr:
    first, *names = path.split(".")
    expression = pl.col(first)
    for name in names:
        expression = expression.struct.field(name)
    return expression


def _polars_schema(fields: Fields) -> dict[str, Any]:
    types = {"text": pl.String, "number": pl.Int64}
    return {name: pl.Struct(_polars_schema(below)) if isinstance(below, dict) else types[below] for name, below in fields.items()}


def read_with_pyarrow(paths: Sequence[Path], cores: int) -> Rows:
    pa.set_cpu_count(cores)
    options = pa.json.ParseOptions(explicit_schema=pa.schema(_arrow_fields(declared_fields())), unexpected_field_behavior="ignore")
    read_options = pa.json.ReadOptions(block_size=LARGEST_LINE_BYTES)
    tables = [_flattened(pa.json.read_json(str(path), read_options, options)) for path in paths]
    kinds = {"sum": "sum", "ones": "sum", "largest": "max"}
    answer = pa.concat_tables(tables).group_by([name for name, _ in GROUPS])
    totals = answer.aggregate([([], "count_all"), *((total.name, kinds[total.total]) for total in TOTALS)])
    names = [*(name for name, _ in GROUPS), "count_all", *(f"{total.name}_{kinds[total.total]}" for total in TOTALS)]
    return list(zip(*(totals[name].to_pylist() for name in names), strict=True))


def _arrow_fields(fields: Fields) -> list[pa.Field]:
    types = {"text": pa.string(), "number": pa.int64()}
    return [pa.field(name, pa.struct(_arrow_fields(below)) if isinstance(below, dict) else types[below]) for name, below in fields.items()]


def _flattened(pings: pa.Table) -> pa.Table:
    def value(columns: Sequence[str]) -> pa.ChunkedArray:
        return pc.coalesce(*(_arrow_value(pings, path) for path in columns))

    columns = {name: value(paths) for name, paths in GROUPS}
    for total in TOTALS:
        found = value(total.paths)
        columns[total.name] = pc.cast(pc.equal(found, 1), pa.int64()) if total.total == "ones" else found
    return pa.table(columns)


def _arrow_value(pings: pa.Table, path: str) -> pa.ChunkedArray:
    first, *names = path.split(".")
    return pc.struct_field(pings[first], names) if names else pings[first]


def _nothing(cores: int) -> None:
    """A library that needs no session."""


Rival = tuple[Callable[[int], object], Callable[[Sequence[Path], int], Rows]]
"""What starts it, and what reads with it, on so many cores."""

RIVALS: dict[str, Rival] = {
    "Spark's JSON reader": (spark_session, read_with_spark_json),
    "Polars": (_nothing, read_with_polars),
    "pyarrow": (_nothing, read_with_pyarrow),
    "DuckDB": (_nothing, read_with_duckdb),
}
