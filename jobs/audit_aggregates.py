"""Check the staged rows of a window, then publish them: the quality gate between aggregation and the tables.

Reads the manifest of the run below STAGING and the files that it names, what was published in the weeks before, and RELEASE_CALENDAR if it
is set. Writes every outcome to data_quality and as pages below DATA_DOCS, then replaces the window in the published tables. If a critical
expectation fails, or cannot be run, nothing is published: readers keep the last good rows, the message names the expectation with what was
seen and how to look at the staged rows, and the exit code is 3 (1 if a check could not be run, which another try may mend).
"""

from datetime import UTC, datetime

import click

from expectations.checks.audited_run import AuditedRun
from expectations.gate.published_history import read_calendar, read_history, read_published
from expectations.gate.table_gates import audit_window_tables
from expectations.reports.gate_records import blocked, record_results
from expectations.reports.gate_report import GateRun, success_line
from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import Mode, Window, parse_hour
from jobs.deployment.settings import from_environment
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.staged.staging_manifest import read_manifest


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--start", required=True, type=parse_hour, metavar="TIME", help="First hour of the window, such as 2026-11-22T10:00Z.")
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="End of the window, exclusive.")
@click.option("--mode", required=True, type=click.Choice([mode.value for mode in Mode]), help="That of the aggregation.")
@click.option("--run-key", required=True, metavar="KEY", help="The run whose staged rows are checked.")
@click.option("--accept-less", is_flag=True, help="That of the aggregation: what input is less than it was then only warns of.")
def main(start: datetime, end: datetime, mode: str, run_key: str, accept_less: bool) -> None:
    """Check the staged rows of a window, then publish them."""
    settings = from_environment()
    try:
        window = Window(start, end, Mode(mode))
        manifest = read_manifest(settings.staging, run_key, "aggregates")
    except (ValueError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from error
    if manifest.window != window:
        raise click.ClickException(f"run {run_key} staged {manifest.window}, not {window}: give the window that was aggregated")
    catalog = open_catalog()
    run = AuditedRun(
        window,
        manifest.window_run_id,
        read_history(catalog, window.start),
        read_calendar(settings.release_calendar),
        read_published(catalog, window),
        accept_less,
    )
    tables = audit_window_tables(manifest, run)
    gate = GateRun(manifest, "aggregates", datetime.now(UTC), tables)
    data_docs = record_results(catalog, settings.data_docs, gate)
    if gate.blocking:
        raise blocked(gate, data_docs)
    click.echo(f"Data Docs: {data_docs}")
    click.echo(success_line(gate, publish_window(catalog, manifest)))


if __name__ == "__main__":
    main()
