"""Reads what was published before a window, as far as the gate compares with it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from expectations.audited_run import Calendar, History, Unread
from expectations.gate_policy import POLICY, GatePolicy
from expectations.ingest_figures import audited_hours
from jobs.scoring.release_calendar import parse_calendar
from jobs.table_declarations import INGEST_AUDIT, RELEASE_TOTALS
from jobs.tables.complete_windows import read_complete

_AUDIT_COLUMNS = ("hour_start", "lines", "accepted", "rejects_by_reason")
_KNOWN_COLUMNS = ("os_name", "architecture")
Read = TypeVar("Read")


def read_history(catalog: Catalog, before: datetime, policy: GatePolicy = POLICY) -> History | Unread:
    """The complete hours before a window; if they cannot be read, why."""
    return _or_unread("the published tables", lambda: _read_history(catalog, before, policy))


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


def _or_unread(what: str, read: Callable[[], Read]) -> Read | Unread:
    try:
        return read()
    except Exception as error:  # a warning that could not be checked says so, and stops nothing
        return Unread(f"{what} could not be read: {type(error).__name__}: {error}")
