"""What the page costs: a made-up large world (5 channels x 12 releases x 5 platforms, every scored measure, 20 measures by the clock).

Rows of release_health and error_aggregates are drawn, not scored: they have the shape and number of a large installation's. Measures the first
publication, an hourly one in a process of its own, and what the views weigh. Ends with an error where a goal is missed.

    python -m benchmarks.page_publishing
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from jobs.declarations.measures import MEASURES, SCORED_MEASURES
from jobs.declarations.tables import ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_HEALTH, Table
from jobs.page.files.client_files import client_files
from jobs.page.series.clock_series import CLOCK_HOURS
from jobs.page.series.look_series import PEOPLE_COLUMNS
from jobs.tables.lake.lake_catalog import ensure_table, open_catalog
from jobs.tables.lake.schemas import arrow_schema

CHANNELS = ("release", "beta", "nightly", "esr", "aurora")
PLATFORMS = ("all", "Windows_NT", "Darwin", "Linux", "Android")
RELEASES, LOOKS = 12, 168
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROWS_AN_HOUR = 9_000
HOUR = timedelta(hours=1)
GOAL_PROCESSOR_SECONDS, GOAL_FIRST_VIEW_KB, GOAL_DETAIL_KB = 5.0, 400.0, 150.0
_PUBLISH = """
import sys, time, resource
started = time.perf_counter()
from jobs.publish_pages import leave_pandas_out, main
leave_pandas_out()
imported = time.perf_counter()
try:
    main(["--until", sys.argv[1]], standalone_mode=False)
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print(imported - started, time.perf_counter() - started, used.ru_utime + used.ru_stime)
"""


@click.command(help=__doc__)
@click.option("--releases", default=RELEASES, show_default=True, help="Releases of each channel that the tables hold, one a week.")
@click.option(
    "--hours", default=CLOCK_HOURS, show_default=True, help="Hours of error_aggregates that the tables hold, one publication each."
)
def main(releases: int, hours: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "PYICEBERG_CATALOG__LAKE__TYPE": "sql",
            "PYICEBERG_CATALOG__LAKE__URI": f"sqlite:///{folder}/catalog.db",
            "PYICEBERG_CATALOG__LAKE__WAREHOUSE": f"file://{folder}/warehouse",
            "PAGES": f"{folder}/pages",
        }
        catalog = open_catalog()
        fill(catalog, releases, hours)
        report("the first publication", publish(NOW))
        add_hour(catalog, NOW, releases)
        hourly = publish(NOW + HOUR)
        report("an hourly one", hourly)
        first_kb, detail_kb = sizes(Path(folder) / "pages")
    click.echo(f"first view {first_kb:.0f} kB, chart library included; a detail view {detail_kb:.0f} kB more (both gzipped)")
    if hourly[2] > GOAL_PROCESSOR_SECONDS or first_kb > GOAL_FIRST_VIEW_KB or detail_kb > GOAL_DETAIL_KB:
        raise click.ClickException(f"above the goals: {GOAL_PROCESSOR_SECONDS} s, {GOAL_FIRST_VIEW_KB} kB, {GOAL_DETAIL_KB} kB")


def publish(until: datetime) -> tuple[float, ...]:
    """Seconds to import, in all, and of processor time of one publication."""
    done = subprocess.run([sys.executable, "-c", _PUBLISH, until.isoformat()], capture_output=True, text=True, check=True)
    told, figures = done.stdout.splitlines()[-2:]
    click.echo(told)
    return tuple(map(float, figures.split()))


def report(what: str, seconds: tuple[float, ...]) -> None:
    click.echo(f"{what}: {seconds[1]:.1f} s in all, {seconds[0]:.1f} s of them to import; {seconds[2]:.1f} s of processor time")


def sizes(pages: Path) -> tuple[float, float]:
    """Gzipped kB of everything that the first view loads, and of what a cell's view adds: its own looks and those of eight earlier releases."""
    pointer = json.loads((pages / "data" / "latest.json").read_text())
    state = pages / pointer["state"]
    client = client_files()
    first = [client.index, *(client.content(name) for name in client.names), state.read_bytes()]
    channel = (state.parent / "channels" / "beta.json").read_bytes()
    folders = [release["folder"] for release in json.loads(channel)["releases"]]
    added = [channel, (pages / folders[0] / "release.json").read_bytes()]
    added += [(pages / folder / "Windows_NT" / "main_crashes_capped.json").read_bytes() for folder in folders[:9]]
    return tuple(sum(len(gzip.compress(content)) for content in contents) / 1000 for contents in (first, added))  # type: ignore[return-value]


def fill(catalog: Catalog, releases: int, hours: int) -> None:
    """Every release of every channel, a week each, the newest in its third day; the hours, and two weeks of audit rows at the least."""
    started = time.perf_counter()
    table, rng = ensure_table(catalog, RELEASE_HEALTH), np.random.default_rng(1)
    for back in reversed(range(releases)):
        last = 70 if back == 0 else LOOKS
        released_at = NOW - timedelta(hours=70) - back * timedelta(days=7)
        rows = pa.concat_tables(
            [looks_of(channel, f"57.0b{releases - back}", released_at, np.arange(1, last + 1), rng) for channel in CHANNELS]
        )
        table.append(rows)
    before = [NOW - back * HOUR for back in range(1, max(hours, 14 * 24) + 1)]
    ensure_table(catalog, INGEST_AUDIT).append(audit_rows(before))
    by_hour = ensure_table(catalog, ERROR_AGGREGATES)
    for hour in reversed(before[:hours]):
        by_hour.append(aggregates(hour, releases, rng))
    click.echo(f"made up {releases} releases of {len(CHANNELS)} channels in {time.perf_counter() - started:.0f} s")


def add_hour(catalog: Catalog, hour: datetime, releases: int) -> None:
    """What an hourly run adds: one hour of aggregates, and one look at each live release."""
    rng = np.random.default_rng(2)
    looks = [looks_of(channel, f"57.0b{releases}", NOW - timedelta(hours=70), np.array([71]), rng) for channel in CHANNELS]
    ensure_table(catalog, RELEASE_HEALTH).append(pa.concat_tables(looks))
    ensure_table(catalog, INGEST_AUDIT).append(audit_rows([hour]))
    ensure_table(catalog, ERROR_AGGREGATES).append(aggregates(hour, releases, rng))


def looks_of(channel: str, version: str, released_at: datetime, ages: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """The verdict and every cell of a release at each age, and thirty groups of users for each measure."""
    measures = [measure.name for measure in SCORED_MEASURES]
    places = [("release", "all", "all", "all"), *(("platform", platform, "all", measure) for measure in measures for platform in PLATFORMS)]
    places += [("stratum", "all", f"Windows_NT / {number} / x86 / other", measure) for measure in measures for number in range(30)]
    age, place = (part.ravel() for part in np.meshgrid(ages, np.arange(len(places)), indexing="ij"))
    size = age.size
    figures = {name: rng.gamma(2.0, 1.0, size) for name in ("ratio", "ratio_low", "ratio_high", "acceptable_ratio", "score")}
    counts = {name: age * rng.gamma(2.0, 20.0, size) for name in ("observed_crashes", "delayed_crashes", "expected_crashes", "usage_hours")}
    text = {name: [places[at][index] for at in place] for index, name in enumerate(("scope", "platform", "stratum", "measure"))}
    as_of = np.datetime64(released_at.replace(tzinfo=None), "us") + age * np.timedelta64(1, "h")
    given = {
        "channel": channel,
        "release_version": version,
        "state": "healthy",
        "audit_sequence": 1,
        "baseline_versions": ["57.0b1"] * 8,
        "notes": [],
    }
    columns = {
        "as_of": as_of,
        "since": as_of,
        "age_hours": age.astype(float),
        "p_unacceptable": rng.random(size),
        "adoption": rng.random(size),
    }
    people = {name: 100 * rng.integers(100, 1_000, size) if "clients" in name else rng.uniform(0.9, 1, size) for name in PEOPLE_COLUMNS}
    return filled(RELEASE_HEALTH, size, {**figures, **counts, **text, **columns, **people}, given)


def aggregates(hour: datetime, releases: int, rng: np.random.Generator) -> pa.Table:
    """Rows of error_aggregates of one hour: three versions in use on every channel and platform."""
    size = ROWS_AN_HOUR
    columns = {
        "window_start": np.datetime64(hour.replace(tzinfo=None), "us") + rng.integers(0, 12, size) * np.timedelta64(5, "m"),
        "channel": rng.choice(CHANNELS, size),
        "os_name": rng.choice(PLATFORMS[1:], size),
        "release_version": np.char.add("57.0b", (releases - rng.integers(0, 3, size)).astype(str)),
        **{measure.name: rng.gamma(1.0, 30.0, size) if measure.unit == "hours" else rng.poisson(2.0, size) for measure in MEASURES},
    }
    given: dict[str, object] = {
        "application": "Firefox",
        "version": "57.0",
        "build_id": "20261120000000",
        "country": "DE",
        "window_run_id": "run",
    }
    return filled(ERROR_AGGREGATES, size, columns, given)


def audit_rows(hours: list[datetime]) -> pa.Table:
    counts = dict.fromkeys(("late_objects", "ignored_objects", "lines", "accepted", "duplicates", "rejected"), 0)
    given = {"mode": "provisional", "status": "complete", "is_closed": True, "code_version": "benchmark", "window_run_id": "run"}
    empty: dict[str, object] = {"objects": [], "rejects_by_reason": {}, "accepted_by_ping": {}, "rows_by_table": {}}
    rows = [{**counts, **given, **empty, "hour_start": hour, "processed_at": hour} for hour in hours]
    return pa.Table.from_pylist(rows, schema=arrow_schema(INGEST_AUDIT))


def filled(table: Table, size: int, columns: Mapping[str, object], given: dict[str, object]) -> pa.Table:
    """A table of so many rows: drawn columns, one value for others, NULL for the rest."""
    parts = []
    for field in arrow_schema(table):
        if field.name in columns:
            parts.append(pa.array(columns[field.name]).cast(field.type))
        elif field.name in given:
            parts.append(pa.array([given[field.name]] * size, field.type))
        else:
            parts.append(pa.nulls(size, field.type))
    return pa.table(parts, schema=arrow_schema(table))


if __name__ == "__main__":
    main()
