"""When a release began: by the calendar, else by its first sustained adoption."""

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from jobs.declarations.windows import HOUR, parse_hour
from jobs.products.chosen import PRODUCT
from jobs.scoring.method.arrays import Array

SUSTAINED_SHARE = 0.005
SUSTAINED_HOURS = 3
"""A version has been released once it holds half a per cent of its channel's received hours for three hours on end: test builds don't."""

Calendar = dict[tuple[str, str], datetime]
"""Time of release by channel and version."""


@dataclass(frozen=True)
class Release:
    """`hour` is the start of the hour in which it was released, `known_from` the first as_of at which that was known."""

    channel: str
    version: str
    hour: datetime
    known_from: datetime

    @property
    def release_type(self) -> str:
        """A third number above 0 makes a dot release (56.0.1)."""
        parts = self.version.split(".")
        return "dot" if len(parts) > 2 and parts[2][:1].isdigit() and not parts[2].startswith("0") else "major"


def parse_calendar(text: str) -> Calendar:
    """A CSV of version, channel, time (ISO 8601; UTC unless it says otherwise). ValueError with the line that cannot be read."""
    rows = csv.DictReader(io.StringIO(text))
    missing = {"version", "channel", "time"} - set(rows.fieldnames or ())
    if missing:
        raise ValueError(f"the release calendar lacks the column(s) {', '.join(sorted(missing))}; its first line is version,channel,time")
    calendar: Calendar = {}
    for line, row in enumerate(rows, start=2):
        try:
            calendar[row["channel"].strip(), row["version"].strip()] = parse_hour(row["time"].strip())
        except (ValueError, AttributeError) as error:
            raise ValueError(f"line {line} of the release calendar cannot be read: {row}: {error}") from error
    return calendar


def unseen_releases(calendar: Calendar, versions: Mapping[str, Collection[str]], start: datetime, until: datetime) -> list[str]:
    """Releases of the calendar, in words, that began in [start, until) and of which no ping has come; `versions` by channel.

    A release of a rolling channel is seen as its version and the Monday of its builds.
    """
    return [
        f"{channel} {version}"
        for (channel, version), at in sorted(calendar.items(), key=lambda entry: entry[1])
        if start <= at < until and not any(seen == version or seen.startswith(f"{version} ") for seen in versions.get(channel, ()))
    ]


def release_by_calendar(channel: str, version: str, at: datetime) -> Release:
    hour = at.replace(minute=0, second=0, microsecond=0)
    return Release(channel, version, hour, hour + HOUR)


def release_by_adoption(
    channel: str, version: str, origin: datetime, usage_hours: Array, channel_hours: Array, known_since: int
) -> Release | None:
    """The first of three hours on end with half a per cent of the channel's hours; None where there is none, or where the record begins with it.

    Both arrays are by hour from `origin`; `known_since` is the channel's first hour with usage, counted from there (below 0: before). A
    version that does not match its channel's pattern of releases is several releases together: none is scored.
    """
    declared = PRODUCT.channel(channel)
    if declared and declared.release_pattern and not re.match(declared.release_pattern, version):
        return None
    is_adopted = (usage_hours >= SUSTAINED_SHARE * channel_hours) & (channel_hours > 0) & (usage_hours > 0)
    if is_adopted.size < SUSTAINED_HOURS:
        return None
    first = np.flatnonzero(np.convolve(is_adopted, np.ones(SUSTAINED_HOURS), mode="valid") >= SUSTAINED_HOURS)
    if first.size == 0 or first[0] <= known_since:
        return None
    hour = origin + timedelta(hours=int(first[0]))
    return Release(channel, version, hour, hour + SUSTAINED_HOURS * HOUR)
