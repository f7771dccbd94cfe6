"""The study: which worlds are simulated, how often, and with which variant of the scorer they are judged."""

from dataclasses import dataclass, field, replace
from typing import Literal

from simulation.release_world.family import LOCAL_GROUP, FamilyRegression
from simulation.release_world.world import LOCAL_STRATUM, Event, Regression, World

REPORTED_SEED = 5_700
"""Seeds below 1,000 served development; no figure of the report comes from them."""
HEALTHY = (Regression("healthy"),) * 6
EFFECTS = (
    *(Regression(f"{ratio:g}x", ratio) for ratio in (1.1, 1.25, 1.5, 2.0, 3.0)),
    *(Regression(f"local {ratio:g}x", ratio, stratum=LOCAL_STRATUM) for ratio in (1.5, 2.0, 3.0)),
    Regression("2x from hour 72", 2.0, from_hour=72),
)
SOME_EFFECTS = (Regression("1.5x", 1.5), Regression("2x", 2.0))
SHOCK = Event(1.6, from_hour=12, until_hour=36)
AS_RUN = "as the pipeline runs it"
CHUNK_HISTORIES = 20
"""Histories of one task; also the cells over which tau0 is learned, where it is."""

Ablation = Literal[
    "",
    "no delay matching",
    "no alignment",
    "neither",
    "age only",
    "adoption only",
    "no standardisation",
    "mean comparison",
    "no environment guard",
]


@dataclass(frozen=True)
class Study:
    """`mixture` draws each test's regression anew (the calibration mix), ten a history; else `tests` are the same for every history."""

    name: str
    world: World
    histories: int
    tests: tuple[Regression, ...] = HEALTHY
    is_mixture: bool = False
    learns_scale: bool = False
    uses_updates: bool = False
    uses_own_kernels: bool = False
    ablation: Ablation = ""
    has_rivals: bool = False
    has_strata: bool = True

    @property
    def chunks(self) -> int:
        return -(-self.histories // CHUNK_HISTORIES)

    def histories_in(self, chunk: int) -> int:
        return min(CHUNK_HISTORIES, self.histories - chunk * CHUNK_HISTORIES)


@dataclass(frozen=True)
class FamilyStudy:
    """Releases with all their measures and platforms, judged as the pipeline judges them.

    The measures that don't decide are looked at in the first `with_other_measures` tests of a history: they cost most of the time.
    """

    name: str
    world: World
    histories: int
    tests: tuple[FamilyRegression, ...]
    with_other_measures: int = 2

    @property
    def chunks(self) -> int:
        return -(-self.histories // CHUNK_HISTORIES)

    def histories_in(self, chunk: int) -> int:
        return min(CHUNK_HISTORIES, self.histories - chunk * CHUNK_HISTORIES)


FAMILY_BASELINES = 12
FAMILY_HEALTHY = (FamilyRegression("healthy"),) * 6
FAMILY_EFFECTS = (
    FamilyRegression("1.5x", 1.5),
    FamilyRegression("2x", 2.0),
    FamilyRegression("1.5x in content", 1.5, measure=1),
    FamilyRegression("2x on macOS", 2.0, platform="Darwin"),
    FamilyRegression("local 2x", 2.0, group=LOCAL_GROUP),
)


def family_studies(histories: int) -> list[FamilyStudy]:
    """Everything that can make a release regressed, at three sizes."""
    studies = []
    for users in (200_000, 10_000, 5_000_000):
        tests = (*FAMILY_HEALTHY, *(FAMILY_EFFECTS if users == 200_000 else FAMILY_EFFECTS[:2]))
        studies.append(FamilyStudy(f"family {_sized(users)}", World(users=users, baselines=FAMILY_BASELINES), histories, tests))
    return studies


def _sized(users: float) -> str:
    return {10_000: "10k", 200_000: "200k", 5_000_000: "5M"}.get(int(users), f"{users:g}")


def main_studies(histories: int) -> list[Study]:
    """Rivals side by side at three sizes, and what more history and update counts buy."""
    sizes = [World(users=users) for users in (200_000, 10_000, 5_000_000)]
    studies = [Study(f"main {_sized(w.users)}", w, histories, (*HEALTHY, *EFFECTS), has_rivals=True) for w in sizes]
    long = [World(users=users, baselines=12) for users in (200_000, 5_000_000)]
    tests = (*HEALTHY, *EFFECTS[1:5])
    studies += [Study(f"K 12 {_sized(w.users)}", w, histories, tests, learns_scale=True) for w in long]
    studies += [
        Study(f"K 12 with updates {_sized(w.users)}", w, histories, tests, learns_scale=True, uses_updates=True, uses_own_kernels=True)
        for w in long
    ]
    # Delays and updates are in the tables that every run writes.
    return studies + [
        Study(f"{AS_RUN} {_sized(w.users)}", w, histories, tests, learns_scale=True, uses_updates=True, uses_own_kernels=True)
        for w in sizes
    ]


def calibration_studies(histories: int) -> list[Study]:
    """Ten releases a history, so fewer histories do."""
    few = a_third(histories)
    studies = [Study(f"calibration {_sized(u)}", World(users=u), few, is_mixture=True) for u in (200_000, 10_000, 5_000_000)]
    mean_alone = Study("calibration 200k, mean comparison", World(), few, is_mixture=True, ablation="mean comparison", has_strata=False)
    return [*studies, mean_alone]


def a_third(histories: int) -> int:
    """Of whole chunks, at least one."""
    return max(histories // (3 * CHUNK_HISTORIES), 1) * CHUNK_HISTORIES


def ablation_studies(histories: int) -> list[Study]:
    tests = (*HEALTHY, *SOME_EFFECTS)
    variants: tuple[Ablation, ...] = (
        "",
        "no delay matching",
        "no alignment",
        "neither",
        "age only",
        "adoption only",
        "no standardisation",
        "mean comparison",
    )
    studies = [Study(f"ablation {v or 'full'}", World(), histories, tests, ablation=v, has_strata=False) for v in variants]
    return studies + [Study(f"ablation K {k}", World(baselines=k), histories, tests, has_strata=False) for k in (1, 3, 16)]


@dataclass(frozen=True)
class _Stress:
    name: str
    world: World
    options: dict[str, object] = field(default_factory=dict)


def robustness_studies(histories: int) -> list[Study]:
    """Healthy releases in worlds that are not as the scorer assumes."""
    usual = World()
    longer, shorter = (0.35, 0.35, 0.30), (0.85, 0.10, 0.05)
    measured: dict[str, object] = {"uses_own_kernels": True}
    learned: dict[str, object] = {"learns_scale": True}
    stresses = [
        _Stress("reference", usual),
        _Stress("faster dot release", replace(usual, test_speed=2.5)),
        _Stress("longer delays, old kernel", replace(usual, test_delay_shares=longer)),
        _Stress("longer delays, re-measured", replace(usual, test_delay_shares=longer), measured),
        _Stress("shorter delays, old kernel", replace(usual, test_delay_shares=shorter)),
        _Stress("shorter delays, re-measured", replace(usual, baselines=12, test_delay_shares=shorter), measured),
        _Stress("drift .05", replace(usual, drift_sd=0.05)),
        _Stress("phi 4, environment .08", replace(usual, overdispersion=4.0, environment_sd=0.08)),
        _Stress("20 % bad baselines", replace(usual, contamination=0.2)),
        _Stress("new mix of users", replace(usual, test_has_new_mix=True)),
        _Stress("new mix, not standardised", replace(usual, test_has_new_mix=True), {"ablation": "no standardisation"}),
        _Stress("external shock", replace(usual, test_events=(SHOCK,))),
        _Stress("external shock, no guard", replace(usual, test_events=(SHOCK,)), {"ablation": "no environment guard"}),
        _Stress("t(3) release effects", replace(usual, has_heavy_tails=True)),
        _Stress("other strata", replace(usual, strata_seed=3)),
        _Stress("doubled early-adopter and update bursts", replace(usual, early_excess=2.0, burst_hours=2.0)),
        *(_Stress(f"tau {tau:g}, tau0 .10", replace(usual, effect_sd=tau)) for tau in (0.05, 0.15, 0.20)),
        *(_Stress(f"tau {tau:g}, tau0 learned", replace(usual, effect_sd=tau), learned) for tau in (0.05, 0.15, 0.20)),
        _Stress("300 users", replace(usual, users=300)),
        _Stress("rare measure, 0.2 per 1000 h", replace(usual, crashes_per_1k_hours=0.2)),
    ]
    tests = (*HEALTHY, *SOME_EFFECTS)
    return [Study(f"robustness {s.name}", s.world, histories, tests, **s.options) for s in stresses]  # type: ignore[arg-type]
