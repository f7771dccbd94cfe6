"""Arrow and Iceberg schemas of the declared tables: one place each.

Spark's Python workers import this module for its Arrow schemas, so that pyiceberg is imported where it is used: it would cost every worker
about a second.
"""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.declarations.tables import Column, ColumnType, CountsByName, ListOf, Struct, Table

if TYPE_CHECKING:
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType, NestedField

TIMESTAMP = pa.timestamp("us", tz="UTC")

_ARROW_SCALARS: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": TIMESTAMP,
    "date": pa.date32(),
    "binary": pa.binary(),
}
_FIRST_PARTITION_FIELD_ID = 1000  # Iceberg numbers partition fields from here


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns as declared, NULL allowed only where it is declared."""
    return pa.schema([_arrow_field(column) for column in table.columns])


def staged_schema(table: Table) -> pa.Schema:
    """The same columns, NULL allowed everywhere: a staged NULL key is for the gate to find, not for the writer to die of."""
    return pa.schema([field.with_nullable(True) for field in arrow_schema(table)])


def iceberg_schema(table: Table) -> "Schema":
    """The table's columns with their descriptions. Field ids count from 1 in the order of the declaration, nested fields after all columns.

    An existing table keeps the ids that it has: they belong to the catalog, and a column added later gets the next free one.
    """
    from pyiceberg.schema import Schema

    top_level_ids = range(1, len(table.columns) + 1)
    nested_ids = count(len(table.columns) + 1)
    return Schema(*(_iceberg_field(column, field_id, nested_ids) for column, field_id in zip(table.columns, top_level_ids, strict=True)))


def partition_spec(table: Table) -> "PartitionSpec":
    """Partition by hour, day or month of the table's time column, as declared; for the field ids of `iceberg_schema`."""
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.transforms import DayTransform, HourTransform, MonthTransform, Transform

    transforms: dict[str, Transform[Any, Any]] = {"hour": HourTransform(), "day": DayTransform(), "month": MonthTransform()}
    field = PartitionField(
        source_id=table.column_names.index(table.time_column) + 1,
        field_id=_FIRST_PARTITION_FIELD_ID,
        transform=transforms[table.partition],
        name=f"{table.time_column}_{table.partition}",
    )
    return PartitionSpec(field)


def _arrow_field(column: Column) -> pa.Field:
    return pa.field(column.name, _arrow_type(column.type), nullable=column.nullable)


def _arrow_type(declared: ColumnType) -> pa.DataType:
    if isinstance(declared, ListOf):
        return pa.list_(pa.field("element", _arrow_type(declared.element), nullable=False))
    if isinstance(declared, CountsByName):
        return pa.map_(pa.string(), pa.field("value", pa.int64(), nullable=False))
    if isinstance(declared, Struct):
        return pa.struct([_arrow_field(column) for column in declared.columns])
    return _ARROW_SCALARS[declared]


def _iceberg_field(column: Column, field_id: int, nested_ids: Iterator[int]) -> "NestedField":
    from pyiceberg.types import NestedField

    doc = f"{column.description} Unit: {column.unit}." if column.unit else column.description
    return NestedField(field_id, column.name, iceberg_type(column.type, nested_ids), required=not column.nullable, doc=doc)


def iceberg_type(declared: ColumnType, nested_ids: Iterator[int]) -> "IcebergType":
    """The Iceberg type of a declared one; `nested_ids` numbers the fields inside it."""
    from pyiceberg import types as I

    if isinstance(declared, ListOf):
        return I.ListType(next(nested_ids), iceberg_type(declared.element, nested_ids), element_required=True)
    if isinstance(declared, CountsByName):
        return I.MapType(next(nested_ids), I.StringType(), next(nested_ids), I.LongType(), value_required=True)
    if isinstance(declared, Struct):
        fields = [(column, next(nested_ids)) for column in declared.columns]
        return I.StructType(*(_iceberg_field(column, field_id, nested_ids) for column, field_id in fields))
    scalars = {
        "string": I.StringType(),
        "int": I.IntegerType(),
        "long": I.LongType(),
        "double": I.DoubleType(),
        "boolean": I.BooleanType(),
        "timestamp": I.TimestamptzType(),
        "date": I.DateType(),
        "binary": I.BinaryType(),
    }
    return scalars[declared]
