"""A world of releases whose truth is known: its users in strata, and what may happen to them.

The statistical counterpart of the ping world: counts by release, stratum and hour, drawn directly. It shares no code with the scorer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STRATA = 12
WEEK_HOURS = 168
HOURS_BEFORE = 96
SIMULATED_HOURS = HOURS_BEFORE + WEEK_HOURS
LOCAL_STRATUM = 4
"""The fifth by users: 9 % of them."""
_STRATA_SEED = 1
"""The first seed whose fifth stratum has about 9 % of the users and 8 % of the crashes."""


@dataclass(frozen=True)
class Event:
    """A factor on the crashes of every version, from one age of the release under test to another; in all strata unless some are named."""

    ratio: float
    from_hour: int
    until_hour: int = WEEK_HOURS
    strata: tuple[int, ...] = ()
    ramp_hours: int = 0


@dataclass(frozen=True)
class WeeklyEvent:
    """The same in every week, from an hour of the week (0: Monday's midnight) on, for some hours."""

    ratio: float
    hour_of_week: int
    hours: int
    strata: tuple[int, ...] = ()


@dataclass(frozen=True)
class World:
    """How releases come about. Fields named `test_*` hold for the releases that are to be judged, not for their history."""

    name: str = "reference"
    users: float = 200_000
    baselines: int = 8
    effect_sd: float = 0.10
    """tau: standard deviation of a healthy release's log rate."""
    drift_sd: float = 0.02
    stratum_effect_sd: float = 0.05
    has_heavy_tails: bool = False
    """Release effects are t(3), scaled to the same standard deviation."""
    overdispersion: float = 2.0
    environment_sd: float = 0.05
    early_excess: float = 0.8
    burst_hours: float = 1.0
    """Usage hours' worth of crashes at updating."""
    contamination: float = 0.0
    """Probability that a past release was 1.5 times as bad."""
    delay_shares: tuple[float, float, float] = (0.55, 0.27, 0.18)
    crashes_per_1k_hours: float = 2.0
    strata_seed: int = _STRATA_SEED
    test_delay_shares: tuple[float, float, float] | None = None
    late_crashes: float = 0.15
    """Share of the crashes that are reported hours later."""
    test_late_crashes: float | None = None
    test_speed: float = 1.0
    test_events: tuple[Event, ...] = ()
    test_has_new_mix: bool = False
    test_new_stratum: int | None = None
    """A stratum of which no past release had any user."""
    test_held_share: float | None = None
    """The rollout is held when it has reached so many of the users ..."""
    test_held_hours: int = 96
    """... for so long."""
    weekly_event: WeeklyEvent | None = None
    release_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Days of the week, Monday 0."""
    test_release_days: tuple[int, ...] | None = None
    weekend_use: float = 0.8
    weekend_crashes: float = 1.06


@dataclass(frozen=True)
class Regression:
    """What is wrong with a release under test: the factor on its crashes, everywhere or in one stratum, from an hour on, at once or by and by."""

    label: str
    ratio: float = 1.0
    stratum: int | None = None
    from_hour: int = 0
    ramp_hours: int = 0


@dataclass(frozen=True)
class Strata:
    """One element for each of the 12 strata: share of users, crashes per usage hour, and habits."""

    share: Array
    crashes_per_hour: Array
    usage_hours_per_day: Array
    speed: Array
    phase_hours: Array
    delay_tilt: Array
    """(strata, 3): log weights added to the kinds of delay."""

    @property
    def crash_weight(self) -> Array:
        """Share of the crashes of a release that everybody uses."""
        weight = self.share * self.usage_hours_per_day * self.crashes_per_hour
        return np.asarray(weight / weight.sum())


def draw_strata(world: World) -> Strata:
    """The world's strata: from one seed, not from the history's."""
    rng = np.random.default_rng(world.strata_seed)
    share = np.sort(rng.dirichlet(np.full(STRATA, 3.0)))[::-1]
    relative_rate = rng.lognormal(0, 0.5, STRATA)
    return Strata(
        share=share,
        crashes_per_hour=relative_rate / (share @ relative_rate) * world.crashes_per_1k_hours / 1000,
        usage_hours_per_day=np.exp(rng.normal(np.log(3.5), 0.2, STRATA)),
        speed=rng.lognormal(0, 0.45, STRATA),
        phase_hours=rng.normal(0, 3, STRATA),
        delay_tilt=rng.normal(0, 0.20, (STRATA, 3)),
    )


def delay_parts(hours: int = SIMULATED_HOURS) -> Array:
    """(3, hours): probability of each delay for pings sent at the next chance, in the course of the day, and after a night or more."""
    delay = np.arange(hours)
    next_chance = 0.45 * 0.55**delay
    same_day = np.where((delay >= 2) & (delay <= 24), 1.0, 0.0)
    later = np.where(delay >= 8, np.exp(-(delay - 8) / 18), 0.0)
    return np.stack([part / part.sum() for part in (next_chance, same_day, later)])
