"""What became of each hour of a window: from its audit row, the gate's results and whether the edge had closed it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from jobs.declarations.states import FAILED, HourStatus
from jobs.declarations.windows import Mode, Window
from jobs.digest.facts.digest_facts import FailedExpectation, HourCondition, HourFacts

_SCORES = "release_health"


def hour_facts(
    window: Window, audit_rows: Iterable[Mapping[str, Any]], failed: Iterable[FailedExpectation], closed_hours: set[datetime] | None
) -> tuple[HourFacts, ...]:
    """The hours of the window in order. `closed_hours` are those whose folder the edge has closed by now; None where nobody can tell."""
    audits = {row["hour_start"]: row for row in audit_rows}
    is_blocked = any(expectation.is_blocking and expectation.table_name != _SCORES for expectation in failed)
    if is_blocked:
        return tuple(HourFacts(hour, HourCondition.GATE_FAILED) for hour in window.hours)
    return tuple(_hour(hour, audits.get(hour), window.mode, closed_hours) for hour in window.hours)


def _hour(hour: datetime, audit: Mapping[str, Any] | None, mode: Mode, closed_hours: set[datetime] | None) -> HourFacts:
    if audit is None or audit["status"] != HourStatus.COMPLETE:
        if closed_hours is None:
            return HourFacts(hour, HourCondition.UNREADABLE)
        return HourFacts(hour, HourCondition.NOT_FINISHED if hour in closed_hours or audit is not None else HourCondition.NOT_CLOSED)
    return HourFacts(
        hour_start=hour,
        condition=_read_condition(audit, mode),
        lines=audit["lines"],
        accepted=audit["accepted"],
        duplicates=audit["duplicates"],
        rejected=audit["rejected"],
        late_objects=audit["late_objects"],
        rejects_by_reason=tuple(sorted(dict(audit["rejects_by_reason"]).items(), key=lambda item: -item[1])),
    )


def _read_condition(audit: Mapping[str, Any], mode: Mode) -> HourCondition:
    if mode is Mode.SETTLED and audit["mode"] == Mode.PROVISIONAL:
        return HourCondition.NOT_SETTLED
    if audit["lines"] == 0:
        return HourCondition.EMPTY
    return HourCondition.COMPLETE if audit["is_closed"] else HourCondition.INCOMPLETE


def failed_expectations(rows: Iterable[Mapping[str, Any]]) -> tuple[FailedExpectation, ...]:
    """What did not pass in the latest attempt at each table, the blocking first. Passes and checks that do not apply are left out."""
    rows = list(rows)
    latest: dict[str, tuple[datetime, str]] = {}
    for row in rows:
        latest[row["table_name"]] = max(
            latest.get(row["table_name"], (row["checked_at"], row["attempt"])), (row["checked_at"], row["attempt"])
        )
    failed = [
        FailedExpectation(row["table_name"], row["expectation"], row["severity"], row["outcome"], row.get("observed"), row.get("message"))
        for row in rows
        if row["outcome"] in FAILED and row["attempt"] == latest[row["table_name"]][1]
    ]
    return tuple(sorted(failed, key=lambda expectation: (not expectation.is_blocking, expectation.table_name, expectation.expectation)))
