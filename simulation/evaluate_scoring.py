"""Judge simulated releases whose truth is known, by the scorer and by its rivals, and write docs/evaluation.md with its figures.

Reads nothing. Every task is a chunk of histories, kept below --work when it is done, so that a run that was interrupted goes on where it
stopped; remove the folder to begin anew (and do so when the scorer has changed: results are kept by study and seed, not by code).
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulation.evaluation.chunk import AnyStudy, Results, run_chunk
from simulation.evaluation.plan import (
    REPORTED_SEED,
    ablation_studies,
    calibration_studies,
    family_studies,
    main_studies,
    robustness_studies,
)
from simulation.evaluation.weather_plan import weather_studies

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class _Task:
    study: AnyStudy
    chunk: int
    file: Path


@click.command(help=__doc__)
@click.option("--histories", default=500, show_default=True, help="Histories of each size; six healthy releases in each.")
@click.option("--stress-histories", default=500, show_default=True, help="Histories of each ablation and each robustness world.")
@click.option("--seed", default=REPORTED_SEED, show_default=True, help="Below 1,000: for development, never reported.")
@click.option("--processes", default=os.cpu_count() or 1, show_default=True)
@click.option("--work", default=ROOT / ".local" / "evaluation", type=click.Path(path_type=Path), show_default=True)
@click.option("--docs", default=ROOT / "docs", type=click.Path(path_type=Path), show_default=True)
def main(histories: int, stress_histories: int, seed: int, processes: int, work: Path, docs: Path) -> None:
    # Imported here: matplotlib is not needed by the processes that simulate.
    from simulation.evaluation.report import write_report

    families = family_studies(histories)
    studies = [
        *main_studies(histories),
        *calibration_studies(histories),
        *ablation_studies(stress_histories),
        *robustness_studies(stress_histories),
    ]
    weather = weather_studies(stress_histories)
    results = run_studies([*families, *studies, *weather], seed, processes, work)
    report = write_report(studies, families, weather, results, seed, docs)
    releases = sum(len(of_study["label"]) for of_study in results.values())
    click.echo(f"{len(results)} studies, {releases:,} releases judged, written to {report}")


def run_studies(studies: Sequence[AnyStudy], seed: int, processes: int, work: Path) -> dict[str, Results]:
    """Results by study name; runs the chunks that are not there yet."""
    # By chunk, then study: a run that has to stop early has a little of everything, and --histories tells how much to report.
    tasks = [
        _Task(study, chunk, work / f"{_slug(study.name)}-{seed}-{chunk:03d}-{study.histories_in(chunk)}.npz")
        for chunk in range(max(study.chunks for study in studies))
        for study in studies
        if chunk < study.chunks
    ]
    work.mkdir(parents=True, exist_ok=True)
    missing = [task for task in tasks if not task.file.exists()]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress, ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        bar = progress.add_task("chunks of histories", total=len(tasks), completed=len(tasks) - len(missing))
        running = {pool.submit(run_chunk, task.study, seed, task.chunk, task.file): task for task in missing}
        for done in as_completed(running):
            done.result()
            progress.update(bar, advance=1, description=running[done].study.name)
    return {study.name: _joined([task.file for task in tasks if task.study is study]) for study in studies}


def _joined(files: list[Path]) -> Results:
    parts = []
    for file in files:
        with np.load(file) as stored:
            parts.append(dict(stored))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


if __name__ == "__main__":
    main()
