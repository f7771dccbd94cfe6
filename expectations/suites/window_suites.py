"""What every table that a run replaces has in common: the declared checks, those of its measures, its attempt and its time grid."""

from datetime import UTC

from expectations.checks.audited_run import AuditedRun, HourTotals, StagedTable
from expectations.checks.checks import Batch, Check, NotRun, TableSuite, suite_of
from expectations.checks.declared_checks import attempt_check, declared_checks
from expectations.checks.rules import OneOf
from expectations.suites.measure_relations import measure_rules
from jobs.declarations.measures import MEASURES
from jobs.declarations.states import Severity
from jobs.declarations.tables import Table

_MEASURE_NAMES = {measure.name for measure in MEASURES}
_MINUTES_BY_TIME_COLUMN = {"window_start": 5, "hour_start": 60}


def window_suite(
    staged: StagedTable,
    run: AuditedRun,
    own_checks: tuple[Check, ...] = (),
    figures: tuple[Batch | NotRun, ...] = (),
) -> TableSuite:
    """The suite of a window table: `own_checks` on its rows, and batches of figures about them."""
    table = staged.table
    rules = measure_rules() if set(table.column_names) >= _MEASURE_NAMES else ()
    rows = Batch(
        table_name=table.name,
        rows=staged.rows,
        checks=(
            *declared_checks(table, (run.window.start, run.window.end)),
            _grid_check(table),
            attempt_check(run.window_run_id),
            *(rule.check() for rule in rules),
            *own_checks,
        ),
    )
    return suite_of(table, rows, *figures)


def total_by_hour(staged: StagedTable) -> HourTotals:
    """Sums of the table's measures and numbers of rows by hour; a sum of NULLs is 0."""
    table = staged.table
    sums = [(c.name, "DOUBLE" if c.type == "double" else "BIGINT") for c in table.columns if c.name in _MEASURE_NAMES]
    columns = "".join(f", CAST(coalesce(sum({name}), 0) AS {sql_type}) AS {name}" for name, sql_type in sums)
    query = f"SELECT date_trunc('hour', {table.time_column}) AS hour_start, count(*) AS rows{columns} FROM staged GROUP BY 1"  # noqa: S608
    return {row["hour_start"].astimezone(UTC): row for row in staged.rows.query(query)}


def _grid_check(table: Table) -> Check:
    """Times start 5-minute windows or hours."""
    minutes = _MINUTES_BY_TIME_COLUMN[table.time_column]
    name = f"seconds into the {minutes} minutes"
    sql = f"minute({table.time_column}) % {minutes} * 60 + second({table.time_column})"
    return Check(
        words=f"{table.time_column} begins {'an hour' if minutes == 60 else f'{minutes} minutes'}",
        severity=Severity.CRITICAL,
        rule=OneOf(name, (0,)),
        columns=(table.time_column,),
        computed={name: sql},
        meaning="Rows of one window would stand under several times.",
    )
