"""Schemas derive from the declarations, and an existing table takes in what is declared later."""

from dataclasses import replace

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.transforms import DayTransform, HourTransform
from pyiceberg.types import LongType, StringType, TimestamptzType

from jobs.measures import MEASURES
from jobs.table_declarations import ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_TOTALS, TABLES, Column, Table
from jobs.tables.lake_catalog import TABLE_PROPERTIES, ensure_table, identifier
from jobs.tables.publishing import publish_window
from jobs.tables.schemas import arrow_schema, iceberg_schema, partition_spec
from tests.tables.staged_runs import TEN, provisional, stage_run


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_both_schemas_hold_the_declared_columns_in_order(table: Table) -> None:
    names = list(table.column_names)
    assert arrow_schema(table).names == names
    assert [field.name for field in iceberg_schema(table).fields] == names
    nullable = [column.nullable for column in table.columns]
    assert [field.nullable for field in arrow_schema(table)] == nullable
    assert [not field.required for field in iceberg_schema(table).fields] == nullable


def test_descriptions_and_units_stand_in_the_catalog() -> None:
    field = iceberg_schema(ERROR_AGGREGATES).find_field("usage_hours")
    assert field.doc == "Hours of use that the pings report, each subsession clamped to [0, 25]. Unit: hours."


def test_field_ids_are_unique_and_follow_the_declaration() -> None:
    schema = iceberg_schema(INGEST_AUDIT)
    assert [field.field_id for field in schema.fields] == list(range(1, len(INGEST_AUDIT.columns) + 1))
    assert len(schema._lazy_id_to_name) == len(set(schema._lazy_id_to_name))
    assert isinstance(schema.find_field("objects.element.modified_at").field_type, TimestamptzType)
    assert isinstance(schema.find_field("rejects_by_reason.value").field_type, LongType)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_are_partitioned_as_declared(catalog: Catalog, table: Table) -> None:
    (field,) = partition_spec(table).fields
    assert isinstance(field.transform, HourTransform if table.partition == "hour" else DayTransform)
    created = ensure_table(catalog, table)
    (field,) = created.spec().fields
    assert created.schema().find_field(field.source_id).name == table.time_column
    assert created.properties == TABLE_PROPERTIES


def with_column(table: Table, column: Column, position: int) -> Table:
    return replace(table, columns=(*table.columns[:position], column, *table.columns[position:]))


def test_a_column_that_is_declared_later_stands_where_it_is_declared_and_is_null_in_rows_from_before(
    catalog: Catalog, staging: str
) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    before = {field.name: field.field_id for field in catalog.load_table(identifier(RELEASE_TOTALS)).schema().fields}
    position = RELEASE_TOTALS.column_names.index("updates")
    ensure_table(catalog, with_column(RELEASE_TOTALS, Column("gadgets", "long", "Gadgets.", "gadgets"), position))
    after = catalog.load_table(identifier(RELEASE_TOTALS))
    assert [field.name for field in after.schema().fields].index("gadgets") == position
    assert {field.name: field.field_id for field in after.schema().fields if field.name != "gadgets"} == before
    assert after.scan().to_arrow()["gadgets"].to_pylist() == [None, None]
    assert after.schema().find_field("gadgets").doc == "Gadgets. Unit: gadgets."


def test_a_declared_first_column_can_come_later_too(catalog: Catalog) -> None:
    ensure_table(catalog, RELEASE_TOTALS)
    ensure_table(catalog, with_column(RELEASE_TOTALS, Column("cell", "string", "Cell."), 0))
    first = catalog.load_table(identifier(RELEASE_TOTALS)).schema().fields[0]
    assert (first.name, first.field_type, first.required) == ("cell", StringType(), False)


def test_a_table_that_is_as_declared_is_left_alone(catalog: Catalog) -> None:
    ensure_table(catalog, RELEASE_TOTALS)
    before = catalog.load_table(identifier(RELEASE_TOTALS)).metadata_location
    ensure_table(catalog, RELEASE_TOTALS)
    assert catalog.load_table(identifier(RELEASE_TOTALS)).metadata_location == before


def test_every_measure_is_a_column_that_may_be_unknown() -> None:
    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        for measure in MEASURES:
            field = arrow_schema(table).field(measure.name)
            assert field.nullable
            assert str(field.type) == ("double" if measure.unit == "hours" else "int64")
