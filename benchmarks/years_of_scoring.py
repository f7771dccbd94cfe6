"""How scoring costs as the years and the strata grow: a lake of 400 days, 400 rows of release_totals an hour; then ten times as many strata.

Real Iceberg tables, filled in large appends (a file a day, as settled days leave them), and the hourly run's own code on them. For each lake:
the first run, which sums up the past; then hourly runs, each in a process of its own, with seconds of processor time without imports, peak
memory, and the rows that it read. Ends with an error where an hourly run misses the goals. `python -m benchmarks.years_of_scoring --help`.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_TOTALS, USAGE_DELAYS, Table
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema, staged_schema

DAYS = 400
ROWS_AN_HOUR = 400
GOAL_SECONDS, GOAL_MB, GOAL_FACTOR = 1.0, 300.0, 3.0
START = datetime(2025, 9, 1, tzinfo=UTC)
CHANNELS = {"release": 28, "beta": 7}
"""Days between a channel's releases."""
VERSIONS_ALIVE = 4
DELAYS_HOURS = 26  # no subsession is longer than 25 hours
OS_NAMES = ("Windows_NT", "Darwin", "Linux")
_RUN = """
import json, sys, time
from jobs import score_release_health as scoring
from jobs.tables.lake.arrow_alone import leave_pandas_out
from jobs.tables.commits.kept_rows import keep_rows, kept_in
from benchmarks.years_of_scoring import lake_in, parse_hour
read = []
from pyiceberg.table import DataScan
to_arrow = DataScan.to_arrow
def counted(scan):
    rows = to_arrow(scan)
    read.append(rows.num_rows)
    return rows
DataScan.to_arrow = counted
leave_pandas_out()
catalog, calendar = lake_in(sys.argv[1]), {}
def peak():  # getrusage counts the process that forked this one
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
imported = peak()
started, wall = time.process_time(), time.time()
scored = scoring.score_looks(catalog, calendar, parse_hour(sys.argv[2]))
seconds, waited = time.process_time() - started, time.time() - wall
for table, rows in kept_in(scored.to_keep):
    keep_rows(catalog, table, rows)
print(json.dumps({"seconds": seconds, "waited": waited, "peak_mb": peak(),
                  "imported_mb": imported, "rows_read": sum(read), "rows": scored.rows.num_rows}))
"""


@click.command(help=__doc__)
@click.option("--days", default=DAYS, show_default=True, help="Days of the lake.")
@click.option("--strata-factors", default="1,10", show_default=True, help="How many times as many strata.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the lakes are made; a temporary folder, unless said.")
def main(days: int, strata_factors: str, folder: Path | None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        runs = {}
        for factor in (int(text) for text in strata_factors.split(",")):
            place = (folder or Path(temporary)) / f"times_{factor}"
            if not place.exists():
                fill_lake(place, days, factor)
            after = START + timedelta(days=days) - timedelta(hours=1)
            report(f"{factor} x {ROWS_AN_HOUR} rows an hour, the first run", run_once(place, after))
            runs[factor] = min((run_once(place, after) for _ in range(3)), key=lambda run: run["seconds"])
            report(f"{factor} x {ROWS_AN_HOUR} rows an hour, an hourly run", runs[factor])
    first, last = runs[min(runs)], runs[max(runs)]
    allowed = GOAL_SECONDS, GOAL_MB
    if (first["seconds"], first["peak_mb"]) > allowed or last["seconds"] > GOAL_FACTOR * max(first["seconds"], GOAL_SECONDS):
        raise click.ClickException(
            f"above the goals: {GOAL_SECONDS:g} s, {GOAL_MB:g} MB, {GOAL_FACTOR:g} times as much at ten times the strata"
        )


def report(what: str, run: dict[str, float]) -> None:
    click.echo(
        f"{what:<44} {run['seconds']:7.2f} s processor, {run['waited']:6.1f} s in all, peak {run['peak_mb']:6.0f} MB "
        f"({run['imported_mb']:.0f} before), {run['rows_read']:>10,.0f} rows read, {run['rows']:,.0f} rows scored"
    )


def run_once(place: Path, after: datetime) -> dict[str, float]:
    """One run of the scoring in a process of its own, with the variables of its task."""
    from dags.job_operator import SLIM  # loads Airflow, which the measured process imports this module without

    command = [sys.executable, "-c", _RUN, str(place), after.isoformat()]
    done = subprocess.run(command, env=SLIM | os.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def parse_hour(text: str) -> datetime:
    return datetime.fromisoformat(text)


def lake_in(place: str | Path) -> SqlCatalog:
    return SqlCatalog("lake", uri=f"sqlite:///{place}/catalog.db", warehouse=f"file://{place}/warehouse")


def fill_lake(place: Path, days: int, factor: int) -> None:
    """Releases that take over from each other, on two channels."""
    place.mkdir(parents=True)
    catalog, rng = lake_in(place), np.random.default_rng(1)
    strata = ROWS_AN_HOUR * factor // (len(CHANNELS) * VERSIONS_ALIVE)
    tables = {table.name: ensure_table(catalog, table) for table in (RELEASE_TOTALS, USAGE_DELAYS, INGEST_AUDIT)}
    days_at_once = max(20 // factor, 1)
    for first in range(0, days, days_at_once):
        hours = np.arange(24 * first, 24 * min(first + days_at_once, days))
        totals = pa.concat_tables([totals_of(channel, hours, strata, rng) for channel in CHANNELS])
        tables[RELEASE_TOTALS.name].append(totals.cast(arrow_schema(RELEASE_TOTALS)))
        tables[USAGE_DELAYS.name].append(
            pa.concat_tables([delays_of(channel, hours) for channel in CHANNELS]).cast(arrow_schema(USAGE_DELAYS))
        )
        tables[INGEST_AUDIT.name].append(audit_of(hours, totals.num_rows // hours.size).cast(arrow_schema(INGEST_AUDIT)))
    click.echo(f"made {place}: {days} days, {len(CHANNELS)} channels, {VERSIONS_ALIVE} versions alive, {strata} strata")


def totals_of(channel: str, hours: np.ndarray, strata: int, rng: np.random.Generator) -> pa.Table:
    """Each version takes users from the one before; the newest four are alive."""
    every = 24 * CHANNELS[channel]
    newest = hours // every
    rank = np.arange(VERSIONS_ALIVE)
    age = hours[:, None] - (newest[:, None] - rank) * every + 0.5
    taken = 0.95 * (1 - np.exp(-age / 38))
    left = np.cumprod(np.concatenate([np.ones((hours.size, 1)), 1 - taken[:, :-1]], axis=1), axis=1)
    share = (left * taken)[:, :, None] * (rng.dirichlet(np.full(strata, 3.0)))[None, None, :]
    usage_hours = 40_000 * share * (1 + 0.3 * np.sin(2 * np.pi * hours / 24))[:, None, None]
    hour, version, stratum = np.indices(usage_hours.shape).reshape(3, -1)
    crashes = rng.poisson(usage_hours.ravel() * 0.004)
    number = 100 + newest[hour] - version
    suffix = "b1" if channel == "beta" else ".0"
    return table_of(
        RELEASE_TOTALS,
        {
            "hour_start": times(hours[hour]),
            "channel": np.full(hour.size, channel),
            "release_version": np.char.add(number.astype(str), suffix if channel != "beta" else ".0b1"),
            "os_name": np.array(OS_NAMES)[stratum % 3],
            "os_version_major": np.array(["6", "10"])[stratum // 3 % 2],
            "architecture": np.array(["x86", "x86-64"])[stratum // 6 % 2],
            "country_group": np.char.add("group ", (stratum // 12).astype(str)),
            "usage_hours": usage_hours.ravel(),
            "updates": rng.poisson(np.where(version == 0, usage_hours.ravel() * np.exp(-age[hour, version] / 38) * 0.1, 0.0)),
            "crash_pings": crashes + crashes // 2,
            "main_crashes_capped": crashes,
            "startup_crashes": crashes // 5,
            "content_crashes_capped": rng.poisson(usage_hours.ravel() * 0.003),
            "content_shutdown_crashes": rng.poisson(usage_hours.ravel() * 0.001),
            "gpu_crashes": rng.poisson(usage_hours.ravel() * 0.0005),
            "plugin_crashes": rng.poisson(usage_hours.ravel() * 0.001),
        },
    )


def delays_of(channel: str, hours: np.ndarray) -> pa.Table:
    hour, system, delay = np.indices((hours.size, len(OS_NAMES), DELAYS_HOURS)).reshape(3, -1)
    usage_hours = 13_000 * np.exp(-delay / 6) / 6.5
    columns = {"hour_start": times(hours[hour]), "channel": np.full(hour.size, channel), "os_name": np.array(OS_NAMES)[system]}
    return table_of(USAGE_DELAYS, columns | {"delay_hours": delay.astype(np.int32), "usage_hours": usage_hours})


def audit_of(hours: np.ndarray, rows: int) -> pa.Table:
    constants = {
        "mode": "settled",
        "status": "complete",
        "is_closed": True,
        "objects": [],
        "ignored_keys": [],
        "rejects_by_reason": {},
        "accepted_by_ping": {},
    }
    counts = dict.fromkeys(("late_objects", "ignored_objects", "lines", "accepted", "duplicates", "rejected"), 0)
    own = {"rows_by_table": {RELEASE_TOTALS.name: rows, USAGE_DELAYS.name: len(CHANNELS) * len(OS_NAMES) * DELAYS_HOURS}}
    row = constants | counts | own | {"code_version": "benchmark", "window_run_id": "run", "processed_at": START}
    empty = dict.fromkeys(INGEST_AUDIT.column_names)
    rows_of_audit = [{**empty, **row, "hour_start": START + timedelta(hours=int(hour))} for hour in hours]
    return pa.Table.from_pylist(rows_of_audit, schema=staged_schema(INGEST_AUDIT))


def times(hours: np.ndarray) -> pa.Array:
    return pa.array(np.datetime64(START.replace(tzinfo=None), "us") + hours * np.timedelta64(1, "h"))


def table_of(table: Table, columns: dict[str, np.ndarray | pa.Array]) -> pa.Table:
    schema = staged_schema(table)
    size = len(columns["hour_start"])
    columns = columns | {"window_run_id": np.full(size, "run")}
    return pa.table(
        [pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(size, f.type) for f in schema], schema=schema
    )


if __name__ == "__main__":
    main()
