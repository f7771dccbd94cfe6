"""Read main pings with the ping source, and with what a user would pick instead; compare speeds and answers.

Makes real-shaped main pings (30 to 180 kB each) from a seed in a folder of its own below .local/benchmarks, repeats them by hard links to the
wanted size, plain and gzipped, and asks every reader for the same totals over the same fields of the same files, each twice in turn. The speed
is that of the faster one, in bytes before compression. Fails if an answer differs from that of the ping source. Deletes the folder afterwards.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table

from benchmarks.ping_readers_input import compress_objects, repeat_by_links, write_landing_zone
from benchmarks.ping_readers_query import COLUMNS, GROUPS, TOTALS, Total
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.deployment.settings import ROOT
from jobs.deployment.spark_session import get_session
from jobs.pings.client_keys import ClientKeys
from jobs.pings.landing_zone import list_hours
from jobs.pings.ping_source import read_records

CORES = 2
OBJECTS = 4
ROUNDS = 2
HOUR_START = datetime(2017, 11, 20, 10, tzinfo=UTC)
OURS = "ping source"
MB = 10**6

Rows = list[tuple[Any, ...]]
Reader = Callable[[], Rows]


@dataclass(frozen=True)
class Measured:
    mb_per_second: float
    answer: Rows


@click.command(help=__doc__)
@click.option("--distinct-mb", default=420, show_default=True, help="Distinct pings to make.")
@click.option("--total-mb", default=3200, show_default=True, help="What the readers find, links counted.")
@click.option("--seed", default=1, show_default=True, help="Of the pings.")
@click.option("--keep", is_flag=True, help="Keep the folder.")
def main(distinct_mb: int, total_mb: int, seed: int, keep: bool) -> None:
    os.environ["POLARS_MAX_THREADS"] = str(CORES)  # read when polars is imported
    folder = ROOT / ".local" / "benchmarks" / "ping_readers"
    shutil.rmtree(folder, ignore_errors=True)
    console = Console()
    # Spark's JSON reader works in the JVM and needs its second compiler, which the project's own short runs do without.
    spark = get_session("ping_readers", f"local[{CORES}]", java_options="")
    try:
        plain = write_landing_zone(folder / "plain", HOUR_START, OBJECTS, distinct_mb * MB // OBJECTS, seed)
        gzipped = compress_objects(plain, folder / "gzip", HOUR_START)
        times = -(-total_mb * MB // sum(path.stat().st_size for path in plain))
        total_bytes = sum(path.stat().st_size for path in plain) * times
        agree = True
        for name, originals in (("plain", plain), ("gzip", gzipped)):
            paths = repeat_by_links(originals, times)
            measured = _measure(_readers(spark, folder / name, paths), total_bytes, console)
            console.print(_table(f"{name}: {len(paths)} objects, {total_bytes / MB:,.0f} MB of JSON, {CORES} cores", measured))
            agree &= _have_one_answer(measured, console)
    finally:
        spark.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if agree else 1)


def _readers(spark: SparkSession, landing: Path, paths: Sequence[Path]) -> dict[str, Reader]:
    from benchmarks.ping_readers_rivals import RIVALS

    readers: dict[str, Reader] = {OURS: lambda: _read_with_ping_source(spark, landing)}
    for name, rival in RIVALS.items():
        readers[name] = lambda rival=rival: rival(spark, paths, CORES)  # type: ignore[misc]
    return readers


def _read_with_ping_source(spark: SparkSession, landing: Path) -> Rows:
    def total(total: Total) -> Column:
        if total.name == "usage_seconds":
            return F.round(F.sum("usage_hours") * 3600).cast("long").alias(total.name)
        name = total.name.removeprefix("last_")
        return (F.max(name) if total.total == "largest" else F.sum(name)).alias(total.name)

    hours = list_hours(str(landing), Window(HOUR_START, HOUR_START + HOUR, Mode.PROVISIONAL))
    pings = read_records(spark, hours, ClientKeys(b"of the benchmark")).where("kind = 'ping'")
    answer = pings.groupBy(*(name for name, _ in GROUPS)).agg(F.count("*").alias("pings"), *map(total, TOTALS))
    return [tuple(row) for row in answer.select(*COLUMNS).collect()]


def _measure(readers: dict[str, Reader], total_bytes: int, console: Console) -> dict[str, Measured]:
    best: dict[str, Measured] = {}
    for round_number in range(ROUNDS):
        for name, read in readers.items():
            started = time.perf_counter()
            answer = read()
            mb_per_second = total_bytes / MB / (time.perf_counter() - started)
            load = os.getloadavg()[0]
            console.print(f"round {round_number + 1}: {name} {mb_per_second:,.0f} MB/s (load of the machine {load:.1f})", highlight=False)
            if name not in best or mb_per_second > best[name].mb_per_second:
                best[name] = Measured(mb_per_second, answer)
    return best


def _table(title: str, measured: dict[str, Measured]) -> Table:
    table = Table("reader", "MB/s", "ping source is faster by", title=title, title_justify="left")
    for name, reader in sorted(measured.items(), key=lambda entry: entry[1].mb_per_second):
        factor = measured[OURS].mb_per_second / reader.mb_per_second
        table.add_row(name, f"{reader.mb_per_second:,.0f}", "" if name == OURS else f"{factor:.2f} x")
    return table


def _have_one_answer(measured: dict[str, Measured], console: Console) -> bool:
    ours = sorted(measured[OURS].answer)
    differing = [name for name, reader in measured.items() if sorted(reader.answer) != ours]
    pings = sum(row[COLUMNS.index("pings")] for row in ours)
    if differing:
        console.print(f"{', '.join(differing)} answered otherwise than the ping source over {pings:,} pings in {len(ours)} groups")
    else:
        console.print(f"all readers agree over {pings:,} pings in {len(ours)} groups")
    return not differing


if __name__ == "__main__":
    main()
