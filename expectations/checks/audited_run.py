"""What the suites of a run know besides the rows: its window, what was seen before it, and which releases to expect."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expectations.checks.checks import StagedRows
from jobs.declarations.tables import Table
from jobs.declarations.windows import Mode, Window

Calendar = Mapping[tuple[str, str], datetime]
"""Time of release by channel and version."""


@dataclass(frozen=True)
class Unread:
    """What should have been read could not be: the checks that need it are errors, for this reason."""

    reason: str


@dataclass(frozen=True)
class StagedTable:
    """The attempt's rows of a table."""

    table: Table
    rows: StagedRows


@dataclass(frozen=True)
class AuditedHour:
    """A complete hour before the window, as ingest_audit has it."""

    hour_start: datetime
    lines: int
    accepted: int
    rejects_by_reason: Mapping[str, int]


@dataclass(frozen=True)
class History:
    """What was published before the window. `known_values` has the values of some dimensions; a dimension without history has none."""

    hours: tuple[AuditedHour, ...]
    known_values: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class PublishedHour:
    """What an hour's rows were made of when they were published last. `pings` were accepted or were duplicates."""

    mode: Mode
    object_keys: frozenset[str]
    lines: int
    pings: int
    accepted_by_ping: Mapping[str, int]


@dataclass(frozen=True)
class AuditedRun:
    """One attempt of a run. `calendar` is None where none is configured.

    `published` has the hours of the window, and the one before it, that were published before. `accepts_less`: whoever started the run said
    that it may replace them by less.
    """

    window: Window
    window_run_id: str
    history: History | Unread
    calendar: Calendar | Unread | None
    published: Mapping[datetime, PublishedHour] | Unread
    accepts_less: bool = False


HourTotals = Mapping[datetime, Mapping[str, Any]]
"""Sums of a table's staged rows by the start of the hour; `rows` counts them."""
