"""Objects that came, or changed, after their day was settled."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pyiceberg.expressions import And, EqualTo
from pyiceberg.table import Table as IcebergTable

from jobs.pings.landing_zone import LandedHour
from jobs.table_declarations import INGEST_AUDIT
from jobs.tables.row_replacement import hours_filter
from jobs.windows import Mode, hours_between

EtagByObject = Mapping[str, str]


def settled_objects(audit: IcebergTable, start: datetime, end: datetime) -> dict[datetime, EtagByObject]:
    """What was read for each settled hour in [start, end), by hour; an hour that is not settled is not there."""
    is_settled = And(hours_filter(INGEST_AUDIT.time_column, hours_between(start, end)), EqualTo("mode", Mode.SETTLED.value))
    rows = audit.scan(is_settled, selected_fields=("hour_start", "mode", "objects")).to_arrow().to_pylist()
    return {row["hour_start"]: {landed["object_key"]: landed["etag"] for landed in row["objects"]} for row in rows}


def days_to_settle_again(hours: Iterable[LandedHour], settled: Mapping[datetime, EtagByObject]) -> dict[date, list[str]]:
    """The keys of the objects that are not what was read, by day. An object that is gone from the landing zone changes nothing."""
    unread: dict[date, list[str]] = {}
    for hour in hours:
        read = settled.get(hour.hour_start)
        if read is None:
            continue
        keys = [landed.object_key for landed in hour.objects if read.get(landed.object_key) != landed.etag]
        if keys:
            unread.setdefault(hour.hour_start.date(), []).extend(keys)
    return unread
