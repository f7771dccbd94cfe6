"""Blame branches in simulated worlds of concurrent experiments, with and without a culprit, and print how often and how soon it is named.

Reads and writes nothing; a run of the default size takes some twenty minutes. docs/experiments.md has the figures of one. If it fails or is
interrupted, run it again.
"""

from dataclasses import dataclass, replace

import click
import numpy as np

from jobs.decisions.experiment_evidence import branch_evidence, share_drift_evidence
from jobs.declarations.policies import POLICY
from simulation.release_world.experiments import (
    CRASHES_PER_HOUR,
    PLATFORM_SHARES,
    ExperimentWorld,
    SimulatedExperiments,
    simulate_experiments,
)

_LARGE, _SMALL = 5_000_000, 200_000
CASES = {
    "1.25 times the browser crashes, 5 million users": ExperimentWorld(_LARGE, ratio=1.25),
    "1.25 times the content crashes, 5 million users": ExperimentWorld(_LARGE, ratio=1.25, measure=1),
    "twice the browser crashes, 5 million users": ExperimentWorld(_LARGE, ratio=2.0),
    "twice the content crashes, 5 million users": ExperimentWorld(_LARGE, ratio=2.0, measure=1),
    "twice the browser crashes, 200,000 users": ExperimentWorld(_SMALL, ratio=2.0),
    "twice the content crashes, 200,000 users": ExperimentWorld(_SMALL, ratio=2.0, measure=1),
    "crashers leave, 3 times the browser crashes, 5 million users": ExperimentWorld(_LARGE, ratio=3.0, leaving=1.0),
    "crashers leave, 3 times the browser crashes, 200,000 users": ExperimentWorld(_SMALL, ratio=3.0, leaving=1.0),
}
INNOCENT = ExperimentWorld(_SMALL)


@dataclass(frozen=True)
class WorldOutcome:
    """Hours until the culprit and until an innocent experiment was first named, None where never; whether each was judged at the end."""

    named_hours: int | None
    innocent_hours: int | None
    is_judged: bool


@click.command(help=__doc__)
@click.option("--worlds", default=200, show_default=True, help="Of each kind with a culprit.")
@click.option("--innocent-worlds", default=1_000, show_default=True, help="Without one, of 200,000 users.")
@click.option("--seed", default=2026, show_default=True, help="Below 1,000: for development, never reported.")
def main(worlds: int, innocent_worlds: int, seed: int) -> None:
    for number, (name, world) in enumerate(CASES.items()):
        outcomes = [blame(world, np.random.default_rng([seed, number, index])) for index in range(worlds)]
        hours = np.array([np.inf if o.named_hours is None else o.named_hours for o in outcomes])
        click.echo(
            f"{name}: named within 36 h {np.mean(hours <= 36):.1%}, 48 h {np.mean(hours <= 48):.1%}, a week {np.mean(hours < np.inf):.1%}, "
            f"median {np.quantile(hours, 0.5, method='inverted_cdf'):.0f} h; not judged at the end "
            f"{np.mean([not o.is_judged for o in outcomes]):.1%}; an innocent one named {np.mean([o.innocent_hours is not None for o in outcomes]):.1%}"
        )
    outcomes = [blame(replace(INNOCENT), np.random.default_rng([seed, len(CASES), index])) for index in range(innocent_worlds)]
    named = sum(o.named_hours is not None or o.innocent_hours is not None for o in outcomes)
    click.echo(f"no culprit, 200,000 users: an innocent one named in {named} of {innocent_worlds} worlds")


def blame(world: ExperimentWorld, rng: np.random.Generator) -> WorldOutcome:
    """A week of hourly looks at every branch, measure and platform, all of them and each alone."""
    simulated = simulate_experiments(world, rng)
    branches = simulated.crashes.shape[1]
    compared = world.experiments * branches * len(CRASHES_PER_HOUR) * (1 + len(PLATFORM_SHARES))
    first = {(e, b): _first_named(simulated, e, b, compared) for e in range(world.experiments) for b in range(branches)}
    innocent = [hours for place, hours in first.items() if hours is not None and place != (0, 0)]
    hours = simulated.usage_hours[0].sum(axis=1)
    drift = max(share_drift_evidence(own, hours.sum(axis=0)) for own in hours)
    return WorldOutcome(first[0, 0], min(innocent, default=None), drift < POLICY.experiments.share_drift_odds)


def _first_named(simulated: SimulatedExperiments, experiment: int, branch: int, compared: int) -> int | None:
    crashes, usage_hours = simulated.crashes[experiment], simulated.usage_hours[experiment]
    first = []
    for measure in range(len(CRASHES_PER_HOUR)):
        for platform in (slice(None), *(slice(p, p + 1) for p in range(len(PLATFORM_SHARES)))):
            counts, hours = crashes[:, measure, platform].sum(axis=1), usage_hours[:, platform].sum(axis=1)
            figures = branch_evidence(counts[branch], counts.sum(axis=0) - counts[branch], hours[branch], hours.sum(axis=0) - hours[branch])
            is_named = (figures.evidence >= POLICY.experiments.alarm_odds * compared) & (figures.ratio > 1)
            is_named &= figures.branch_crashes >= POLICY.experiments.min_crashes
            first += [int(np.argmax(is_named)) + 1] if is_named.any() else []
    return min(first, default=None)


if __name__ == "__main__":
    main()
