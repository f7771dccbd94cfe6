"""Reads what was published before a window, as far as the gate compares with it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from expectations.checks.audited_run import Calendar, History, PublishedHour, Unread
from expectations.checks.gate_policy import POLICY, GatePolicy
from expectations.suites.ingest_figures import audited_hours
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_TOTALS
from jobs.declarations.windows import HOUR, Mode, Window, hours_between
from jobs.scoring.inputs.release_calendar import parse_calendar
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.reading.complete_windows import read_complete

_AUDIT_COLUMNS = ("hour_start", "lines", "accepted", "rejects_by_reason")
_PUBLISHED_COLUMNS = ("hour_start", "mode", "objects", "lines", "accepted", "duplicates", "accepted_by_ping")
_KNOWN_COLUMNS = ("os_name", "architecture")
Read = TypeVar("Read")


def read_history(catalog: Catalog, before: datetime, policy: GatePolicy = POLICY) -> History | Unread:
    """The complete hours before a window; if they cannot be read, why."""
    return _or_unread("the published tables", lambda: _read_history(catalog, before, policy))


def read_published(catalog: Catalog, window: Window) -> Mapping[datetime, PublishedHour] | Unread:
    """What the window's hours and the one before it were made of, as far as they are published; if it cannot be read, why."""
    return _or_unread("ingest_audit", lambda: _read_published(catalog, window))


def read_calendar(location: str | None) -> Calendar | Unread | None:
    """The release calendar, None where there is none; if it cannot be read, why."""
    if location is None:
        return None
    return _or_unread(f"the release calendar {location}", lambda: parse_calendar(Path(location).read_text(encoding="utf-8")))


def _read_history(catalog: Catalog, before: datetime, policy: GatePolicy) -> History:
    oldest = before - timedelta(weeks=policy.weeks_compared)
    audits = read_complete(catalog, INGEST_AUDIT, oldest, before, columns=_AUDIT_COLUMNS).rows
    values = read_complete(catalog, RELEASE_TOTALS, before - policy.known_values_history, before, columns=_KNOWN_COLUMNS).rows
    known = {name: frozenset(value for value in pc.unique(values[name]).to_pylist() if value is not None) for name in _KNOWN_COLUMNS}
    return History(audited_hours(audits.to_pylist()), known)


def _read_published(catalog: Catalog, window: Window) -> dict[datetime, PublishedHour]:
    audit = stored_table(catalog, INGEST_AUDIT)
    if audit is None:
        return {}
    hours = hours_between(window.start - HOUR, window.end)
    rows = audit.scan(hours_filter(INGEST_AUDIT.time_column, hours), selected_fields=_PUBLISHED_COLUMNS).to_arrow().to_pylist()
    return {
        row["hour_start"].astimezone(UTC): PublishedHour(
            mode=Mode(row["mode"]),
            object_keys=frozenset(landed["object_key"] for landed in row["objects"]),
            lines=row["lines"],
            pings=row["accepted"] + row["duplicates"],
            accepted_by_ping=dict(row["accepted_by_ping"]),
        )
        for row in rows
    }


def _or_unread(what: str, read: Callable[[], Read]) -> Read | Unread:
    try:
        return read()
    except Exception as error:  # a warning that could not be checked says so, and stops nothing
        return Unread(f"{what} could not be read: {type(error).__name__}: {error}")
