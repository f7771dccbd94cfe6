"""Rows of release_health as they are told, and which cell a verdict is told from. Scoring, the digest and `explain` choose it here alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from jobs.declarations.measures import CRITICAL_MEASURES, MEASURES
from jobs.declarations.policies import POLICY
from jobs.declarations.states import Scope, State
from jobs.declarations.windows import HOUR
from jobs.verdicts.health_notes import Note, NoteCode, note_with, parse_note

ALL = "all"
_ALARMING = 0.90
"""From here on a cell is told as the one that alarms; below, more likely a part of it does. No policy calls a cell regressed for less."""


ALARMING_STATES = (State.REGRESSED, State.WATCH)
UNDECIDED_STATES = (State.TOO_EARLY, State.WATCH, State.INCONCLUSIVE)


@dataclass(frozen=True)
class StateChance:
    """Chance that a release will be in a state so many hours after the look."""

    hours_ahead: int
    state: State
    probability: float


@dataclass(frozen=True)
class Cell:
    """One row of release_health: one look at one cell of one release. Fields are named as the columns are."""

    as_of: datetime
    channel: str
    release_version: str
    state: State
    since: datetime
    scope: str = Scope.PLATFORM
    platform: str = ALL
    stratum: str = ALL
    measure: str = ALL
    age_hours: float = 0.0
    observed_crashes: float | None = None
    usage_hours: float | None = None
    delayed_crashes: float | None = None
    expected_crashes: float | None = None
    acceptable_ratio: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    p_unacceptable: float | None = None
    evidence: float | None = None
    score: float | None = None
    adoption: float | None = None
    environment_factor: float | None = None
    expected_excess: float | None = None
    usual_crashes_per_day: float | None = None
    excess_crashes: float | None = None
    excess_crashes_low: float | None = None
    excess_crashes_high: float | None = None
    planned_growth: float | None = None
    next_step_share: float | None = None
    next_step_at: datetime | None = None
    verdict_hours_low: float | None = None
    verdict_hours: float | None = None
    verdict_hours_high: float | None = None
    state_chances: tuple[StateChance, ...] = ()
    advice: str | None = None
    advice_reason: str | None = None
    going_loss: float | None = None
    waiting_loss: float | None = None
    active_clients: int | None = None
    crashed_clients: int | None = None
    channel_active_clients: int | None = None
    adoption_by_people: float | None = None
    crash_free_users: float | None = None
    crash_free_users_low: float | None = None
    crash_free_users_high: float | None = None
    usual_crash_free_users: float | None = None
    usual_crash_free_users_low: float | None = None
    usual_crash_free_users_high: float | None = None
    baseline_versions: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Which cell of its release it is: scope, platform, stratum, measure."""
        return (self.scope, self.platform, self.stratum, self.measure)

    @property
    def age_hours_at_since(self) -> float:
        """How old the release was when the state began, in hours."""
        return self.age_hours - (self.as_of - self.since) / HOUR

    def note(self, code: NoteCode) -> Note | None:
        """The note with that code, if the row has one."""
        return note_with(self.notes, code)


CELL_COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(Cell))
PLACE_COLUMNS = ("scope", "platform", "stratum", "measure")


def cell_from_row(row: Mapping[str, Any]) -> Cell:
    """A row of release_health as a cell; columns that are not told of are left out."""
    values = {name: row[name] for name in CELL_COLUMNS if name in row}
    values["state"] = State(values["state"])
    values["baseline_versions"] = tuple(values.get("baseline_versions") or ())
    values["state_chances"] = tuple(
        StateChance(chance["hours_ahead"], State(chance["state"]), chance["probability"]) for chance in values.get("state_chances") or ()
    )
    values["notes"] = tuple(map(parse_note, values.get("notes") or ()))
    return Cell(**values)


_SCORING = {measure.name: measure.scoring for measure in MEASURES if measure.scoring is not None}


def is_critical(measure: str) -> bool:
    """Whether a measure decides the state of its release."""
    return measure in CRITICAL_MEASURES


def alarm_share(measure: str) -> float:
    """The measure's part of a release's false alarms; 0 where it does not decide."""
    return _SCORING[measure].alarm_share if measure in _SCORING else 0.0


def severity_cost(measure: str) -> float:
    """How much a measure weighs beside others; 0 where it is not scored."""
    return _SCORING[measure].severity_cost if measure in _SCORING else 0.0


def platform_of(row: Mapping[str, Any]) -> str:
    """A row's platform; rows of before their table had platforms are of all together."""
    return row.get("platform") or ALL


def is_suspicious(cell: Cell) -> bool:
    """Whether a cell's own figures speak against it, and not only those of a part of it."""
    return (cell.p_unacceptable or 0.0) >= POLICY.verdict.watch_probability


def is_alarmed_by_part(cell: Cell) -> bool:
    """Whether a cell alarms although its own figures do not."""
    return cell.state in ALARMING_STATES and cell.p_unacceptable is not None and not is_suspicious(cell)


def deciding_cell(state: State, cells: Sequence[Cell]) -> Cell | None:
    """The cell that a release's state is told from; None only where there are no cells.

    In alarm the worst that alarms: the measures that decide before the others, and those that alarm by their own figures before those that
    are called regressed for a part. Without alarm the costliest measure on all platforms together that agrees with the verdict, since
    people mean those; else the platform that does.
    """
    shares = _platform_shares(cells)
    if state in ALARMING_STATES:
        # A release is watched, too, where a measure that does not decide has regressed.
        states = (State.REGRESSED,) if state is State.REGRESSED else ALARMING_STATES
        alarming = [cell for cell in cells if cell.state in states]
        if alarming:
            return max(alarming, key=lambda cell: _alarm_weight(cell, shares))
    platforms = [cell for cell in cells if cell.scope == Scope.PLATFORM]
    critical = [cell for cell in platforms if is_critical(cell.measure)]
    everywhere = [cell for cell in critical if cell.platform == ALL]
    agreeing = [cell for cell in everywhere if cell.state is state]
    if agreeing:
        return max(agreeing, key=lambda cell: (_has_events(cell), severity_cost(cell.measure), _suspicion(cell)))
    on_platforms = [cell for cell in critical if cell.state is state]
    return max(on_platforms or everywhere or critical or list(cells), key=lambda cell: _alarm_weight(cell, shares), default=None)


def _has_events(cell: Cell) -> bool:
    """Whether the release or those before it ever had one: a measure of which there is none tells nothing."""
    return bool(cell.observed_crashes or cell.expected_crashes)


def _platform_shares(cells: Iterable[Cell]) -> dict[tuple[str, str], float]:
    """Usage hours of a platform as a share of all platforms', by measure and platform."""
    usage_hours = {(cell.measure, cell.platform): cell.usage_hours or 0.0 for cell in cells if cell.scope == Scope.PLATFORM}
    return {
        (measure, platform): hours / usage_hours[measure, ALL]
        for (measure, platform), hours in usage_hours.items()
        if usage_hours.get((measure, ALL))
    }


def _alarm_weight(cell: Cell, shares: Mapping[tuple[str, str], float]) -> tuple[object, ...]:
    """Those first that decide and alarm by their own figures, then the most certain, and among equals the most affected.

    A platform is called regressed also where only its last 24 hours are, or a group of its users; its own figures then say nothing.
    """
    has_users = shares.get((cell.measure, cell.platform), 1.0) >= POLICY.verdict.critical_platform_share
    by_itself = ((cell.p_unacceptable or 0.0) >= _ALARMING, is_suspicious(cell))
    return (is_critical(cell.measure) and has_users, *by_itself, cell.scope == Scope.PLATFORM, *_suspicion(cell))


def _suspicion(cell: Cell) -> tuple[float, float]:
    return (round(cell.p_unacceptable or 0.0, 2), cell.ratio or 0.0)
