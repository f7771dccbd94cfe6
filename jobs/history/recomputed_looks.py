"""Stored looks computed again from the totals that they rest on, and where they are not the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click
from pyiceberg.catalog import Catalog

from jobs.decisions.experiment_rows import experiment_rows
from jobs.decisions.later_rows import later_rows
from jobs.decisions.rollout_plan import Rollouts
from jobs.declarations.policies import Policy
from jobs.declarations.tables import BUILD_HEALTH, ERROR_AGGREGATES, EXPERIMENT_ERROR_AGGREGATES, EXPERIMENT_HEALTH, RELEASE_HEALTH, Table
from jobs.declarations.windows import HOUR
from jobs.history.lake_history import LakeHistory, read_history
from jobs.history.scored_rows import release_rows
from jobs.scoring.inputs.release_calendar import Calendar
from jobs.scoring.looks.channel_scoring import ScoredRelease, score_releases
from jobs.scoring.rows.health_rows import LookRange
from jobs.scoring.rows.row_recomputation import differences
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.reading.stored_rows import dropped_before
from jobs.verdicts.health_notes import NoteCode, parse_note

Row = dict[str, Any]
_RESTS_ON = {BUILD_HEALTH: ERROR_AGGREGATES, EXPERIMENT_HEALTH: EXPERIMENT_ERROR_AGGREGATES}
"""The tables whose old rows go for their age; what the others rest on is kept."""
_LONGEST_LOOK_BACK = timedelta(days=10)
_OF_LOOK = ("as_of", "channel", "release_version")


@dataclass(frozen=True)
class Recomputed:
    """A release scored again, and the rows of its look by table; experiments are those of its channel."""

    scored: ScoredRelease
    rows: dict[Table, list[Row]]


def recomputed_look(catalog: Catalog, calendar: Calendar, rollouts: Rollouts, stored: Row, policy: Policy) -> Recomputed:
    """The look that a stored row is of. LookupError where its hours are not there, or the release is no longer in its first week."""
    channel, version, as_of = stored["channel"], stored["release_version"], stored["as_of"]
    history = _history_at(catalog, calendar, as_of, policy)
    after = as_of - HOUR
    for record in history.channels:
        for scored in score_releases(record, after, as_of, policy):
            if (scored.release.channel, scored.release.version) == (channel, version):
                rows = release_rows(history, record, scored, LookRange(after, as_of), rollouts.get((channel, version), ()), policy)
                compared = experiment_rows(history.experiments, after, as_of, history.audit_sequence, policy)
                of_channel = [row for row in compared if row["channel"] == channel]
                return Recomputed(scored, {RELEASE_HEALTH: rows.health, BUILD_HEALTH: rows.builds, EXPERIMENT_HEALTH: of_channel})
    raise LookupError(f"{channel} {version} is in its first week at {as_of:%Y-%m-%dT%H:%MZ} no longer")


def recomputed_later_look(catalog: Catalog, calendar: Calendar, stored: Row, policy: Policy) -> list[Row]:
    """The rows of later_health of the look and the release that a stored row is of. LookupError where its hours are not there."""
    as_of = stored["as_of"]
    history = _history_at(catalog, calendar, as_of, policy)
    found = (later_rows(record, as_of - HOUR, as_of, history.audit_sequence, policy) for record in history.channels)
    wanted = (stored["channel"], stored["release_version"])
    return [row for rows in found for row in rows if (row["channel"], row["release_version"]) == wanted]


def is_past_retention(catalog: Catalog, table: Table, as_of: datetime) -> bool:
    """Whether hours that a look rests on may have gone for their age, so that it can't be had again."""
    source = _RESTS_ON.get(table)
    return source is not None and as_of - _LONGEST_LOOK_BACK < dropped_before(stored_table(catalog, source))


def differing_rows(table: Table, stored: Sequence[Row], again: Iterable[Row]) -> list[str]:
    """Rows of one look that the totals give otherwise, or not at all. The list of the hour's regressions, which spans releases, is left out."""
    by_name = {row_name(table, row): row for row in again}
    wrong = []
    for row in stored:
        name = row_name(table, row)
        now = by_name.pop(name, None)
        if now is None:
            wrong.append(f"{name}: no longer there")
        else:
            wrong += [f"{name}: {text}" for text in differences(_without_list(row), now)]
    return [*wrong, *(f"{name}: not stored" for name in by_name)]


def row_name(table: Table, row: Row) -> str:
    """What tells a row from the others of its look and release, such as `platform/Windows_NT/all/main_crashes`."""
    return "/".join(str(row[column]) for column in table.grain if column not in _OF_LOOK)


def _without_list(row: Row) -> Row:
    if "notes" not in row:
        return row
    return row | {"notes": [note for note in row["notes"] if parse_note(note).code is not NoteCode.LISTED]}


def _history_at(catalog: Catalog, calendar: Calendar, as_of: datetime, policy: Policy) -> LakeHistory:
    history = read_history(catalog, calendar, as_of - HOUR, policy, click.echo, until=as_of)
    if history is None or history.until < as_of:
        raise LookupError(f"the totals of the hours before {as_of:%Y-%m-%dT%H:%MZ} are not there, or not complete")
    return history
