"""Roll simulated releases out by the advice and by fixed rules, hold forecasts against what came, and write docs/rollouts.md with the figures.

Reads nothing. Each history is kept below --work when it is done, so that a run that was interrupted goes on where it stopped; remove the
folder to begin anew, and do so when scoring or the rules have changed.
"""

import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import click

from simulation.evaluation.rollout_forecasts import ExcessOutcome, ForecastOutcome, forecast_history
from simulation.evaluation.rollout_report import report_words
from simulation.evaluation.rollout_runs import RolloutOutcome, run_history
from simulation.release_world.world import World

ROOT = Path(__file__).resolve().parent.parent
SIZES = (200_000, 5_000_000)


@dataclass(frozen=True)
class HistoryOutcome:
    rollouts: list[RolloutOutcome]
    forecasts: list[ForecastOutcome]
    excesses: list[ExcessOutcome]


@click.command(help=__doc__)
@click.option("--histories", default=150, show_default=True, help="Of each size; ten releases after each.")
@click.option("--seed", default=2026, show_default=True, help="Below 1,000: for development, never reported.")
@click.option("--processes", default=os.cpu_count() or 1, show_default=True)
@click.option("--work", default=ROOT / ".local" / "rollouts", type=click.Path(path_type=Path), show_default=True)
@click.option("--docs", default=ROOT / "docs", type=click.Path(path_type=Path), show_default=True)
def main(histories: int, seed: int, processes: int, work: Path, docs: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    tasks = [(users, seed, index, work / f"{users}-{seed}-{index:03d}.pickle") for index in range(histories) for users in SIZES]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        outcomes = list(pool.map(_outcome_of, tasks))
    by_size = {users: [outcome for task, outcome in zip(tasks, outcomes, strict=True) if task[0] == users] for users in SIZES}
    sections = {
        users: report_words(
            users,
            [rollout for outcome in of_size for rollout in outcome.rollouts],
            [forecast for outcome in of_size for forecast in outcome.forecasts],
            [excess for outcome in of_size for excess in outcome.excesses],
        )
        for users, of_size in by_size.items()
    }
    figures = "\n\n".join(sections.values())
    report = docs / "rollouts.md"
    lead = report.read_text(encoding="utf-8").split(MARK)[0] if report.exists() else "# Rollouts\n\n"
    report.write_text(f"{lead}{MARK}\n\n{figures}\n", encoding="utf-8")
    click.echo(f"{10 * histories:,} releases of each size, written to {report}")


MARK = "<!-- figures: written by make evaluate-rollouts -->"


def _outcome_of(task: tuple[int, int, int, Path]) -> HistoryOutcome:
    users, seed, index, file = task
    if file.exists():
        kept: HistoryOutcome = pickle.loads(file.read_bytes())  # noqa: S301 - written below, by this command alone
        return kept
    world = World(users=users)
    outcome = HistoryOutcome(run_history(world, seed, index), *forecast_history(world, seed, index))
    file.write_bytes(pickle.dumps(outcome))
    return outcome


if __name__ == "__main__":
    main()
