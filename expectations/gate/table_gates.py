"""Runs the suites of an attempt's tables on its staged rows."""

from collections.abc import Callable
from functools import partial

from expectations.checks.audited_run import AuditedRun, HourTotals, StagedTable
from expectations.checks.checks import TableSuite
from expectations.checks.declared_checks import schema_suite
from expectations.checks.staged_rows import open_rows, staged_columns
from expectations.gate.gate_results import TableResult
from expectations.gate.gate_run import build_and_run
from expectations.suites.build_health import build_health_suite
from expectations.suites.client_reach import client_reach_suite
from expectations.suites.error_aggregates import error_aggregates_suite
from expectations.suites.experiment_error_aggregates import experiment_error_aggregates_suite
from expectations.suites.experiment_health import experiment_health_suite
from expectations.suites.ingest_audit import ingest_audit_suite
from expectations.suites.later_health import later_health_suite
from expectations.suites.rejected_pings import rejected_pings_suite
from expectations.suites.release_health import release_health_suite
from expectations.suites.release_totals import release_totals_suite
from expectations.suites.usage_delays import usage_delays_suite
from expectations.suites.window_suites import total_by_hour
from jobs.declarations.tables import BUILD_HEALTH, EXPERIMENT_HEALTH, INGEST_AUDIT, LATER_HEALTH, RELEASE_HEALTH, WINDOW_TABLES, Table
from jobs.declarations.windows import Mode
from jobs.tables.staged.staging_manifest import Looks, Manifest

SUITES: dict[str, Callable[[StagedTable, AuditedRun], TableSuite]] = {
    "error_aggregates": error_aggregates_suite,
    "experiment_error_aggregates": experiment_error_aggregates_suite,
    "release_totals": release_totals_suite,
    "usage_delays": usage_delays_suite,
    "client_reach": client_reach_suite,
    "client_reach_days": client_reach_suite,
    "rejected_pings": rejected_pings_suite,
}
HEALTH_SUITES: dict[Table, Callable[[StagedTable, Looks], TableSuite]] = {
    RELEASE_HEALTH: release_health_suite,
    EXPERIMENT_HEALTH: experiment_health_suite,
    BUILD_HEALTH: build_health_suite,
    LATER_HEALTH: later_health_suite,
}


def audit_window_tables(manifest: Manifest, run: AuditedRun) -> tuple[TableResult, ...]:
    """The results of the tables that a window replaces, ingest_audit last: it is reconciled with the others."""
    totals: dict[str, HourTotals] = {}

    def rows_suite(table: Table) -> TableSuite:
        staged = StagedTable(table, open_rows(manifest, table))
        totals[table.name] = total_by_hour(staged)
        return SUITES[table.name](staged, run)

    def audit_suite() -> TableSuite:
        return ingest_audit_suite(StagedTable(INGEST_AUDIT, open_rows(manifest, INGEST_AUDIT)), run, totals)

    results = [_run(manifest, table, partial(rows_suite, table)) for table in WINDOW_TABLES]
    return (*results, _run(manifest, INGEST_AUDIT, audit_suite))


def audit_health_tables(manifest: Manifest) -> tuple[TableResult, ...]:
    """The results of release_health and of the tables told beside it."""
    looks = manifest.looks
    if looks is None:
        raise ValueError(f"the manifest of {manifest.window_run_id} names no looks; it is not one of stage health")

    def suite_of(table: Table, suite: Callable[[StagedTable, Looks], TableSuite]) -> TableSuite:
        return suite(StagedTable(table, open_rows(manifest, table)), looks)

    suites = {table: partial(suite_of, table, suite) for table, suite in HEALTH_SUITES.items()}
    return tuple(_run(manifest, table, suite) for table, suite in suites.items())


def _run(manifest: Manifest, table: Table, rows_suite: Callable[[], TableSuite]) -> TableResult:
    is_settled = manifest.window.mode is Mode.SETTLED
    return build_and_run(table.name, is_settled, lambda: schema_suite(table, staged_columns(manifest, table)), rows_suite)
