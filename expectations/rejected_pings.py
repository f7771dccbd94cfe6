"""What must hold of rejected_pings."""

import great_expectations.expectations as gxe

from expectations.audited_run import AuditedRun, StagedTable
from expectations.checks import Check, TableSuite
from expectations.severities import Severity
from expectations.window_suites import window_suite
from jobs.pings.reject_reasons import RejectReason

_REASONS = [reason.value for reason in RejectReason]

_OWN_CHECKS = (
    Check(
        words="reason is a declared reject reason",
        severity=Severity.CRITICAL,
        expectation=gxe.ExpectColumnValuesToBeInSet(column="reason", value_set=_REASONS),
        columns=("reason",),
        meaning="Reasons are those of jobs/pings/reject_reasons.py; another one has no rule, no test and no words.",
        broken_rows="WHERE reason NOT IN (" + ", ".join(f"'{reason}'" for reason in _REASONS) + ")",
    ),
    Check(
        words="line_number >= 1",
        severity=Severity.CRITICAL,
        expectation=gxe.ExpectColumnValuesToBeBetween(column="line_number", min_value=1),
        columns=("line_number",),
        meaning="Lines count from 1; nobody finds the line by this number.",
        broken_rows="WHERE line_number < 1",
    ),
)


def rejected_pings_suite(staged: StagedTable, run: AuditedRun) -> TableSuite:
    """The suite for one window's staged rows."""
    return window_suite(staged, run, own_checks=_OWN_CHECKS)
