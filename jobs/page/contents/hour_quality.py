"""What became of each hour, what was rejected, and which expectations failed, as the page shows them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from jobs.declarations.states import HourStatus, Severity
from jobs.declarations.tables import RELEASE_HEALTH, WINDOW_TABLES
from jobs.page.documents.page_documents import FailedCheck, HourQuality, QualityDocument
from jobs.wording.client_text import as_label, as_sentence

_MOST_FAILED_CHECKS = 200


def quality_document(
    hours: Iterable[datetime], audits: Iterable[Mapping[str, Any]], failed: Iterable[Mapping[str, Any]], is_public: bool
) -> QualityDocument:
    """The hours as ingest_audit has them, oldest first; the failed expectations as data_quality has them, newest first."""
    failed = sorted(failed, key=lambda row: row["checked_at"], reverse=True)
    stopped = [
        (row["window_start"], row["window_end"])
        for row in failed
        if row["severity"] == Severity.CRITICAL and row["table_name"] != RELEASE_HEALTH.name
    ]
    by_hour = {row["hour_start"]: row for row in audits if row["status"] == HourStatus.COMPLETE}
    return QualityDocument(
        tables=[table.name for table in WINDOW_TABLES],
        hours=[_hour(hour, by_hour.get(hour), any(start <= hour < end for start, end in stopped)) for hour in hours],
        failed_checks=[_check(row, is_public) for row in failed[:_MOST_FAILED_CHECKS]],
    )


def _hour(hour: datetime, audit: Mapping[str, Any] | None, has_failed: bool) -> HourQuality:
    if audit is None:
        none = dict.fromkeys(("lines", "accepted", "duplicates", "rejected", "late_objects"))
        return HourQuality(hour_start=hour, condition="failed" if has_failed else "missing", rows_by_table={}, rejects_by_reason={}, **none)
    counts = {name: audit[name] for name in ("lines", "accepted", "duplicates", "rejected", "late_objects")}
    is_late = audit["late_objects"] and audit["mode"] == "provisional"
    return HourQuality(
        hour_start=hour,
        condition="late" if is_late else audit["mode"],
        rows_by_table=dict(audit["rows_by_table"]),
        rejects_by_reason={as_label(reason): count for reason, count in audit["rejects_by_reason"]},
        **counts,
    )


def _check(row: Mapping[str, Any], is_public: bool) -> FailedCheck:
    """Observed values may be a few users', so a public page leaves them out."""
    return FailedCheck(
        checked_at=row["checked_at"].astimezone(UTC),
        window_start=row["window_start"],
        window_end=row["window_end"],
        table_name=row["table_name"],
        expectation=as_sentence(row["expectation"]),
        severity=row["severity"],
        outcome=row["outcome"],
        observed=None if is_public or row["observed"] is None else as_sentence(row["observed"]),
        message=None if is_public or row["message"] is None else as_sentence(row["message"]),
    )
