"""Figures about a window's audit rows that may warn: volume against the same hour of other weeks, rejects against the week before, late objects."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from expectations.checks.audited_run import AuditedHour, History, Unread
from expectations.checks.checks import Batch, Check, NotRun
from expectations.checks.gate_policy import GatePolicy
from expectations.checks.rules import Between, NotAbove
from expectations.checks.staged_rows import FigureRows
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import INGEST_AUDIT

_MAD_TO_SD = 1.4826  # of a normal distribution
_A_WEEK = timedelta(days=7)

AuditRow = Mapping[str, Any]


def volume_figures(audit_rows: Sequence[AuditRow], history: History | Unread, policy: GatePolicy) -> Batch | NotRun:
    """Accepted pings of each hour beside those of the same weekday and hour in the weeks before."""
    words = f"accepted pings lie within {policy.largest_volume_z:g} robust deviations of the same weekday's hour"
    if isinstance(history, Unread):
        return NotRun(words, Severity.WARNING, Outcome.ERROR, history.reason)
    before = {hour.hour_start: hour.accepted for hour in history.hours}
    figures = []
    for row in audit_rows:
        weeks = _same_hours(row["hour_start"], before, policy.weeks_compared)
        if len(weeks) >= policy.min_weeks:
            accepted = row["accepted"] or 0
            z = robust_z(accepted, weeks, policy.smallest_volume_spread)
            observed = f"{row['hour_start'].astimezone(UTC):%Y-%m-%d %H:%M}: {accepted} accepted pings, usually {median(weeks):g}"
            figures.append({"robust deviations": z, "observed": observed})
    if not figures:
        reason = f"no hour of the window has {policy.min_weeks} weeks of the same weekday before it"
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, reason)
    largest = policy.largest_volume_z
    check = Check(
        words=words,
        severity=Severity.WARNING,
        rule=Between("robust deviations", least=-largest, greatest=largest),
        columns=("accepted",),
        meaning="Part of the pings is missing or doubled upstream, or users did something unusual (a holiday, an update to everyone at once).",
    )
    return Batch(INGEST_AUDIT.name, FigureRows(figures), (check,), subject=("observed",))


def robust_z(accepted: int, weeks: Sequence[int], smallest_spread: float) -> float:
    """Deviations from the median, in units of the median absolute deviation, but at least of counting noise and of a share of the median."""
    centre = median(weeks)
    mad = median(abs(week - centre) for week in weeks)
    spread = max(_MAD_TO_SD * mad, centre**0.5, smallest_spread * centre, 1.0)
    return float((accepted - centre) / spread)


def reject_figures(audit_rows: Sequence[AuditRow], history: History | Unread, policy: GatePolicy) -> Batch | NotRun:
    """The share of lines that each reason rejects, beside its share in the week before."""
    words = f"no reason rejects more than {policy.reject_share_factor:g} x its usual share of lines"
    if isinstance(history, Unread):
        return NotRun(words, Severity.WARNING, Outcome.ERROR, history.reason)
    start = min((row["hour_start"] for row in audit_rows), default=None)
    recent = [hour for hour in history.hours if start is not None and hour.hour_start >= start - policy.reject_history]
    lines_before = sum(hour.lines for hour in recent)
    if len(recent) < policy.min_history_hours or lines_before == 0:
        reason = f"only {len(recent)} complete hours in the {policy.reject_history.days} days before the window"
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, reason)
    rejects_before = _added_up(hour.rejects_by_reason for hour in recent)
    rejects = _added_up(dict(row["rejects_by_reason"] or ()) for row in audit_rows)
    lines = sum(row["lines"] or 0 for row in audit_rows)
    figures = []
    for reason, rejected in rejects.items():
        share, usual = rejected / max(lines, 1), rejects_before[reason] / lines_before
        if rejected >= policy.min_rejects:
            allowed = max(policy.reject_share_factor * usual, policy.smallest_reject_share)
            figures.append({"share": share, "allowed": allowed, "observed": f"{reason} {share:.2%} of lines, usually {usual:.2%}"})
    check = Check(
        words=words,
        severity=Severity.WARNING,
        rule=NotAbove("share", "allowed"),
        columns=("rejects_by_reason",),
        meaning="Look at rejected_pings of that reason: a client build or the edge changed what it sends.",
    )
    return Batch(INGEST_AUDIT.name, FigureRows(figures, columns=["share", "allowed", "observed"]), (check,), subject=("observed",))


def late_figures(audit_rows: Sequence[AuditRow], policy: GatePolicy) -> Batch | NotRun:
    """The share of the window's objects that came after their hour had been closed."""
    words = f"late objects <= {policy.largest_late_share:.0%}"
    objects = sum(len(row["objects"] or ()) for row in audit_rows)
    if objects == 0:
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, "the window has no objects")
    late = sum(row["late_objects"] or 0 for row in audit_rows)
    check = Check(
        words=words,
        severity=Severity.WARNING,
        rule=Between("share", greatest=policy.largest_late_share),
        columns=("late_objects", "objects"),
        meaning="The edge closes its hours too early. Settling picks up what came after an hour was read.",
    )
    figures = FigureRows([{"share": late / objects, "observed": f"{late / objects:.0%}, {late} of {objects}"}])
    return Batch(INGEST_AUDIT.name, figures, (check,), subject=("observed",))


def _same_hours(hour: datetime, accepted: Mapping[datetime, int], weeks: int) -> list[int]:
    before = [hour - week * _A_WEEK for week in range(1, weeks + 1)]
    return [accepted[at] for at in before if at in accepted]


def _added_up(counts_by_reason: Any) -> Counter[str]:
    added_up: Counter[str] = Counter()
    for counts in counts_by_reason:
        added_up.update(counts)
    return added_up


def audited_hours(rows: Sequence[AuditRow]) -> tuple[AuditedHour, ...]:
    """Complete audit rows as history."""
    return tuple(
        AuditedHour(row["hour_start"].astimezone(UTC), row["lines"], row["accepted"], dict(row["rejects_by_reason"] or ())) for row in rows
    )
