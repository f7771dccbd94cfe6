"""Read what ingest_audit says of the hours of a window."""

from datetime import datetime

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.tables import INGEST_AUDIT
from jobs.declarations.windows import hours_between
from jobs.tables.audit.audit_rows import AUDIT_COLUMNS, HourAudit, hour_audits
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import stored_table


def read_hour_audits(audit: IcebergTable, start: datetime, end: datetime) -> dict[datetime, HourAudit]:
    """The audit rows of the hours in [start, end) in the table's loaded snapshot, by hour."""
    present = tuple(name for name in AUDIT_COLUMNS if name in audit.schema().column_names)
    return hour_audits(audit.scan(hours_filter(INGEST_AUDIT.time_column, hours_between(start, end)), selected_fields=present).to_arrow())


def latest_audit_sequence(catalog: Catalog) -> int:
    """Sequence number of ingest_audit as it stands; 0 before the first publication. A reading that begins now notes it for its rank."""
    audit = stored_table(catalog, INGEST_AUDIT)
    return audit.last_sequence_number if audit else 0
