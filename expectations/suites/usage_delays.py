"""What must hold of usage_delays."""

from expectations.checks.audited_run import AuditedRun, StagedTable
from expectations.checks.checks import Check, TableSuite
from expectations.checks.rules import Between
from expectations.suites.window_suites import window_suite
from jobs.declarations.measures import MEASURES
from jobs.declarations.product import DurationAsHours
from jobs.declarations.states import Severity

_LONGEST_HOURS = int(max(m.source.longest_hours for m in MEASURES if isinstance(m.source, DurationAsHours)))

_DELAY_CHECK = Check(
    words=f"delay_hours <= {_LONGEST_HOURS}",
    severity=Severity.CRITICAL,
    rule=Between("delay_hours", greatest=_LONGEST_HOURS),
    columns=("delay_hours",),
    meaning="No subsession is longer, so no usage of it can be older.",
)


def usage_delays_suite(staged: StagedTable, run: AuditedRun) -> TableSuite:
    """The suite for one window's staged rows."""
    return window_suite(staged, run, own_checks=(_DELAY_CHECK,))
