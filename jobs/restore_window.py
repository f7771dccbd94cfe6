"""Put hours of all tables back to what they were at an earlier time: the way back from a bad publication.

Reads the snapshots that are kept: the newest 36 of each table, and the last of each of eight days. The rows are staged below STAGING and
published as a run of their own, which outranks the one that it undoes; ingest_audit names the run whose rows they are (restored_from).
Without --as-of it says what could be put back, and changes nothing. If it fails, readers see what they saw before; run it again. Scores
stay as they are until the commands that it prints at the end have run.
"""

from datetime import UTC, datetime

import click
import pyarrow as pa
from pyiceberg.catalog import Catalog

from jobs.commands.command_line import EntryPoint
from jobs.commands.printed_commands import printed_command
from jobs.declarations.states import HourStatus
from jobs.declarations.tables import INGEST_AUDIT, WINDOW_TABLES
from jobs.declarations.windows import Mode, Window, parse_hour
from jobs.deployment.settings import from_environment
from jobs.tables.audit.audit_reading import latest_audit_sequence, read_hour_audits
from jobs.tables.commits.publishing import PublishOutcome, publish_window
from jobs.tables.lake.code_version import code_version
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.tables.lake.schemas import staged_schema
from jobs.tables.reading.earlier_hours import EarlierHours, hours_as_of, kept_times
from jobs.tables.staged.staging import new_attempt, stage_rows
from jobs.tables.staged.staging_manifest import Manifest, StagedFile, attempt_folder, window_run_id, write_manifest


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--start", required=True, type=parse_hour, metavar="TIME", help="First hour to put back, such as 2026-11-22T10:00Z.")
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="End of the hours, exclusive.")
@click.option("--as-of", type=parse_hour, metavar="TIME", help="When they were right, such as 2026-11-22T14:30Z.")
def main(start: datetime, end: datetime, as_of: datetime | None) -> None:
    try:
        window = Window(start, end, Mode.PROVISIONAL)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    catalog = open_catalog()
    if as_of is None:
        _say_what_is_kept(catalog, window)
        return
    outcome = restore_hours(catalog, window, as_of, from_environment().staging)
    click.echo(f"{len(outcome.published_hours)} hours put back, {len(outcome.superseded_hours)} left as they are")
    for hour, owner in sorted(outcome.superseded_hours.items()):
        click.echo(f"{hour:%Y-%m-%d %H:%M} belongs to {owner}")
    period = ("--start", f"{start:%Y-%m-%dT%H:%MZ}", "--end", f"{end:%Y-%m-%dT%H:%MZ}")
    click.echo("score again, so that the digest says the same as the tables:")
    for command in ("score_release_health", "audit_health"):
        click.echo(f"  {printed_command(command, *period, '--mode', 'provisional', '--run-key', f'restored-{start:%Y%m%d%H}')}")


def restore_hours(catalog: Catalog, window: Window, as_of: datetime, staging: str) -> PublishOutcome:
    """Publish the window's hours again as they stood then. ClickException if some had not been published; NotKeptError as hours_as_of."""
    earlier = hours_as_of(catalog, window.start, window.end, as_of)
    missing = [hour for hour in window.hours if hour not in earlier.pinned.owners]
    if missing:
        raise click.ClickException(
            f"{len(missing)} of the hours, such as {missing[0]:%Y-%m-%d %H:%M}, had not been published at {earlier.at:%Y-%m-%d %H:%M:%S} UTC: "
            "choose other hours, or a later time"
        )
    click.echo(f"putting back what ingest_audit said at {earlier.at:%Y-%m-%d %H:%M:%S} UTC")
    run_key, attempt = f"restore-{new_attempt()}", new_attempt()
    folder, run_id = attempt_folder(staging, run_key, attempt), window_run_id(run_key, attempt)
    processed_at, sequence = datetime.now(UTC), latest_audit_sequence(catalog)
    files: dict[str, tuple[StagedFile, ...]] = {}
    for table in WINDOW_TABLES:
        rows = earlier.pinned.read(table).rows
        run_ids = pa.array([run_id] * rows.num_rows, pa.string())
        marked = rows.set_column(rows.schema.get_field_index("window_run_id"), "window_run_id", run_ids)
        files[table.name] = tuple(stage_rows(marked.sort_by(table.time_column), table, folder))
    marks = {"window_run_id": run_id, "processed_at": processed_at, "audit_sequence": sequence, "status": HourStatus.PUBLISHING}
    files[INGEST_AUDIT.name] = tuple(stage_rows(_audit_rows(catalog, earlier, window, marks), INGEST_AUDIT, folder))
    manifest = Manifest(run_key, attempt, window, code_version(), processed_at, files, audit_sequence=sequence)
    write_manifest(staging, "aggregates", manifest)
    return publish_window(catalog, manifest)


def _audit_rows(catalog: Catalog, earlier: EarlierHours, window: Window, marks: dict[str, object]) -> pa.Table:
    """The audit rows of then, as those of this run. An hour that is settled now stays settled, or the run could not take its place."""
    now = read_hour_audits(catalog.load_table(identifier(INGEST_AUDIT)), window.start, window.end)
    is_settled = {hour for hour, audit in now.items() if audit.rank.is_settled}
    rows = [
        row
        | marks
        | {"restored_from": row["restored_from"] or row["window_run_id"]}
        | ({"mode": Mode.SETTLED.value} if row["hour_start"] in is_settled else {})
        for row in earlier.audit_rows.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=staged_schema(INGEST_AUDIT))


def _say_what_is_kept(catalog: Catalog, window: Window) -> None:
    for at in kept_times(catalog.load_table(identifier(INGEST_AUDIT))):
        owners = hours_as_of(catalog, window.start, window.end, at.replace(microsecond=999_999)).pinned.owners
        runs = sorted({f"{owner.rank.mode} run {owner.window_run_id}" for owner in owners.values()})
        click.echo(
            f"--as-of {at:%Y-%m-%dT%H:%M:%SZ}: {len(owners)} of {len(window.hours)} hours published, by {', '.join(runs) or 'nobody'}"
        )


if __name__ == "__main__":
    main()
