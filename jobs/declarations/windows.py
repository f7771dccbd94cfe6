"""The window of a run: whole UTC hours [start, end), and whether its figures are provisional or settled."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

HOUR = timedelta(hours=1)
HOUR_US = 3_600_000_000
"""As Arrow and Spark count times: in microseconds."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""By which clocks of machines that work together may differ."""


class Mode(StrEnum):
    PROVISIONAL = "provisional"
    """An hourly run: deduplicates within its hour and gives way to a settled one."""
    SETTLED = "settled"
    """A settling run of whole days: deduplicates within each submission date and is final."""


@dataclass(frozen=True)
class Window:
    """Whole hours [start, end) in UTC. A settled window is made of whole days."""

    start: datetime
    end: datetime
    mode: Mode

    def __post_init__(self) -> None:
        for name, at in (("start", self.start), ("end", self.end)):
            if at.tzinfo is None:
                raise ValueError(f"the window's {name} {at.isoformat()} has no time zone; give UTC, such as 2026-11-22T10:00Z")
            if at.astimezone(UTC) != at.astimezone(UTC).replace(minute=0, second=0, microsecond=0):
                raise ValueError(f"the window's {name} {at.isoformat()} is not a whole hour")
            if self.mode is Mode.SETTLED and at.astimezone(UTC).hour != 0:
                raise ValueError(f"a settled window is made of whole UTC days, but its {name} is {at.isoformat()}")
        if self.end <= self.start:
            raise ValueError(f"the window ends at {self.end.isoformat()}, not after its start {self.start.isoformat()}")

    @property
    def hours(self) -> list[datetime]:
        """The starts of the window's hours, in order."""
        return hours_between(self.start, self.end)

    def refuse_if_open(self, now: datetime) -> None:
        """ValueError for a settled window that has not ended: what is settled is final, and more pings will come."""
        if self.mode is Mode.SETTLED and self.end > now + CLOCK_TOLERANCE:
            raise ValueError(f"{self} has not ended at {now:%Y-%m-%d %H:%M} UTC: settle whole days that are over")

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC, {self.mode}"


def hours_between(start: datetime, end: datetime) -> list[datetime]:
    """The starts of the whole hours in [start, end), in order."""
    return [start + i * HOUR for i in range((end - start) // HOUR)]


def hour_ranges(hours: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """The hours as few ranges [start, end) as possible, in order."""
    ranges: list[tuple[datetime, datetime]] = []
    for hour in sorted(hours):
        if ranges and ranges[-1][1] == hour:
            ranges[-1] = (ranges[-1][0], hour + HOUR)
        else:
            ranges.append((hour, hour + HOUR))
    return ranges


def parse_hour(text: str) -> datetime:
    """An ISO 8601 time as UTC; a time without a zone is UTC."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def run_key(dag_id: str, run_id: str) -> str:
    """The staging folder of a DAG run, 16 hexadecimal digits.

    Both parts count: Airflow derives run ids from the time a run is due, so two DAGs can hold the same one.
    """
    return hashlib.sha256(f"{dag_id}\n{run_id}".encode()).hexdigest()[:16]
