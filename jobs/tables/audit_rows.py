"""What ingest_audit says of each hour: whose rows it holds, and whether they are all there."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from jobs.windows import Mode

PUBLISHING = "publishing"
COMPLETE = "complete"
AUDIT_COLUMNS = ("hour_start", "mode", "status", "processed_at", "window_run_id")


@dataclass(frozen=True)
class HourAudit:
    """The audit row of one hour, as far as publishing and reading need it."""

    hour_start: datetime
    mode: Mode
    status: str
    processed_at: datetime
    window_run_id: str

    @property
    def rank(self) -> tuple[bool, datetime, str]:
        """The higher rank owns the hour: settled before provisional, then the later reading. A total order, whoever comes first."""
        return (self.mode is Mode.SETTLED, self.processed_at, self.window_run_id)

    @property
    def is_complete(self) -> bool:
        return self.status == COMPLETE


def hour_audits(rows: pa.Table) -> dict[datetime, HourAudit]:
    """Rows of ingest_audit, stored or staged, by hour."""
    audits = [
        HourAudit(
            hour_start=row["hour_start"].astimezone(UTC),
            mode=Mode(row["mode"]),
            status=row["status"],
            processed_at=row["processed_at"].astimezone(UTC),
            window_run_id=row["window_run_id"],
        )
        for row in rows.select(list(AUDIT_COLUMNS)).to_pylist()
    ]
    return {audit.hour_start: audit for audit in audits}
