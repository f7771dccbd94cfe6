"""Steps of rollouts, taken and planned, as a file declares them, and what users a release will have by them.

A step is given to users when it is taken; they have it when their application updates itself.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.windows import HOUR
from jobs.scoring.method.arrays import Array

_SPEEDS_HOURS: Array = np.geomspace(4.0, 250.0, 84)
"""Of the users of a step, 63 % have it after so many hours. In simulated releases it is 30 to 75, theirs and their reports' delay together."""
_SPEED_STEP = float(np.log(_SPEEDS_HOURS[1] / _SPEEDS_HOURS[0]))
_SPEED_SD = 0.2
"""Of its log: what the adoption of the third to twelfth hour tells differs by so much from what that of the third day does."""
DAY_HOURS = 24
_HEAD = ("channel", "version", "time", "percent")


@dataclass(frozen=True)
class RolloutStep:
    """From `at` on, a share of the channel's users is given the release."""

    at: datetime
    share: float


Rollouts = Mapping[tuple[str, str], tuple[RolloutStep, ...]]
"""Steps in order of time, by channel and version."""
NO_ROLLOUTS: Rollouts = {}


def parse_rollouts(text: str) -> Rollouts:
    """A CSV of channel, version, time (ISO 8601; UTC unless it says otherwise), percent. ValueError with the line that cannot be read."""
    rows = csv.DictReader(io.StringIO(text))
    missing = set(_HEAD) - set(rows.fieldnames or ())
    if missing:
        raise ValueError(f"the file of rollouts lacks the column(s) {', '.join(sorted(missing))}; its first line is {','.join(_HEAD)}")
    steps: dict[tuple[str, str], list[RolloutStep]] = {}
    for line, row in enumerate(rows, start=2):
        try:
            key, step = (_name(row["channel"]), _name(row["version"])), RolloutStep(_time(row["time"]), _share(row["percent"]))
        except (ValueError, AttributeError, TypeError) as error:
            raise ValueError(f"line {line} of the file of rollouts cannot be read: {dict(row)}: {error}") from error
        of_release = steps.setdefault(key, [])
        if any(other.at == step.at for other in of_release):
            raise ValueError(f"line {line} of the file of rollouts: {key[0]} {key[1]} has another step at {row['time'].strip()}")
        of_release.append(step)
    return {key: tuple(sorted(of_release, key=lambda step: step.at)) for key, of_release in steps.items()}


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("channel and version must not be empty")
    return text.strip()


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text.strip())
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _share(text: str) -> float:
    percent = float(text)
    if not 0 <= percent <= 100:
        raise ValueError(f"percent is {text.strip()}, but must be from 0 to 100")
    return percent / 100


def next_step(steps: Sequence[RolloutStep], at: datetime) -> RolloutStep | None:
    """The first step after that time."""
    return next((step for step in steps if step.at > at), None)


@dataclass(frozen=True)
class LastDay:
    """A release's last 24 hours, or those since its release: the share of the channel's usage, and the crashes that past releases would have had."""

    age_hours: int
    adoption: float
    usual_crashes: float


@dataclass(frozen=True)
class Pace:
    """Of draws: a chance within (0, 1) of the speed at which users update, and (draws, 24) what the hours of a day have, from that of the release
    on, over their mean. An update brings as many crashes as so many hours of a user do.
    """

    speed_chances: Array
    daily_shapes: Array
    update_worth_hours: float


@dataclass(frozen=True)
class RolloutPlan:
    """What users a release will have by the declared steps. How fast they update is seen from the adoption that it has reached by them."""

    steps: tuple[RolloutStep, ...]
    released: datetime

    @property
    def says_what_is_used(self) -> bool:
        """Somebody is given the release by the end of its first hour."""
        return bool((self._used[:, 0] > 0).all())

    @cached_property
    def _used(self) -> Array:
        """(speeds, hours): share of the channel's users that have the release, from its release to a day after its week."""
        hours = np.arange(HORIZON_HOURS + DAY_HOURS) + 1.0
        used, before = np.zeros((len(_SPEEDS_HOURS), hours.size)), 0.0
        for step in self.steps:
            since = np.maximum(hours - (step.at - self.released) / HOUR, 0.0)
            used += (step.share - before) * -np.expm1(-since / _SPEEDS_HOURS[:, None])
            before = step.share
        return used

    def growth(self, age_hours: int, adoption: float) -> float:
        """Users of the next 24 hours over those of the last 24, in the mean of the hours."""
        [used] = self._drawn(age_hours, adoption, np.array([0.5]))
        last = used[max(age_hours - DAY_HOURS, 0) : age_hours].mean()
        return float(used[age_hours : age_hours + DAY_HOURS].mean() / last)

    def ahead(self, last_day: LastDay, pace: Pace, hours: int) -> Array:
        """(draws, hours): expected crashes that each coming hour adds."""
        used = self._drawn(last_day.age_hours, last_day.adoption, pace.speed_chances)
        crashing = used + pace.update_worth_hours * np.diff(used, axis=1, prepend=0.0)
        crashing *= np.tile(pace.daily_shapes, used.shape[1] // DAY_HOURS)
        last = crashing[:, max(last_day.age_hours - DAY_HOURS, 0) : last_day.age_hours].sum(axis=1, keepdims=True)
        return np.asarray(last_day.usual_crashes / np.maximum(last, 1e-12) * crashing[:, last_day.age_hours : last_day.age_hours + hours])

    def _drawn(self, age_hours: int, adoption: float, chances: Array) -> Array:
        """(chances, hours): users at the speeds that may have led to the adoption."""
        reached = self._used[:, max(age_hours - DAY_HOURS, 0) : age_hours].mean(axis=1)
        fitting = np.interp(-adoption, -reached, np.arange(len(_SPEEDS_HOURS)))  # the slower, the less is reached
        places = fitting + ndtri(chances) * _SPEED_SD / _SPEED_STEP
        return np.asarray(self._used[np.clip(np.round(places), 0, len(_SPEEDS_HOURS) - 1).astype(int)])
