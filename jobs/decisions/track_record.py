"""What the verdicts of a channel were worth: alarms and what people said of them, first days and what became of them, scores that came true."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from scipy.special import betaincinv

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.states import Action, State
from jobs.declarations.windows import HOUR

DAY_ONE_HOURS = 24.0
SCORE_BINS = (0.0, 50.0, 90.0, 100.0)
_INTERVAL = (0.05, 0.95)
_GOOD = (State.HEALTHY, State.IMPROVED)


@dataclass(frozen=True)
class VerdictLook:
    """A release's row of release_health at one look. Fields are named as the columns are."""

    channel: str
    release_version: str
    as_of: datetime
    age_hours: float
    state: State
    score: float | None = None
    advice: str | None = None


@dataclass(frozen=True)
class ToldShare:
    """`count` of `of`, with the 90 % interval of the share that it is drawn from (Jeffreys)."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        low, high = (float(betaincinv(self.count + 0.5, self.of - self.count + 0.5, end)) for end in _INTERVAL)
        return (0.0 if self.count == 0 else low), (1.0 if self.count == self.of else high)


@dataclass(frozen=True)
class TrackRecord:
    """Of the releases of a channel whose first look lies within the time asked for.

    Precision is of the alarms that people answered, recall of the regressions that people confirmed, alarmed or not: nobody knows of the others.
    """

    channel: str
    releases: int
    alarms: int
    unanswered: int
    """Alarms that nobody has confirmed or dismissed: they count neither way."""
    precision: ToldShare
    recall: ToldShare
    hours_to_alarm: float | None
    """Median from the first look to the first that was regressed, over the alarms that were not dismissed."""
    last_by_first_state: Mapping[State, Mapping[State, int]]
    """Of finished releases: the state after a day, and that of the last look."""
    acceptable_by_score: Mapping[tuple[float, float], ToldShare]
    """Of finished releases with a score after a day, by that score: how many turned out neither regressed nor confirmed."""
    go_hours_saved: float | None
    """Median from the first look that advised *go* to the first that was healthy or improved."""
    gone_and_regressed: int
    """Releases that alarmed after they had been advised to go."""


def track_records(looks: Iterable[VerdictLook], answers: Mapping[tuple[str, str], str]) -> list[TrackRecord]:
    """One for each channel; `answers` has what people said last of a release: confirmed or dismissed."""
    lives: dict[str, dict[str, list[VerdictLook]]] = {}
    for look in sorted(looks, key=lambda look: look.as_of):
        lives.setdefault(look.channel, {}).setdefault(look.release_version, []).append(look)
    return [_record(channel, of_channel, answers) for channel, of_channel in sorted(lives.items())]


def _record(channel: str, lives: Mapping[str, Sequence[VerdictLook]], answers: Mapping[tuple[str, str], str]) -> TrackRecord:
    alarmed = {version: _first(life, State.REGRESSED) for version, life in lives.items()}
    alarms = {version: look for version, look in alarmed.items() if look is not None}
    said = {version: answers.get((channel, version)) for version in lives}
    confirmed = [version for version in alarms if said[version] == "confirmed"]
    dismissed = [version for version in alarms if said[version] == "dismissed"]
    known_bad = [version for version in lives if said[version] == "confirmed"]
    finished = {version: life for version, life in lives.items() if life[-1].age_hours >= HORIZON_HOURS}
    return TrackRecord(
        channel,
        len(lives),
        len(alarms),
        len(alarms) - len(confirmed) - len(dismissed),
        ToldShare(len(confirmed), len(confirmed) + len(dismissed)),
        ToldShare(len(confirmed), len(known_bad)),
        _median([(look.as_of - lives[v][0].as_of) / HOUR for v, look in alarms.items() if said[v] != "dismissed"]),
        _became(finished),
        _came_true(finished, set(known_bad)),
        _median([hours for life in lives.values() if (hours := _saved(life)) is not None]),
        sum(1 for version, look in alarms.items() if _first_go(lives[version], before=look) is not None),
    )


def _first(life: Sequence[VerdictLook], *states: State) -> VerdictLook | None:
    return next((look for look in life if look.state in states), None)


def _first_go(life: Sequence[VerdictLook], before: VerdictLook | None = None) -> VerdictLook | None:
    return next((look for look in life if look.advice == Action.GO and (before is None or look.as_of < before.as_of)), None)


def _after_a_day(life: Sequence[VerdictLook]) -> VerdictLook | None:
    return next((look for look in life if look.age_hours >= DAY_ONE_HOURS), None)


def _became(finished: Mapping[str, Sequence[VerdictLook]]) -> dict[State, dict[State, int]]:
    counts: dict[State, dict[State, int]] = {}
    for life in finished.values():
        day_one = _after_a_day(life)
        if day_one is not None:
            of_state = counts.setdefault(day_one.state, {})
            of_state[life[-1].state] = of_state.get(life[-1].state, 0) + 1
    return counts


def _came_true(finished: Mapping[str, Sequence[VerdictLook]], known_bad: set[str]) -> dict[tuple[float, float], ToldShare]:
    counts: dict[tuple[float, float], list[bool]] = {}
    for version, life in finished.items():
        day_one = _after_a_day(life)
        if day_one is not None and day_one.score is not None:
            low, high = next(ends for ends in pairwise(SCORE_BINS) if day_one.score <= ends[1])
            counts.setdefault((low, high), []).append(life[-1].state is not State.REGRESSED and version not in known_bad)
    return {ends: ToldShare(sum(came), len(came)) for ends, came in sorted(counts.items())}


def _saved(life: Sequence[VerdictLook]) -> float | None:
    """Hours from the first *go* to the first good verdict; None where either is missing or the verdict was first."""
    go, good = _first_go(life), _first(life, *_GOOD)
    return None if go is None or good is None or good.as_of < go.as_of else (good.as_of - go.as_of) / HOUR


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
