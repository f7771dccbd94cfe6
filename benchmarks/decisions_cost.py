"""What decisions cost an hourly run: forecasts, costs and advice of 60 undecided releases, 40 experiments, the watch of later weeks, and builds.

    make benchmark-decisions

Releases are simulated with all measures on three platforms and twelve past ones, and are six hours old, so that every one is forecast; experiments
have three branches on three platforms and ten days of hours. Builds are read from an Iceberg table of --rows-an-hour rows an hour, for a release that is
watched at the end of its week: the run before has kept all hours but the last; its own reading, as by the first run that watches, is told beside.
Each part runs in a process of its own: processor time, and what memory rose by. It fails (exit 1) where all together take more than 2 s or a
part adds more than 500 MB.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as jobs are run: threads that wait for each other would count as work

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from benchmarks.page_publishing import audit_rows
from jobs.decisions.decision_columns import with_decisions
from jobs.decisions.experiment_rows import EXPERIMENT_COLUMNS, experiment_rows
from jobs.decisions.later_rows import later_rows
from jobs.declarations.measures import CRITICAL_MEASURES
from jobs.declarations.policies import POLICY
from jobs.declarations.tables import BUILD_DAYS, ERROR_AGGREGATES, INGEST_AUDIT
from jobs.declarations.windows import HOUR
from jobs.history.channel_days import PastDays
from jobs.history.kept_builds import KeptBuilds
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.day_totals import DAY_SERIES
from jobs.scoring.inputs.prepared_cells import ChannelRecord, release_context
from jobs.scoring.inputs.release_calendar import release_by_calendar
from jobs.scoring.looks.channel_scoring import score_cells
from jobs.scoring.rows.health_rows import LookRange, health_rows
from jobs.tables.commits.kept_rows import keep_rows
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema, staged_schema
from jobs.tables.reading.complete_windows import pin_hours
from jobs.verdicts.health_cells import UNDECIDED_STATES
from simulation.evaluation.family_record import family_past, family_record
from simulation.release_world.family import FamilyRegression, simulate_family
from simulation.release_world.later_weeks import LaterWorld, simulate_weeks
from simulation.release_world.world import World

RELEASES, EXPERIMENTS, LATER_RELEASES, LATER_CHANNELS = 60, 40, 60, 5
GOAL_S, GOAL_MB = 2.0, 500.0
_PARTS = ("forecasts", "experiments", "later-weeks", "builds")
_AGE_HOURS = 6
_REPEATS = 5
_START = datetime(2026, 11, 16, tzinfo=UTC)
_VERSIONS = {"59.0a1": 0.6, "58.0a1": 0.3, "57.0a1": 0.1}
_SYSTEMS = ("Windows_NT", "Darwin", "Linux")


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
        command = [sys.executable, "-m", "benchmarks.decisions_cost", part, *([str(rows_an_hour)] if part == "builds" else [])]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise click.ClickException(f"benchmarks.decisions_cost {part} failed:\n{ended.stderr}")
        *lines, last = ended.stdout.splitlines()
        costs[part] = Cost(*map(float, last.split()))
        click.echo("\n".join(lines))
    together = sum(cost.seconds for cost in costs.values())
    most = max(cost.megabytes for cost in costs.values())
    click.echo(f"all together: {together:.2f} s of processor time (goal {GOAL_S:g}), at most {most:.0f} MB more (goal {GOAL_MB:g})")
    if together > GOAL_S or most > GOAL_MB:
        raise click.ClickException("more than the goals; is the machine busy?")


def _measured(work: Callable[[], object], repeats: int = 1) -> Cost:
    """The least time of some runs: the others were disturbed."""
    before, seconds = _peak_mb(), []
    for _ in range(repeats):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return Cost(min(seconds), max(_peak_mb() - before, 0.0))


def _peak_mb() -> float:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return float(peak.split()[1]) / 1000


def _tell(what: str, cost: Cost) -> None:
    click.echo(f"{what}: {cost.seconds:.2f} s of processor time, {cost.megabytes:.0f} MB more\n{cost.seconds} {cost.megabytes}")


@main.command(help="The rows of 60 undecided releases, with what follows from them.")
def forecasts() -> None:
    family = simulate_family(World(users=10_000, baselines=12), (FamilyRegression("healthy"),), 2026, 1)
    record, release = family_record(family_past(family), family.tests[0])
    scored = score_cells(record, release_context(record, release, _AGE_HOURS, POLICY), POLICY)
    as_of = release.hour + _AGE_HOURS * HOUR
    rows = health_rows(scored, LookRange(as_of - HOUR, as_of), 1, POLICY)
    assert rows[0]["state"] in UNDECIDED_STATES, f"{rows[0]['state']} is not forecast"
    with_decisions(rows, scored, POLICY)
    cost = _measured(lambda: [with_decisions(rows, scored, POLICY) for _ in range(RELEASES)], _REPEATS)
    _tell(f"{RELEASES} undecided releases of {len(scored.cells)} cells: costs, forecasts, advice", cost)


@main.command(help="All branches of 40 experiments.")
def experiments() -> None:
    hours, rng = 240, np.random.default_rng(1)
    groups = [(f"pref-{number}", branch, system) for number in range(EXPERIMENTS) for branch in "abc" for system in _SYSTEMS]
    count = len(groups) * hours
    columns: dict[str, Any] = {"hour_start": [_START + hour * HOUR for hour in range(hours)] * len(groups), "channel": ["release"] * count}
    for place, name in enumerate(("experiment", "branch", "os_name")):
        columns[name] = [group[place] for group in groups for _ in range(hours)]
    columns["usage_hours"] = rng.gamma(200, 10, count)
    rows = pa.table(columns | {name: rng.poisson(4, count) for name in EXPERIMENT_COLUMNS if name not in columns})
    until = _START + hours * HOUR
    cost = _measured(lambda: experiment_rows(rows, until - HOUR, until, 1, POLICY), _REPEATS)
    _tell(f"{EXPERIMENTS} experiments of three branches on three platforms", cost)


@main.command(help="Releases that are older than a week and still used, on three platforms: twelve on each of five channels.")
def later_weeks() -> None:
    weeks = simulate_weeks(LaterWorld(200_000), np.random.default_rng(1))
    hours, versions = weeks.usage_hours.shape[1], [f"{50 + number}.0" for number in range(LATER_RELEASES // LATER_CHANNELS)]

    def by_both(amounts: Any) -> dict[tuple[str, str | None], tuple[int, Any]]:
        of_places = dict(zip((None, *_SYSTEMS), (amounts.sum(axis=0), *amounts), strict=True))
        return {(version, system): (0, of_place) for version in versions for system, of_place in of_places.items()}

    totals = ChannelTotals(
        channel="release",
        origin=_START,
        is_complete=np.ones(hours, dtype=bool),
        usage_by_version={version: (0, weeks.usage_hours.sum(axis=0)) for version in versions},
        usage_by_platform=dict(zip(_SYSTEMS, len(versions) * weeks.usage_hours, strict=True)),
        crash_pings=len(versions) * weeks.crashes.sum(axis=0),
        crash_pings_by_platform=dict(zip(_SYSTEMS, len(versions) * weeks.crashes, strict=True)),
        by_version_and_platform={"usage_hours": by_both(weeks.usage_hours)}
        | {measure: by_both(weeks.crashes) for measure in CRITICAL_MEASURES},
    )
    record = ChannelRecord(totals, _not_asked, lambda _: None, {("release", version): _START for version in versions})
    until = _START + hours * HOUR
    assert len(later_rows(record, until - HOUR, until, 1, POLICY)) == len(versions) * (1 + len(_SYSTEMS)) * len(CRITICAL_MEASURES)
    cost = _measured(lambda: [later_rows(record, until - HOUR, until, 1, POLICY) for _ in range(LATER_CHANNELS)], _REPEATS)
    _tell(f"{LATER_RELEASES} releases after their first week, on all platforms and on each of three", cost)


def _not_asked(*_: object) -> Any:
    raise AssertionError("later weeks rest on the channel's days alone")


@main.command(help="The builds of a watched release at the end of its week: an hour of them, all others kept.")
@click.argument("rows_an_hour", type=int)
def builds(rows_an_hour: int) -> None:
    hours = [_START + hour * HOUR for hour in range(168)]
    with tempfile.TemporaryDirectory(prefix="decisions-cost-") as folder:
        catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
        stored, rng = ensure_table(catalog, ERROR_AGGREGATES), np.random.default_rng(1)
        for hour in hours:
            stored.append(_hour_of_builds(hour, rows_an_hour if hour >= hours[-24] else 1_000, rng))
        ensure_table(catalog, INGEST_AUDIT).append(audit_rows(hours))
        release = release_by_calendar("nightly", "59.0a1", _START)
        before, now = (_builds_until(catalog, hours, end) for end in (hours[-1], hours[-1] + HOUR))
        first = _measured(lambda: before(release))
        keep_rows(catalog, BUILD_DAYS, pa.concat_tables(before.to_keep))
        cost = _measured(lambda: now(release))
    click.echo(
        f"builds of a watched release, {rows_an_hour:,} rows an hour: the first run reads a day in {first.seconds:.2f} s, {first.megabytes:.0f} MB"
    )
    _tell("builds of a watched release, an hour of them, all others kept", cost)


def _builds_until(catalog: Catalog, hours: list[datetime], end: datetime) -> KeptBuilds:
    runs = ["run" if hour < end else "" for hour in hours]
    past = PastDays(_START, DAY_SERIES.empty_table(), runs, pa.table({}))
    return KeptBuilds(catalog, pin_hours(catalog, _START, end, (ERROR_AGGREGATES,)), past, end)


def _hour_of_builds(hour: datetime, rows: int, rng: np.random.Generator) -> pa.Table:
    """Three versions, fourteen builds, three systems; all else that makes groups of pings is left out, as it is not read."""
    built = [f"{_START + timedelta(hours=12 * number):%Y%m%d%H%M%S}" for number in range(14)]
    declared = staged_schema(ERROR_AGGREGATES)
    columns: dict[str, Any] = {name: pa.nulls(rows, declared.field(name).type) for name in declared.names}
    columns |= {
        "window_start": pa.array([hour] * rows, pa.timestamp("us", tz="UTC")),
        **{name: [text] * rows for name, text in (("window_run_id", "run"), ("channel", "nightly"), ("application", "Firefox"))},
        **{name: [text] * rows for name, text in (("version", "59.0"), ("country", "DE"))},
        "release_version": rng.choice(list(_VERSIONS), rows, p=list(_VERSIONS.values())),
        "build_id": rng.choice(built, rows),
        "os_name": rng.choice(_SYSTEMS, rows),
        "usage_hours": rng.gamma(2, 1, rows),
        "main_crashes_capped": rng.poisson(0.1, rows),
    }
    return pa.table(columns).cast(arrow_schema(ERROR_AGGREGATES))


if __name__ == "__main__":
    main()
