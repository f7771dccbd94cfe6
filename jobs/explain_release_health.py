"""Show how a stored verdict on a release came about, each figure computed again from stored rows.

Reads release_health, and what scoring reads: release_totals, usage_delays, release_reviews, the release calendar. Writes nothing. It fails,
with the figures that differ, if the rows computed again are not those that were stored: then the totals have changed since, and
`python -m jobs.score_release_health` from that hour on brings the verdicts up to date.
"""

from datetime import datetime, timedelta
from typing import Any

import click
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo

from jobs.commands.command_line import EntryPoint
from jobs.decisions.decision_columns import with_decisions
from jobs.decisions.decision_explanation import build_lines, decision_lines, experiment_lines, later_lines
from jobs.declarations.policies import POLICY, Policy
from jobs.declarations.tables import BUILD_HEALTH, EXPERIMENT_HEALTH, LATER_HEALTH, RELEASE_HEALTH
from jobs.declarations.windows import HOUR, parse_hour
from jobs.deployment.settings import from_environment
from jobs.history.lake_history import read_history
from jobs.score_release_health import read_calendar
from jobs.scoring.inputs.release_calendar import Calendar
from jobs.scoring.looks.channel_scoring import ScoredRelease, score_releases
from jobs.scoring.rows.calibration_history import score_maps
from jobs.scoring.rows.explanation import explain_release
from jobs.scoring.rows.health_rows import LookRange, Row, health_rows
from jobs.scoring.rows.people_explanation import people_lines
from jobs.scoring.rows.reach_columns import with_reach
from jobs.scoring.rows.row_recomputation import differences, posterior_of_row
from jobs.tables.lake.lake_catalog import open_catalog, stored_table
from jobs.tables.reading.plain_rows import read_rows
from jobs.verdicts.health_cells import cell_from_row
from jobs.verdicts.health_notes import NoteCode, parse_note
from jobs.wording.client_text import as_data_label

_KEY = ("scope", "platform", "stratum", "measure")
_TOLD_DIFFERENCES = 10


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--channel", required=True, help="Such as beta.")
@click.option("--version", required=True, help="Release version, such as 57.0b8.")
@click.option("--as-of", type=parse_hour, metavar="TIME", help="The look, such as 2026-11-22T10:00Z; the latest, unless said.")
def main(channel: str, version: str, as_of: datetime | None) -> None:
    try:
        settings = from_environment()
        told = explain(open_catalog(), read_calendar(settings.release_calendar), channel, version, as_of)
    except (ValueError, LookupError) as error:
        raise click.ClickException(str(error)) from error
    if settings.data_label:
        click.echo(f"{as_data_label(settings.data_label)}.\n")
    click.echo(told)


class RecomputationDiffersError(ValueError):
    """The rows computed again are not those that were stored."""


def explain(catalog: Catalog, calendar: Calendar, channel: str, version: str, as_of: datetime | None, policy: Policy = POLICY) -> str:
    """The explanation of a look. LookupError where nothing is stored of it, RecomputationDiffersError where it can't be had again."""
    stored = stored_look(catalog, channel, version, as_of)
    at = stored[0]["as_of"]
    scored, again = recomputed_look(catalog, calendar, stored[0], policy)
    wrong = [*_wrong_posteriors(stored, policy), *_wrong_rows(stored, again)]
    if wrong:
        listed = "\n  ".join([*wrong[:_TOLD_DIFFERENCES], *([f"... {len(wrong)} in all"] if len(wrong) > _TOLD_DIFFERENCES else [])])
        raise RecomputationDiffersError(
            f"computed again, {len(wrong)} figures of {channel} {version} at {at:%Y-%m-%dT%H:%MZ} differ from those stored; the totals have "
            f"changed since, or the scorer has; trigger release_health_backfill from {at - HOUR:%Y-%m-%d} on to score them anew:\n  {listed}"
        )
    verdict = next(row for row in stored if row["scope"] == "release")
    closing = f"{len(stored)} stored rows of this look were computed again from the totals, and each is the same."
    of_channel = And(EqualTo("channel", channel), EqualTo("as_of", at.isoformat()))
    of_release = And(EqualTo("channel", channel), EqualTo("release_version", version))
    told = [
        *decision_lines(cell_from_row(verdict)),
        *build_lines(read_rows(catalog, BUILD_HEALTH, And(of_channel, EqualTo("release_version", version)))),
        *experiment_lines(read_rows(catalog, EXPERIMENT_HEALTH, of_channel)),
        *(later_lines(read_rows(catalog, LATER_HEALTH, of_release)) if as_of is None else ()),
        *people_lines(stored),
    ]
    return "\n".join([explain_release(scored, verdict, stored, policy), "", *told, closing])


def stored_look(catalog: Catalog, channel: str, version: str, as_of: datetime | None) -> list[Row]:
    """The stored rows of one look, the latest unless said."""
    table = stored_table(catalog, RELEASE_HEALTH)
    if table is None:
        raise LookupError("nothing has been scored yet: run jobs.score_release_health and jobs.audit_health first")
    of_release = And(EqualTo("channel", channel), EqualTo("release_version", version))
    if as_of is None:
        looks = table.scan(of_release, selected_fields=("as_of",)).to_arrow()["as_of"].to_pylist()
        as_of = max(looks, default=None)
    rows: list[dict[str, Any]] = []
    if as_of is not None:
        rows = table.scan(And(of_release, EqualTo("as_of", as_of.isoformat()))).to_arrow().to_pylist()
    if not rows:
        raise LookupError(f"release_health has no look at {channel} {version}" + (f" at {as_of:%Y-%m-%dT%H:%MZ}" if as_of else ""))
    return rows


def recomputed_look(catalog: Catalog, calendar: Calendar, stored: Row, policy: Policy) -> tuple[ScoredRelease, list[Row]]:
    """The release scored again from its totals, and the rows of the same look."""
    as_of = stored["as_of"]
    history = read_history(catalog, calendar, as_of - HOUR, policy, click.echo, until=as_of)
    if history is None or history.until < as_of:
        raise LookupError(f"the totals of the hours before {as_of:%Y-%m-%dT%H:%MZ} are not there, or not complete")
    for record in history.channels:
        for scored in score_releases(record, as_of - HOUR, as_of, policy):
            if (scored.release.channel, scored.release.version) == (stored["channel"], stored["release_version"]):
                maps = score_maps(record, scored.release, history.outcomes)
                rows = health_rows(scored, LookRange(as_of - timedelta(hours=1), as_of), history.audit_sequence, policy, maps)
                return scored, with_reach(with_decisions(rows, scored, policy), record, scored, history.reach, policy)
    raise LookupError(f"{stored['channel']} {stored['release_version']} is in its first week at {as_of:%Y-%m-%dT%H:%MZ} no longer")


def _wrong_posteriors(stored: list[Row], policy: Policy) -> list[str]:
    """Rows whose posterior does not follow from their own counts."""
    wrong = []
    for row in stored:
        if row["scope"] != "release" and row["ratio"] is not None:
            strata = sum(1 for other in stored if other["scope"] == "stratum" and other["measure"] == row["measure"])
            again = posterior_of_row(row, strata, policy.alarm)
            wrong += [f"{_named(row)}, from its own counts: {text}" for text in differences({c: row[c] for c in again}, again)]
    return wrong


def _wrong_rows(stored: list[Row], again: list[Row]) -> list[str]:
    """Rows that the totals give otherwise, or not at all. The list of the hour's regressions, which spans releases, is left out."""
    by_key = {tuple(row[column] for column in _KEY): row for row in again}
    wrong = []
    for row in stored:
        now = by_key.pop(tuple(row[column] for column in _KEY), None)
        if now is None:
            wrong.append(f"{_named(row)}: no longer there")
        else:
            was = row | {"notes": [note for note in row["notes"] if parse_note(note).code is not NoteCode.LISTED]}
            wrong += [f"{_named(row)}: {text}" for text in differences(was, now)]
    return [*wrong, *(f"{_named(row)}: not stored" for row in by_key.values())]


def _named(row: Row) -> str:
    return "/".join(str(row[column]) for column in _KEY)


if __name__ == "__main__":
    main()
