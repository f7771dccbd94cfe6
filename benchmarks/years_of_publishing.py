"""What the n-th hourly publication costs: thousands of small windows through the real publishing, on a catalog of their own.

    python -m benchmarks.years_of_publishing            2,000 hours: about half an hour of processor time

Prints, at some ages of the tables, the processor time of a publication (mean of the last 24) beside that of the same hours into young tables,
in turn, so that whatever else the machine does meets both; the largest metadata.json, and the files that the tables name. Ends with an error
where it costs more than 1.2 times as much, or metadata.json is above 1 MB. Maintenance runs after every 24th hour, or (`--maintenance late`)
not before the end, where the one late run is timed. All happens within minutes: the last snapshots of eight days, which a year of real days
keeps as well, are one here.
"""

import os
import random
import resource
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import click
import pyarrow as pa
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import INGEST_AUDIT, TABLES, WINDOW_TABLES, Column, CountsByName, ListOf, Table
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.maintain_tables import tend
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.tables.lake.schemas import staged_schema
from jobs.tables.staged.staging import stage_rows
from jobs.tables.staged.staging_manifest import Manifest, attempt_folder, window_run_id

FIRST_HOUR = datetime(2025, 1, 1, tzinfo=UTC)
ROWS_AN_HOUR = {
    "error_aggregates": 400,
    "experiment_error_aggregates": 20,
    "release_totals": 400,
    "usage_delays": 60,
    "client_reach": 20,
    "rejected_pings": 20,
}
"""A small installation, as the demo's."""
_SKETCH = random.Random(1).randbytes(800)  # noqa: S311 - of some hundred clients; the same bytes for each run
AGES_HOURS = (24, 168, 500, 1000, 2000)
MEAN_OF = 24
YOUNG_HOURS = 24
"""Age of the tables that the same hours are published into for comparison, before they are timed."""
GOAL_FACTOR, GOAL_KB = 1.2, 1000.0


@click.command(help=__doc__)
@click.option("--hours", default=AGES_HOURS[-1], show_default=True, help="How many hours to publish.")
@click.option("--maintenance", type=click.Choice(["daily", "late"]), default="daily", show_default=True)
def main(hours: int, maintenance: str) -> None:
    with tempfile.TemporaryDirectory(prefix="years-of-publishing-") as folder:
        publish_hours(Path(folder), hours, is_daily=maintenance == "daily")


@dataclass
class Lake:
    """A catalog of its own, and what the latest publications into it cost: processor seconds and seconds."""

    catalog: Catalog
    spent: deque[tuple[float, float]]

    @classmethod
    def below(cls, folder: Path) -> "Lake":
        folder.mkdir()
        places = {"TYPE": "sql", "URI": f"sqlite:///{folder}/catalog.db", "WAREHOUSE": f"file://{folder}/warehouse"}
        with mock.patch.dict(os.environ, {f"PYICEBERG_CATALOG__LAKE__{name}": place for name, place in places.items()}):
            return cls(open_catalog(), deque(maxlen=MEAN_OF))

    def publish(self, manifest: Manifest) -> None:
        cpu, wall = processor_seconds(), time.monotonic()
        publish_window(self.catalog, manifest)
        self.spent.append((processor_seconds() - cpu, time.monotonic() - wall))

    def mean_seconds(self) -> tuple[float, float]:
        cpu, wall = zip(*self.spent, strict=True)
        return sum(cpu) / len(cpu), sum(wall) / len(wall)


def publish_hours(folder: Path, hours: int, is_daily: bool) -> None:
    click.echo("   hour  publish, CPU s  into young tables  factor  wall s  metadata.json, kB  data files  snapshots  tending, CPU s")
    old = Lake.below(folder / "old")
    ages = sorted({age for age in AGES_HOURS if age < hours} | {hours})
    young: Lake | None = None
    tending, missed = 0.0, False
    for number in range(1, hours + 1):
        hour = FIRST_HOUR + number * HOUR
        manifest = staged_hour(str(folder / "staging"), hour)
        old.publish(manifest)
        age = next(age for age in ages if age >= number)
        if number == age - MEAN_OF - YOUNG_HOURS + 1:
            young = Lake.below(folder / f"young_{age}")
        if young:
            young.publish(manifest)
        shutil.rmtree(folder / "staging" / manifest.run_key)
        if is_daily and number % 24 == 0:
            tending = tend_all(old.catalog, hour)
        if number == age:
            (cpu, wall), (young_cpu, _) = old.mean_seconds(), (young or old).mean_seconds()
            kilobytes, files, snapshots = state_of(old.catalog)
            click.echo(
                f"{number:7} {cpu:15.2f} {young_cpu:18.2f} {cpu / young_cpu:7.2f} {wall:7.2f} {kilobytes:18.0f} {files:11} {snapshots:10} "
                f"{tending:15.1f}"
            )
            missed |= cpu > GOAL_FACTOR * young_cpu or kilobytes > GOAL_KB
            young = None
    if not is_daily:
        click.echo(f"one late maintenance: {tend_all(old.catalog, FIRST_HOUR + (hours + 1) * HOUR):.1f} s of processor time")
    if missed:
        raise click.ClickException(f"above the goals: {GOAL_FACTOR:g} times the cost of young tables, {GOAL_KB:g} kB of metadata")


def staged_hour(staging: str, hour: datetime) -> Manifest:
    """An hourly run that has been staged, as aggregate_errors leaves it."""
    run_key, attempt = f"{hour:%Y%m%d%H}", "1"
    marks = {
        "window_run_id": window_run_id(run_key, attempt),
        "mode": Mode.PROVISIONAL.value,
        "processed_at": hour + timedelta(minutes=70),
        "rows_by_table": list(ROWS_AN_HOUR.items()),
    }
    folder = attempt_folder(staging, run_key, attempt)
    files = {}
    for table in (*WINDOW_TABLES, INGEST_AUDIT):
        rows = pa.Table.from_pylist(list(_rows(table, hour, ROWS_AN_HOUR.get(table.name, 1), marks)), schema=staged_schema(table))
        files[table.name] = tuple(stage_rows(rows, table, folder))
    return Manifest(run_key, attempt, Window(hour, hour + HOUR, Mode.PROVISIONAL), "benchmark", hour + timedelta(minutes=70), files)


def _rows(table: Table, hour: datetime, rows: int, marks: dict[str, object]) -> Iterator[dict[str, object]]:
    for number in range(rows):
        yield {column.name: marks.get(column.name, _value(column, hour, number)) for column in table.columns}


def _value(column: Column, hour: datetime, number: int) -> object:
    if isinstance(column.type, ListOf | CountsByName):
        return []
    values = {"string": f"{column.name} {number % 50}", "timestamp": hour, "boolean": True, "double": number / 3, "binary": _SKETCH}
    return values.get(str(column.type), number)


def tend_all(catalog: Catalog, end: datetime) -> float:
    """Processor seconds of a maintenance run over all tables; nothing is old enough to go but by its number."""
    before = processor_seconds()
    with mock.patch.object(click, "echo"):
        for table in TABLES:
            tend(catalog, table, end, is_dry_run=False)
    return processor_seconds() - before


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def state_of(catalog: Catalog) -> tuple[float, int, int]:
    """Kilobytes of the largest metadata.json, data files of all tables, and snapshots of the table that has the most."""
    stored = [catalog.load_table(identifier(table)) for table in (*WINDOW_TABLES, INGEST_AUDIT)]
    kilobytes = max(Path(table.metadata_location.removeprefix("file://")).stat().st_size for table in stored) / 1e3
    files = sum(len(table.inspect.data_files()) for table in stored)
    return kilobytes, files, max(len(table.snapshots()) for table in stored)


if __name__ == "__main__":
    main()
