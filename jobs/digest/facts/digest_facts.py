"""What a digest is made of: rows of release_health, ingest_audit and data_quality as frozen dataclasses. Holds no wording and reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from jobs.decisions.track_record import TrackRecord
from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.states import ExperimentState, ReviewVerdict, Severity, State
from jobs.declarations.windows import HOUR, Mode
from jobs.tables.upkeep.input_holes import Holes
from jobs.verdicts.health_cells import Cell, deciding_cell

NO_HOLES = Holes()


@dataclass(frozen=True)
class Review:
    """What a person said of a release: a row of release_reviews."""

    channel: str
    release_version: str
    reviewed_at: datetime
    reviewed_by: str
    verdict: str
    muted_until: datetime | None = None
    note: str | None = None

    def silences_at(self, at: datetime) -> bool:
        """Whether this review keeps the release from alerting at that time."""
        return self.verdict == ReviewVerdict.DISMISSED or (self.muted_until is not None and at < self.muted_until)


@dataclass(frozen=True)
class ReleaseLook:
    """The latest look at one release by the window's end: the verdict row and its cells."""

    verdict: Cell
    cells: tuple[Cell, ...] = ()
    review: Review | None = None
    has_later_look: bool = False
    """Whether release_health knows a later look at it: a settled day is told when the next one has begun."""
    cells_before: tuple[Cell, ...] = ()
    """The cells at the look an hour before; empty where there was none."""

    @property
    def version(self) -> str:
        return self.verdict.release_version

    @cached_property
    def cell(self) -> Cell:
        """The cell that the verdict is told from; the verdict's own row where it has no cells."""
        return deciding_cell(self.verdict.state, self.cells) or self.verdict

    @cached_property
    def cell_before(self) -> Cell | None:
        """The same cell at the look an hour before."""
        return self.cell_at(self.cell.place, self.cells_before)

    def cell_at(self, place: tuple[str, ...], cells: tuple[Cell, ...] | None = None) -> Cell | None:
        """The cell with that scope, platform, stratum and measure, at this look unless others are given."""
        return next((cell for cell in (self.cells if cells is None else cells) if cell.place == tuple(place)), None)

    @property
    def week_end(self) -> datetime:
        """The last look that scoring takes at it."""
        return self.verdict.as_of + (HORIZON_HOURS - self.verdict.age_hours) * HOUR

    def is_final_at(self, at: datetime) -> bool:
        """Whether no further look at it is to be expected at that time: its week is over, and its last look, if it is due, has been taken."""
        return self.week_end < at or self.verdict.as_of >= self.week_end

    @property
    def answer(self) -> str | None:
        """What a person said of the alarm: confirmed or dismissed; None while nobody has answered."""
        return (
            self.review.verdict
            if self.review is not None and self.review.verdict in (ReviewVerdict.CONFIRMED, ReviewVerdict.DISMISSED)
            else None
        )


class HourCondition(StrEnum):
    """What became of one hour of the window."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """Read, but the edge never closed it: pings may be missing."""
    NOT_CLOSED = "not_closed"
    """Not read, since the edge had not closed it."""
    GATE_FAILED = "gate_failed"
    NOT_FINISHED = "not_finished"
    """Closed, but no run has published it: a task failed before the gate."""
    UNREADABLE = "unreadable"
    """Not read, and the landing zone cannot be listed now."""
    NOT_SETTLED = "not_settled"
    """Of a day that is told as settled, but whose hourly figures still stand: a task failed before the gate."""
    EMPTY = "empty"
    """Read, and there was not one line in it."""


@dataclass(frozen=True)
class HourFacts:
    """One hour of the window: what became of it and what the audit counted."""

    hour_start: datetime
    condition: HourCondition
    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    late_objects: int = 0
    rejects_by_reason: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class FailedExpectation:
    """A row of data_quality that did not pass."""

    table_name: str
    expectation: str
    severity: str
    outcome: str
    observed: str | None = None
    message: str | None = None

    @property
    def is_blocking(self) -> bool:
        return self.severity == Severity.CRITICAL


@dataclass(frozen=True)
class Restatement:
    """A figure that had been shown and has changed since, by settling or a repaired window."""

    channel: str
    release_version: str
    as_of: datetime
    state_before: State
    state_now: State
    score_before: float | None
    score_now: float | None
    ratio_before: float | None = None
    ratio_now: float | None = None


TOLD_BRANCHES = (ExperimentState.GUILTY, ExperimentState.NOT_JUDGED)
"""The states of branches of which something is to be said."""


@dataclass(frozen=True)
class ExperimentLook:
    """A row of experiment_health in which something is to be said. Fields are named as the columns are."""

    channel: str
    experiment: str
    branch: str
    platform: str
    measure: str
    ratio: float
    ratio_low: float
    ratio_high: float
    evidence: float
    state: str
    guilty_since: datetime | None = None


@dataclass(frozen=True)
class LaterLook:
    """A row of later_health of a release that is worse than it was, on a platform or on all. Fields are named as the columns are."""

    channel: str
    release_version: str
    platform: str
    measure: str
    age_hours: float
    adoption: float
    delayed_crashes: float
    expected_crashes: float
    ratio: float
    ratio_low: float
    ratio_high: float
    worse_since: datetime


@dataclass(frozen=True)
class BuildLook:
    """A row of build_health: a build of a release that is watched or regressed. Fields are named as the columns are."""

    as_of: datetime
    channel: str
    release_version: str
    build_id: str
    is_suspect: bool


@dataclass(frozen=True)
class DigestFacts:
    """Everything that one digest of one release channel says.

    `releases` holds the latest look of each release at or before the window's end; they may be older than the window if it has no figures,
    or if the release's week is over.
    """

    channel: str
    window_start: datetime
    window_end: datetime
    mode: Mode
    run_key: str
    releases: tuple[ReleaseLook, ...] = ()
    hours: tuple[HourFacts, ...] = ()
    failed_expectations: tuple[FailedExpectation, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    experiments: tuple[ExperimentLook, ...] = ()
    """At the window's end: branches that are to blame, and those of experiments that are not judged."""
    worse_later: tuple[LaterLook, ...] = ()
    """At the window's end: releases older than a week that are worse than they were."""
    builds: tuple[BuildLook, ...] = ()
    """Of the looks at its releases."""
    track_record: TrackRecord | None = None
    """What the channel's verdicts of a year were worth, in the first digest of a week."""
    holes: Holes = NO_HOLES
    """What is missing in the two weeks before the window's end, whatever this run did."""
    data_label: str | None = None
    is_shadow: bool = False
    """Whether only the operators are told."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Where to look further: names to addresses, such as `staged rows` and `Data Docs`."""
    command_lead: str = ""
    """What a person types before the name of one of our commands and its arguments."""
    pages_url: str | None = None
    """Where people open the page, if the settings say so."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Pages that a browser opens: names to http addresses, such as the runbook; those that the settings name."""

    @property
    def as_of(self) -> datetime | None:
        """The latest look that there is."""
        return max((release.verdict.as_of for release in self.releases), default=None)

    @property
    def is_stale(self) -> bool:
        """Whether a look is owed: no release was ever scored, or one that is still in its week has none at the window's end."""
        live = [release for release in self.releases if not release.is_final_at(self.window_end)]
        looks = [release.verdict.as_of for release in self.releases if release.week_end >= self.window_end]
        return not self.releases or (bool(live) and max(looks) < self.window_end)

    @property
    def blocking(self) -> tuple[FailedExpectation, ...]:
        return tuple(failed for failed in self.failed_expectations if failed.is_blocking)

    @property
    def warnings(self) -> tuple[FailedExpectation, ...]:
        return tuple(failed for failed in self.failed_expectations if not failed.is_blocking)
