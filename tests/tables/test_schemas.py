"""Schemas derive from the declarations, and an existing table takes in what is declared later."""

from dataclasses import replace

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.transforms import DayTransform, HourTransform, MonthTransform
from pyiceberg.types import LongType, StringType, TimestamptzType

from jobs.declarations.measures import MEASURES
from jobs.declarations.tables import (
    ERROR_AGGREGATES,
    INGEST_AUDIT,
    RELEASE_TOTALS,
    TABLES,
    USAGE_DELAYS,
    WINDOW_TABLES,
    Column,
    ListOf,
    Struct,
    Table,
)
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import NAMESPACE
from jobs.tables.commits import publishing
from jobs.tables.commits.publishing import publish_window
from jobs.tables.commits.row_replacement import Replacement, replace_rows
from jobs.tables.lake.lake_catalog import ensure_table, identifier
from jobs.tables.lake.schemas import arrow_schema, iceberg_schema, partition_spec
from jobs.tables.lake.table_changes import SchemaConflictError, table_properties
from jobs.tables.reading.complete_windows import read_complete
from jobs.tables.staged.staging import read_staged, rows_of_hours
from tests.tables.staged_runs import TEN, made_up_rows, provisional, stage_run


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
    assert isinstance(field.transform, {"hour": HourTransform, "day": DayTransform, "month": MonthTransform}[table.partition])
    created = ensure_table(catalog, table)
    (field,) = created.spec().fields
    assert created.schema().find_field(field.source_id).name == table.time_column
    assert created.properties == table_properties(table)


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


def changed_column(table: Table, name: str, **changes: object) -> Table:
    return replace(table, columns=tuple(replace(c, **changes) if c.name == name else c for c in table.columns))


def test_what_iceberg_can_change_is_changed_in_place(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wider numbers, NULL where it was not allowed, a field inside a list, a column that is no longer declared."""
    landed = next(column for column in INGEST_AUDIT.columns if column.name == "objects").type.element
    with_age = ListOf(Struct((*landed.columns, Column("age_hours", "double", "Age.", "hours"))))
    earlier = changed_column(with_column(INGEST_AUDIT, Column("gone", "string", "Once."), 1), "lines", type="int")
    ensure_table(catalog, earlier).append(made_up_rows(earlier, [TEN], 1, 7, {}).cast(arrow_schema(earlier)))
    later = changed_column(changed_column(INGEST_AUDIT, "objects", type=with_age), "code_version", nullable=True)
    ensure_table(catalog, later)
    landed_later = {"object_key": "k", "etag": "e", "bytes": 1, "modified_at": TEN, "is_late": False, "age_hours": 0.5}
    rows = made_up_rows(later, [TEN + HOUR], 1, 2**40, {"code_version": None, "objects": [landed_later]})
    replace_rows(catalog, later, lambda _: Replacement(None, (rows,)))
    stored = catalog.load_table(identifier(later)).scan().to_arrow().sort_by("hour_start").to_pylist()
    assert [(row["lines"], row["code_version"], row["gone"]) for row in stored] == [(7, "code_version 0", "gone 0"), (2**40, None, None)]
    assert stored[1]["objects"][0]["age_hours"] == 0.5


def test_what_iceberg_cannot_change_is_refused_before_anything_is_claimed(
    catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    before = {table.name: catalog.load_table(identifier(table)).metadata_location for table in (INGEST_AUDIT, *WINDOW_TABLES)}
    changed = changed_column(RELEASE_TOTALS, "main_crashes", type="string")
    other = replace(USAGE_DELAYS, partition="hour")
    tables = tuple({"release_totals": changed, "usage_delays": other}.get(table.name, table) for table in WINDOW_TABLES)
    monkeypatch.setattr(publishing, "WINDOW_TABLES", tables)
    with pytest.raises(
        SchemaConflictError, match=r"release_totals: column main_crashes is long, declared is string; usage_delays: it is part"
    ):
        publish_window(catalog, stage_run(staging, provisional(TEN), figure=2, read_at=1))
    assert {table.name: catalog.load_table(identifier(table)).metadata_location for table in (INGEST_AUDIT, *WINDOW_TABLES)} == before


def test_tables_as_they_were_before_claims_take_the_next_publication(catalog: Catalog, staging: str) -> None:
    """One hour complete, one that a killed publisher of that code left `publishing`; its own retry and another run go on."""
    earlier = replace(INGEST_AUDIT, columns=tuple(c for c in INGEST_AUDIT.columns if c.name != "audit_sequence"))
    properties = {"commit.retry.num-retries": "0", "write.metadata.previous-versions-max": "20"}
    catalog.create_namespace(NAMESPACE)
    of_then = [table for table in WINDOW_TABLES if not table.is_restricted]
    for table in (*of_then, earlier):
        catalog.create_table(identifier(table), iceberg_schema(table), partition_spec=partition_spec(table), properties=properties)
    run = stage_run(staging, provisional(TEN, hours=2), figure=1)
    audit = read_staged(run, INGEST_AUDIT).drop_columns(["audit_sequence"])
    status = pa.array(["complete", "publishing"])
    stored = audit.set_column(audit.schema.get_field_index("status"), "status", status).cast(arrow_schema(earlier))
    catalog.load_table(identifier(earlier)).append(stored)
    for table in of_then:
        rows = rows_of_hours(read_staged(run, table), table, [TEN])
        catalog.load_table(identifier(table)).append(rows.cast(arrow_schema(table)))

    assert read_complete(catalog, RELEASE_TOTALS, TEN, TEN + 2 * HOUR).incomplete_hours == [TEN + HOUR]
    assert publish_window(catalog, run).published_hours == (TEN, TEN + HOUR)
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=2, audit_sequence=5))
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, TEN + 2 * HOUR)
    assert (sorted(complete.rows["main_crashes"].to_pylist()), complete.incomplete_hours) == ([1, 1, 2, 2], [])
    assert catalog.load_table(identifier(RELEASE_TOTALS)).properties == table_properties(RELEASE_TOTALS)


def test_every_measure_is_a_column_that_may_be_unknown() -> None:
    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        for measure in MEASURES:
            field = arrow_schema(table).field(measure.name)
            assert field.nullable
            assert str(field.type) == ("double" if measure.unit == "hours" else "int64")
