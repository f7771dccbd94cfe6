"""What decisions cost an hourly run: forecasts, costs and advice of 60 undecided releases, 40 experiments, the watch of later weeks, and builds.

    make benchmark-decisions

Releases are simulated on three platforms with twelve past ones each and are all six hours old, so that every one is forecast; experiments have
three branches on three platforms and ten days of hours. Builds are read from an Iceberg table of --rows-an-hour rows an hour, for a release that is watched
at the end of its week: the first run keeps its days, the next reads the last day alone. Each part runs in a process of its own; processor time and
what memory rose by. It fails (exit 1) where all together take more than 2 s or a part adds more than 500 MB.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from jobs.declarations.policies import POLICY
from jobs.declarations.windows import HOUR

RELEASES, EXPERIMENTS, LATER_RELEASES = 60, 40, 60
GOAL_S, GOAL_MB = 2.0, 500.0
_PARTS = ("forecasts", "experiments", "later-weeks", "builds")


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time, and megabytes that the process's memory rose by at most."""

    seconds: float
    megabytes: float


@click.group(invoke_without_command=True, help=__doc__)
@click.option("--rows-an-hour", default=200_000, show_default=True, help="Of error_aggregates.")
@click.pass_context
def main(context: click.Context, rows_an_hour: int) -> None:
    if context.invoked_subcommand is not None:
        return
    costs = {}
    for part in _PARTS:
        arguments = [str(rows_an_hour)] if part == "builds" else []
        ended = subprocess.run(
            [sys.executable, "-m", "benchmarks.decisions_cost", part, *arguments], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise click.ClickException(f"benchmarks.decisions_cost {part} failed:\n{ended.stderr}")
        *lines, last = ended.stdout.splitlines()
        costs[part] = Cost(*map(float, last.split()))
        for line in lines:
            click.echo(line)
    together = sum(cost.seconds for cost in costs.values())
    most = max(cost.megabytes for cost in costs.values())
    click.echo(f"all together: {together:.2f} s of processor time (goal {GOAL_S:g}), at most {most:.0f} MB more (goal {GOAL_MB:g})")
    if together > GOAL_S or most > GOAL_MB:
        raise click.ClickException("more than the goals; is the machine busy?")


def _measured(work: Callable[[], object]) -> Cost:
    before = _peak_mb()
    started = time.process_time()
    work()
    return Cost(time.process_time() - started, max(_peak_mb() - before, 0.0))


def _peak_mb() -> float:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return float(peak.split()[1]) / 1000


def _say(what: str, cost: Cost) -> None:
    click.echo(f"{what}: {cost.seconds:.2f} s of processor time, {cost.megabytes:.0f} MB more")


def _tell(cost: Cost) -> None:
    click.echo(f"{cost.seconds} {cost.megabytes}")


@main.command(help="The rows of 60 undecided releases, with what follows from them.")
def forecasts() -> None:
    from jobs.decisions.decision_columns import with_decisions
    from jobs.scoring.looks.channel_scoring import score_releases
    from jobs.scoring.rows.health_rows import LookRange, health_rows
    from jobs.verdicts.health_cells import UNDECIDED_STATES
    from tests.scoring.small_channel import SmallChannel

    channel = SmallChannel(betas=13, last_hours=6, usage_hours_per_hour=300.0)
    scored = list(score_releases(channel.record(), channel.end - HOUR, channel.end, POLICY))[-1]
    rows = health_rows(scored, LookRange(channel.end - HOUR, channel.end), 1, POLICY)
    assert rows[0]["state"] in UNDECIDED_STATES, "else nothing is forecast"
    with_decisions(rows, scored, POLICY)
    cost = _measured(lambda: [with_decisions(rows, scored, POLICY) for _ in range(RELEASES)])
    _say(f"{RELEASES} undecided releases of {len(scored.cells)} cells, costs, forecasts and advice", cost)
    _tell(cost)


@main.command(help="All branches of 40 experiments.")
def experiments() -> None:
    import numpy as np
    import pyarrow as pa

    from jobs.decisions.experiment_rows import EXPERIMENT_COLUMNS, experiment_rows

    start, hours = datetime(2026, 11, 16, tzinfo=UTC), 240
    rng = np.random.default_rng(1)
    groups = [(f"pref-{i}", branch, system) for i in range(EXPERIMENTS) for branch in "abc" for system in ("Windows_NT", "Darwin", "Linux")]
    count = len(groups) * hours
    columns: dict[str, Any] = {
        "hour_start": [start + hour * HOUR for hour in range(hours)] * len(groups),
        "channel": ["release"] * count,
        **{
            name: [group[place] for group in groups for _ in range(hours)] for place, name in enumerate(("experiment", "branch", "os_name"))
        },
        "usage_hours": rng.gamma(200, 10, count),
    }
    columns |= {name: rng.poisson(4, count) for name in EXPERIMENT_COLUMNS if name not in columns}
    rows = pa.table(columns)
    until = start + hours * HOUR
    cost = _measured(lambda: experiment_rows(rows, until - HOUR, until, 1, POLICY))
    _say(f"{EXPERIMENTS} experiments of three branches on three platforms", cost)
    _tell(cost)


@main.command(help="Releases that are older than a week and still used.")
def later_weeks() -> None:
    from jobs.decisions.later_rows import later_rows
    from tests.scoring.small_channel import SmallChannel

    channel = SmallChannel(betas=1, last_hours=800)
    record = channel.record()
    later_rows(record, channel.end - HOUR, channel.end, 1, POLICY)
    cost = _measured(lambda: [later_rows(record, channel.end - HOUR, channel.end, 1, POLICY) for _ in range(LATER_RELEASES)])
    _say(f"{LATER_RELEASES} releases after their first week", cost)
    _tell(cost)


@main.command(help="The builds of a watched release at the end of its week, from days that are kept and the last one.")
@click.argument("rows_an_hour", type=int)
def builds(rows_an_hour: int) -> None:
    import numpy as np
    import pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog

    from jobs.declarations.tables import BUILD_DAYS, ERROR_AGGREGATES, INGEST_AUDIT
    from jobs.history.channel_days import PastDays
    from jobs.history.kept_builds import KeptBuilds
    from jobs.scoring.inputs.day_totals import DAY_SERIES
    from jobs.scoring.inputs.release_calendar import release_by_calendar
    from jobs.tables.commits.kept_rows import keep_rows
    from jobs.tables.lake.lake_catalog import ensure_table
    from jobs.tables.lake.schemas import arrow_schema, staged_schema
    from jobs.tables.reading.complete_windows import pin_hours
    from tests.scoring.small_channel import complete_audit

    days, start = 7, datetime(2026, 11, 16, tzinfo=UTC)
    hours = [start + hour * HOUR for hour in range(24 * days - 1)]  # the last day is not over
    rng = np.random.default_rng(1)

    def rows_of(hour: datetime) -> pa.Table:
        """Three versions, fourteen builds, three systems; all else that makes groups of pings is left out, as it is not read."""
        rows = rows_an_hour if hour >= hours[-23] else 1_000
        build = np.char.add("202611", rng.integers(16 * 10**8, 23 * 10**8, 14).astype(str))
        columns: dict[str, Any] = {
            name: pa.nulls(rows, staged_schema(ERROR_AGGREGATES).field(name).type) for name in ERROR_AGGREGATES.column_names
        }
        columns |= {
            "window_start": pa.array([hour] * rows, pa.timestamp("us", tz="UTC")),
            "window_run_id": ["run"] * rows,
            "channel": ["nightly"] * rows,
            "application": ["Firefox"] * rows,
            "version": ["59.0"] * rows,
            "country": ["DE"] * rows,
            "release_version": rng.choice(["59.0a1", "58.0a1", "57.0a1"], rows, p=[0.6, 0.3, 0.1]),
            "build_id": rng.choice(build, rows),
            "os_name": rng.choice(["Windows_NT", "Darwin", "Linux"], rows),
            "usage_hours": rng.gamma(2, 1, rows),
            "main_crashes_capped": rng.poisson(0.1, rows),
        }
        return pa.table(columns).cast(arrow_schema(ERROR_AGGREGATES))

    with tempfile.TemporaryDirectory(prefix="decisions-cost-") as folder:
        catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
        stored = ensure_table(catalog, ERROR_AGGREGATES)
        for hour in hours:
            stored.append(rows_of(hour))
        ensure_table(catalog, INGEST_AUDIT).append(complete_audit(hours).cast(arrow_schema(INGEST_AUDIT)))
        past = PastDays(start, DAY_SERIES.empty_table(), ["run"] * len(hours), pa.table({}))
        release = release_by_calendar("nightly", "59.0a1", start)

        def kept_builds() -> KeptBuilds:
            return KeptBuilds(catalog, pin_hours(catalog, start, hours[-1] + HOUR, (ERROR_AGGREGATES,)), past, hours[-1] + HOUR)

        first, now = kept_builds(), kept_builds()
        first(release)
        keep_rows(catalog, BUILD_DAYS, pa.concat_tables(first.to_keep))
        cost = _measured(lambda: now(release))
    _say(f"builds of a watched release in 23 hours of {rows_an_hour:,} rows, six days kept", cost)
    _tell(cost)


if __name__ == "__main__":
    main()
