"""What forecasts of a verdict and intervals of the excess were worth: told at some ages of simulated releases, and what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from jobs.decisions.rollout_costs import excess_so_far
from jobs.decisions.rollout_plan import RolloutPlan, RolloutStep
from jobs.decisions.verdict_forecast import HOURS_AHEAD, VERDICTS, ReleaseForecasts
from jobs.declarations.policies import POLICY
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.cell_counts import CellKey
from jobs.scoring.inputs.prepared_cells import PreparedCell
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.looks.channel_scoring import ScoredCell, ScoredRelease
from jobs.scoring.method.hourly_counts import ReleaseCounts
from jobs.scoring.method.release_history import ReleaseHistory
from jobs.scoring.method.strata import Strata
from jobs.verdicts.health_cells import UNDECIDED_STATES
from simulation.evaluation.rollout_runs import RELEASES, counts_of, drawn_schedule, judged, simulated_history, simulated_release
from simulation.release_world.counts import late_kernel
from simulation.release_world.staged_rollout import StagedRelease, draw_step, mean_crashes
from simulation.release_world.world import STRATA, WEEK_HOURS, Array, World

AGES_HOURS = (3, 6, 12, 24)
EXCESS_AGES_HOURS = (12, 24, 72)
LIKE_PAST, SLOWER = "as past releases were", "more slowly than any before"
SLOW_STEPS = ((0.05, 0), (0.15, 36), (0.80, 96))
"""Share that is added, and at which hour."""
_MIDDLE = (0.10, 0.90)
_START = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class ForecastOutcome:
    """The told interval, its ends infinite where told so, whether it held what came, and how much of the draws lay `below` and `at` what came.

    `rollout` is LIKE_PAST or SLOWER; `is_declared`: the scorer was told of its steps.
    """

    rollout: str
    is_declared: bool
    age_hours: int
    low: float
    high: float
    is_covered: bool
    below: float
    at: float

    @property
    def share_within(self) -> float:
        """Of what came, the part within the middle 80 % of the draws. A verdict comes at a whole hour, and many draws at the same one: an
        interval that ends at such an hour holds more than 80 %, however right the draws are; their share is 80 % if they are."""
        if self.at == 0:
            return float(_MIDDLE[0] <= self.below <= _MIDDLE[1])
        return max(min(self.below + self.at, _MIDDLE[1]) - max(self.below, _MIDDLE[0]), 0.0) / self.at


@dataclass(frozen=True)
class ExcessOutcome:
    """Told interval of the crashes beyond the usual by that age, and what came less what the usual rate would have brought."""

    age_hours: int
    low: float
    high: float
    came: float


def forecast_history(world: World, seed: int, index: int) -> tuple[list[ForecastOutcome], list[ExcessOutcome]]:
    """Ten releases after one history, each given out as past ones were, and once more in SLOW_STEPS; intervals of the excess are of the first."""
    rng, slow_rng = (np.random.default_rng([seed, index, stream]) for stream in (17, 19))
    history, past, levels = simulated_history(world, rng)
    recency = POLICY.baselines.recency ** np.arange(len(levels))
    usual_level = float(levels @ recency / recency.sum())
    forecasts, excesses = [], []
    for number in range(RELEASES):
        _, release = simulated_release(world, rng)
        schedule = drawn_schedule(rng)
        for rollout, steps, draws in ((LIKE_PAST, schedule, rng), (SLOWER, SLOW_STEPS, slow_rng)):
            counts = counts_of(release, [draw_step(release, share, hour, draws) for share, hour in steps])
            scored = _scored(history, counts, tuple(past), f"{index}.{number}")
            for plan in (None, _plan(steps)):
                forecasts += _forecasts(scored, rollout, plan)
            if rollout == LIKE_PAST:
                excesses += _excesses(scored, _usual_crashes(release, schedule, usual_level))
    return forecasts, excesses


def _plan(steps: Sequence[tuple[float, int]]) -> RolloutPlan:
    """As a file of rollouts declares the steps."""
    shares = np.cumsum([share for share, _ in steps])
    declared = (RolloutStep(_START + hour * HOUR, float(share)) for share, (_, hour) in zip(shares, steps, strict=True))
    return RolloutPlan(tuple(declared), _START)


def _scored(history: ReleaseHistory, counts: ReleaseCounts, past: tuple[ReleaseCounts, ...], version: str) -> ScoredRelease:
    """The release as scoring hands it on, of one measure on all platforms."""
    looks, states = judged(history, counts)
    names = tuple(map(str, range(STRATA)))
    prepared = PreparedCell(counts, past, Strata(names, names, np.arange(STRATA)), 0)
    cell = ScoredCell(CellKey("main_crashes_capped", None), prepared, history, looks, [states], (), POLICY.alarm)
    return ScoredRelease(Release("release", version, _START, _START), counts.hours, (cell,))


def _forecasts(scored: ScoredRelease, rollout: str, plan: RolloutPlan | None) -> list[ForecastOutcome]:
    states = scored.cells[0].states[0]
    told = ReleaseForecasts(scored, POLICY, plan)
    found = []
    for age in AGES_HOURS:
        forecast = told.at(age - 1) if states[age - 1] in UNDECIDED_STATES else None
        if forecast is not None:
            ahead = states[age : age + max(HOURS_AHEAD)]
            came = next((float(hours) for hours, state in enumerate(ahead, start=1) if state in VERDICTS), np.inf)
            low, _, high = (np.inf if end is None else end for end in forecast.verdict_hours)
            below, at = (float(np.mean(each)) for each in (forecast.drawn_hours < came, forecast.drawn_hours == came))
            found.append(ForecastOutcome(rollout, plan is not None, age, low, high, bool(low <= came <= high), below, at))
    return found


def _excesses(scored: ScoredRelease, usual: Array) -> list[ExcessOutcome]:
    looks = scored.cells[0].looks
    assert looks is not None, "simulated releases have baselines"
    found = []
    for age in EXCESS_AGES_HOURS:
        at = (0, age - 1)
        observed = float(looks.crashes[at])
        told = excess_so_far(observed, float(np.exp(looks.posterior.mean[at])), float(looks.ratio_low[at]), float(looks.ratio_high[at]))
        found.append(ExcessOutcome(age, told.low, told.high, observed - float(usual[age - 1])))
    return found


def _usual_crashes(release: StagedRelease, schedule: list[tuple[float, int]], usual_level: float) -> Array:
    """What would have been received of a release of the usual level by each age, in the mean."""
    means = sum(mean_crashes(release, share, hour) for share, hour in schedule) / (np.exp(release.log_effects) * release.factors)[:, None]
    hourly = np.convolve(means.sum(axis=0), late_kernel(release.world.late_crashes, WEEK_HOURS))[:WEEK_HOURS]
    return np.asarray(np.cumsum(hourly) * np.exp(usual_level))
