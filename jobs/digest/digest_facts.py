"""What a digest is made of: rows of release_health, ingest_audit and data_quality as frozen dataclasses. Holds no wording and reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from jobs.windows import Mode

ALL = "all"


class State(StrEnum):
    """The states of release_health, as the table declares them."""

    NO_BASELINE = "no_baseline"
    DATA_PROBLEM = "data_problem"
    REGRESSED = "regressed"
    TOO_EARLY = "too_early"
    WATCH = "watch"
    IMPROVED = "improved"
    HEALTHY = "healthy"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Cell:
    """One row of release_health: one look at one cell of one release. Fields are named as the columns are."""

    as_of: datetime
    channel: str
    release_version: str
    state: State
    since: datetime
    scope: str = "platform"
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
    baseline_versions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


CELL_COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(Cell))


def cell_from_row(row: Mapping[str, Any]) -> Cell:
    """A row of release_health as a cell; columns that the digest does not know are left out."""
    values = {name: row[name] for name in CELL_COLUMNS if name in row}
    values["state"] = State(values["state"])
    values["baseline_versions"] = tuple(values.get("baseline_versions") or ())
    values["notes"] = tuple(values.get("notes") or ())
    return Cell(**values)


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
        return self.verdict == "dismissed" or (self.muted_until is not None and at < self.muted_until)


@dataclass(frozen=True)
class ReleaseLook:
    """The latest look at one release by the window's end: the verdict row and its cells.

    `history` serves the pictures: the deciding cell at earlier looks, of this release and of those before it.
    """

    verdict: Cell
    cells: tuple[Cell, ...] = ()
    history: tuple[Cell, ...] = ()
    review: Review | None = None
    has_later_look: bool = False
    """Whether release_health knows a later look at it: a settled day is told when the next one has begun."""

    @property
    def version(self) -> str:
        return self.verdict.release_version


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
        return self.severity == "critical"


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


@dataclass(frozen=True)
class DigestFacts:
    """Everything that one digest of one release channel says.

    `releases` holds the latest look of each release at or before the window's end; they may be older than the window if it has no figures.
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
    data_label: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    """Where to look further: names to addresses, such as `staged rows` and `Data Docs`."""

    @property
    def as_of(self) -> datetime | None:
        """The latest look that there is."""
        return max((release.verdict.as_of for release in self.releases), default=None)

    @property
    def is_stale(self) -> bool:
        """Whether the latest look is older than the window's end."""
        return self.as_of is None or self.as_of < self.window_end

    @property
    def blocking(self) -> tuple[FailedExpectation, ...]:
        return tuple(failed for failed in self.failed_expectations if failed.is_blocking)

    @property
    def warnings(self) -> tuple[FailedExpectation, ...]:
        return tuple(failed for failed in self.failed_expectations if not failed.is_blocking)
