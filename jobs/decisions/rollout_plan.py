"""Steps of rollouts, taken and planned, as a file declares them, and what users a release will have by them.

A step is given to users when it is taken; they have it when their application updates itself, most within a day.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.windows import HOUR
from jobs.scoring.method.arrays import Array

UPDATE_HOURS = 12.0
"""Of the users of a step, 63 % have it after so many hours, as at past releases that everybody was given at once."""
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


def planned_usage(steps: Sequence[RolloutStep], released: datetime) -> Array | None:
    """What users have the release, as a share of the channel's, in each hour from its release to a day after its week; None without a step
    that gives it to anybody by the end of its first hour."""
    hours = np.arange(HORIZON_HOURS + DAY_HOURS) + 1.0
    used, before = np.zeros(hours.size), 0.0
    for step in steps:
        since = np.maximum(hours - (step.at - released) / HOUR, 0.0)
        used += (step.share - before) * -np.expm1(-since / UPDATE_HOURS)
        before = step.share
    return used if used[0] > 0 and (used >= 0).all() else None


def planned_growth(used: Array, age_hours: int) -> float:
    """Users of the next 24 hours over those of the last 24, in the mean of the hours."""
    last = used[max(age_hours - DAY_HOURS, 0) : age_hours].mean()
    return float(used[age_hours : age_hours + DAY_HOURS].mean() / last)


def planned_ahead(used: Array, age_hours: int, last_day_crashes: float, hours: int) -> Array:
    """(1, hours): expected crashes that each coming hour adds, from those that the last 24 hours, or those since release, would usually have had."""
    last = used[max(age_hours - DAY_HOURS, 0) : age_hours].sum()
    return np.asarray(last_day_crashes / last * used[None, age_hours : age_hours + hours])
