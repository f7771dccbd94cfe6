"""How long a history takes to fit and a look takes to score, on one core, and where the time goes.

Reads and writes nothing; counts are drawn from a seed. It fails (exit 1) where a goal is missed: a history of 12 releases x 12 strata x
168 hours in 10 ms, 10,000 cells in 0.1 s.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core: threads would flatter a matrix product and slow the rest

import cProfile
import pstats
import time
from collections.abc import Callable

import click
import numpy as np

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.scored_arrays import score_release
from jobs.scoring.method.hourly_counts import PreviousVersion, ReleaseCounts
from jobs.scoring.method.ratio_posterior import ratio_posterior, ratio_prior
from jobs.scoring.method.release_history import fit_history

RELEASES, STRATA, CELLS = 12, 12, 10_000
GOAL_HISTORY_MS, GOAL_CELLS_S = 10.0, 0.1


@click.command(help=__doc__)
@click.option("--repeats", default=20, show_default=True)
def main(repeats: int) -> None:
    rng = np.random.default_rng(1)
    baselines = [drawn_release(rng) for _ in range(RELEASES)]
    release = drawn_release(rng)
    history = fit_history(baselines)
    assert history is not None, "drawn releases have usage"
    prior = ratio_prior(0.11, 14, 0.22, 0.10, 0.05)
    observed, expected = rng.gamma(2, 50, CELLS), rng.gamma(2, 50, CELLS)
    noise = np.full(CELLS, 0.01)

    fit_ms = 1000 * best_time(lambda: fit_history(baselines), repeats)
    cells_s = best_time(lambda: ratio_posterior(observed, expected, np.full(CELLS, 2.0), noise, prior), repeats)
    looks_ms = 1000 * best_time(lambda: look_at_cells(history, release), repeats)
    entry_ms = 1000 * best_time(lambda: score_release(release, baselines), max(repeats // 5, 1))
    cell_looks = (STRATA + 2) * HORIZON_HOURS
    click.echo(f"history of {RELEASES} releases x {STRATA} strata x {HORIZON_HOURS} h   {fit_ms:8.2f} ms   (goal {GOAL_HISTORY_MS:g})")
    click.echo(f"{CELLS:,} cells scored                       {1000 * cells_s:8.2f} ms   (goal {1000 * GOAL_CELLS_S:g})")
    click.echo(f"  one cell                                 {1e6 * cells_s / CELLS:8.2f} us")
    click.echo(
        f"all {cell_looks:,} cell-looks of a release          {looks_ms:8.2f} ms   = {1000 * looks_ms / cell_looks:.2f} us each, counts included"
    )
    click.echo(f"a release from plain arrays to dataclasses {entry_ms:8.2f} ms   (delay mixture chosen, fit, looks, states)")
    click.echo("where the time of a history goes:")
    click.echo(_profile(lambda: fit_history(baselines)))
    click.echo("where the time of a release's looks goes:")
    click.echo(_profile(lambda: look_at_cells(history, release)))
    if fit_ms > GOAL_HISTORY_MS or cells_s > GOAL_CELLS_S:
        raise click.ClickException("slower than the goals; is the machine busy?")


def drawn_release(rng: np.random.Generator) -> ReleaseCounts:
    """A release that fills up over the week."""
    hours = np.arange(HORIZON_HOURS)
    usage_hours = rng.gamma(20, 50, (STRATA, HORIZON_HOURS)) * (1 - np.exp(-(hours + 1) / 38))
    crashes = rng.poisson(usage_hours * 0.002 * (1 + 5 * np.exp(-hours / 3))).astype(float)
    previous = PreviousVersion(rng.poisson(20, 72 + HORIZON_HOURS).astype(float), rng.gamma(20, 500, 72 + HORIZON_HOURS))
    return ReleaseCounts(crashes, usage_hours, np.full(HORIZON_HOURS, 20_000.0), previous=previous)


def best_time(work: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of some runs: the others were disturbed."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def _profile(work: Callable[[], object], lines: int = 6, runs: int = 100) -> str:
    """Time within each function itself, a run."""
    profile = cProfile.Profile()
    for _ in range(runs):
        profile.runcall(work)
    entries = pstats.Stats(profile).get_stats_profile().func_profiles
    slowest = sorted(entries.items(), key=lambda entry: -entry[1].tottime)[:lines]
    return "\n".join(f"  {1000 * entry.tottime / runs:7.3f} ms  {name}" for name, entry in slowest)


if __name__ == "__main__":
    main()
