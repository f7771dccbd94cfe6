"""Search the first bad build in simulated releases with two builds a day, and print how often it is named and how few builds are left.

Reads and writes nothing; a run of the default size takes two minutes. docs/builds.md has the figures of one. If it fails or is interrupted,
run it again.
"""

from dataclasses import dataclass, replace

import click
import numpy as np
from numpy.typing import NDArray

from jobs.decisions.first_bad_build import LEAST_SHARE, first_bad_build, in_half_days
from jobs.declarations.policies import POLICY
from jobs.scoring.method.delay_matching import DelayMatching
from simulation.release_world.builds import BUILD_EVERY_HOURS, CRASHES_PER_HOUR, BuildsWorld, SimulatedBuilds, simulate_builds

_PHI = 4.0
_LAST_FIRST_BAD = 9
"""Its first 48 hours lie within the week."""
HOURS_AFTER = (12, 24, 48)
CASES = {
    "twice, 200,000 users": BuildsWorld(200_000),
    "twice, 5 million users": BuildsWorld(5_000_000),
    "1.5 times, 200,000 users": BuildsWorld(200_000, ratio=1.5),
    "3 times, 200,000 users": BuildsWorld(200_000, ratio=3.0),
    "twice, 200,000 users, taken out two builds later": BuildsWorld(200_000),
}
WITHOUT_CHANGE = {
    "all builds alike, 200,000 users": BuildsWorld(200_000),
    "all builds alike, 5 million users": BuildsWorld(5_000_000),
    "everything crashes 1.5 times from the third day on, unseen in other versions, 200,000 users": BuildsWorld(
        200_000, event_hour=60, ratio=1.5
    ),
}


@dataclass(frozen=True)
class LookOutcome:
    """What was said at a look: whether builds are named, how many the 90 % set has, and whether the first bad build is in it (None: there is none).

    `has_truth_of_exact` is the chance that it is in a set of exactly 90 %, whose last build is in it by lot: builds cannot be cut.
    """

    is_named: bool
    builds: int
    has_truth: bool | None
    has_truth_of_exact: float | None


@click.command(help=__doc__)
@click.option("--worlds", default=500, show_default=True, help="Of each kind.")
@click.option("--seed", default=2026, show_default=True, help="Below 1,000: for development, never reported.")
def main(worlds: int, seed: int) -> None:
    for number, (name, world) in enumerate(CASES.items()):
        outcomes = [search(_with_fault(world, name, rng), rng) for rng in _streams(seed, number, worlds)]
        for place, hours in enumerate(HOURS_AFTER):
            at = [looks[place] for looks in outcomes]
            named = [look for look in at if look.is_named]
            click.echo(
                f"{name}, {hours} h after the first bad build: named {len(named) / len(at):.1%}, "
                f"in the set where named {np.mean([look.has_truth for look in named]) if named else 0:.1%}, in the set of all "
                f"{np.mean([look.has_truth for look in at]):.1%}, in a set of exactly 90 % {np.mean([look.has_truth_of_exact for look in at]):.1%}, "
                f"sets of one build {np.mean([look.builds == 1 for look in at]):.1%}, median set {np.median([look.builds for look in at]):.0f} builds"
            )
    for number, (name, world) in enumerate(WITHOUT_CHANGE.items()):
        without = [search(world, rng) for rng in _streams(seed, len(CASES) + number, worlds)]
        said = np.mean([any(look.is_named for look in looks) for looks in without])
        last = np.mean([looks[-1].is_named for looks in without])
        click.echo(f"{name}: a build named at one of {len(without[0])} looks in {said:.1%}, at the last in {last:.1%} of {worlds} releases")


def _streams(seed: int, number: int, worlds: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, number, index]) for index in range(worlds)]


def _with_fault(world: BuildsWorld, name: str, rng: np.random.Generator) -> BuildsWorld:
    first = int(rng.integers(1, _LAST_FIRST_BAD + 1))
    return replace(world, first_bad=first, mended=first + 2 if "taken out" in name else None)


def search(world: BuildsWorld, rng: np.random.Generator) -> list[LookOutcome]:
    """Looks 12, 24 and 48 hours after the first bad build; without one, every 12 hours."""
    simulated = simulate_builds(world, rng)
    if world.first_bad is None:
        looks = np.arange(2 * BUILD_EVERY_HOURS, world.hours + 1, BUILD_EVERY_HOURS)
    else:
        looks = world.first_bad * BUILD_EVERY_HOURS + np.array(HOURS_AFTER)
    delayed = DelayMatching.of(simulated.kernel, world.hours).delayed(simulated.crashes)
    return [_outcome(world, simulated, delayed, int(look)) for look in looks]


def _outcome(world: BuildsWorld, simulated: SimulatedBuilds, delayed: NDArray[np.float64], look: int) -> LookOutcome:
    usage_hours = simulated.usage_hours[:, :look]
    shown = usage_hours.sum(axis=1) >= LEAST_SHARE * usage_hours.sum()
    found = first_bad_build(in_half_days(delayed[shown, :look]), CRASHES_PER_HOUR * in_half_days(usage_hours[shown]), _PHI)
    likely = np.flatnonzero(shown)[found.likely_set(POLICY.builds.set_mass)]
    is_named = found.p_change >= POLICY.builds.min_p_change
    if world.first_bad is None:
        return LookOutcome(is_named, likely.size, None, None)
    chances = np.zeros(shown.size)
    chances[shown] = found.first_bad / found.p_change
    own = chances[world.first_bad]
    likelier = float(chances[chances > own].sum())
    exact = float(np.clip((POLICY.builds.set_mass - likelier) / max(own, 1e-12), 0.0, 1.0))
    return LookOutcome(is_named, likely.size, bool(world.first_bad in likely), exact)


if __name__ == "__main__":
    main()
