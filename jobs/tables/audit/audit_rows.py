"""What ingest_audit says of each hour: whose rows it holds, how many, and whether they are all there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa

from jobs.declarations.states import HourStatus
from jobs.declarations.windows import Mode

AUDIT_COLUMNS = ("hour_start", "mode", "status", "processed_at", "window_run_id", "audit_sequence", "rows_by_table")


class Rank(NamedTuple):
    """The higher rank owns the hour: a total order, whoever comes first.

    Settled before provisional, then the reading that began from the later ingest_audit. A clock decides only between readings that began
    from the same one, so that a clock that was ahead once does not win for good.
    """

    is_settled: bool
    audit_sequence: int
    processed_at: datetime
    window_run_id: str

    @property
    def mode(self) -> Mode:
        return Mode.SETTLED if self.is_settled else Mode.PROVISIONAL


@dataclass(frozen=True)
class HourAudit:
    """The audit row of one hour, as far as publishing and reading need it."""

    hour_start: datetime
    status: str
    rank: Rank
    rows_by_table: dict[str, int]

    @property
    def window_run_id(self) -> str:
        return self.rank.window_run_id

    @property
    def is_complete(self) -> bool:
        return self.status == HourStatus.COMPLETE


def hour_audits(rows: pa.Table) -> dict[datetime, HourAudit]:
    """Rows of ingest_audit, stored or staged, by hour. Rows from before `audit_sequence` was noted count as read from the first one."""
    audits = [
        HourAudit(
            hour_start=row["hour_start"].astimezone(UTC),
            status=row["status"],
            rank=Rank(
                Mode(row["mode"]) is Mode.SETTLED, row.get("audit_sequence") or 0, row["processed_at"].astimezone(UTC), row["window_run_id"]
            ),
            rows_by_table=dict(row["rows_by_table"]),
        )
        for row in rows.to_pylist()
    ]
    return {audit.hour_start: audit for audit in audits}
