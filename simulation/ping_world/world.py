"""The demo's world: one channel of early releases whose truth is known, one a week; the newest of them is bad, or an experiment is.

The release time of the newest beta and a seed fix everything that happens up to `horizon`; how much of it has been received is only a matter
of how far one reads. So a world can be landed up to one hour today and continued from there tomorrow, with the hours in between unchanged.
Since betas come on working days at the same hour and all else is counted from there, one seed has five worlds, one for each working day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from simulation.ping_world.names import NAMES

HISTORY_DAYS = 32
"""Before the newest beta's release: four weeks of baselines and the days before the first of them."""
DAYS_BETWEEN_RELEASES = 7
YOUNGEST_CURRENT_HOURS = 60
"""Age of the newest beta at the end of the first landing, at least: the doubled crash rate takes a day or two to be sure of."""
HORIZON_DAYS = 14
"""So long after the newest beta there would have been a newer one, which this world does not have."""
RELEASE_HOUR = 14
BUILT_BEFORE_RELEASE = timedelta(hours=11, minutes=23, seconds=38)
THROTTLED_RELEASES = (2, 4)
"""Of those of the world: offered to a part of the users on their first day."""


@dataclass(frozen=True)
class Regression:
    """What is wrong with the current beta; the demo must find it."""

    display_version: str = NAMES.releases[-1]
    os_name: str = "Windows_NT"
    main_crash_ratio: float = NAMES.crash_ratio


REGRESSION = Regression()
Culprit = Literal["release", "experiment"]
CULPRITS: tuple[Culprit, ...] = get_args(Culprit)


@dataclass(frozen=True)
class BadBranch:
    """What is wrong with the second branch of the experiment instead, in all releases alike; the demo must find it and leave the release alone."""

    users_share: float = 0.08
    """Of each of both branches: more than where the release is bad, so that a demo's few users show it."""
    main_crash_ratio: float = 4.0


BAD_BRANCH = BadBranch()


@dataclass(frozen=True)
class Release:
    display_version: str
    build_id: str
    released_at: datetime
    is_throttled: bool


@dataclass(frozen=True)
class PingWorld:
    """Pings are received from `start` on; nothing happens after `horizon`. `culprit` says what is bad, the newest release or an experiment."""

    seed: int
    start: datetime
    horizon: datetime
    releases: tuple[Release, ...]
    culprit: Culprit = "release"

    @property
    def current(self) -> Release:
        return self.releases[-1]


def latest_release_time(end: datetime) -> datetime:
    """The last weekday afternoon that is at least `YOUNGEST_CURRENT_HOURS` before `end`."""
    latest = end - timedelta(hours=YOUNGEST_CURRENT_HOURS)
    at = latest.replace(hour=RELEASE_HOUR, minute=0, second=0, microsecond=0)
    while at > latest or at.weekday() >= 5:
        at -= timedelta(days=1)
    return at


def world_ending(end: datetime, seed: int, culprit: Culprit = "release") -> PingWorld:
    """The world of which the pings up to `end`, a whole UTC hour, show the newest beta old enough to be judged."""
    if end.tzinfo is None or end != end.replace(minute=0, second=0, microsecond=0):
        raise ValueError(f"the world ends at a whole hour in UTC, not at {end.isoformat()}; cut it to the hour")
    return world_of(latest_release_time(end.astimezone(UTC)), seed, culprit)


def world_of(current_released_at: datetime, seed: int, culprit: Culprit = "release") -> PingWorld:
    """The world whose newest beta was released at `current_released_at`."""
    releases = []
    for number, display_version in enumerate(NAMES.releases):
        weeks_before = len(NAMES.releases) - 1 - number
        released_at = current_released_at - timedelta(days=DAYS_BETWEEN_RELEASES * weeks_before)
        build_id = f"{released_at - BUILT_BEFORE_RELEASE:%Y%m%d%H%M%S}"
        releases.append(Release(display_version, build_id, released_at, number in THROTTLED_RELEASES))
    start = (current_released_at - timedelta(days=HISTORY_DAYS)).replace(hour=0)
    horizon = current_released_at + timedelta(days=HORIZON_DAYS)
    return PingWorld(seed, start, horizon, tuple(releases), culprit)
