"""Reads what holes are found in: the audit rows of a bounded time, and the claims of publishers."""

from datetime import UTC, datetime, timedelta

from pyiceberg.catalog import Catalog
from pyiceberg.expressions import LessThan
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.tables import INGEST_AUDIT
from jobs.declarations.windows import Mode, Window, hours_between
from jobs.pings.landing_zone import LandedHour, list_hours
from jobs.tables.audit.open_claims import read_claims
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.upkeep.input_holes import READ_WITHIN, Holes, ReadHour, find_holes

_NO_HOURS: dict[datetime, ReadHour] = {}


def read_holes(catalog: Catalog, now: datetime, look_back: timedelta, landing: str | None = None) -> tuple[Holes, list[LandedHour]]:
    """The holes of the whole days of `look_back` and of the day that is not over; of late objects, too, if the landing zone is given.

    With them, what lies in the landing zone for the whole days. LandingZoneError if it cannot be listed. Before the first publication there
    is no hole.
    """
    audit = stored_table(catalog, INGEST_AUDIT)
    midnight = now.replace(hour=0)
    start = midnight - look_back
    read = _hours(audit, start, now, with_objects=landing is not None) if audit else _NO_HOURS
    first = _first_hour(audit, start, read) if audit else None
    if audit is None or first is None:
        return Holes(), []
    listed = list_hours(landing, Window(start, midnight, Mode.SETTLED)) if landing is not None else []
    claimed = [hour for claim in read_claims(audit) if claim.rank.processed_at < now - READ_WITHIN for hour in claim.hours]
    return find_holes(read, first, now, listed, claimed), listed


def read_hours(catalog: Catalog, start: datetime, end: datetime) -> dict[datetime, ReadHour]:
    """The hours in [start, end) that were read, with their objects."""
    audit = stored_table(catalog, INGEST_AUDIT)
    return _hours(audit, start, end, with_objects=True) if audit else {}


def _hours(audit: IcebergTable, start: datetime, end: datetime, *, with_objects: bool) -> dict[datetime, ReadHour]:
    """Without the objects where they are not asked for: they are most of the table."""
    columns = ("hour_start", "mode", "objects") if with_objects else ("hour_start", "mode")
    rows = audit.scan(hours_filter(INGEST_AUDIT.time_column, hours_between(start, end)), selected_fields=columns).to_arrow().to_pylist()
    return {
        row["hour_start"].astimezone(UTC): ReadHour(
            Mode(row["mode"]), {landed["object_key"]: landed["etag"] for landed in row.get("objects") or ()}
        )
        for row in rows
    }


def _first_hour(audit: IcebergTable, start: datetime, read: dict[datetime, ReadHour]) -> datetime | None:
    """`start` if anything was read before it. Only a young table, or one with a hole right at the start, is looked at further back."""
    first = min(read, default=None)
    if first == start:
        return start
    is_older = (
        audit.scan(LessThan(INGEST_AUDIT.time_column, start.isoformat()), selected_fields=("hour_start",), limit=1).to_arrow().num_rows
    )
    return start if is_older else first
