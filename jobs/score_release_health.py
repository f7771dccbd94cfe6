"""Score every release of a window's hours and stage the rows of release_health for the gate.

Reads the complete hours of release_totals and usage_delays (no Spark), the confirmed regressions, and the release calendar where
RELEASE_CALENDAR names one. Computes every hourly look with as_of after --start up to the latest complete hour: a later look rests on
earlier hours, so a run that rescored an old window replaces all later looks as well. Writes Parquet files below STAGING/<run key> and the
manifest that names them; the table is untouched until jobs.audit_health publishes. If it fails, nothing is staged as far as anyone can
see; run it again.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, StartsWith

from jobs.command_line import EntryPoint
from jobs.number_words import plural
from jobs.policies import HORIZON_HOURS, POLICY, Policy
from jobs.scoring.calibration_history import score_maps
from jobs.scoring.cell_preparation import ChannelRecord
from jobs.scoring.channel_scoring import score_releases
from jobs.scoring.channel_totals import TOTALS_COLUMNS, channel_totals
from jobs.scoring.evidence_list import note_listed_cells
from jobs.scoring.health_rows import LookRange, Row, health_rows
from jobs.scoring.holdback_rows import HOLDBACK_COLUMNS
from jobs.scoring.measured_kernels import DELAY_COLUMNS, usage_delays
from jobs.scoring.release_calendar import Calendar, parse_calendar
from jobs.scoring.release_reviews import Review
from jobs.settings import from_environment
from jobs.table_declarations import EXPERIMENT_ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_HEALTH, RELEASE_REVIEWS, RELEASE_TOTALS, USAGE_DELAYS
from jobs.tables.audit_rows import COMPLETE
from jobs.tables.code_version import code_version
from jobs.tables.complete_windows import read_complete
from jobs.tables.lake_catalog import identifier, open_catalog
from jobs.tables.schemas import arrow_schema
from jobs.tables.staging import new_attempt, stage_rows
from jobs.tables.staging_manifest import Looks, Manifest, attempt_folder, write_manifest
from jobs.windows import HOUR, Mode, Window, parse_hour

STAGE_BEFORE = {"release": "beta", "esr": "release", "beta": "nightly", "aurora": "nightly"}
"""The channel that a version passes through before."""
_LONGEST_LIFE_BEFORE = timedelta(hours=2 * HORIZON_HOURS)
"""Before the oldest baseline: its own previous version, and two weeks of delays."""


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
        calendar = read_calendar(settings.release_calendar)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(score_window(open_catalog(), calendar, window, run_key, settings.staging))


@dataclass(frozen=True)
class ScoredWindow:
    """Rows of release_health, and the looks that they are of."""

    rows: list[Row]
    looks: Looks


def score_window(catalog: Catalog, calendar: Calendar, window: Window, run_key: str, staging: str, policy: Policy = POLICY) -> str:
    """Stage the rows of all looks after the window's start and put the manifest in place; returns a line for a person."""
    attempt, processed_at = new_attempt(), datetime.now(UTC)
    scored = score_looks(catalog, calendar, window.start, policy)
    rows = pa.Table.from_pylist(scored.rows, schema=arrow_schema(RELEASE_HEALTH))
    files = {RELEASE_HEALTH.name: tuple(stage_rows(rows, RELEASE_HEALTH, attempt_folder(staging, run_key, attempt)))}
    write_manifest(staging, "health", Manifest(run_key, attempt, window, code_version(), processed_at, files, scored.looks))
    return _line_for_a_person(scored)


def score_looks(catalog: Catalog, calendar: Calendar, after: datetime, policy: Policy = POLICY) -> ScoredWindow:
    """Rows of every look with as_of after `after`, up to the end of the latest complete hour."""
    recorded = recorded_hours(catalog, after - history_span(policy))
    if recorded is None or recorded[1] <= after:
        return ScoredWindow([], Looks(after, after, 0))
    records, audit_sequence = read_records(catalog, calendar, *recorded)
    until = recorded[1]
    rows: list[Row] = []
    for record in records:
        for scored in score_releases(record, after, until, policy):
            maps = score_maps(record, scored.release, policy)
            rows += health_rows(scored, LookRange(after, until), audit_sequence, policy, maps)
    note_listed_cells(rows, policy.alarm.discovery_rate)
    return ScoredWindow(rows, Looks(after, until, audit_sequence))


def recorded_hours(catalog: Catalog, start: datetime) -> tuple[datetime, datetime] | None:
    """Start of the first and end of the latest complete hour from `start` on; None where there is none."""
    try:
        audit = catalog.load_table(identifier(INGEST_AUDIT))
    except NoSuchTableError:
        return None
    is_complete = And(GreaterThanOrEqual("hour_start", start.isoformat()), EqualTo("status", COMPLETE))
    hours = audit.scan(is_complete, selected_fields=("hour_start", "status")).to_arrow()["hour_start"].to_pylist()
    return (min(hours).astimezone(UTC), max(hours).astimezone(UTC) + HOUR) if hours else None


def read_records(catalog: Catalog, calendar: Calendar, start: datetime, end: datetime) -> tuple[list[ChannelRecord], int]:
    """What is known of each channel in the hours [start, end), and the sequence number of the audit that it rests on."""
    totals = read_complete(catalog, RELEASE_TOTALS, start, end, columns=TOTALS_COLUMNS)
    delays = read_complete(catalog, USAGE_DELAYS, start, end, columns=DELAY_COLUMNS)
    reviews = read_reviews(catalog)
    experiments = read_complete(
        catalog,
        EXPERIMENT_ERROR_AGGREGATES,
        start,
        end,
        StartsWith("experiment", POLICY.holdback.experiment_prefix),
        columns=HOLDBACK_COLUMNS,
    ).rows
    records = [
        ChannelRecord(of_channel, usage_delays(delays.rows, of_channel.channel, start), calendar, reviews, experiments)
        for of_channel in channel_totals(totals.rows, totals.incomplete_hours, start, end)
    ]
    by_channel = {record.totals.channel: record for record in records}
    staged = [replace(record, stage_before=by_channel.get(STAGE_BEFORE.get(record.totals.channel, ""))) for record in records]
    return staged, min(totals.audit_sequence, delays.audit_sequence)


def read_reviews(catalog: Catalog) -> tuple[Review, ...]:
    """All rows of release_reviews; none where nobody has reviewed anything yet."""
    try:
        table = catalog.load_table(identifier(RELEASE_REVIEWS))
    except NoSuchTableError:
        return ()
    rows = table.scan(selected_fields=("channel", "release_version", "reviewed_at", "verdict")).to_arrow().to_pylist()
    return tuple(Review(row["channel"], row["release_version"], row["reviewed_at"], row["verdict"]) for row in rows)


def read_calendar(location: str | None) -> Calendar:
    """The release calendar's file; empty where there is none. OSError or ValueError, which says what is wrong with it."""
    return {} if location is None else parse_calendar(Path(location).read_text(encoding="utf-8"))


def history_span(policy: Policy) -> timedelta:
    """How long before a look the record has to begin: the release's week, its baselines, and what lies before the oldest."""
    return timedelta(hours=HORIZON_HOURS, days=policy.baselines.history_days) + _LONGEST_LIFE_BEFORE


def _line_for_a_person(scored: ScoredWindow) -> str:
    verdicts = [row for row in scored.rows if row["scope"] == "release"]
    latest = {(row["channel"], row["release_version"]): row for row in sorted(verdicts, key=lambda row: row["as_of"])}
    states = Counter(row["state"] for row in latest.values())
    words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{plural(len(latest), 'release')} ({words or 'none to score'}), {plural(len(verdicts), 'look')}, {plural(len(scored.rows), 'row')} staged"


if __name__ == "__main__":
    main()
