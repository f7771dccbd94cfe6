"""Keep the tables in shape, and name the holes: hours never read, days never settled, objects that came too late.

Reads the listing of LANDING, ingest_audit and the tables' metadata. Drops rows past their retention, merges small files, expires old
snapshots, deletes files that no snapshot names and old staging folders; how old is in jobs/tables/upkeep/maintenance_policy.py, and ages count back
from --end. Each hole is printed with the backfill that mends it, ready to run, and what that costs. If it fails, what it
had not done yet is done by the next run.
"""

from datetime import datetime

import click
from pyiceberg.catalog import Catalog

from jobs.commands.command_line import EntryPoint
from jobs.declarations.tables import INGEST_AUDIT, TABLES, Table
from jobs.declarations.windows import parse_hour
from jobs.deployment.settings import from_environment
from jobs.pings.landing_zone import LandingZoneError
from jobs.tables.audit.open_claims import read_claims
from jobs.tables.commits.row_replacement import expire_snapshots
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.tables.upkeep.backfill_requests import days_words, hole_lines, hours_words
from jobs.tables.upkeep.hole_reading import read_holes
from jobs.tables.upkeep.maintenance_policy import POLICY
from jobs.tables.upkeep.table_upkeep import (
    Removed,
    delete_old_staging,
    delete_unreferenced_files,
    drop_rows_before,
    merge_daily_files,
)


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="Ages count back from here, such as 2026-11-22T00:00Z.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
def main(end: datetime, dry_run: bool) -> None:
    settings = from_environment()
    catalog = open_catalog()
    end = end.replace(minute=0, second=0, microsecond=0)
    files = Removed()
    for table in TABLES:
        files += tend(catalog, table, end, dry_run)
    folders = delete_old_staging(settings.staging, end - POLICY.staging, dry_run)
    name_open_claims(catalog)
    to_mend = name_holes(catalog, settings.landing, end)
    verb = "would delete" if dry_run else "deleted"
    click.echo(f"{to_mend}; {verb} {files.count} files ({_megabytes(files)}) and {folders.count} staging folders ({_megabytes(folders)})")


def name_holes(catalog: Catalog, landing: str, end: datetime) -> str:
    """Print what was never read, never settled or came too late, with the requests that mend it; returns it in short."""
    try:
        holes, listed = read_holes(catalog, end, POLICY.late_objects, landing)
    except LandingZoneError as error:
        holes, _ = read_holes(catalog, end, POLICY.late_objects)
        click.echo("\n".join(hole_lines(holes)))
        raise click.ClickException(f"the tables are tended, but late objects could not be looked for: {error}") from error
    for line in hole_lines(holes, listed):
        click.echo(line)
    return f"to settle again: {days_words(holes.days_to_settle)}" if holes.days_to_settle else "no day to settle again"


def name_open_claims(catalog: Catalog) -> None:
    """Prints which hours a run began to replace and has not replaced yet: it is doing so now, or it died and nobody cleared it."""
    if not catalog.table_exists(identifier(INGEST_AUDIT)):
        return
    for claim in read_claims(catalog.load_table(identifier(INGEST_AUDIT))):
        click.echo(
            f"{claim.rank.mode} run {claim.window_run_id} has not finished publishing {hours_words(claim.hours)}; readers see the rows from before. Unless it "
            "is at work, clear its audit_aggregates"
        )


def tend(catalog: Catalog, table: Table, end: datetime, is_dry_run: bool) -> Removed:
    """Rows, snapshots, then files of one table: what the first let go of ages a while before the last deletes it."""
    if not catalog.table_exists(identifier(table)):
        return Removed()
    midnight = end.replace(hour=0)
    retention = POLICY.retention_by_table.get(table.name)
    rows = drop_rows_before(catalog, table, midnight - retention, is_dry_run) if retention else 0
    merged = merge_daily_files(catalog, table, midnight, is_dry_run) if table.name in POLICY.merged_tables else 0
    snapshots = expire_snapshots(catalog, table, is_dry_run)
    files = delete_unreferenced_files(catalog, table, end - POLICY.unreferenced_files, is_dry_run)
    click.echo(
        f"{table.name}: {rows} rows past their retention, {merged} files fewer by merging, {snapshots} snapshots expired, "
        f"{files.count} unreferenced files ({_megabytes(files)})"
    )
    return files


def _megabytes(removed: Removed) -> str:
    return f"{removed.size_bytes / 1e6:,.1f} MB"


if __name__ == "__main__":
    main()
