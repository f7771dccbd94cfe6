"""Reads what digests are made of: release_health, ingest_audit and data_quality through pyiceberg, the landing zone's markers. No JVM."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pyiceberg.expressions
from pyiceberg.catalog import Catalog

from jobs.decisions.track_record import VerdictLook
from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.states import LaterState, State
from jobs.declarations.tables import (
    BUILD_HEALTH,
    DATA_QUALITY,
    EXPERIMENT_HEALTH,
    INGEST_AUDIT,
    LATER_HEALTH,
    RELEASE_HEALTH,
    RELEASE_REVIEWS,
)
from jobs.declarations.windows import HOUR, Window
from jobs.digest.facts.digest_facts import (
    TOLD_BRANCHES,
    BuildLook,
    ExperimentLook,
    FailedExpectation,
    HourCondition,
    HourFacts,
    LaterLook,
    Review,
)
from jobs.digest.facts.window_conditions import failed_expectations, hour_facts
from jobs.pings.landing_zone import LandingZoneError, list_hours
from jobs.tables.reading.plain_rows import read_rows
from jobs.verdicts.health_cells import CELL_COLUMNS, Cell, cell_from_row, platform_of

where: Any = pyiceberg.expressions  # its constructors are typed by the fields that they fill, not by what they take

LOOK_BACK = timedelta(days=8)
"""A release is looked at for a week."""

ANSWER_WITHIN = timedelta(days=400)
"""A regressed release of which nobody has said anything is told of for as long as it may be a baseline of others."""

HISTORY = timedelta(days=70)
"""Pictures go back over about ten weekly releases."""

_HISTORY_COLUMNS = tuple(name for name in CELL_COLUMNS if name not in ("baseline_versions", "notes", "state_chances"))
_AUDIT_COLUMNS = (
    "hour_start",
    "mode",
    "status",
    "is_closed",
    "late_objects",
    "lines",
    "accepted",
    "duplicates",
    "rejected",
    "rejects_by_reason",
)


def read_verdicts(catalog: Catalog, until: datetime) -> tuple[list[Cell], list[Cell]]:
    """The verdict rows of the week before `until`, that hour's look included, oldest first; and those of the week after it."""
    verdicts = sorted(read_looks(catalog, until - LOOK_BACK, until + LOOK_BACK), key=lambda cell: cell.as_of)
    return [cell for cell in verdicts if cell.as_of <= until], [cell for cell in verdicts if cell.as_of > until]


def read_last_verdicts(catalog: Catalog, until: datetime) -> list[Cell]:
    """The verdict rows of last looks, which end a release's week, in the year before `until`.

    Few files hold any: the others are skipped by the bounds of age_hours that the table keeps of each (`found_by`).
    """
    wanted = where.And(
        where.GreaterThanOrEqual("age_hours", float(HORIZON_HOURS)),
        where.GreaterThan("as_of", (until - ANSWER_WITHIN).isoformat()),
        where.LessThanOrEqual("as_of", until.isoformat()),
        where.EqualTo("scope", "release"),
    )
    return list(map(cell_from_row, read_rows(catalog, RELEASE_HEALTH, wanted, CELL_COLUMNS)))


def read_cells(catalog: Catalog, looks: set[datetime]) -> list[Cell]:
    """All cells of the looks at these times, verdicts left out."""
    if not looks:
        return []
    wanted = where.And(
        where.In("as_of", [look.isoformat() for look in sorted(looks)]), where.In("scope", ("platform", "trailing", "stratum"))
    )
    return list(map(cell_from_row, read_rows(catalog, RELEASE_HEALTH, wanted, CELL_COLUMNS)))


def read_history(catalog: Catalog, cell: Cell) -> list[Cell]:
    """For the pictures, oldest first: the same cell of this release and of those before it at every look, and all verdicts of the channel."""
    same_cell = where.And(*(where.EqualTo(column, getattr(cell, column)) for column in ("scope", "platform", "stratum", "measure")))
    wanted = where.And(
        where.GreaterThan("as_of", (cell.as_of - HISTORY).isoformat()),
        where.LessThanOrEqual("as_of", cell.as_of.isoformat()),
        where.EqualTo("channel", cell.channel),
        where.Or(where.EqualTo("scope", "release"), same_cell),
    )
    return sorted(map(cell_from_row, read_rows(catalog, RELEASE_HEALTH, wanted, _HISTORY_COLUMNS)), key=lambda past: past.as_of)


def read_looks(catalog: Catalog, first: datetime, last: datetime) -> list[Cell]:
    """The verdict rows of all looks in [first, last]."""
    wanted = where.And(
        where.GreaterThanOrEqual("as_of", first.isoformat()),
        where.LessThanOrEqual("as_of", last.isoformat()),
        where.EqualTo("scope", "release"),
    )
    return list(map(cell_from_row, read_rows(catalog, RELEASE_HEALTH, wanted, CELL_COLUMNS)))


def read_reviews(catalog: Catalog) -> list[Review]:
    """What people said of releases; the later of two holds."""
    return [Review(**row) for row in read_rows(catalog, RELEASE_REVIEWS, where.AlwaysTrue(), RELEASE_REVIEWS.column_names)]


def read_experiments(catalog: Catalog, at: datetime) -> list[ExperimentLook]:
    """The branches of which there is something to say at that look."""
    wanted = where.And(where.EqualTo("as_of", at.isoformat()), where.In("state", [state.value for state in TOLD_BRANCHES]))
    return [
        ExperimentLook(**row)
        for row in read_rows(catalog, EXPERIMENT_HEALTH, wanted, tuple(column.name for column in fields(ExperimentLook)))
    ]


def read_worse_later(catalog: Catalog, at: datetime) -> list[LaterLook]:
    """The releases older than a week that are worse at that look than they were."""
    wanted = where.And(where.EqualTo("as_of", at.isoformat()), where.EqualTo("state", LaterState.WORSE.value))
    rows = read_rows(catalog, LATER_HEALTH, wanted, tuple(column.name for column in fields(LaterLook)))
    return [LaterLook(**(row | {"platform": platform_of(row)})) for row in rows]


def read_builds(catalog: Catalog, looks: set[datetime]) -> list[BuildLook]:
    """The builds of the releases that were searched for a bad one at the looks at these times."""
    if not looks:
        return []
    wanted = where.In("as_of", [look.isoformat() for look in sorted(looks)])
    return [BuildLook(**row) for row in read_rows(catalog, BUILD_HEALTH, wanted, tuple(column.name for column in fields(BuildLook)))]


def read_verdict_looks(catalog: Catalog, since: datetime, until: datetime) -> list[VerdictLook]:
    """All looks in (since, until] at the releases whose first look lies there."""
    wanted = where.And(
        where.GreaterThan("as_of", since.isoformat()), where.LessThanOrEqual("as_of", until.isoformat()), where.EqualTo("scope", "release")
    )
    rows = read_rows(catalog, RELEASE_HEALTH, wanted, tuple(column.name for column in fields(VerdictLook)))
    looks = [VerdictLook(**(row | {"state": State(row["state"])})) for row in rows]
    begun_before = {(look.channel, look.release_version) for look in looks if look.as_of - look.age_hours * HOUR < since}
    return [look for look in looks if (look.channel, look.release_version) not in begun_before]


def read_failed_expectations(catalog: Catalog, run_key: str, since: datetime) -> tuple[FailedExpectation, ...]:
    """What did not pass in the run's gates, which ran after `since`."""
    return _failed_expectations(catalog, since, where.EqualTo("run_key", run_key))


def read_failed_expectations_of_hour(catalog: Catalog, hour_start: datetime) -> tuple[FailedExpectation, ...]:
    """What did not pass in the latest gates of windows with that hour, whichever run they were of."""
    covers = where.And(
        where.LessThanOrEqual("window_start", hour_start.isoformat()), where.GreaterThan("window_end", hour_start.isoformat())
    )
    return _failed_expectations(catalog, hour_start, covers)


def _failed_expectations(catalog: Catalog, since: datetime, wanted: Any) -> tuple[FailedExpectation, ...]:
    columns = tuple(name for name in DATA_QUALITY.column_names if name not in ("window_start", "window_end", "mode", "unexpected_rows"))
    is_recent = where.GreaterThanOrEqual("checked_at", since.isoformat())
    return failed_expectations(read_rows(catalog, DATA_QUALITY, where.And(is_recent, wanted), columns))


def read_hours(catalog: Catalog, landing: str, window: Window, failed: tuple[FailedExpectation, ...]) -> tuple[HourFacts, ...]:
    """What became of each hour of the window; the landing zone is listed only if some hour has no figures."""
    within = where.And(
        where.GreaterThanOrEqual("hour_start", window.start.isoformat()), where.LessThan("hour_start", window.end.isoformat())
    )
    audits: list[Mapping[str, Any]] = list(read_rows(catalog, INGEST_AUDIT, within, _AUDIT_COLUMNS))
    hours = hour_facts(window, audits, failed, set())
    if all(hour.condition is not HourCondition.NOT_CLOSED for hour in hours):
        return hours
    return hour_facts(window, audits, failed, _closed_hours(landing, window))


def _closed_hours(landing: str, window: Window) -> set[datetime] | None:
    try:
        return {hour.hour_start for hour in list_hours(landing, window) if hour.is_closed}
    except LandingZoneError:  # the digest still speaks, and says so
        return None
