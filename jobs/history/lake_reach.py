"""Reach of live releases, and of past ones by age: read from client_reach, and for hours that were dropped from client_reach_days.

A run reads the day before its first look and nothing older, of any number of years; past releases' figures are kept in release_records.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.expressions import And, BooleanExpression, EqualTo, In, Or

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.populations import ACTIVE, CRASHED, POPULATION_BY_MEASURE, POPULATIONS
from jobs.declarations.tables import CLIENT_REACH, CLIENT_REACH_DAYS, Table
from jobs.declarations.windows import HOUR, hours_between
from jobs.history.channel_days import Tell
from jobs.reach.last_days import DAY_HOURS, REACH_COLUMNS, DayReach, Place, ReachByLook, day_reach
from jobs.reach.past_reach import crash_free_by_age, settled_days
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.method.arrays import Array
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.reading.complete_windows import EVERY_ROW, PinnedHours
from jobs.tables.reading.stored_rows import InconsistentTableError

REACH_TABLES = (CLIENT_REACH, CLIENT_REACH_DAYS) if POPULATIONS else ()
"""None where a product's pings name no client."""
_DAY = timedelta(hours=DAY_HOURS)
_LOOKS_AT_ONCE = 48
"""A group's sketch takes up to 26 kB for each hour: 70 hours of a hundred groups are 180 MB."""


def read_reach(pinned: PinnedHours, releases: Sequence[Release], after: datetime, until: datetime, tell: Tell) -> ReachByLook:
    """The reach of the releases at each look with as_of in (after, until], as far as it is known. `pinned` has the day before, too."""
    found: dict[tuple[str, datetime], dict[Place, DayReach]] = {}
    for looks in _in_parts([hour + HOUR for hour in hours_between(after, until)]) if REACH_TABLES and releases else ():
        live = [each for each in releases if each.hour < looks[-1] and each.hour + timedelta(hours=HORIZON_HOURS) >= looks[0]]
        hours = pinned.within(looks[0] - _DAY, looks[-1])
        hours_by_key = _hours_by_key(hours, tell)
        for channel in sorted({release.channel for release in live if hours_by_key}):
            versions = {release.version for release in live if release.channel == channel}
            wanted = And(
                EqualTo("channel", channel),
                Or(EqualTo("population", ACTIVE), And(EqualTo("population", CRASHED), In("release_version", versions))),
            )
            rows = _read(hours, CLIENT_REACH, wanted, REACH_COLUMNS, tell)
            found |= {(channel, look): reach for look, reach in day_reach(rows, hours_by_key, looks, versions).items()}
    return found


def past_crash_free(pinned: PinnedHours, release: Release, tell: Tell) -> dict[str, Array]:
    """Crash-free users of a release whose week is over, by platform and hour of age. `pinned` has its week and the day before."""
    if not REACH_TABLES:
        return {}
    looks = [release.hour + hour * HOUR for hour in range(1, HORIZON_HOURS + 1)]
    own = And(EqualTo("channel", release.channel), EqualTo("release_version", release.version), In("population", {ACTIVE, CRASHED}))
    hours = pinned.within(looks[0] - _DAY, looks[-1])
    hours_by_key = _hours_by_key(hours, tell)
    rows = _read(hours, CLIENT_REACH, own, REACH_COLUMNS, tell) if hours_by_key else None
    reach = {} if rows is None else day_reach(rows, hours_by_key, looks, {release.version})
    days = settled_days(_read(pinned, CLIENT_REACH_DAYS, own, REACH_COLUMNS, tell)) if len(reach) < len(looks) else {}
    return crash_free_by_age(reach, days, release.version, looks)


def crashed_rows(pinned: PinnedHours, channels: Collection[str], versions: Collection[str], tell: Tell) -> pa.Table:
    """Rows of client_reach of some versions: of those that crashed; and, without their sketches, of the active, which tell that a group is known."""
    if not REACH_TABLES:
        return arrow_schema(CLIENT_REACH).empty_table().select(list(REACH_COLUMNS))
    own = And(In("channel", set(channels)), In("release_version", set(versions)))
    crashed = _read(pinned, CLIENT_REACH, And(own, In("population", set(POPULATION_BY_MEASURE.values()))), REACH_COLUMNS, tell)
    without_sketch = tuple(name for name in REACH_COLUMNS if name != "sketch")
    active = _read(pinned, CLIENT_REACH, And(own, EqualTo("population", ACTIVE)), without_sketch, tell)
    active = active.append_column("sketch", pa.nulls(active.num_rows, crashed.schema.field("sketch").type))
    return pa.concat_tables([part.select(list(REACH_COLUMNS)) for part in (crashed, active)], promote_options="permissive")


def _hours_by_key(pinned: PinnedHours, tell: Tell) -> dict[str, set[datetime]]:
    """The hours that have rows of each key, of whatever release."""
    hours: dict[str, set[datetime]] = defaultdict(set)
    marks = _read(pinned, CLIENT_REACH, EVERY_ROW, ("hour_start", "key_id"), tell)
    for mark in marks.group_by(["hour_start", "key_id"]).aggregate([]).to_pylist():
        hours[mark["key_id"]].add(mark["hour_start"])
    return hours


def _read(pinned: PinnedHours, table: Table, wanted: BooleanExpression, columns: tuple[str, ...], tell: Tell) -> pa.Table:
    """Rows of a table of sketches; none where it has lost some, as when it was dropped because a secret leaked: verdicts need no people."""
    try:
        return pinned.read(table, wanted, columns).rows
    except InconsistentTableError as error:
        tell(f"nothing is told of people; until its hours are past, if {table.name} was dropped on purpose; else mend it: {error}")
        return arrow_schema(table).empty_table().select(list(columns))


def _in_parts(looks: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    yield from (looks[first : first + _LOOKS_AT_ONCE] for first in range(0, len(looks), _LOOKS_AT_ONCE))
