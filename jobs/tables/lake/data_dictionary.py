"""The data dictionary as Markdown: a pure function of the declarations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from jobs.declarations.dimensions import COUNTRY_GROUPS, DIMENSIONS, OTHER_COUNTRIES
from jobs.declarations.measures import MEASURES
from jobs.declarations.product import (
    CappedPerClientHour,
    Condition,
    CountAt,
    Dimension,
    DurationAsHours,
    HistogramBucket,
    Measure,
    OnePerPing,
    OneWhere,
    Source,
)
from jobs.declarations.tables import TABLES, Column, ColumnType, CountsByName, ListOf, Struct, Table
from jobs.deployment.settings import NAMESPACE, RESTRICTED_NAMESPACE
from jobs.pings.measure_rules import UNITS_AN_HOUR
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT

_INTRODUCTION = f"""# Data dictionary

Generated from the declarations in `jobs/` by `.venv/bin/python -m jobs.write_data_dictionary`; do not edit. All times are UTC, all tables are
Iceberg tables of the namespace `{NAMESPACE}`, unless something else stands there. A measure is NULL, not 0, where no ping of the group carries it."""


def render_data_dictionary(
    tables: Sequence[Table] = TABLES, measures: Sequence[Measure] = MEASURES, dimensions: Sequence[Dimension] = DIMENSIONS
) -> str:
    """The whole document: tables, measures, dimensions, reasons of rejection."""
    sections = [
        _INTRODUCTION,
        "## Tables",
        *(_table_section(table) for table in tables),
        "## Measures",
        _measure_table(measures),
        "## Dimensions",
        _dimension_table(dimensions),
        _country_groups(),
        "## Reasons of rejection",
        "\n".join(f"- `{reason}`" for reason in (*RejectReason, *PRODUCT.own_reasons)),
    ]
    return "\n\n".join(sections) + "\n"


def _table_section(table: Table) -> str:
    grain = ", ".join(f"`{name}`" for name in table.grain)
    heading = (
        f"### {table.name}\n\n{table.description}\n\nOne row for each {grain}. Partitioned by {table.partition} of `{table.time_column}`."
    )
    where = (
        f"\n\nIn the namespace `{RESTRICTED_NAMESPACE}`: whoever may read the other tables need not read this one."
        if table.is_restricted
        else ""
    )
    return f"{heading}{where}\n\n{_column_table(table.columns)}"


def _column_table(columns: Iterable[Column]) -> str:
    rows = [(f"`{c.name}`", _type_name(c.type), c.unit, "yes" if c.nullable else "", _description(c)) for c in _with_fields(columns, "")]
    return _markdown_table(("column", "type", "unit", "NULL", "description"), rows)


def _description(column: Column) -> str:
    allowed = f" One of {', '.join(f'`{value}`' for value in column.values)}." if column.values else ""
    return f"{column.description}{allowed}"


def _with_fields(columns: Iterable[Column], prefix: str) -> Iterable[Column]:
    """The columns, each followed by the fields inside it."""
    for column in columns:
        yield replace(column, name=prefix + column.name)
        inner = column.type.element if isinstance(column.type, ListOf) else column.type
        if isinstance(inner, Struct):
            yield from _with_fields(inner.columns, f"{prefix}{column.name}.")


def _type_name(declared: ColumnType) -> str:
    if isinstance(declared, ListOf):
        return f"list of {_type_name(declared.element)}"
    if isinstance(declared, CountsByName):
        return "map of string to long"
    if isinstance(declared, Struct):
        return "struct"
    return "timestamp, UTC" if declared == "timestamp" else declared


def _measure_table(measures: Iterable[Measure]) -> str:
    rows = [
        (f"`{m.name}`", m.unit, ", ".join(m.pings), _source_text(m.source), m.absence, "yes" if m.scoring else "", m.description)
        for m in measures
    ]
    return _markdown_table(("measure", "unit", "pings", "computed from", "absence means", "scored", "description"), rows)


def _source_text(source: Source) -> str:
    if isinstance(source, OnePerPing):
        return "one per ping"
    if isinstance(source, DurationAsHours):
        paths = ", ".join(f"`{path}` ({ping})" for ping, path in source.path_by_ping)
        unit = f"by its `{source.unit_key}`" if source.unit_key else f"/ {UNITS_AN_HOUR[source.unit]}"
        return f"{paths} {unit}, clamped to [0, {source.longest_hours:g}]"
    if isinstance(source, CountAt):
        return f"`{source.path}`"
    if isinstance(source, OneWhere):
        return " and ".join(_condition_text(condition) for condition in source.conditions)
    if isinstance(source, HistogramBucket):
        return " or ".join(f'`{path}.values["{source.bucket}"]`' for path in source.paths)
    if isinstance(source, CappedPerClientHour):
        return f"`{source.of}`, at most {source.limit} of one client in one hour"
    raise TypeError(f"{type(source).__name__} has no words in the data dictionary yet")


def _condition_text(condition: Condition) -> str:
    values = " or ".join(
        "absent" if value is None else f'"{value}"' if isinstance(value, str) else str(value) for value in condition.values
    )
    return f"`{condition.path}` is {'not ' if condition.negated else ''}{values}"


def _dimension_table(dimensions: Sequence[Dimension]) -> str:
    special = sorted({ping for dimension in dimensions for ping in dimension.paths_in})
    rows = [(f"`{d.name}`", _paths_text(d.paths), *(_paths_text(d.paths_of(ping)) for ping in special), d.description) for d in dimensions]
    heads = ("dimension", "from (first that holds a value)", *(f"in {ping} pings" for ping in special), "rule")
    return _markdown_table(heads, rows)


def _paths_text(paths: Iterable[str]) -> str:
    return ", else ".join(f"`{path}`" for path in paths)


def _country_groups() -> str:
    groups = [f"- `{name}`: {', '.join(countries)}" for name, countries in COUNTRY_GROUPS]
    return "Country groups:\n\n" + "\n".join([*groups, f"- `{OTHER_COUNTRIES}`: all others"])


def _markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
