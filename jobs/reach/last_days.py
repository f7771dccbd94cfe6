"""Sets of clients of the 24 hours before each look, from the sets of single hours. Pure: rows of client_reach in, counts out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
_NOBODY = ClientCount(0.0, 0.0, 0.0)

Place = tuple[str, str]
"""Release version and platform; ALL for all platforms together."""


@dataclass(frozen=True)
class DayReach:
    """Clients of a release on a platform in the 24 hours before a look: active, crashed, and active in the whole channel on that platform."""

    active: ClientCount
    crashed: ClientCount
    channel_active: ClientCount


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


def _hourly(rows: pa.Table, first: datetime, versions: Collection[str]) -> dict[_Group, dict[int, bytes]]:
    """One sketch for each group and hour, by hours since `first`."""
    parts: dict[tuple[_Group, int], list[bytes]] = defaultdict(list)
    names = ("hour_start", "release_version", "os_name", "population", "sketch")
    for at, version, os_name, population, sketch in zip(*(rows[name].to_pylist() for name in names), strict=True):
        hour = int((at - first) / HOUR)
        for platform in (ALL, os_name):
            if population == ACTIVE:
                parts[(None, platform, population), hour].append(sketch)
            if version in versions:
                parts[(version, platform, population), hour].append(sketch)
    hourly: dict[_Group, dict[int, bytes]] = defaultdict(dict)
    for (group, hour), sketches in parts.items():
        hourly[group][hour] = sketches[0] if len(sketches) == 1 else united(sketches)
    return hourly


def _counts(hourly: Mapping[_Group, Mapping[int, bytes]], looks: int) -> dict[_Group, list[ClientCount]]:
    """By group, the clients of the 24 hours before each look."""
    hours = looks + DAY_HOURS - 1
    unions = {group: last_day_unions([of_group.get(hour) for hour in range(hours)]) for group, of_group in hourly.items()}
    return {
        group: [_NOBODY if sketch is None else count_clients(sketch) for sketch in of_group[-looks:]] for group, of_group in unions.items()
    }


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
