"""Sets of clients of the 24 hours before each look, from the sets of single hours. Pure: rows of client_reach in, counts out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.populations import ACTIVE, CRASHED
from jobs.declarations.windows import HOUR
from jobs.reach.sketches import ClientCount, count_clients, united

DAY_HOURS = 24
MIN_HOURS = 18
"""Of the 24: a day in which more is missing has too few clients of those who come once, and too few of those who crash."""
ALL = "all"
REACH_COLUMNS = ("hour_start", "channel", "release_version", "os_name", "population", "key_id", "sketch")
_MANY_LOOKS = 4
"""From here on it pays to unite single hours first: an hourly run has one look."""
_NOBODY = ClientCount(0.0, 0.0, 0.0)

Place = tuple[str, str]
"""Release version and platform; ALL for all platforms together."""


@dataclass(frozen=True)
class DayReach:
    """Clients of a release on a platform in the 24 hours before a look: active, crashed, and active in the whole channel on that platform."""

    active: ClientCount
    crashed: ClientCount
    channel_active: ClientCount


ReachByLook = Mapping[tuple[str, datetime], Mapping[Place, DayReach]]
"""By channel and as_of; a look that is missing is not known of."""


def last_day_unions(sketches: Sequence[bytes | None]) -> list[bytes | None]:
    """For each hour, the union of the 24 hours that end with it; None where nobody came in any of them.

    Each block of 24 hours is united once from its end backwards and once forwards: a look then takes two unions, not 24.
    """
    backwards: list[bytes | None] = [None] * len(sketches)
    forwards: list[bytes | None] = [None] * len(sketches)
    for hour, sketch in enumerate(sketches):
        forwards[hour] = sketch if hour % DAY_HOURS == 0 else _both(forwards[hour - 1], sketch)
    for hour in range(len(sketches) - 1, -1, -1):
        is_last = hour % DAY_HOURS == DAY_HOURS - 1 or hour == len(sketches) - 1
        backwards[hour] = sketches[hour] if is_last else _both(backwards[hour + 1], sketches[hour])
    whole_block = DAY_HOURS - 1
    return [
        forwards[hour]
        if hour % DAY_HOURS == whole_block
        else _both(backwards[hour - whole_block] if hour >= whole_block else None, forwards[hour])
        for hour in range(len(sketches))
    ]


def day_reach(
    rows: pa.Table, hours_by_key: Mapping[str, Collection[datetime]], looks: Sequence[datetime], versions: Collection[str]
) -> dict[datetime, dict[Place, DayReach]]:
    """The reach of releases at each of the looks, which follow each other hour by hour.

    `rows` are those of one channel in the 24 hours before any look: of populations active (all versions, for the channel) and crashed.
    `hours_by_key` are the hours that have rows of a key in any channel. Sketches of two keys can't be united: a look takes the key that has most
    of its 24 hours (of equal ones the first by name, so that a run done again takes the same), and is unknown where none has 18 of them.
    In a rotation, which writes both keys for four weeks, one key has all hours of every look.
    """
    if not looks:
        return {}
    first = looks[0] - DAY_HOURS * HOUR
    keys = {look: key for look in looks if (key := covering_key(hours_by_key, look)) is not None}
    found: dict[datetime, dict[Place, DayReach]] = {}
    for key in sorted(set(keys.values())):
        counts = _counts(_hourly(rows.filter(pc.field("key_id") == key), first, versions), len(looks))
        for index, look in enumerate(looks):
            if keys.get(look) == key:
                found[look] = _at_look(counts, index, versions)
    return found


def covering_key(hours_by_key: Mapping[str, Collection[datetime]], look: datetime) -> str | None:
    """The key that has most of the 24 hours before a look; None where none has enough of them."""
    hours = [look - ago * HOUR for ago in range(1, DAY_HOURS + 1)]
    covered = {key: sum(hour in of_key for hour in hours) for key, of_key in sorted(hours_by_key.items())}
    best = max(covered, key=covered.__getitem__, default=None)
    return best if best is not None and covered[best] >= MIN_HOURS else None


_Group = tuple[str | None, str, str]
"""Version (None for the whole channel), platform, population."""


def _hourly(rows: pa.Table, first: datetime, versions: Collection[str]) -> dict[_Group, dict[int, list[bytes]]]:
    """The sketches of each group in each hour, by hours since `first`."""
    parts: dict[_Group, dict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    names = ("hour_start", "release_version", "os_name", "population", "sketch")
    for at, version, os_name, population, sketch in zip(*(rows[name].to_pylist() for name in names), strict=True):
        hour = int((at - first) / HOUR)
        for platform in (ALL, os_name):
            if population == ACTIVE:
                parts[None, platform, population][hour].append(sketch)
            if version in versions:
                parts[version, platform, population][hour].append(sketch)
    return parts


def _counts(hourly: Mapping[_Group, Mapping[int, list[bytes]]], looks: int) -> dict[_Group, list[ClientCount]]:
    """By group, the clients of the 24 hours before each look."""
    if looks < _MANY_LOOKS:
        return {group: [count_clients(united(_of_day(of_group, look))) for look in range(looks)] for group, of_group in hourly.items()}
    hours = range(looks + DAY_HOURS - 1)
    by_hour = {group: [united(of_group[hour]) if hour in of_group else None for hour in hours] for group, of_group in hourly.items()}
    unions = {group: last_day_unions(sketches)[-looks:] for group, sketches in by_hour.items()}
    return {group: [_NOBODY if sketch is None else count_clients(sketch) for sketch in of_group] for group, of_group in unions.items()}


def _of_day(hourly: Mapping[int, list[bytes]], look: int) -> Iterable[bytes]:
    return chain.from_iterable(hourly.get(hour, ()) for hour in range(look, look + DAY_HOURS))


def _at_look(counts: Mapping[_Group, Sequence[ClientCount]], index: int, versions: Iterable[str]) -> dict[Place, DayReach]:
    platforms = {platform for _, platform, _ in counts}

    def at(version: str | None, platform: str, population: str) -> ClientCount:
        of_group = counts.get((version, platform, population))
        return _NOBODY if of_group is None else of_group[index]

    return {
        (version, platform): DayReach(at(version, platform, ACTIVE), at(version, platform, CRASHED), at(None, platform, ACTIVE))
        for version in versions
        for platform in platforms
        if at(version, platform, ACTIVE).estimate > 0
    }


def _both(one: bytes | None, other: bytes | None) -> bytes | None:
    return other if one is None else one if other is None else united([one, other])
