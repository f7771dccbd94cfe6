"""Which hours of the demo's world the tables still lack, and which backfill fetches them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobs.declarations.windows import HOUR, Mode

DAYS_PER_JOB = 40
"""All of the history in one Spark job: a job costs more to start than five weeks of these pings to read."""


@dataclass(frozen=True)
class Backfill:
    """From a midnight to a whole hour; whole days are settled, the hours of an unfinished day are provisional."""

    start: datetime
    end: datetime

    @property
    def conf(self) -> dict[str, Any]:
        """The parameters of release_health_backfill."""
        end = f"{self.end:%Y-%m-%d}" if self.end.hour == 0 else f"{self.end:%Y-%m-%dT%H:%M}"
        return {"start": f"{self.start:%Y-%m-%d}", "end": end, "days_per_job": DAYS_PER_JOB, "dry_run": False}


def plan_backfill(complete: Mapping[datetime, Mode], start: datetime, end: datetime) -> Backfill | None:
    """What is missing of [start, end), whole days from the first day on that is not complete and settled; None if nothing is.

    `complete` holds the hours whose rows are published, with their mode.
    """
    today = end.replace(hour=0)
    for number in range(round((end - start) / HOUR)):
        hour = start + number * HOUR
        is_enough = hour in complete and (complete[hour] is Mode.SETTLED or hour >= today)
        if not is_enough:
            return Backfill(hour.replace(hour=0), end)
    return None


def current_hour(now: datetime) -> datetime:
    """The start of the hour: up to there pings have been received."""
    return now.replace(minute=0, second=0, microsecond=0)


def hours_from(first: datetime, end: datetime) -> list[datetime]:
    """The ends of the hours that lie in [first, end)."""
    return [first + number * HOUR for number in range(1, max(0, round((end - first) / timedelta(hours=1))) + 1)]
