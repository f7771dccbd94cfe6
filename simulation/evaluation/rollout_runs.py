"""Simulated rollouts in a closed loop: what is advised at a look decides who is given the release after it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jobs.decisions.rollout_advice import CriticalCell, advise
from jobs.declarations.policies import POLICY
from jobs.declarations.states import Action, State
from jobs.scoring.looks.cell_looks import CellLooks, look_at_cells
from jobs.scoring.looks.verdict_states import cell_states
from jobs.scoring.method.hourly_counts import ReleaseCounts
from jobs.scoring.method.release_history import ReleaseHistory, fit_history
from simulation.release_world.staged_rollout import StagedRelease, Step, draw_release, draw_step, mean_crashes
from simulation.release_world.world import LOCAL_STRATUM, STRATA, WEEK_HOURS, Array, World, draw_strata

SHARES = (0.25, 0.25, 0.50)
"""Given out at the first, second and third step: 25, 50, 100 %."""
FIXED_HOURS = (0, 24, 48)
FIX_HOURS = 24
"""After a stop, a fix reaches those who have the release within a day."""
POLICIES = ("fixed schedule", "waits for healthy", "advice")
RELEASES = 10
_PRIOR_SCALE = 0.10
_GOOD = (State.HEALTHY, State.IMPROVED)
Wish = Callable[[CellLooks, list[State], int, int], bool]
"""Whether a policy widens the rollout at a look."""


@dataclass(frozen=True)
class RolloutOutcome:
    """`full_hours`: age at which everybody was given the release; None where that never was. `excess_crashes`: true mean of what was wrong with it."""

    policy: str
    kind: str
    full_hours: int | None
    stop_hours: int | None
    excess_crashes: float
    usual_crashes: float


def _by_schedule(_looks: CellLooks, _states: list[State], look: int, steps: int) -> bool:
    return look + 1 >= FIXED_HOURS[steps]


def _when_healthy(_looks: CellLooks, states: list[State], look: int, _steps: int) -> bool:
    return states[look] in _GOOD


def _when_advised(looks: CellLooks, states: list[State], look: int, _steps: int) -> bool:
    posterior = looks.posterior
    cell = CriticalCell(float(posterior.p_unacceptable[0, look]), float(posterior.unacceptable_excess[0, look]), 1.0)
    return advise(states[look], look + 1.0, [cell], POLICY.rollout).action is Action.GO


_WIDENS: dict[str, Wish] = dict(zip(POLICIES, (_by_schedule, _when_healthy, _when_advised), strict=True))


def drawn_factors(rng: np.random.Generator) -> tuple[str, Array]:
    """What is wrong with a release: with four of five nothing, 12 % 1.25 to 3 times worse, 3 % better, 5 % worse in one stratum."""
    kind = str(rng.choice(["healthy", "worse", "better", "worse in a stratum"], p=[0.80, 0.12, 0.03, 0.05]))
    factors = np.ones(STRATA)
    if kind == "worse":
        factors[:] = np.exp(rng.uniform(np.log(1.25), np.log(3.0)))
    elif kind == "better":
        factors[:] = rng.uniform(0.6, 0.85)
    elif kind == "worse in a stratum":
        factors[LOCAL_STRATUM] = rng.uniform(1.5, 4.0)
    return kind, factors


def simulated_history(world: World, rng: np.random.Generator) -> tuple[ReleaseHistory, list[ReleaseCounts], Array]:
    """Eight past releases of several schedules, as the scorer knows them, and their true log levels."""
    strata, levels, past = draw_strata(world), [], []
    for _ in range(world.baselines):
        effects = rng.normal(0, world.effect_sd) + rng.normal(0, world.stratum_effect_sd, STRATA)
        release = draw_release(world, strata, effects, np.ones(STRATA), rng)
        past.append(counts_of(release, [draw_step(release, share, hour, rng) for share, hour in drawn_schedule(rng)]))
        levels.append(np.log(np.exp(effects) @ strata.crash_weight))
    history = fit_history(past, _PRIOR_SCALE)
    assert history is not None, "simulated baselines have usage"
    return history, past, np.array(levels)


def drawn_schedule(rng: np.random.Generator) -> list[tuple[float, int]]:
    """Shares and hours of the steps of a rollout as they were before there was advice: slow ones and quick ones."""
    hours = FIXED_HOURS if rng.random() < 0.5 else (0, 0, 12)
    return list(zip(SHARES, hours, strict=True))


def simulated_release(world: World, rng: np.random.Generator) -> tuple[str, StagedRelease]:
    strata = draw_strata(world)
    effects = rng.normal(0, world.effect_sd) + rng.normal(0, world.stratum_effect_sd, STRATA)
    kind, factors = drawn_factors(rng)
    return kind, draw_release(world, strata, effects, factors, rng)


def counts_of(release: StagedRelease, steps: list[Step]) -> ReleaseCounts:
    crashes, usage_hours, updates = (
        np.sum([getattr(step, name) for step in steps], axis=0) for name in ("crashes", "usage_hours", "updates")
    )
    return ReleaseCounts(crashes, usage_hours, np.maximum(release.channel_hours, usage_hours.sum(axis=0)), updates)


def judged(history: ReleaseHistory, counts: ReleaseCounts) -> tuple[CellLooks, list[State]]:
    looks = look_at_cells(history, counts)
    no_problem = np.zeros(looks.expected.shape, dtype=bool)
    return looks, cell_states(looks, no_problem, POLICY.alarm, POLICY.verdict)[0]


def run_rollout(policy: str, kind: str, release: StagedRelease, history: ReleaseHistory, seed: tuple[int, ...]) -> RolloutOutcome:
    """One release under one policy. Steps of all policies draw from the same seeds, so that policies differ by what they decide."""
    steps = [draw_step(release, SHARES[0], 0, np.random.default_rng([*seed, 0]))]
    look = 0
    while True:
        looks, states = judged(history, counts_of(release, steps))
        while look < WEEK_HOURS and states[look] is not State.REGRESSED and not _may_widen(policy, looks, states, look, len(steps)):
            look += 1
        if look >= WEEK_HOURS or states[look] is State.REGRESSED:
            stop_hours = look + 1 if look < WEEK_HOURS else None
            return _outcome(policy, kind, release, steps, stop_hours)
        steps.append(draw_step(release, SHARES[len(steps)], look + 1, np.random.default_rng([*seed, len(steps)])))


def _may_widen(policy: str, looks: CellLooks, states: list[State], look: int, steps: int) -> bool:
    return steps < len(SHARES) and _WIDENS[policy](looks, states, look, steps)


def _outcome(policy: str, kind: str, release: StagedRelease, steps: list[Step], stop_hours: int | None) -> RolloutOutcome:
    until = WEEK_HOURS if stop_hours is None else min(stop_hours + FIX_HOURS, WEEK_HOURS)
    means = sum(mean_crashes(release, step.share, step.from_hour, stop_hours)[:, :until] for step in steps)
    beyond = np.maximum(1 - 1 / release.factors, 0.0)[:, None]
    full = steps[-1].from_hour if len(steps) == len(SHARES) else None
    return RolloutOutcome(policy, kind, full, stop_hours, float((means * beyond).sum()), float((means * (1 - beyond)).sum()))


def run_history(world: World, seed: int, index: int) -> list[RolloutOutcome]:
    """Ten releases after one history, each under every policy."""
    rng = np.random.default_rng([seed, index, 13])
    history, _, _ = simulated_history(world, rng)
    outcomes = []
    for number in range(RELEASES):
        kind, release = simulated_release(world, rng)
        outcomes += [run_rollout(policy, kind, release, history, (seed, index, number)) for policy in POLICIES]
    return outcomes
