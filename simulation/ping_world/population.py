"""The users of the demo's world: where they run their browser, how much, how eagerly they update and how easily they crash."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.ping_world.world import BAD_BRANCH, PingWorld

USERS = 3_200
HOURS_PER_USER_DAY = 3.5
_IN_BRANCH = 0.04


@dataclass(frozen=True)
class Machine:
    """An operating system and architecture, the share of users who have it, and how often it crashes against the average."""

    os_name: str
    os_version: str
    architecture: str
    share: float
    crash_ratio: float


MACHINES = (
    Machine("Windows_NT", "10.0", "x86-64", 0.37, 0.85),
    Machine("Windows_NT", "10.0", "x86", 0.06, 1.2),
    Machine("Windows_NT", "6.1", "x86-64", 0.21, 1.0),
    Machine("Windows_NT", "6.1", "x86", 0.10, 1.6),
    Machine("Windows_NT", "6.3", "x86-64", 0.07, 1.0),
    Machine("Darwin", "16.7.0", "x86-64", 0.06, 0.8),
    Machine("Darwin", "17.2.0", "x86-64", 0.04, 0.8),
    Machine("Linux", "4.13.0-16-generic", "x86-64", 0.05, 0.9),
    Machine("Android", "24", "arm", 0.04, 1.1),
)


@dataclass(frozen=True)
class Country:
    code: str
    """As the edge looked it up; empty where it could not."""
    share: float
    utc_offset_hours: int
    locale: str


COUNTRIES = (
    Country("US", 0.20, -6, "en-US"),
    Country("CA", 0.03, -5, "en-US"),
    Country("DE", 0.15, 1, "de"),
    Country("FR", 0.08, 1, "fr"),
    Country("GB", 0.05, 0, "en-GB"),
    Country("IT", 0.04, 1, "it"),
    Country("PL", 0.05, 1, "pl"),
    Country("RU", 0.09, 3, "ru"),
    Country("IN", 0.07, 5, "en-US"),
    Country("ID", 0.04, 7, "id"),
    Country("CN", 0.04, 8, "zh-CN"),
    Country("JP", 0.03, 9, "ja"),
    Country("BR", 0.06, -3, "pt-BR"),
    Country("MX", 0.03, -6, "es-MX"),
    Country("NG", 0.02, 1, "en-US"),
    Country("", 0.02, 0, "en-US"),
)


@dataclass(frozen=True)
class Users:
    """One element a user in each array."""

    machine: npt.NDArray[np.int64]
    country: npt.NDArray[np.int64]
    hours_per_day: npt.NDArray[np.float64]
    reluctance: npt.NDArray[np.float64]
    """From 0 (updates at once) to 1."""
    crash_ratio: npt.NDArray[np.float64]
    """Crashes per hour against the average user's."""
    utc_offset_hours: npt.NDArray[np.float64]
    hides_display_version: npt.NDArray[np.bool_]
    experiment_branch: npt.NDArray[np.int64]
    """0 none, 1 control, 2 treatment."""

    def on(self, os_name: str) -> npt.NDArray[np.bool_]:
        return np.array([machine.os_name == os_name for machine in MACHINES])[self.machine]


def draw_users(world: PingWorld) -> Users:
    """The world's users. The eager are the crashier: that is why every young release looks worse than it is."""
    rng = np.random.default_rng([world.seed, 1])
    machine = rng.choice(len(MACHINES), USERS, p=[m.share for m in MACHINES])
    country = rng.choice(len(COUNTRIES), USERS, p=[c.share for c in COUNTRIES])
    hours_per_day = rng.lognormal(0, 0.6, USERS)
    reluctance = rng.random(USERS)
    eager_crash_ratio = 1 + 0.5 * np.exp(-reluctance / 0.2)
    crash_ratio = np.array([m.crash_ratio for m in MACHINES])[machine] * eager_crash_ratio * rng.lognormal(0, 0.5, USERS)
    in_branch = BAD_BRANCH.users_share if world.culprit == "experiment" else _IN_BRANCH
    return Users(
        machine=machine,
        country=country,
        hours_per_day=hours_per_day * HOURS_PER_USER_DAY / hours_per_day.mean(),
        reluctance=reluctance,
        crash_ratio=crash_ratio / np.average(crash_ratio, weights=hours_per_day),
        utc_offset_hours=np.array([c.utc_offset_hours for c in COUNTRIES], dtype=float)[country],
        hides_display_version=rng.random(USERS) < 0.004,
        experiment_branch=rng.choice(3, USERS, p=[1 - 2 * in_branch, in_branch, in_branch]),
    )
