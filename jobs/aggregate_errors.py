"""Read the pings of a window, aggregate them, and stage the rows for the gate.

Reads the window's hourly folders below LANDING and nothing else. Writes Parquet files below STAGING/<run key> and, once all of them are
there, the manifest that names them: the tables are untouched until jobs.audit_aggregates publishes. If it fails, nothing is staged as far
as anyone can see; run it again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession

from jobs.aggregates.hour_audits import Attempt, audit_hours
from jobs.aggregates.line_counts import LineCounts, count_lines, counts_by_hour, sum_counts
from jobs.aggregates.ping_copies import mark_pings
from jobs.aggregates.window_tables import frames_by_table, release, window_sums
from jobs.commands.command_line import EntryPoint
from jobs.declarations.tables import INGEST_AUDIT, WINDOW_TABLES, Table
from jobs.declarations.windows import Mode, Window, parse_hour
from jobs.deployment.client_secrets import client_secrets
from jobs.deployment.settings import from_environment
from jobs.deployment.spark_session import compile_queries, get_session
from jobs.pings.client_keys import ClientKeys
from jobs.pings.landing_zone import LandingZoneError, list_hours
from jobs.pings.ping_source import read_records
from jobs.tables.audit.audit_reading import latest_audit_sequence
from jobs.tables.lake.code_version import code_version
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.staged.staging import new_attempt, stage_frame, stage_rows
from jobs.tables.staged.staging_manifest import Manifest, StagedFile, attempt_folder, window_run_id, write_manifest


@dataclass(frozen=True)
class Terms:
    """`keys` make those of clients. `audit_sequence` is that of ingest_audit when the run began; `accepts_less`: the window may be replaced
    by less than it was made of.
    """

    keys: ClientKeys
    audit_sequence: int = 0
    accepts_less: bool = False


_TABLES_AT_ONCE = 3
"""Of a small window a table takes longer to plan, which one core does, than to make."""
_INTERPRETED_BYTES = 5_000_000
"""Some ten thousand compressed pings; either way costs the same at some 40,000."""


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--start", required=True, type=parse_hour, metavar="TIME", help="First hour of the window, such as 2026-11-22T10:00Z.")
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="End of the window, exclusive.")
@click.option("--mode", required=True, type=click.Choice([mode.value for mode in Mode]), help="settled takes whole days and is final.")
@click.option("--run-key", required=True, metavar="KEY", help="Names the run's folder below STAGING; the audit is given the same.")
@click.option("--accept-less", is_flag=True, help="The window may be replaced by less input than it was made of; kept in its audit rows.")
@click.option("--master", help="Spark master; under spark-submit the connection's, else all cores of this machine.")
def main(start: datetime, end: datetime, mode: str, run_key: str, accept_less: bool, master: str | None) -> None:
    settings = from_environment()
    try:
        window = Window(start, end, Mode(mode))
        window.refuse_if_open(datetime.now(UTC))
        keys = ClientKeys(*client_secrets(settings.landing))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    audit_sequence = latest_audit_sequence(open_catalog())
    spark = get_session("aggregate_errors", master)
    try:
        terms = Terms(keys, audit_sequence, accept_less)
        click.echo(aggregate_window(spark, settings.landing, window, run_key, settings.staging, terms))
    except (LandingZoneError, PythonException) as error:
        raise click.ClickException(_reason(error)) from error
    finally:
        spark.stop()


def aggregate_window(spark: SparkSession, landing: str, window: Window, run_key: str, staging: str, terms: Terms) -> str:
    """Stage the window's tables and put the manifest in place; returns a line for a person.

    Reads the objects of the window below `landing`, writes below `staging`. LandingZoneError if they cannot be listed, PythonException if
    one cannot be read as it was listed.
    """
    # Taken before the listing: of two runs of a window, the one that may have seen less must not outrank the other.
    attempt, processed_at = new_attempt(), datetime.now(UTC)
    run_id, folder = window_run_id(run_key, attempt), attempt_folder(staging, run_key, attempt)
    hours = list_hours(landing, window)
    objects = [landed for hour in hours for landed in hour.objects]
    landed_bytes = sum(landed.bytes for landed in objects)
    click.echo(f"{window}: {len(objects)} objects, {landed_bytes / 1e6:,.1f} MB, staged below {folder}")

    compile_queries(spark, is_compiled=landed_bytes > _INTERPRETED_BYTES)
    marked = mark_pings(read_records(spark, hours, terms.keys), window.mode).persist()
    sums = window_sums(marked, terms.keys.key_ids)
    counts = counts_by_hour(count_lines(marked).toArrow())
    files = _stage_tables(frames_by_table(marked, sums, window.mode, run_id), folder)
    release(sums)
    marked.unpersist()

    read_by = Attempt(run_id, window.mode, code_version(), processed_at, terms.audit_sequence, terms.accepts_less)
    audit = audit_hours(hours, counts, _rows_by_table(files), read_by)
    files[INGEST_AUDIT.name] = tuple(stage_rows(audit, INGEST_AUDIT, folder))
    manifest = Manifest(run_key, attempt, window, code_version(), processed_at, files, audit_sequence=terms.audit_sequence)
    write_manifest(staging, "aggregates", manifest)
    return _line_for_a_person(sum_counts(counts.values()), files)


def _stage_tables(frames: Mapping[str, DataFrame], folder: str) -> dict[str, tuple[StagedFile, ...]]:
    def stage(table: Table) -> tuple[StagedFile, ...]:
        return tuple(stage_frame(frames[table.name], table, folder)) if table.name in frames else ()

    files = {}
    with ThreadPoolExecutor(_TABLES_AT_ONCE) as threads:
        for table, staged in zip(WINDOW_TABLES, threads.map(stage, WINDOW_TABLES), strict=True):
            click.echo(f"{table.name}: {sum(file.row_count for file in staged)} rows staged")
            files[table.name] = staged
    return files


def _rows_by_table(files: Mapping[str, Sequence[StagedFile]]) -> dict[str, Counter[datetime]]:
    return {name: sum((Counter(file.rows_by_hour) for file in staged), Counter()) for name, staged in files.items()}


def _reason(error: LandingZoneError | PythonException) -> str:
    """What a worker says of the landing zone, without its traceback."""
    said = [line for line in str(error).splitlines() if LandingZoneError.__name__ in line]
    return said[-1].partition(": ")[2] if said else str(error)


def _line_for_a_person(counts: LineCounts, files: Mapping[str, Sequence[StagedFile]]) -> str:
    rejected = ", ".join(f"{reason} {_spaced(lines)}" for reason, lines in counts.rejects_by_reason.most_common())
    rows = sum(file.row_count for table in WINDOW_TABLES for file in files[table.name])
    return (
        f"{_spaced(counts.lines)} lines, {_spaced(counts.rejected)} rejected{f' ({rejected})' if rejected else ''}, "
        f"{_spaced(counts.duplicates)} duplicates, {_spaced(rows)} rows staged"
    )


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


if __name__ == "__main__":
    main()
