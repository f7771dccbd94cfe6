"""When a release that is undecided will be judged, and how: the same rules of the states over drawn futures of the cells that decide."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from jobs.decisions.drawn_futures import CellFuture, Chances, draw_looks
from jobs.decisions.rollout_plan import RolloutPlan
from jobs.decisions.usual_growth import UsualGrowth, usual_growth
from jobs.declarations.policies import HORIZON_HOURS, Policy
from jobs.declarations.states import State
from jobs.scoring.looks.cell_looks import whole_prior
from jobs.scoring.looks.channel_scoring import ScoredCell, ScoredRelease
from jobs.scoring.looks.release_verdict import WORST_FIRST
from jobs.scoring.looks.verdict_states import STATE_BY_CODE, drawn_states
from jobs.scoring.method.ratio_posterior import RatioPrior
from jobs.scoring.method.release_history import ReleaseHistory
from jobs.verdicts.health_cells import ALL, is_critical

VERDICTS = (State.REGRESSED, State.HEALTHY, State.IMPROVED)
HOURS_AHEAD = (6, 12, 24, 72)
DRAWS = 100
"""A chance is told to within five points, and a look costs some 50 ms."""
_ALIKE_MEASURES, _ALIKE_PLATFORMS = 0.5, 0.8
"""Correlation of a release's ratios: of two measures, and of a measure on two platforms. Releases differ as wholes more than in parts."""
_INTERVAL = (0.10, 0.50, 0.90)
_RANK = {state: rank for rank, state in enumerate(WORST_FIRST)}
_LEFT_ASIDE = len(WORST_FIRST)
Ranks = NDArray[np.intp]


@dataclass(frozen=True)
class VerdictForecast:
    """`chances`: of each state, so many hours ahead. `verdict_hours`: lower end of the 80 % interval, median, upper end of the hours until
    the release is regressed, healthy or improved; None where so many of the draws are still undecided when the week or three days end."""

    chances: dict[int, dict[State, float]]
    verdict_hours: tuple[float | None, float | None, float | None]
    drawn_hours: NDArray[np.float64] = field(repr=False)
    """The hours of each draw, infinite where it is undecided to the end."""


@dataclass(frozen=True)
class _DecidingCell:
    cell: ScoredCell
    history: ReleaseHistory
    prior: RatioPrior
    is_rare: bool


class ReleaseForecasts:
    """Forecasts of one release's looks. What they rest on beside the looks is made once; `plan` has the declared steps of its rollout."""

    def __init__(self, scored: ScoredRelease, policy: Policy, plan: RolloutPlan | None = None) -> None:
        self._scored, self._policy = scored, policy
        self._plan = plan
        self._cells = list(_deciding_cells(scored, policy))
        self._growth: dict[str, UsualGrowth] = {}

    def at(self, look: int) -> VerdictForecast | None:
        """The forecast at a look; None in the last hour of the week, and where nothing can be compared. The same whenever it is made."""
        hours = min(max(HOURS_AHEAD), HORIZON_HOURS - look - 1)
        scored = self._scored
        cells = [cell for cell in self._cells if self._decides(cell, look)]
        if hours < 1 or not cells:
            return None
        rng = np.random.default_rng(_seed(scored, look))
        shared = rng.standard_normal(DRAWS)
        by_measure = {cell.cell.key.measure: rng.standard_normal(DRAWS) for cell in cells}
        path, transient = rng.random(DRAWS), rng.standard_normal(DRAWS)
        ranks = []
        for deciding in cells:
            own = rng.standard_normal(DRAWS)
            of_measure = _mixed(shared, by_measure[deciding.cell.key.measure], _ALIKE_MEASURES / _ALIKE_PLATFORMS)
            chances = Chances(ndtr(_mixed(of_measure, own, _ALIKE_PLATFORMS)), path, transient)
            ranks.append(self._ranks(deciding, look, hours, chances, rng))
        return _forecast(_worst(ranks))

    def _decides(self, deciding: _DecidingCell, look: int) -> bool:
        """All platforms together, and each with a share of the hours by then."""
        cell = deciding.cell
        if cell.looks is None or look < cell.counted_from:
            return False
        usage_hours, whole = (float(c.prepared.counts.usage_hours[:, : look + 1].sum()) for c in (cell, self._scored.cells[0]))
        return cell.platform == ALL or usage_hours >= self._policy.verdict.critical_platform_share * whole

    def _ranks(self, deciding: _DecidingCell, look: int, hours: int, chances: Chances, rng: np.random.Generator) -> Ranks:
        """(draws, hours ahead): rank of the cell's state, the worst first; a part that is too early to judge leaves the verdict to others."""
        cell, policy = deciding.cell, self._policy
        assert cell.looks is not None, "cells without baseline have no future"
        future = CellFuture(deciding.history, deciding.prior, self._growth_on(cell.platform), self._plan)
        drawn = draw_looks(future, cell.looks, look, hours, chances, rng)
        states = drawn_states(drawn, cell.alarm, policy.verdict)
        may_wait = cell.platform != ALL or deciding.is_rare
        ranks = _RANK | ({State.TOO_EARLY: _LEFT_ASIDE} if may_wait else {})
        return np.array([ranks[state] for state in STATE_BY_CODE])[states[:, -hours:]]

    def _growth_on(self, platform: str) -> UsualGrowth:
        """How past releases grew on that platform: by their users, so that the first measure serves for all."""
        if platform not in self._growth:
            first = next(deciding for deciding in self._cells if deciding.cell.platform == platform)
            self._growth[platform] = usual_growth(first.history, first.cell.prepared.baselines)
        return self._growth[platform]


def _deciding_cells(scored: ScoredRelease, policy: Policy) -> Iterator[_DecidingCell]:
    """Those of critical measures that there is something to compare with."""
    for cell in scored.cells:
        if is_critical(cell.key.measure) and cell.history is not None and cell.looks is not None and cell.prepared.baselines:
            is_rare = cell.prepared.past_crashes < policy.verdict.too_early_expected
            yield _DecidingCell(cell, cell.history, whole_prior(cell.history), is_rare)


def _mixed(shared: NDArray[np.float64], own: NDArray[np.float64], correlation: float) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)


def _worst(ranks: Sequence[Ranks]) -> Ranks:
    worst = np.min(ranks, axis=0)
    return np.where(worst == _LEFT_ASIDE, _RANK[State.TOO_EARLY], worst)


def _forecast(ranks: Ranks) -> VerdictForecast:
    hours = ranks.shape[1]
    chances = {
        ahead: {state: float((ranks[:, ahead - 1] == rank).mean()) for state, rank in _RANK.items() if (ranks[:, ahead - 1] == rank).any()}
        for ahead in HOURS_AHEAD
        if ahead <= hours
    }
    is_verdict = np.isin(ranks, [_RANK[state] for state in VERDICTS])
    first = np.where(is_verdict.any(axis=1), is_verdict.argmax(axis=1) + 1.0, np.inf)
    ends = [float(end) for end in np.quantile(first, _INTERVAL, method="inverted_cdf")]
    low, median, high = (end if np.isfinite(end) else None for end in ends)
    return VerdictForecast(chances, (low, median, high), first)


def _seed(scored: ScoredRelease, look: int) -> int:
    name = f"{scored.release.channel}\n{scored.release.version}\n{scored.as_of(look).isoformat()}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
