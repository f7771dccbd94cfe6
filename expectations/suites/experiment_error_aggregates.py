"""What must hold of experiment_error_aggregates. A client in two experiments stands in both, so that its sums equal no other table's."""

from expectations.checks.audited_run import AuditedRun, StagedTable
from expectations.checks.checks import TableSuite
from expectations.suites.window_suites import window_suite


def experiment_error_aggregates_suite(staged: StagedTable, run: AuditedRun) -> TableSuite:
    """The suite for one window's staged rows."""
    return window_suite(staged, run)
