"""Read what ingest_audit says of the hours of a window."""

from datetime import datetime

from pyiceberg.table import Table as IcebergTable

from jobs.table_declarations import INGEST_AUDIT
from jobs.tables.audit_rows import AUDIT_COLUMNS, HourAudit, hour_audits
from jobs.tables.row_replacement import hours_filter
from jobs.windows import hours_between


def read_hour_audits(audit: IcebergTable, start: datetime, end: datetime) -> dict[datetime, HourAudit]:
    """The audit rows of the hours in [start, end) in the table's loaded snapshot, by hour."""
    return hour_audits(
        audit.scan(hours_filter(INGEST_AUDIT.time_column, hours_between(start, end)), selected_fields=AUDIT_COLUMNS).to_arrow()
    )
