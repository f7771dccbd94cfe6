"""The checks that follow from a table's declaration alone; a newly declared column or measure gets them by being declared."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pyarrow as pa

from expectations.checks.checks import Batch, Check, NotRun, TableSuite, suite_of
from expectations.checks.rules import Between, Equal, NeverEmpty, NeverNull, OneOf, OneRowEach
from expectations.checks.staged_rows import FigureRows
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import WINDOW_RUN_ID, Column, Table
from jobs.tables.lake.schemas import arrow_schema

_LARGEST_FINITE = 1e300  # keeps out infinity and NaN; a Bayes factor may well be 1e40
_ROUNDING = 1e-9
_RANGE_BY_UNIT: dict[str, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "probability": (0.0, 1.0),
    "points of 100": (0.0, 100.0),
    "crashes beyond the usual": (-_LARGEST_FINITE, _LARGEST_FINITE),
}
_A_MICROSECOND = timedelta(microseconds=1)
_MISSING = "no such column"
SCHEMA_WORDS = "columns and types are as declared"


def declared_checks(table: Table, times: tuple[datetime, datetime]) -> tuple[Check, ...]:
    """Grain, keys, time, ranges, values and texts of a table whose rows must lie in [first, last) of `times`."""
    return (
        _grain_check(table),
        _time_check(table, *times),
        *(_key_check(column) for column in table.columns if not column.nullable),
        *(_range_check(column) for column in table.columns if column.type in ("int", "long", "double")),
        *(_values_check(column) for column in table.columns if column.values),
        *(_text_check(column) for column in table.columns if column.type == "string" and column.nullable and not column.values),
    )


def attempt_check(window_run_id: str) -> Check:
    """Every row must carry the id of the attempt: readers tell complete hours by it."""
    return Check(
        words="window_run_id is that of the attempt",
        severity=Severity.CRITICAL,
        rule=OneOf(WINDOW_RUN_ID.name, (window_run_id,)),
        columns=(WINDOW_RUN_ID.name,),
        meaning="Rows of another attempt got into the staged files. Run the aggregation again.",
    )


def schema_suite(table: Table, columns_by_file: Mapping[str, Mapping[str, pa.DataType]]) -> TableSuite:
    """Names and types of the columns in each staged file, by its location, beside the declared ones.

    A suite of its own: rows with other columns break every other check, and this one says why.
    """
    if not columns_by_file:
        return suite_of(table, NotRun(SCHEMA_WORDS, Severity.CRITICAL, Outcome.NOT_APPLICABLE, "no rows were staged"))
    declared = {field.name: _type_words(field.type) for field in arrow_schema(table)}
    rows = [
        {
            "column": name,
            "declared type": declared.get(name, _MISSING),
            "staged type": _type_words(staged[name]) if name in staged else _MISSING,
            "file": file.rpartition("/")[2],
        }
        for file, staged in columns_by_file.items()
        for name in dict.fromkeys((*declared, *staged))
    ]
    check = Check(
        words=SCHEMA_WORDS,
        severity=Severity.CRITICAL,
        rule=Equal("declared type", "staged type"),
        columns=(),
        meaning="The rows were staged by code of another version than this gate's. Run the aggregation again with the version deployed now.",
    )
    return suite_of(table, Batch(table.name, FigureRows(rows), (check,), subject=("column", "declared type", "staged type", "file")))


def declared_range(column: Column) -> tuple[float, float]:
    """Least and greatest value of a number, from its unit."""
    return _RANGE_BY_UNIT.get(column.unit, (0.0, _LARGEST_FINITE))


def _type_words(data_type: pa.DataType) -> str:
    """Without the names of a list's or map's inner fields, which Parquet and Arrow choose differently."""
    if pa.types.is_map(data_type):
        return f"map<{_type_words(data_type.key_type)}, {_type_words(data_type.item_type)}>"
    if pa.types.is_list(data_type):
        return f"list<{_type_words(data_type.value_type)}>"
    if pa.types.is_struct(data_type):
        return f"struct<{', '.join(f'{field.name}: {_type_words(field.type)}' for field in data_type)}>"
    return str(data_type)


def _grain_check(table: Table) -> Check:
    return Check(
        words=f"one row for each {', '.join(table.grain)}",
        severity=Severity.CRITICAL,
        rule=OneRowEach(table.grain),
        columns=table.grain,
        meaning="The same figures stand in two rows, so that sums count them twice.",
    )


def _time_check(table: Table, first: datetime, last: datetime) -> Check:
    """`last` is exclusive; the bound that is validated is the last microsecond before it, which every engine compares alike."""
    return Check(
        words=f"{first:%Y-%m-%d %H:%M} <= {table.time_column} < {last:%Y-%m-%d %H:%M}",
        severity=Severity.CRITICAL,
        rule=Between(table.time_column, least=first, greatest=last - _A_MICROSECOND),
        columns=(table.time_column,),
        meaning="Publishing replaces the run's own hours only; rows of other hours would be lost or would double what is there.",
    )


def _key_check(column: Column) -> Check:
    return Check(
        words=f"{column.name} is never NULL",
        severity=Severity.CRITICAL,
        rule=NeverNull(column.name),
        columns=(column.name,),
        meaning="The column is declared to hold a value in every row.",
    )


def _range_check(column: Column) -> Check:
    """NULL is no number and breaks no range."""
    least, greatest = declared_range(column)
    is_bounded = greatest < _LARGEST_FINITE
    bounds = f"{least:g} <= {column.name} <= {greatest:g}" if is_bounded else f"{column.name} >= {least:g}"
    lower, upper = least - _ROUNDING, greatest + _ROUNDING
    return Check(
        words=f"{bounds}, and a finite number" if column.type == "double" else bounds,
        severity=Severity.CRITICAL,
        rule=Between(column.name, least=lower, greatest=upper),
        columns=(column.name,),
        meaning=f"No value can lie outside: the computation of {column.name} is wrong.",
    )


def _values_check(column: Column) -> Check:
    return Check(
        words=f"{column.name} is one of {', '.join(column.values)}",
        severity=Severity.CRITICAL,
        rule=OneOf(column.name, column.values),
        columns=(column.name,),
        meaning="No other value is declared: nothing that reads the table knows what to make of it.",
    )


def _text_check(column: Column) -> Check:
    return Check(
        words=f"{column.name} is NULL rather than empty",
        severity=Severity.WARNING,
        rule=NeverEmpty(column.name),
        columns=(column.name,),
        meaning="An unknown value is written in two ways, so that it groups into two rows.",
    )
