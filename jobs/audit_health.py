"""Check the staged scores of a run, then publish them: the quality gate between scoring and the digest.

Reads the manifest of the run below STAGING and the files that it names; needs no Spark. Writes every outcome to data_quality and as pages
below DATA_DOCS, then replaces the run's looks in release_health. If a critical expectation fails, or cannot be run, nothing is published:
readers keep the last good scores, the message names the expectation with what was seen and how to look at the staged rows, and the exit
code is 3 (1 if a check could not be run, which another try may mend).
"""

from datetime import UTC, datetime

import click

from expectations.gate.table_gates import audit_health_tables
from expectations.reports.gate_records import blocked, record_results
from expectations.reports.gate_report import GateRun, success_line
from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import Mode, Window, parse_hour
from jobs.deployment.settings import from_environment
from jobs.tables.commits.kept_rows import KEPT_TABLES, keep_rows
from jobs.tables.commits.publishing import PublishOutcome, publish_health
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.staged.staging import read_staged
from jobs.tables.staged.staging_manifest import read_manifest


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--start", required=True, type=parse_hour, metavar="TIME", help="First hour of the window, such as 2026-11-22T10:00Z.")
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="End of the window, exclusive.")
@click.option("--mode", required=True, type=click.Choice([mode.value for mode in Mode]), help="That of the scoring.")
@click.option("--run-key", required=True, metavar="KEY", help="The run whose staged scores are checked.")
def main(start: datetime, end: datetime, mode: str, run_key: str) -> None:
    """Check the staged scores of a run, then publish them."""
    settings = from_environment()
    try:
        window = Window(start, end, Mode(mode))
        manifest = read_manifest(settings.staging, run_key, "health")
    except (ValueError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from error
    if manifest.window != window:
        raise click.ClickException(f"run {run_key} scored {manifest.window}, not {window}: give the window that was scored")
    catalog = open_catalog()
    gate = GateRun(manifest, "health", datetime.now(UTC), audit_health_tables(manifest))
    data_docs = record_results(catalog, settings.data_docs, gate)
    if gate.blocking:
        raise blocked(gate, data_docs)
    click.echo(f"Data Docs: {data_docs}")
    has_looks = manifest.looks is not None and manifest.looks.until > manifest.looks.after
    for table in KEPT_TABLES:
        keep_rows(catalog, table, read_staged(manifest, table))
    click.echo(success_line(gate, publish_health(catalog, manifest) if has_looks else PublishOutcome(())))


if __name__ == "__main__":
    main()
