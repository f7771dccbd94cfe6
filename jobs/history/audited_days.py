"""Which run completed each hour of the past, day by day: from ingest_audit for days that changed, as kept for the others."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import chain

from pyiceberg.expressions import And, BooleanExpression, GreaterThanOrEqual, LessThan
from pyiceberg.table import ManifestGroupPlanner
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.states import HourStatus
from jobs.declarations.windows import HOUR

HOURS_OF_DAY = 24
_FORMAT = 1  # of what is kept of a day; raise it when that changes
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def files_of_days(audit: IcebergTable, start: datetime, end: datetime | None) -> dict[datetime, str]:
    """A digest of the names of the audit's files by day of [start, end), or from `start` on. Opens no file.

    As long as a day's digest stays, so do its rows; files that were merged have other names and the same rows.
    """
    snapshot = audit.current_snapshot()
    if snapshot is None:
        return {}
    within: BooleanExpression = GreaterThanOrEqual("hour_start", start.isoformat())
    if end is not None:
        within = And(within, LessThan("hour_start", end.isoformat()))
    names: dict[datetime, list[str]] = defaultdict(list)
    # A scan's plan would also work out, file by file, what is left of the filter: two thirds of its time.
    planner = ManifestGroupPlanner(audit.metadata, audit.io, within)
    for entry in chain.from_iterable(planner.plan_manifest_entries(snapshot.manifests(audit.io))):
        names[_EPOCH + timedelta(days=entry.data_file.partition[0])].append(entry.data_file.file_path)
    return {day: hashlib.sha256("\n".join([str(_FORMAT), *sorted(of_day)]).encode()).hexdigest()[:24] for day, of_day in names.items()}


def runs_of_days(audit: IcebergTable, days: Collection[datetime]) -> dict[datetime, list[str]]:
    """By day, the run that completed each of its 24 hours; the empty string where none has."""
    runs = {day: [""] * HOURS_OF_DAY for day in days}
    if not days:
        return runs
    within = And(GreaterThanOrEqual("hour_start", min(days).isoformat()), LessThan("hour_start", (max(days) + 24 * HOUR).isoformat()))
    for row in audit.scan(within, selected_fields=("hour_start", "status", "window_run_id")).to_arrow().to_pylist():
        hour = row["hour_start"].astimezone(UTC)
        day = hour.replace(hour=0)
        if row["status"] == HourStatus.COMPLETE and day in runs:
            runs[day][hour.hour] = row["window_run_id"]
    return runs
