"""Read main pings with the ping source, and with what a user would pick instead; compare speeds and answers.

Makes real-shaped main pings (30 to 180 kB each) from a seed in a folder of its own below .local/benchmarks, repeats them by hard links to the
wanted size, plain and gzipped, and asks every reader for the same totals over the same fields of the same files, each twice in turn. Each has a
process of its own, in which it starts before it is timed: ours with the session of the pipeline's jobs. The speed is that of the faster one, in
bytes before compression; processor time is the least of the two, that of all processes of the reader. Fails if an answer differs from that of
the ping source. Deletes the folder afterwards.
"""

import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from pyspark.sql import Column
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table

from benchmarks.ping_readers_input import compress_objects, repeat_by_links, write_landing_zone
from benchmarks.ping_readers_query import COLUMNS, GROUPS, TOTALS, Total
from benchmarks.ping_readers_rivals import RIVALS
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
    seconds: float
    processor_seconds: float
    answer: Rows


@click.command(help=__doc__)
@click.option("--distinct-mb", default=420, show_default=True, help="Distinct pings to make.")
@click.option("--total-mb", default=3200, show_default=True, help="What the readers find, links counted.")
@click.option("--seed", default=1, show_default=True, help="Of the pings.")
@click.option("--keep", is_flag=True, help="Keep the folder.")
def main(distinct_mb: int, total_mb: int, seed: int, keep: bool) -> None:
    os.environ["POLARS_MAX_THREADS"] = str(CORES)  # its processes read it when they import polars
    folder = ROOT / ".local" / "benchmarks" / "ping_readers"
    shutil.rmtree(folder, ignore_errors=True)
    console = Console()
    try:
        plain = write_landing_zone(folder / "plain", HOUR_START, OBJECTS, distinct_mb * MB // OBJECTS, seed)
        gzipped = compress_objects(plain, folder / "gzip", HOUR_START)
        times = -(-total_mb * MB // sum(path.stat().st_size for path in plain))
        total_bytes = sum(path.stat().st_size for path in plain) * times
        agree = True
        for name, originals in (("plain", plain), ("gzip", gzipped)):
            paths = repeat_by_links(originals, times)
            measured = _measure(_readers(folder / name, paths), total_bytes, console)
            title = f"{name}: {len(paths)} objects, {total_bytes / MB:,.0f} MB of JSON, {CORES} cores"
            console.print(_table(title, measured, total_bytes))
            agree &= _have_one_answer(measured, console)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if agree else 1)


def _readers(landing: Path, paths: Sequence[Path]) -> dict[str, tuple[Callable[[], object], Reader]]:
    """What starts each reader, and what reads."""
    ours = (_session, partial(_read_with_ping_source, landing))
    return {OURS: ours, **{name: (partial(start, CORES), partial(read, paths, CORES)) for name, (start, read) in RIVALS.items()}}


def _session() -> Any:
    return get_session("ping_readers", f"local[{CORES}]")


def _read_with_ping_source(landing: Path) -> Rows:
    def total(total: Total) -> Column:
        if total.name == "usage_seconds":
            return F.round(F.sum("usage_hours") * 3600).cast("long").alias(total.name)
        name = total.name.removeprefix("last_")
        return (F.max(name) if total.total == "largest" else F.sum(name)).alias(total.name)

    hours = list_hours(str(landing), Window(HOUR_START, HOUR_START + HOUR, Mode.PROVISIONAL))
    pings = read_records(_session(), hours, ClientKeys(b"of the benchmark")).where("kind = 'ping'")
    answer = pings.groupBy(*(name for name, _ in GROUPS)).agg(F.count("*").alias("pings"), *map(total, TOTALS))
    return [tuple(row) for row in answer.select(*COLUMNS).collect()]


def _measure(readers: dict[str, tuple[Callable[[], object], Reader]], total_bytes: int, console: Console) -> dict[str, Measured]:
    rounds: dict[str, list[Measured]] = {name: [] for name in readers}
    processes = {name: ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), start) for name, (start, _) in readers.items()}
    for round_number in range(ROUNDS):
        for name, (_, read) in readers.items():
            processes[name].submit(os.getpid).result()  # has started
            took = processes[name].submit(_timed, read).result()
            rounds[name].append(took)
            console.print(
                f"round {round_number + 1}: {name} {total_bytes / MB / took.seconds:,.0f} MB/s, {took.processor_seconds:.1f} s of processor "
                f"time (load of the machine {os.getloadavg()[0]:.1f})",
                highlight=False,
            )
    for process in processes.values():
        process.shutdown()
    return {
        name: Measured(min(each.seconds for each in took), min(each.processor_seconds for each in took), took[-1].answer)
        for name, took in rounds.items()
    }


def _timed(read: Reader) -> Measured:
    started, processor_before = time.perf_counter(), _processor_seconds()
    answer = read()
    return Measured(time.perf_counter() - started, _processor_seconds() - processor_before, answer)


def _processor_seconds(process: str = "self") -> float:
    """Of the process and all that it started; what one has used that ends meanwhile is its parent's."""
    folder = Path("/proc", process)
    try:
        ticks = (folder / "stat").read_text().rpartition(")")[2].split()[11:15]
        below = [child for thread in folder.glob("task/*/children") for child in thread.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") + sum(map(_processor_seconds, below))


def _table(title: str, measured: dict[str, Measured], total_bytes: int) -> Table:
    table = Table("reader", "MB/s", "ping source is faster by", "processor s/GB", "it takes less by", title=title, title_justify="left")
    ours = measured[OURS]
    for name, reader in sorted(measured.items(), key=lambda entry: -entry[1].seconds):
        factors = (reader.seconds / ours.seconds, reader.processor_seconds / ours.processor_seconds)
        faster, less = ("", "") if name == OURS else (f"{factor:.2f} x" for factor in factors)
        processor_seconds_a_gb = reader.processor_seconds / total_bytes * 1000 * MB
        table.add_row(name, f"{total_bytes / MB / reader.seconds:,.0f}", faster, f"{processor_seconds_a_gb:.2f}", less)
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
