"""Watch simulated releases through seven weeks after their first, and print how often a healthy one is called worse, and what is found when.

By the watch of all platforms together and of each, and beside it by one of all together alone, which has all the doubt to itself. Reads and
writes nothing; a run of the default size takes some minutes. docs/later_weeks.md has the figures of one. If it fails or is interrupted, run it
again.
"""

from dataclasses import dataclass, replace

import click
import numpy as np

from jobs.decisions.later_weeks import DAY_HOURS, HOURS_NEEDED, Bar, ReceivedHours, bars_by_platform, delayed_by_default, later_look
from jobs.declarations.policies import POLICY
from simulation.release_world.later_weeks import FIRST_AGE_HOURS, Array, LaterWorld, SimulatedWeeks, simulate_weeks

_WEEK_HOURS = 168
_LOOK_EVERY_HOURS = 3
"""A look knows of all hours before it; those between two would say little else."""
_EVENT_HOURS = (240, 840)
"""Between two weeks after the release and five."""
HEALTHY = {
    "10,000 users": LaterWorld(10_000),
    "200,000 users": LaterWorld(200_000),
    "5 million users": LaterWorld(5_000_000),
    "5 million users, days differ by .10": LaterWorld(5_000_000, wander_sd=0.10, platform_wander_sd=0.06),
    "5 million users, a successor in week 4, who stays crashes 1.3 times": LaterWorld(5_000_000, successor_week=4),
    "5 million users, a successor in week 4, who leaves crashes 1.4 times": LaterWorld(5_000_000, successor_week=4, stayer_crashes=0.7),
}
WORSE = {
    f"{ratio}x{'' if platform is None else f' on a platform of {share:.0%}'}, {users:,} users": LaterWorld(
        users, ratio=ratio, event_platform=platform
    )
    for users in (200_000, 5_000_000)
    for ratio, platform, share in ((1.25, None, 1.0), (1.5, None, 1.0), (2.0, None, 1.0), (1.5, 1, 0.3), (2.0, 1, 0.3), (2.0, 2, 0.1))
}


@dataclass(frozen=True)
class WorseHours:
    """The hours, since FIRST_AGE_HOURS, at whose looks the release is worse: by the watch with platforms, and by one of all together alone."""

    watched: Array
    together: Array


@click.command(help=__doc__)
@click.option("--worlds", default=150, show_default=True, help="Of each kind: releases of seven later weeks.")
@click.option("--seed", default=2026, show_default=True, help="Below 1,000: for development, never reported.")
def main(worlds: int, seed: int) -> None:
    for number, (name, world) in enumerate(HEALTHY.items()):
        found = [worse_hours(world, np.random.default_rng([seed, number, index])) for index in range(worlds)]
        click.echo(f"healthy, {name}, {worlds * world.weeks} weeks: {_false_alarms([hours.watched for hours in found], world.weeks)}")
        click.echo(f"  all together alone: {_false_alarms([hours.together for hours in found], world.weeks)}")
    for number, (name, world) in enumerate(WORSE.items(), start=len(HEALTHY)):
        watched, together = [], []
        for index in range(worlds):
            rng = np.random.default_rng([seed, number, index])
            begun = int(rng.integers(*_EVENT_HOURS))
            hours = worse_hours(replace(world, weeks=6, event_hour=begun), rng, begun, begun + _WEEK_HOURS)
            watched.append(hours.watched[0] - begun if hours.watched.size else np.inf)
            together.append(hours.together[0] - begun if hours.together.size else np.inf)
        click.echo(f"{name}: {_detection(watched)}; all together alone: {_detection(together)}")


def _false_alarms(hours: list[Array], weeks: int) -> str:
    bad = sum(len(set(of_release // _WEEK_HOURS)) for of_release in hours)
    return (
        f"{bad} with an hour that is worse ({bad / len(hours) / weeks:.2%}), {np.mean([found.size > 0 for found in hours]):.2%} of releases"
    )


def _detection(after_hours: list[float]) -> str:
    found = float(np.isfinite(after_hours).mean())
    return f"found within a week {found:.1%}{f', median {np.median(after_hours):.0f} h after it began' if found > 0.5 else ''}"


def worse_hours(world: LaterWorld, rng: np.random.Generator, first: int | None = None, end: int | None = None) -> WorseHours:
    """At looks from the second week on, or in [first, end), three hours apart."""
    simulated = simulate_weeks(world, rng)
    received = _received(simulated)
    looks = range(first or _WEEK_HOURS - FIRST_AGE_HOURS + DAY_HOURS, end or simulated.crashes.shape[1], _LOOK_EVERY_HOURS)
    watched, together = [], []
    for look in looks:
        known = {platform: _until(hours, look) for platform, hours in received.items()}
        usage_hours = {platform: float(hours.usage_hours.sum()) for platform, hours in known.items() if platform is not None}
        bars = bars_by_platform(usage_hours, POLICY.verdict.critical_platform_share, POLICY.later_weeks)
        if any(_is_worse(known[platform], bar) for platform, bar in bars.items()):
            watched.append(look)
        if _is_worse(known[None], Bar(POLICY.later_weeks.doubt, POLICY.later_weeks.scales)):
            together.append(look)
    return WorseHours(np.array(watched, dtype=float), np.array(together, dtype=float))


def _received(simulated: SimulatedWeeks) -> dict[str | None, ReceivedHours]:
    """On all platforms (None) and on each."""
    crashes: dict[str | None, Array] = {None: simulated.crashes.sum(axis=0)}
    usage_hours: dict[str | None, Array] = {None: simulated.usage_hours.sum(axis=0)}
    for number, (of_platform, used) in enumerate(zip(simulated.crashes, simulated.usage_hours, strict=True)):
        crashes[f"platform {number}"], usage_hours[f"platform {number}"] = of_platform, used
    good = np.ones(simulated.crashes.shape[1], dtype=bool)
    return {platform: ReceivedHours(delayed_by_default(crashes[platform]), usage_hours[platform], good) for platform in crashes}


def _until(hours: ReceivedHours, look: int) -> ReceivedHours:
    known = slice(max(look + 1 - HOURS_NEEDED, 0), look + 1)
    return ReceivedHours(hours.delayed[known], hours.usage_hours[known], hours.is_good[known])


def _is_worse(hours: ReceivedHours, bar: Bar) -> bool:
    return later_look(hours, bar, POLICY.later_weeks, POLICY.alarm).worse_hours > 0


if __name__ == "__main__":
    main()
