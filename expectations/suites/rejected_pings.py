"""What must hold of rejected_pings."""

from expectations.checks.audited_run import AuditedRun, StagedTable
from expectations.checks.checks import Check, TableSuite
from expectations.checks.rules import Between, OneOf
from expectations.suites.window_suites import window_suite
from jobs.declarations.states import Severity
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT

_REASONS = [reason.value for reason in (*RejectReason, *PRODUCT.own_reasons)]

_OWN_CHECKS = (
    Check(
        words="reason is a declared reject reason",
        severity=Severity.CRITICAL,
        rule=OneOf("reason", tuple(_REASONS)),
        columns=("reason",),
        meaning="Reasons are those of jobs/pings/reject_reasons.py and of the product's declaration; another one has no rule, no test and no words.",
    ),
    Check(
        words="line_number >= 1",
        severity=Severity.CRITICAL,
        rule=Between("line_number", least=1),
        columns=("line_number",),
        meaning="Lines count from 1; nobody finds the line by this number.",
    ),
)


def rejected_pings_suite(staged: StagedTable, run: AuditedRun) -> TableSuite:
    """The suite for one window's staged rows."""
    return window_suite(staged, run, own_checks=_OWN_CHECKS)
