"""Keep the tables in shape, and name the days whose pings came too late for their settlement.

Reads the listing of LANDING, ingest_audit and the tables' metadata. Drops rows past their retention, merges small files, expires old
snapshots, deletes files that no snapshot names and old staging folders; how old is in jobs/tables/maintenance_policy.py, and ages count back
from --end. If it fails, what it had not done yet is done by the next run.
"""

from datetime import date, datetime

import click
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError

from jobs.command_line import EntryPoint
from jobs.pings.landing_zone import LandingZoneError, list_hours
from jobs.settings import from_environment
from jobs.table_declarations import INGEST_AUDIT, TABLES, Table
from jobs.tables.lake_catalog import identifier, open_catalog
from jobs.tables.late_objects import days_to_settle_again, settled_objects
from jobs.tables.maintenance_policy import POLICY
from jobs.tables.open_claims import read_claims
from jobs.tables.row_replacement import expire_snapshots
from jobs.tables.table_upkeep import (
    Removed,
    delete_old_staging,
    delete_unreferenced_files,
    drop_rows_before,
    merge_daily_files,
)
from jobs.windows import Mode, Window, hour_ranges, parse_hour


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="Ages count back from here, such as 2026-11-22T00:00Z.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
def main(end: datetime, dry_run: bool) -> None:
    settings = from_environment()
    catalog = open_catalog()
    end = end.replace(minute=0, second=0, microsecond=0)
    try:
        late_days = name_late_days(catalog, settings.landing, end)
    except LandingZoneError as error:
        raise click.ClickException(str(error)) from error
    name_open_claims(catalog)
    files = Removed()
    for table in TABLES:
        files += tend(catalog, table, end, dry_run)
    folders = delete_old_staging(settings.staging, end - POLICY.staging, dry_run)
    settle = f"settle again: {', '.join(f'{day}' for day in late_days)}" if late_days else "no day to settle again"
    verb = "would delete" if dry_run else "deleted"
    click.echo(f"{settle}; {verb} {files.count} files ({_megabytes(files)}) and {folders.count} staging folders ({_megabytes(folders)})")


def name_late_days(catalog: Catalog, landing: str, end: datetime) -> list[date]:
    """The days to settle again; prints the objects that call for it."""
    last_midnight = end.replace(hour=0)
    window = Window(last_midnight - POLICY.late_objects, last_midnight, Mode.SETTLED)
    try:
        audit = catalog.load_table(identifier(INGEST_AUDIT))
    except NoSuchTableError:
        return []
    unread = days_to_settle_again(list_hours(landing, window), settled_objects(audit, window.start, window.end))
    for day, keys in unread.items():
        click.echo(
            f"{day} was settled without {len(keys)} objects that have come since, such as {keys[0]}; run release_health_backfill for it"
        )
    return list(unread)


def name_open_claims(catalog: Catalog) -> None:
    """Prints which hours a run began to replace and has not replaced yet: it is doing so now, or it died and nobody cleared it."""
    if not catalog.table_exists(identifier(INGEST_AUDIT)):
        return
    for claim in read_claims(catalog.load_table(identifier(INGEST_AUDIT))):
        hours = ", ".join(f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}" for start, end in hour_ranges(claim.hours))
        click.echo(
            f"{claim.rank.mode} run {claim.window_run_id} has not finished publishing {hours}; readers see the rows from before. Unless it "
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
