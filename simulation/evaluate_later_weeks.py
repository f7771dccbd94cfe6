"""Watch simulated releases through seven weeks after their first, and print how often a healthy one is called worse, and what is found when.

Reads and writes nothing; a run of the default size takes some minutes. docs/later_weeks.md has the figures of one. If it fails or is
interrupted, run it again.
"""

from dataclasses import replace

import click
import numpy as np

from jobs.decisions.later_weeks import DAY_HOURS, HOURS_NEEDED, delayed_by_default, later_look
from jobs.declarations.policies import POLICY
from simulation.release_world.later_weeks import FIRST_AGE_HOURS, LaterWorld, simulate_weeks

_WEEK_HOURS = 168
_LOOK_EVERY_HOURS = 3
"""A look knows of all hours before it; those between two would say little else."""
_EVENT_HOURS = (240, 840)
"""Between two weeks after the release and five."""
HEALTHY = {
    "10,000 users": LaterWorld(10_000),
    "200,000 users": LaterWorld(200_000),
    "5 million users": LaterWorld(5_000_000),
    "5 million users, days differ by .10": LaterWorld(5_000_000, wander_sd=0.10),
    "5 million users, a successor in week 4, who stays crashes 1.3 times": LaterWorld(5_000_000, successor_week=4),
    "5 million users, a successor in week 4, who leaves crashes 1.4 times": LaterWorld(5_000_000, successor_week=4, stayer_crashes=0.7),
}
WORSE = {
    f"{ratio}x{' among 30 % of the users' if share < 1 else ''}, {users:,} users": LaterWorld(users, ratio=ratio, event_share=share)
    for users in (200_000, 5_000_000)
    for ratio, share in ((1.25, 1.0), (1.5, 1.0), (2.0, 1.0), (2.0, 0.3))
}


@click.command(help=__doc__)
@click.option("--worlds", default=150, show_default=True, help="Of each kind: releases of seven later weeks.")
@click.option("--seed", default=2026, show_default=True, help="Below 1,000: for development, never reported.")
def main(worlds: int, seed: int) -> None:
    for number, (name, world) in enumerate(HEALTHY.items()):
        first = [worse_hours(world, np.random.default_rng([seed, number, index])) for index in range(worlds)]
        weeks = [len(set(hours // _WEEK_HOURS)) for hours in first]
        click.echo(
            f"healthy, {name}: {sum(weeks)} of {worlds * world.weeks} weeks with an hour that is worse ({sum(weeks) / worlds / world.weeks:.2%}), "
            f"{np.mean([hours.size > 0 for hours in first]):.2%} of {worlds} releases"
        )
    for number, (name, world) in enumerate(WORSE.items(), start=len(HEALTHY)):
        found = []
        for index in range(worlds):
            rng = np.random.default_rng([seed, number, index])
            begun = int(rng.integers(*_EVENT_HOURS))
            hours = worse_hours(replace(world, weeks=6, event_hour=begun), rng, begun, begun + _WEEK_HOURS)
            found.append(hours[0] - begun if hours.size else np.inf)
        share = np.isfinite(found).mean()
        click.echo(f"{name}: found within a week {share:.1%}, median {np.median(found):.0f} h after it began")


def worse_hours(world: LaterWorld, rng: np.random.Generator, first: int | None = None, end: int | None = None) -> np.ndarray:
    """The hours, since FIRST_AGE_HOURS, at whose looks the release is worse; looks from its second week on, or in [first, end), three hours apart."""
    simulated = simulate_weeks(world, rng)
    delayed, good = delayed_by_default(simulated.crashes), np.ones(simulated.crashes.size, dtype=bool)
    looks = range(first or _WEEK_HOURS - FIRST_AGE_HOURS + DAY_HOURS, end or delayed.size, _LOOK_EVERY_HOURS)
    found = []
    for look in looks:
        known = slice(max(look + 1 - HOURS_NEEDED, 0), look + 1)
        if later_look(delayed[known], simulated.usage_hours[known], good[known], POLICY.later_weeks, POLICY.alarm).worse_hours:
            found.append(look)
    return np.array(found)


if __name__ == "__main__":
    main()
