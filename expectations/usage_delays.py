"""What must hold of usage_delays."""

import great_expectations.expectations as gxe

from expectations.audited_run import AuditedRun, StagedTable
from expectations.checks import Check, TableSuite
from expectations.severities import Severity
from expectations.window_suites import window_suite
from jobs.measures import MEASURES, SecondsAsHours

_LONGEST_HOURS = int(max(m.source.longest_hours for m in MEASURES if isinstance(m.source, SecondsAsHours)))

_DELAY_CHECK = Check(
    words=f"delay_hours <= {_LONGEST_HOURS}",
    severity=Severity.CRITICAL,
    expectation=gxe.ExpectColumnValuesToBeBetween(column="delay_hours", max_value=_LONGEST_HOURS),
    columns=("delay_hours",),
    meaning="No subsession is longer, so no usage of it can be older.",
    broken_rows=f"WHERE delay_hours > {_LONGEST_HOURS}",
)


def usage_delays_suite(staged: StagedTable, run: AuditedRun) -> TableSuite:
    """The suite for one window's staged rows."""
    return window_suite(staged, run, own_checks=(_DELAY_CHECK,))
