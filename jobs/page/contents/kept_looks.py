"""What the page keeps of looks that no run adds to any more, so that the next publication need not read them again.

No view reads it: it is MessagePack, which holds names as the tables have them, and which no browser takes for text.

A day's part holds for as long as release_health has the same files of that day, a release's for as long as its folder is named the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from jobs.decisions.telling_looks import telling_looks
from jobs.decisions.track_record import VerdictLook
from jobs.verdicts.health_cells import Cell

KEPT_RELEASE = "kept.msgpack"
KEPT_DAYS = "data/days"


class KeptDay(msgspec.Struct, frozen=True):
    """What is kept of a day: the verdicts that end a release's week, and the looks that a channel's record rests on."""

    rests_on: str
    """A digest of the table's files of the day."""
    last_verdicts: list[Cell]
    telling_looks: list[VerdictLook]


class KeptDays(msgspec.Struct, frozen=True):
    """The days of a year, by their beginning, as one version of the code read them."""

    code: str = ""
    days: dict[datetime, KeptDay] = {}


class KeptRelease(msgspec.Struct, frozen=True):
    """What is kept of a release beside its files: the cells at its last look that a summary is made from, and which files there are."""

    cells: list[Cell]
    measures_by_platform: dict[str, list[str]]


def kept_days(
    files_by_day: Mapping[datetime, str], days: Iterable[datetime], verdicts: Iterable[Cell], looks: Iterable[VerdictLook]
) -> dict[datetime, KeptDay]:
    """What is to be kept of days, from their verdicts that end a week and all looks that were taken on them."""
    verdicts_by_day: dict[datetime, list[Cell]] = {}
    for verdict in verdicts:
        verdicts_by_day.setdefault(day_of(verdict.as_of), []).append(verdict)
    looks_by_day: dict[datetime, list[VerdictLook]] = {}
    for look in looks:
        looks_by_day.setdefault(day_of(look.as_of), []).append(look)
    return {day: KeptDay(files_by_day[day], verdicts_by_day.get(day, []), telling_looks(looks_by_day.get(day, []))) for day in days}


def day_of(at: datetime) -> datetime:
    """The beginning of the day, UTC."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
