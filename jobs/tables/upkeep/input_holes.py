"""Holes: hours that nobody read, days that nobody settled, objects that came too late, publishers that died. Pure.

Found in what ingest_audit says and in the listing of the landing zone, over a bounded time: the cost does not grow with the years.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.declarations.windows import HOUR, Mode, hours_between
from jobs.pings.landing_zone import LandedHour

READ_WITHIN = timedelta(hours=3)
"""After its end: an hourly run waits two hours for its hour to be closed, and takes minutes."""
SETTLED_WITHIN = timedelta(hours=12)
"""After its end: settling begins after six hours; a day that is not settled by then was skipped or failed."""
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ReadHour:
    """What ingest_audit says of an hour: the etag of each object that was read, by key, where it was asked for."""

    mode: Mode
    etags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Holes:
    """Days are their midnights. `lost_days` are to be settled, but nothing lies in the landing zone for them any more."""

    unread_hours: tuple[datetime, ...] = ()
    unsettled_days: tuple[datetime, ...] = ()
    late_objects: Mapping[datetime, tuple[str, ...]] = field(default_factory=dict)
    unfinished_hours: tuple[datetime, ...] = ()
    lost_days: tuple[datetime, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unread_hours or self.unsettled_days or self.late_objects or self.unfinished_hours)

    @property
    def days_to_settle(self) -> tuple[datetime, ...]:
        """What a backfill can mend. Younger days with unread hours are left to the settling run that is yet to come."""
        return tuple(sorted({*self.unsettled_days, *self.late_objects} - set(self.lost_days)))


def find_holes(
    read: Mapping[datetime, ReadHour], first: datetime, now: datetime, listed: Iterable[LandedHour] = (), claimed: Iterable[datetime] = ()
) -> Holes:
    """What is missing from `first`, the first hour that was ever read or that is looked at, until `now`.

    `claimed` are hours that a publisher has taken and, for longer than any publisher needs, not given back. Without a listing, late objects
    and lost days are not looked for.
    """
    hours = list(listed)
    read_until, settled_until = now - READ_WITHIN, now - SETTLED_WITHIN
    unread = tuple(hour for hour in hours_between(first, now) if hour + HOUR <= read_until and hour not in read)
    days = [day for day in _midnights(first, now) if day + _A_DAY <= settled_until]
    settled = {day for day in days if all(_is_settled(read.get(hour)) for hour in hours_between(day, day + _A_DAY))}
    unsettled = tuple(day for day in days if day not in settled)
    days_with_objects = {_midnight(hour.hour_start) for hour in hours if hour.objects}
    lost = tuple(day for day in unsettled if day not in days_with_objects) if hours else ()
    return Holes(unread, unsettled, late_objects(hours, read), tuple(sorted(claimed)), lost)


def late_objects(listed: Iterable[LandedHour], read: Mapping[datetime, ReadHour]) -> dict[datetime, tuple[str, ...]]:
    """The keys of the objects of settled hours that are not what was read, by day. One that is gone from the landing zone changes nothing."""
    late: dict[datetime, tuple[str, ...]] = {}
    for hour in listed:
        known = read.get(hour.hour_start)
        if known is None or not _is_settled(known):
            continue
        keys = tuple(landed.object_key for landed in hour.objects if known.etags.get(landed.object_key) != landed.etag)
        if keys:
            day = _midnight(hour.hour_start)
            late[day] = (*late.get(day, ()), *keys)
    return late


def gone_objects(listed: Iterable[LandedHour], read: Mapping[datetime, ReadHour]) -> dict[datetime, int]:
    """How many of the objects that were read are no longer in the landing zone, by day; days without any are not there."""
    gone: dict[datetime, int] = {}
    for hour in listed:
        known = read.get(hour.hour_start)
        count = len(known.etags.keys() - {landed.object_key for landed in hour.objects}) if known else 0
        if count:
            day = _midnight(hour.hour_start)
            gone[day] = gone.get(day, 0) + count
    return gone


def _is_settled(read: ReadHour | None) -> bool:
    return read is not None and read.mode is Mode.SETTLED


def _midnight(hour: datetime) -> datetime:
    return hour.replace(hour=0)


def _midnights(first: datetime, now: datetime) -> list[datetime]:
    return [_midnight(first) + number * _A_DAY for number in range((now - _midnight(first)) // _A_DAY)]
