"""Score every release of a window's hours and stage the rows of release_health for the gate.

Reads the complete hours of release_totals and usage_delays (no Spark), the confirmed regressions, and the release calendar and the steps of
rollouts where RELEASE_CALENDAR and ROLLOUTS name them. Computes every hourly look with as_of after --start up to the latest complete hour: a later look rests on
earlier hours, so a run that rescored an old window replaces all later looks as well. Writes Parquet files below STAGING/<run key> and the
manifest that names them; the table is untouched until jobs.audit_health publishes. If it fails, nothing is staged as far as anyone can
see; run it again.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from jobs.commands.command_line import EntryPoint
from jobs.decisions.experiment_rows import experiment_rows
from jobs.decisions.later_rows import later_rows
from jobs.decisions.rollout_plan import NO_ROLLOUTS, Rollouts, parse_rollouts
from jobs.declarations.policies import POLICY
from jobs.declarations.tables import BUILD_HEALTH, EXPERIMENT_HEALTH, LATER_HEALTH, RELEASE_HEALTH, TOLD_BESIDE, Table
from jobs.declarations.windows import Mode, Window, parse_hour
from jobs.deployment.settings import from_environment
from jobs.history.lake_history import LakeHistory, read_history
from jobs.history.scored_rows import release_rows
from jobs.scoring.inputs.release_calendar import Calendar, parse_calendar, unseen_releases
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.method.evidence_list import with_listed_cells
from jobs.scoring.rows.health_rows import LookRange
from jobs.tables.commits.kept_rows import kept_in
from jobs.tables.lake.arrow_alone import leave_pandas_out
from jobs.tables.lake.code_version import code_version
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.staged.staging import new_attempt, stage_rows
from jobs.tables.staged.staging_manifest import Looks, Manifest, attempt_folder, write_manifest
from jobs.wording.client_text import as_sentence
from jobs.wording.shown_numbers import plural

_UNSEEN_AFTER = timedelta(hours=24)
"""A release that nobody has after a day is called off, or its name in the calendar is not that of its pings."""
_UNSEEN_SHOWN = 10


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--start", required=True, type=parse_hour, metavar="TIME", help="First hour of the window, such as 2026-11-22T10:00Z.")
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="End of the window, exclusive.")
@click.option(
    "--mode", required=True, type=click.Choice([mode.value for mode in Mode]), help="Of the window's totals; noted in the manifest."
)
@click.option("--run-key", required=True, metavar="KEY", help="Names the run's folder below STAGING; the audit is given the same.")
def main(start: datetime, end: datetime, mode: str, run_key: str) -> None:
    settings = from_environment()
    try:
        window = Window(start, end, Mode(mode))
        calendar, rollouts = read_calendar(settings.release_calendar), read_rollouts(settings.rollouts)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(score_window(open_catalog(), calendar, window, run_key, settings.staging, rollouts))


@dataclass(frozen=True)
class ScoredWindow:
    """Rows of release_health, and of the tables told beside it, the looks that they are of, and by table what later runs need not make again."""

    rows: pa.Table
    told_beside: dict[Table, pa.Table]
    looks: Looks
    to_keep: dict[str, list[pa.Table]]


def score_window(catalog: Catalog, calendar: Calendar, window: Window, run_key: str, staging: str, rollouts: Rollouts = NO_ROLLOUTS) -> str:
    """Stage the rows of all looks after the window's start and put the manifest in place; returns a line for a person."""
    attempt, processed_at = new_attempt(), datetime.now(UTC)
    scored = score_looks(catalog, calendar, window.start, rollouts)
    folder = attempt_folder(staging, run_key, attempt)
    files = {RELEASE_HEALTH.name: tuple(stage_rows(scored.rows, RELEASE_HEALTH, folder))}
    files |= {table.name: tuple(stage_rows(rows, table, folder)) for table, rows in scored.told_beside.items()}
    files |= {table.name: tuple(stage_rows(kept, table, folder)) for table, kept in kept_in(scored.to_keep)}
    write_manifest(staging, "health", Manifest(run_key, attempt, window, code_version(), processed_at, files, scored.looks))
    return _line_for_a_person(scored)


def score_looks(catalog: Catalog, calendar: Calendar, after: datetime, rollouts: Rollouts = NO_ROLLOUTS) -> ScoredWindow:
    """Rows of every look with as_of after `after`, up to the end of the latest complete hour.

    A year's rows are a million: those of a release become columns before the next one is scored, a fifth of their size as dictionaries.
    """
    schema = arrow_schema(RELEASE_HEALTH)
    history = read_history(catalog, calendar, after, POLICY, click.echo)
    if history is None:
        return ScoredWindow(schema.empty_table(), _told_beside({}), Looks(after, after, 0), {})
    tell_unseen(calendar, history)
    looks = Looks(after, history.until, history.audit_sequence)
    parts, builds, later = [schema.empty_table()], [], []
    for channel in history.channels:
        for scored in score_releases(channel, after, history.until, POLICY):
            steps = rollouts.get((scored.release.channel, scored.release.version), ())
            rows = release_rows(history, channel, scored, LookRange(after, history.until), steps, POLICY)
            parts.append(pa.Table.from_pylist(rows.health, schema=schema))
            builds += rows.builds
        later += later_rows(channel, after, history.until, history.audit_sequence, POLICY)
    compared = experiment_rows(history.experiments, after, history.until, history.audit_sequence, POLICY)
    beside = _told_beside({EXPERIMENT_HEALTH: compared, BUILD_HEALTH: builds, LATER_HEALTH: later})
    listed = with_listed_cells(pa.concat_tables(parts), POLICY.alarm.discovery_rate)
    return ScoredWindow(listed, beside, looks, history.to_keep())


def _told_beside(rows_by_table: dict[Table, list[dict[str, Any]]]) -> dict[Table, pa.Table]:
    return {table: pa.Table.from_pylist(rows_by_table.get(table, []), schema=arrow_schema(table)) for table in TOLD_BESIDE}


def tell_unseen(calendar: Calendar, history: LakeHistory) -> None:
    """Prints the releases of the calendar that no ping carries: most likely they are written otherwise there."""
    versions = {channel.totals.channel: channel.totals.versions for channel in history.channels}
    first = min((channel.totals.origin for channel in history.channels), default=history.until)
    unseen = unseen_releases(calendar, versions, first, history.until - _UNSEEN_AFTER)
    if unseen:
        shown = as_sentence(", ".join(unseen[-_UNSEEN_SHOWN:]))
        click.echo(f"{plural(len(unseen), 'release')} of the release calendar {'has' if len(unseen) == 1 else 'have'} no pings: {shown}")


def read_calendar(location: str | None) -> Calendar:
    """The release calendar's file; empty where there is none. OSError or ValueError, which says what is wrong with it."""
    return {} if location is None else parse_calendar(Path(location).read_text(encoding="utf-8"))


def read_rollouts(location: str | None) -> Rollouts:
    """The declared steps of rollouts; none where there is no file. OSError or ValueError, which says what is wrong with it."""
    return NO_ROLLOUTS if location is None else parse_rollouts(Path(location).read_text(encoding="utf-8"))


def _line_for_a_person(scored: ScoredWindow) -> str:
    told = scored.rows.select(["scope", "channel", "release_version", "as_of", "state"])
    verdicts = told.filter(pc.field("scope") == "release").to_pylist()
    latest = {(row["channel"], row["release_version"]): row for row in sorted(verdicts, key=lambda row: row["as_of"])}
    states = Counter(row["state"] for row in latest.values())
    words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{plural(len(latest), 'release')} ({words or 'none to score'}), {plural(len(verdicts), 'look')}, {plural(scored.rows.num_rows, 'row')} staged"


if __name__ == "__main__":
    leave_pandas_out()
    main()
