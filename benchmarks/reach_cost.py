"""What counting people costs: an hour's aggregation with it and without it, and its memory with half a million groups.

    make benchmark-reach

Lands an hour of real-shaped main pings (--megabytes) and one of small pings, aggregates each in turn with and without populations (processor
time of Spark, its workers and the driver together, mean of --repeats), then sketches --groups groups of 20 clients each and reports the peak memory.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, stdev
from unittest.mock import patch

import click
import psutil

from benchmarks.ping_readers_input import MainPings
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.pings.landing_zone import hour_folder
from simulation.ping_world.landing import land_until, open_landing

_HOUR_START = datetime(2017, 11, 20, 10, tzinfo=UTC)
_SMALL_END = datetime(2026, 11, 23, 4, tzinfo=UTC)
_CLIENTS_A_GROUP = 20


@click.group(invoke_without_command=True, help=__doc__)
@click.option("--megabytes", default=600, show_default=True, help="Main pings of the large hour.")
@click.option("--groups", default=500_000, show_default=True)
@click.option("--repeats", default=6, show_default=True)
@click.pass_context
def main(context: click.Context, megabytes: int, groups: int, repeats: int) -> None:
    if context.invoked_subcommand is not None:
        return
    with tempfile.TemporaryDirectory(prefix="reach-cost-") as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        pings = _land_large(large, megabytes)
        landing = open_landing(small, _SMALL_END, seed=57)
        land_until(landing, landing.world.start + 3 * HOUR)
        cases = {
            f"{pings} main pings, {megabytes} MB": (large, _HOUR_START),
            "an hour of the demo": (small, landing.world.start + 2 * HOUR),
        }
        for name, (zone, hour) in cases.items():
            # By turns: what else the machine does is then the same for both.
            pairs = [
                [_run("aggregate", str(zone), hour.isoformat(), counting)[0] for counting in ("without", "with")] for _ in range(repeats)
            ]
            without, with_people = (mean(seconds) for seconds in zip(*pairs, strict=True))
            differences = [one[1] - one[0] for one in pairs]
            error = stdev(differences) / repeats**0.5 / without if repeats > 1 else float("nan")
            click.echo(
                f"{name}: {without:.1f} s of processor time without, {with_people:.1f} s with people "
                f"({with_people / without - 1:+.0%}, standard error {error:.0%})"
            )
        used, peak_mb = _run("sketch", str(groups), folder)
        click.echo(f"{groups:,} groups of {_CLIENTS_A_GROUP} clients: {used:.0f} s of processor time, at most {peak_mb:,.0f} MB")


def _land_large(landing: Path, megabytes: int) -> int:
    made, size, source = 0, 0, MainPings(_HOUR_START, seed=57)
    folder = landing / hour_folder(_HOUR_START) / "main"
    folder.mkdir(parents=True)
    for number in range(2):
        with (folder / f"part-{number}.ndjson").open("wb") as out:
            while size < megabytes * 1_000_000 * (number + 1) / 2:
                line = source.next_line()
                out.write(line if line.endswith(b"\n") else line + b"\n")
                made, size = made + 1, size + len(line)
    (landing / hour_folder(_HOUR_START) / "_SUCCESS").touch()
    return made


def _run(*arguments: str) -> tuple[float, float]:
    """Seconds of processor time of a process and all that it started, and their memory at most, in MB."""
    ended = subprocess.run([sys.executable, "-m", "benchmarks.reach_cost", *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise click.ClickException(f"benchmarks.reach_cost {' '.join(arguments)} failed:\n{ended.stderr}")
    seconds, megabytes = ended.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def _say_what_was_used() -> None:
    """Of this process and those that it started, Spark's JVM and workers among them, while they still live."""
    own = psutil.Process()
    processes = [own, *own.children(recursive=True)]
    seconds = sum(sum(process.cpu_times()[:4]) for process in processes)
    peaks_kb = [re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text()) for process in processes]
    click.echo(f"{seconds:.2f} {sum(int(peak[1]) for peak in peaks_kb if peak) / 1000:.0f}")


@main.command(help="One aggregation, in a process of its own.")
@click.argument("landing")
@click.argument("hour", type=datetime.fromisoformat)
@click.argument("counting", type=click.Choice(["with", "without"]))
def aggregate(landing: str, hour: datetime, counting: str) -> None:
    from jobs.aggregate_errors import Terms, aggregate_window
    from jobs.aggregates import window_tables
    from jobs.declarations.populations import POPULATIONS
    from jobs.deployment.spark_session import get_session
    from jobs.pings.client_keys import ClientKeys

    populations: Sequence[object] = POPULATIONS if counting == "with" else ()
    spark = get_session("reach_cost")
    with patch.object(window_tables, "POPULATIONS", populations), tempfile.TemporaryDirectory() as staging:
        aggregate_window(spark, landing, Window(hour, hour + HOUR, Mode.PROVISIONAL), "k", staging, Terms(ClientKeys(b"of the benchmark")))
    _say_what_was_used()
    spark.stop()


@main.command(help="The sketches of many groups, in a process of its own.")
@click.argument("groups", type=int)
@click.argument("folder")
def sketch(groups: int, folder: str) -> None:
    from pyspark.sql import functions as F

    from jobs.aggregates.client_sketches import reach_by_hour, sketch_clients
    from jobs.declarations.populations import POPULATIONS
    from jobs.declarations.tables import CLIENT_REACH
    from jobs.deployment.spark_session import get_session
    from jobs.tables.staged.staging import stage_frame

    spark = get_session("reach_cost")
    number = F.col("id") % groups
    pings = spark.range(groups * _CLIENTS_A_GROUP).select(
        F.lit(_HOUR_START).alias("hour_start"),
        F.lit("release").alias("channel"),
        F.concat_ws(".", number % 5000, F.lit("0")).alias("release_version"),
        F.concat(F.lit("system "), (number / 5000).cast("int")).alias("os_name"),
        (F.xxhash64("id").bitwiseAND(F.lit((1 << 63) - 1))).alias("client_key"),
        *(F.lit(1).alias(name) for name in {name for population in POPULATIONS for name in population.measures}),
    )
    rows = reach_by_hour(sketch_clients(pings, ["00c0ffee"])).withColumn("window_run_id", F.lit("run"))
    stage_frame(rows, CLIENT_REACH, folder)
    _say_what_was_used()
    spark.stop()


if __name__ == "__main__":
    main()
