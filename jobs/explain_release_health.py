"""Show how a stored verdict on a release came about, each figure computed again from stored rows.

Reads release_health and what is told beside it (builds, experiments, later weeks), and what scoring reads: release_totals, usage_delays,
release_reviews, the release calendar, the steps of rollouts. Writes nothing. It fails, with the figures that differ, if the rows computed
again are not those that were stored: then the totals have changed since, and `python -m jobs.score_release_health` from that hour on brings
the verdicts up to date.
"""

from datetime import datetime

import click
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression, EqualTo

from jobs.commands.command_line import EntryPoint
from jobs.decisions.decision_explanation import build_lines, decision_lines, experiment_lines, later_lines
from jobs.decisions.rollout_plan import NO_ROLLOUTS, Rollouts
from jobs.declarations.policies import POLICY, Policy
from jobs.declarations.tables import BUILD_HEALTH, EXPERIMENT_HEALTH, LATER_HEALTH, RELEASE_HEALTH, Table
from jobs.declarations.windows import HOUR, parse_hour
from jobs.deployment.settings import from_environment
from jobs.history.recomputed_looks import differing_rows, is_past_retention, recomputed_later_look, recomputed_look, row_name
from jobs.score_release_health import read_calendar, read_rollouts
from jobs.scoring.inputs.release_calendar import Calendar
from jobs.scoring.rows.explanation import explain_release
from jobs.scoring.rows.health_rows import Row
from jobs.scoring.rows.people_explanation import people_lines
from jobs.scoring.rows.row_recomputation import differences, posterior_of_row
from jobs.tables.lake.lake_catalog import open_catalog, stored_table
from jobs.tables.reading.plain_rows import read_rows
from jobs.verdicts.health_cells import cell_from_row, platform_of
from jobs.wording.client_text import as_data_label

_TOLD_DIFFERENCES = 10


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--channel", required=True, help="Such as beta.")
@click.option("--version", required=True, help="Release version, such as 57.0b8.")
@click.option("--as-of", type=parse_hour, metavar="TIME", help="The look, such as 2026-11-22T10:00Z; the latest, unless said.")
def main(channel: str, version: str, as_of: datetime | None) -> None:
    try:
        settings = from_environment()
        calendar, rollouts = read_calendar(settings.release_calendar), read_rollouts(settings.rollouts)
        told = explain(open_catalog(), calendar, channel, version, as_of, rollouts=rollouts)
    except (ValueError, LookupError) as error:
        raise click.ClickException(str(error)) from error
    if settings.data_label:
        click.echo(f"{as_data_label(settings.data_label)}.\n")
    click.echo(told)


class RecomputationDiffersError(ValueError):
    """The rows computed again are not those that were stored."""


def explain(
    catalog: Catalog, calendar: Calendar, channel: str, version: str, as_of: datetime | None, rollouts: Rollouts = NO_ROLLOUTS
) -> str:
    """The explanation of a look. LookupError where nothing is stored of it, RecomputationDiffersError where it can't be had again."""
    stored = stored_look(catalog, channel, version, as_of)
    at = stored[0]["as_of"]
    again = recomputed_look(catalog, calendar, rollouts, stored[0], POLICY)
    of_channel = And(EqualTo("channel", channel), EqualTo("as_of", at.isoformat()))
    builds = read_rows(catalog, BUILD_HEALTH, And(of_channel, EqualTo("release_version", version)))
    branches = read_rows(catalog, EXPERIMENT_HEALTH, of_channel)
    of_release = And(EqualTo("channel", channel), EqualTo("release_version", version))
    later = [row | {"platform": platform_of(row)} for row in _latest_look(catalog, LATER_HEALTH, of_release)] if as_of is None else []
    beside = {BUILD_HEALTH: builds, EXPERIMENT_HEALTH: branches, LATER_HEALTH: later}
    # Looks of before these tables were published have no rows in them.
    gone = [table for table, rows in beside.items() if rows and is_past_retention(catalog, table, at)]
    checked = {RELEASE_HEALTH: stored} | {table: rows for table, rows in beside.items() if rows and table not in gone}
    now = dict(again.rows)
    if later:
        now[LATER_HEALTH] = recomputed_later_look(catalog, calendar, later[0], POLICY)
    wrong = [text for table, rows in checked.items() for text in differing_rows(table, rows, now[table])]
    _refuse_differences([*_wrong_posteriors(stored, POLICY), *wrong], f"{channel} {version}", at)
    verdict = next(row for row in stored if row["scope"] == "release")
    told = [
        *decision_lines(cell_from_row(verdict)),
        *build_lines(builds),
        *experiment_lines(branches),
        *later_lines(later),
        *people_lines(stored),
    ]
    closing = f"{sum(map(len, checked.values()))} stored rows of this look were computed again from the totals, and each is the same."
    aged = f" Those of {' and '.join(table.name for table in gone)} rest on rows that went for their age." if gone else ""
    return "\n".join([explain_release(again.scored, verdict, stored, POLICY), "", *told, f"{closing}{aged}"])


def _refuse_differences(wrong: list[str], release: str, at: datetime) -> None:
    if not wrong:
        return
    listed = "\n  ".join([*wrong[:_TOLD_DIFFERENCES], *([f"... {len(wrong)} in all"] if len(wrong) > _TOLD_DIFFERENCES else [])])
    raise RecomputationDiffersError(
        f"computed again, {len(wrong)} figures of {release} at {at:%Y-%m-%dT%H:%MZ} differ from those stored; the totals have changed since, or "
        f"the scorer or the rollout's declared steps have; trigger release_health_backfill from {at - HOUR:%Y-%m-%d} on to score them anew:\n"
        f"  {listed}"
    )


def stored_look(catalog: Catalog, channel: str, version: str, as_of: datetime | None) -> list[Row]:
    """The stored rows of one look, the latest unless said."""
    if stored_table(catalog, RELEASE_HEALTH) is None:
        raise LookupError("nothing has been scored yet: run jobs.score_release_health and jobs.audit_health first")
    of_release = And(EqualTo("channel", channel), EqualTo("release_version", version))
    if as_of is None:
        rows = _latest_look(catalog, RELEASE_HEALTH, of_release)
    else:
        rows = read_rows(catalog, RELEASE_HEALTH, And(of_release, EqualTo("as_of", as_of.isoformat())))
    if not rows:
        raise LookupError(f"release_health has no look at {channel} {version}" + (f" at {as_of:%Y-%m-%dT%H:%MZ}" if as_of else ""))
    return rows


def _latest_look(catalog: Catalog, table: Table, of_release: BooleanExpression) -> list[Row]:
    """The rows of the release's latest look; none where the table has none."""
    latest = max((row["as_of"] for row in read_rows(catalog, table, of_release, ("as_of",))), default=None)
    return read_rows(catalog, table, And(of_release, EqualTo("as_of", latest.isoformat()))) if latest else []


def _wrong_posteriors(stored: list[Row], policy: Policy) -> list[str]:
    """Rows whose posterior does not follow from their own counts."""
    wrong = []
    for row in stored:
        if row["scope"] != "release" and row["ratio"] is not None:
            strata = sum(1 for other in stored if other["scope"] == "stratum" and other["measure"] == row["measure"])
            again = posterior_of_row(row, strata, policy.alarm)
            wrong += [
                f"{row_name(RELEASE_HEALTH, row)}, from its own counts: {text}" for text in differences({c: row[c] for c in again}, again)
            ]
    return wrong


if __name__ == "__main__":
    main()
