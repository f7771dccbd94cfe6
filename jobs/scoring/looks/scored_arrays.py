"""The documented way in: plain arrays of a release and its baselines, and out come frozen dataclasses for each hourly look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import POLICY, Policy
from jobs.declarations.states import Scope, State
from jobs.scoring.looks.cell_looks import CellLooks, look_at_cells
from jobs.scoring.looks.verdict_states import cell_states, state_beginnings
from jobs.scoring.method.hourly_counts import ReleaseCounts
from jobs.scoring.method.kernel_choice import chosen_matching
from jobs.scoring.method.release_history import ReleaseHistory, fit_history, with_learned_scale


@dataclass(frozen=True)
class CellLook:
    """One cell at one look: counts, posterior, state. `since_hour` is the age at which the state began. Ratios are to the baselines."""

    scope: Scope
    stratum: str
    observed: float
    expected: float
    effective_crashes: float
    ratio: float
    ratio_low: float
    ratio_high: float
    acceptable_ratio: float
    p_unacceptable: float
    evidence: float
    score: float
    state: State
    since_hour: int


@dataclass(frozen=True)
class Look:
    """All cells at an age; the first is the release as a whole, whose state takes the others' alarms in. No baseline: no cells."""

    age_hours: int
    adoption: float
    state: State
    cells: tuple[CellLook, ...]


def score_release(
    release: ReleaseCounts,
    baselines: Sequence[ReleaseCounts],
    prior_scale: float = 0.10,
    learned_scale: float | None = None,
    strata: tuple[str, ...] = (),
    policy: Policy = POLICY,
) -> tuple[Look, ...]:
    """Every hourly look at a release, against K baselines, newest first; without any, every look says so.

    `prior_scale` is tau0 as believed beforehand, `learned_scale` as learned over other cells (`learned_prior_scale`). Releases that carry a
    delay triangle or kernel use it; where none does, a mixture is chosen from three baselines on, unless there are update counts. Looks
    never change with later hours.
    """
    has_updates = all(counts.updates is not None for counts in (release, *baselines))
    if not has_updates:
        release, *baselines = (replace(counts, updates=None) for counts in (release, *baselines))
    # The burst that update counts explain would be taken for delay: a slower mixture levels it too.
    matching = None if has_updates else chosen_matching(baselines)
    history = fit_history(baselines, prior_scale, matching, policy=policy, release_type=release.release_type)
    if history is None:
        return tuple(Look(hour + 1, 0.0, State.NO_BASELINE, ()) for hour in range(release.hours))
    if learned_scale is not None:
        history = with_learned_scale(history, learned_scale)
    return _looks(history, look_at_cells(history, release, strata), ~release.known)


def _looks(history: ReleaseHistory, looks: CellLooks, is_missing: NDArray[np.bool_]) -> tuple[Look, ...]:
    has_problem = np.cumsum(is_missing[: looks.expected.shape[1]]) > 0
    states = cell_states(looks, has_problem, history.policy.alarm, history.policy.verdict)
    beginnings = [state_beginnings(row) for row in states]
    return tuple(
        Look(
            age_hours=look + 1,
            adoption=float(looks.adoption[look]),
            state=states[0][look],
            cells=tuple(
                _cell(looks, cell, look, states[cell][look], beginnings[cell][look] + 1)
                for cell in range(len(states))
                if looks.is_known[cell, look]
            ),
        )
        for look in range(looks.expected.shape[1])
    )


def _cell(looks: CellLooks, cell: int, look: int, state: State, since_hour: int) -> CellLook:
    at, posterior = (cell, look), looks.posterior
    return CellLook(
        scope=looks.scopes[cell],
        stratum=looks.strata[cell],
        observed=float(looks.observed[at]),
        expected=float(looks.expected[at]),
        effective_crashes=float(looks.effective_crashes[at]),
        ratio=float(np.exp(posterior.mean[at])),
        ratio_low=float(looks.ratio_low[at]),
        ratio_high=float(looks.ratio_high[at]),
        acceptable_ratio=float(np.exp(looks.log_acceptable[cell])),
        p_unacceptable=float(posterior.p_unacceptable[at]),
        evidence=float(posterior.evidence[at]),
        score=float(posterior.score[at]),
        state=state,
        since_hour=since_hour,
    )
