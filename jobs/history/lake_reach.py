"""Reach of live releases, and of past ones by age: read from client_reach, and for hours that were dropped from client_reach_days.

A run reads the day before its first look and nothing older, of any number of years; past releases' figures are kept in release_records.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pyiceberg.expressions import And, BooleanExpression, EqualTo, In, Or

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.populations import ACTIVE, CRASHED, POPULATIONS
from jobs.declarations.tables import CLIENT_REACH, CLIENT_REACH_DAYS
from jobs.declarations.windows import HOUR, hours_between
from jobs.reach.last_days import DAY_HOURS, REACH_COLUMNS, DayReach, Place, day_reach
from jobs.reach.past_reach import crash_free_by_age, settled_days
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.inputs.release_record import Array
from jobs.tables.reading.complete_windows import PinnedHours

REACH_TABLES = (CLIENT_REACH, CLIENT_REACH_DAYS) if POPULATIONS else ()
"""None where a product's pings name no client."""
_DAY = timedelta(hours=DAY_HOURS)
_LOOKS_AT_ONCE = 48
"""A group's sketch takes up to 26 kB for each hour: 70 hours of a hundred groups are 180 MB."""

ReachByLook = dict[tuple[str, datetime], Mapping[Place, DayReach]]
"""By channel and as_of."""


def read_reach(pinned: PinnedHours, releases: Sequence[Release], after: datetime, until: datetime) -> ReachByLook:
    """The reach of the releases at each look with as_of in (after, until], as far as it is known. `pinned` has the day before, too."""
    found: ReachByLook = {}
    for looks in _in_parts([hour + HOUR for hour in hours_between(after, until)]) if REACH_TABLES and releases else ():
        live = [each for each in releases if each.hour < looks[-1] and each.hour + timedelta(hours=HORIZON_HOURS) >= looks[0]]
        hours = pinned.within(looks[0] - _DAY, looks[-1])
        for channel in sorted({release.channel for release in live}):
            versions = {release.version for release in live if release.channel == channel}
            wanted = And(
                EqualTo("channel", channel),
                Or(EqualTo("population", ACTIVE), And(EqualTo("population", CRASHED), In("release_version", versions))),
            )
            for look, reach in _day_reach(hours, wanted, looks, versions).items():
                found[channel, look] = reach
    return found


def past_crash_free(pinned: PinnedHours, release: Release) -> dict[str, Array]:
    """Crash-free users of a release whose week is over, by platform and hour of age. `pinned` has its week and the day before."""
    if not REACH_TABLES:
        return {}
    looks = [release.hour + hour * HOUR for hour in range(1, HORIZON_HOURS + 1)]
    own = And(EqualTo("channel", release.channel), EqualTo("release_version", release.version), In("population", {ACTIVE, CRASHED}))
    reach = _day_reach(pinned.within(looks[0] - _DAY, looks[-1]), own, looks, {release.version})
    days = settled_days(pinned.read(CLIENT_REACH_DAYS, own, REACH_COLUMNS).rows) if len(reach) < len(looks) else {}
    return crash_free_by_age(reach, days, release.version, looks)


def _day_reach(
    hours: PinnedHours, wanted: BooleanExpression, looks: Sequence[datetime], versions: set[str]
) -> dict[datetime, dict[Place, DayReach]]:
    marks = hours.read(CLIENT_REACH, columns=("hour_start", "key_id")).rows
    if not marks.num_rows:
        return {}
    hours_by_key: dict[str, set[datetime]] = defaultdict(set)
    for mark in marks.group_by(["hour_start", "key_id"]).aggregate([]).to_pylist():
        hours_by_key[mark["key_id"]].add(mark["hour_start"])
    rows = hours.read(CLIENT_REACH, wanted, REACH_COLUMNS).rows
    return day_reach(rows, hours_by_key, looks, versions)


def _in_parts(looks: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    yield from (looks[first : first + _LOOKS_AT_ONCE] for first in range(0, len(looks), _LOOKS_AT_ONCE))
