"""The scorer under study, driven by its plain arrays; what an ablation takes out is taken out here, not in the scorer."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS, POLICY
from jobs.declarations.states import State
from jobs.scoring.looks.cell_looks import CellLooks, look_at_cells
from jobs.scoring.looks.verdict_states import cell_states, regressed_looks
from jobs.scoring.method import release_history
from jobs.scoring.method.delay_matching import DelayMatching
from jobs.scoring.method.development_factors import ADOPTION_EDGES, AGE_EDGES_HOURS, DevelopmentFactors
from jobs.scoring.method.hourly_counts import PreviousVersion, ReleaseCounts
from jobs.scoring.method.release_history import ReleaseHistory, fit_history, with_learned_scale
from jobs.scoring.method.release_levels import learned_prior_scale
from simulation.evaluation.first_hours import Flags
from simulation.evaluation.plan import Ablation, Study
from simulation.release_world.counts import SimulatedHistory, SimulatedRelease
from simulation.release_world.world import Array

_START_SCALE = 0.10


@dataclass(frozen=True)
class JudgedRelease:
    """What the scorer said of a release: figures of its cells, where each alarmed, and the states of the release as a whole."""

    looks: CellLooks
    alarms: Flags
    states: list[State]


def fit_histories(study: Study, histories: Sequence[SimulatedHistory]) -> list[ReleaseHistory]:
    """Histories of one chunk; where the study learns tau0, over these."""
    with _taken_out(study.ablation):
        fitted = [_fit(study, history) for history in histories]
    if study.learns_scale:
        learned = learned_prior_scale([f.past for f in fitted], _START_SCALE, POLICY.baselines, POLICY.variance)
        fitted = fitted if learned is None else [with_learned_scale(f, learned) for f in fitted]
    if study.ablation == "mean comparison":
        fitted = [_of_the_mean_alone(f) for f in fitted]
    return fitted


def judge(study: Study, fitted: ReleaseHistory, release: SimulatedRelease) -> JudgedRelease:
    with _taken_out(study.ablation):
        looks = look_at_cells(fitted, counts_of(study, release), with_strata=study.has_strata)
    no_problem = np.zeros(looks.expected.shape, dtype=bool)
    alarms = regressed_looks(looks, no_problem, POLICY.alarm)
    states = cell_states(looks, no_problem, POLICY.alarm, POLICY.verdict)[0]
    return JudgedRelease(looks, alarms, states)


def counts_of(study: Study, release: SimulatedRelease) -> ReleaseCounts:
    is_one_stratum = study.ablation == "no standardisation"
    has_guard = study.ablation != "no environment guard"

    def strata(counts: Array) -> Array:
        return counts.sum(axis=0, keepdims=True) if is_one_stratum else counts

    return ReleaseCounts(
        crashes=strata(release.crashes),
        usage_hours=strata(release.usage_hours),
        channel_hours=release.channel_hours,
        updates=strata(release.updates) if study.uses_updates else None,
        delay_kernel=release.mean_kernel[:HORIZON_HOURS] if study.uses_own_kernels else None,
        previous=PreviousVersion(release.old_crashes.sum(axis=0), release.old_usage_hours.sum(axis=0)) if has_guard else None,
        release_hour=release.released_hour,
    )


def _fit(study: Study, history: SimulatedHistory) -> ReleaseHistory:
    counts = [counts_of(study, baseline) for baseline in history.baselines]
    matching = DelayMatching.of(np.eye(1, HORIZON_HOURS)[0]) if study.ablation in ("no delay matching", "neither") else None
    fitted = fit_history(counts, _START_SCALE, matching)
    assert fitted is not None, "simulated baselines have usage"
    return fitted


def _of_the_mean_alone(fitted: ReleaseHistory) -> ReleaseHistory:
    """As if the next release could differ from the mean of the past ones by the error of that mean only."""
    spread = (fitted.level.weights**2).sum()
    return replace(fitted, level=replace(fitted.level, scale=fitted.level.scale * float(np.sqrt(spread / (1 + spread)))))


@contextmanager
def _taken_out(ablation: Ablation) -> Iterator[None]:
    with ExitStack() as stack:
        if ablation in ("no alignment", "neither"):
            stack.enter_context(patch.object(release_history, "fit_development", _no_development))
        if ablation == "age only":
            stack.enter_context(patch.object(release_history, "adoption_bins", lambda adoption: np.zeros(adoption.shape, dtype=np.intp)))
        if ablation == "adoption only":
            stack.enter_context(patch("jobs.scoring.method.development_factors.age_bins", lambda hours: np.zeros(hours, dtype=np.intp)))
        yield


def _no_development(delayed: Array, expected: Array, _bins: object, mature: Array) -> tuple[DevelopmentFactors, Array]:
    levels = np.log(((delayed * mature).sum(axis=1) + 0.5) / ((expected * mature).sum(axis=1) + 0.5))
    return DevelopmentFactors(np.zeros(ADOPTION_EDGES.size), np.zeros(AGE_EDGES_HOURS.size)), levels
