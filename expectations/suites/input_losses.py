"""What a run reads beside what is published of its hours: input that is less than it was, or of which nothing could be used, is not published.

A landing zone that is not mounted, a folder renamed, an edge that sends another format: each would replace good rows by few or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from expectations.checks.audited_run import AuditedRun, PublishedHour, Unread
from expectations.checks.checks import Batch, Check, NotRun
from expectations.checks.gate_policy import GatePolicy
from expectations.checks.rules import OneOf
from expectations.checks.staged_rows import FigureRows
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import INGEST_AUDIT
from jobs.declarations.windows import HOUR, Mode
from jobs.pings.landing_zone import ping_type_of

_NONE = "none"

AuditRow = Mapping[str, Any]


@dataclass(frozen=True)
class _Rule:
    """`figure` names what is lost, as a column of the batch that says `none` or how much; `columns` are those of ingest_audit."""

    words: str
    figure: str
    columns: tuple[str, ...]
    meaning: str
    is_always_warning: bool = False
    needs_published: bool = False


def input_losses(audit_rows: Sequence[AuditRow], run: AuditedRun, policy: GatePolicy) -> tuple[Batch | NotRun, ...]:
    """One row an hour; critical, unless the run was told to accept less."""
    rules, published = _rules(policy), run.published
    not_run: tuple[NotRun, ...] = ()
    if isinstance(published, Unread):
        not_run = tuple(NotRun(rule.words, _severity(rule, run), Outcome.ERROR, published.reason) for rule in rules if rule.needs_published)
        rules, published = tuple(rule for rule in rules if not rule.needs_published), {}
    hours = [_losses(row, published, run.window.mode, policy) for row in audit_rows]
    silences = _silences(audit_rows, published, policy)
    figures = [
        {"hour": f"{row['hour_start'].astimezone(UTC):%Y-%m-%d %H:%M}"} | losses | silence
        for row, losses, silence in zip(audit_rows, hours, silences, strict=True)
    ]
    columns = ["hour", *(rule.figure for rule in rules)]
    checks = tuple(
        Check(
            words=rule.words,
            severity=_severity(rule, run),
            rule=OneOf(rule.figure, (_NONE,)),
            columns=rule.columns,
            meaning=rule.meaning,
        )
        for rule in rules
    )
    return Batch(INGEST_AUDIT.name, FigureRows(figures, columns=columns), checks, subject=("hour",)), *not_run


def _rules(policy: GatePolicy) -> tuple[_Rule, ...]:
    bring_back = (
        "Bring the landing zone back (mounted? renamed? past its retention?) and run the window again; what is published stays meanwhile. "
        "If less is right, run it with --accept-less (accept_less in the form of release_health_backfill)."
    )
    unusable = "The edge sends another format, or this version cannot read it: look at rejected_pings and the folder, then run the window again. If this is all that there is, --accept-less."
    share = f"{policy.smallest_lines_share:.0%}"
    return (
        _Rule("every object of the published hour is still there", "gone", ("objects",), bring_back, needs_published=True),
        _Rule(f"lines >= {share} of those published", "lines", ("lines",), bring_back, needs_published=True),
        _Rule(
            f"accepted and duplicate pings >= {share} of those published",
            "pings",
            ("accepted", "duplicates"),
            bring_back,
            needs_published=True,
        ),
        _Rule(f"pings are accepted, from >= {policy.smallest_kept_share:.0%} of the lines", "rejected", ("accepted", "rejected"), unusable),
        _Rule("no folder has files without one ping object among them", "unread", ("ignored_keys",), unusable),
        _Rule(
            "every file of the hour is a ping object",
            "ignored",
            ("ignored_objects", "ignored_keys"),
            "Files of these names are not read: a writer that was interrupted, or an edge that names its objects otherwise than README says.",
            is_always_warning=True,
        ),
        _Rule(
            "no type of ping is missing that the hour before had",
            "missing",
            ("accepted_by_ping",),
            "A folder is missing, or the edge lost it. Ask whoever runs ingestion; settling picks up what comes later.",
            is_always_warning=True,
        ),
    )


def _severity(rule: _Rule, run: AuditedRun) -> Severity:
    return Severity.WARNING if rule.is_always_warning or run.accepts_less else Severity.CRITICAL


def _losses(row: AuditRow, published: Mapping[datetime, PublishedHour], mode: Mode, policy: GatePolicy) -> dict[str, str]:
    before = published.get(row["hour_start"])
    if before is not None and before.mode is Mode.SETTLED and mode is Mode.PROVISIONAL:
        before = None  # publishing leaves the hour as it is
    lines, kept = row["lines"] or 0, (row["accepted"] or 0) + (row["duplicates"] or 0)
    keys = {landed["object_key"] for landed in row["objects"] or ()}
    gone = sorted(before.object_keys - keys) if before else []
    share = policy.smallest_lines_share
    ignored = list(row.get("ignored_keys") or ())
    folders_read = {ping_type_of(key) for key in keys}
    unread = [key for key in ignored if not _is_hidden(key) and ping_type_of(key) not in (folders_read | {None} if keys else folders_read)]
    return {
        "gone": f"{len(gone)} of {len(before.object_keys)}, such as {gone[0]}" if before and gone else _NONE,
        "lines": f"{lines}, published {before.lines}" if before and lines < share * before.lines else _NONE,
        "pings": f"{kept}, published {before.pings}" if before and kept < share * before.pings else _NONE,
        "rejected": f"{lines - kept} of {lines} lines{_most_rejected(row)}" if _is_unusable(lines, kept, policy) else _NONE,
        "unread": ", ".join(unread[:3]) or _NONE,
        "ignored": f"{row['ignored_objects']}, such as {ignored[0]}" if ignored else _NONE,
    }


def _is_unusable(lines: int, kept: int, policy: GatePolicy) -> bool:
    return lines > 0 and (kept == 0 or (lines >= policy.min_rejects and kept < policy.smallest_kept_share * lines))


def _most_rejected(row: AuditRow) -> str:
    reasons = sorted(dict(row["rejects_by_reason"] or ()).items(), key=lambda item: -item[1])
    return f", {reasons[0][0]} {reasons[0][1]}" if reasons else ""


def _silences(rows: Sequence[AuditRow], published: Mapping[datetime, PublishedHour], policy: GatePolicy) -> list[dict[str, str]]:
    accepted = {hour: before.accepted_by_ping for hour, before in published.items()}
    accepted |= {row["hour_start"]: dict(row["accepted_by_ping"] or ()) for row in rows}
    said = []
    for row in rows:
        before = accepted.get(row["hour_start"] - HOUR, {})
        missing = [
            f"{ping} ({count} in the hour before)"
            for ping, count in before.items()
            if count >= policy.min_pings_before and not accepted[row["hour_start"]].get(ping)
        ]
        said.append({"missing": ", ".join(missing) or _NONE})
    return said


def _is_hidden(key: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(key).parts)
