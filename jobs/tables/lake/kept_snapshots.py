"""Which snapshots of a table are kept. What a commit costs grows with their number, so every commit lets go of those past keeping."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

RECENT = 36
"""The newest snapshots: a day of hourly publications and their settling, of which `restore_window` may go back to each."""
DAYS = timedelta(days=8)
"""The last snapshot of each day (UTC) is kept so long: a bad publication is noticed within a week."""
MOST_AT_ONCE = 1000
"""A table that was written without this rule is brought down in slices: each snapshot that goes costs a look at the others."""


def expendable_snapshots(stored: IcebergTable, now: datetime, claimed: Collection[int] = ()) -> list[int]:
    """Ids of the snapshots to let go of, oldest first, at most MOST_AT_ONCE; never one that a branch, a tag or an open claim names."""
    snapshots = sorted(stored.snapshots(), key=lambda snapshot: (snapshot.timestamp_ms, snapshot.sequence_number or 0))
    kept = {ref.snapshot_id for ref in stored.refs().values()} | set(claimed)
    kept |= {snapshot.snapshot_id for snapshot in snapshots[-RECENT:]}
    kept |= {snapshot.snapshot_id for day, snapshot in last_of_each_day(snapshots).items() if day >= (now - DAYS).date()}
    return [snapshot.snapshot_id for snapshot in snapshots if snapshot.snapshot_id not in kept][:MOST_AT_ONCE]


def last_of_each_day(snapshots: Iterable[Snapshot]) -> Mapping[date, Snapshot]:
    """By UTC day, of snapshots in the order of their times."""
    return {committed_at(snapshot).date(): snapshot for snapshot in snapshots}


def committed_at(snapshot: Snapshot) -> datetime:
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
