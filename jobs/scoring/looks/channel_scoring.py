"""All looks at the releases of a channel, from its rows: cells fitted, tau0 learned over them, looked at, judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.measures import MAIN_MEASURE, SCORED_MEASURES
from jobs.declarations.policies import HORIZON_HOURS, AlarmPolicy, Policy
from jobs.declarations.product import Measure
from jobs.declarations.states import Scope, State
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.cell_counts import CellKey
from jobs.scoring.inputs.holdback_rows import holdback_arms
from jobs.scoring.inputs.measured_kernels import kernel_drift_problem
from jobs.scoring.inputs.prepared_cells import ChannelRecord, PreparedCell, ReleaseContext, platform_kernels, prepare_cell, release_context
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.looks.cell_looks import ALL, CellLooks, look_at_cells
from jobs.scoring.looks.missing_reports import missing_reports
from jobs.scoring.looks.release_sums import change_of_previous
from jobs.scoring.looks.verdict_states import cell_states
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.data_guard import DataProblem, but_for_the_release, fallen_usage, volume_problems
from jobs.scoring.method.delay_matching import DelayMatching
from jobs.scoring.method.kernel_choice import chosen_matching
from jobs.scoring.method.random_holdback import holdback_evidence
from jobs.scoring.method.release_history import ReleaseHistory, as_proxy, default_matching, fit_history, with_learned_scale
from jobs.scoring.method.release_levels import learned_scale_factor
from jobs.verdicts.health_cells import alarm_share, is_critical
from jobs.verdicts.health_notes import NoteCode

_SILENT_EXPECTED_CRASHES = 5.0
_HOLDBACK_OVERDISPERSION = 2.0  # without a history to measure it


@dataclass(frozen=True)
class ScoredCell:
    """A measure on a platform: its figures, the states of its rows by look, and problems by hour since release; `alarm` are its levels.

    Figures are None without baseline, and where neither the release nor a baseline had an event; they count from look `counted_from` on.
    """

    key: CellKey
    prepared: PreparedCell
    history: ReleaseHistory | None
    looks: CellLooks | None
    states: list[list[State]]
    problems: tuple[DataProblem, ...]
    alarm: AlarmPolicy
    holdback_evidence: Array | None = None

    @property
    def platform(self) -> str:
        return self.key.platform or ALL

    def is_regressed(self, scope: Scope, stratum: str) -> NDArray[np.bool_]:
        """By look, whether its row of that scope and stratum is regressed; never where it has none."""
        places = [(Scope.PLATFORM, ALL)] if self.looks is None else list(zip(self.looks.scopes, self.looks.strata, strict=True))
        if (scope, stratum) not in places:
            return np.zeros(self.prepared.counts.hours, dtype=bool)
        return np.array([state is State.REGRESSED for state in self.states[places.index((scope, stratum))]])

    @property
    def counted_from(self) -> int:
        return self.prepared.counted_from

    @property
    def has_baseline(self) -> bool:
        return bool(self.prepared.baselines)


@dataclass(frozen=True)
class ScoredRelease:
    """A release and its cells. Look t, after hour t since release, has as_of `release.hour` + t + 1 h."""

    release: Release
    hours: int
    cells: tuple[ScoredCell, ...]

    def as_of(self, look: int) -> datetime:
        return self.release.hour + (look + 1) * HOUR


def score_releases(record: ChannelRecord, after: datetime, until: datetime, policy: Policy) -> Iterator[ScoredRelease]:
    """Every release with looks whose as_of lies in (after, until], one at a time; each is scored from its release on, for states span looks."""
    for release, hours in open_releases(record, after, until):
        yield score_cells(record, release_context(record, release, hours, policy), policy)


def open_releases(record: ChannelRecord, after: datetime, until: datetime) -> list[tuple[Release, int]]:
    """The releases with looks whose as_of lies in (after, until], each with the hours of its life by then."""
    horizon = timedelta(hours=HORIZON_HOURS)
    return [
        (release, min(HORIZON_HOURS, int((until - release.hour) / HOUR)))
        for release in record.releases
        if release.hour < until and release.hour + horizon > after and release.known_from <= until and release.hour >= record.totals.origin
    ]


@dataclass(frozen=True)
class FittedCells:
    """The cells of a release, and what their pasts teach of each; None: no past."""

    prepared: Mapping[CellKey, PreparedCell]
    histories: Mapping[CellKey, ReleaseHistory | None]


def score_cells(
    record: ChannelRecord, context: ReleaseContext, policy: Policy, measures: tuple[Measure, ...] = SCORED_MEASURES
) -> ScoredRelease:
    """All cells of one release: each of the measures on all platforms together and on each."""
    return judge_cells(record, context, fit_cells(record, context, policy, measures), policy)


def fit_cells(
    record: ChannelRecord, context: ReleaseContext, policy: Policy, measures: tuple[Measure, ...] = SCORED_MEASURES
) -> FittedCells:
    """Counts of all cells, and their histories with tau0 as learned over them: all that is known when the release comes out."""
    prepared: dict[CellKey, PreparedCell] = {}
    for platform in (None, *record.totals.platforms):
        kernels = platform_kernels(record, context, platform, policy)
        for measure in measures:
            key = CellKey(measure.name, platform)
            prepared[key] = prepare_cell(record, context, key, kernels, policy)
    matching = _chosen_matching(prepared)
    prior_scales = {key: policy.prior_scale(record.totals.channel, key.measure) for key in prepared}
    histories = {
        key: fit_history(
            cell.baselines,
            prior_scales[key],
            matching=matching,
            parents=cell.strata.parents,
            policy=policy,
            release_type=context.release.release_type,
        )
        for key, cell in prepared.items()
    }
    # What never happened in any past release doesn't tell how much releases differ: its levels are all the same.
    taught = [(h.past, prior_scales[key]) for key, h in histories.items() if h and prepared[key].past_crashes > 0]
    factor = learned_scale_factor([past for past, _ in taught], [scale for _, scale in taught], policy.baselines, policy.variance)
    if context.proxy is not None:
        histories = {key: history and as_proxy(history, context.proxy) for key, history in histories.items()}
    elif factor is not None:
        histories = {key: history and with_learned_scale(history, factor * prior_scales[key]) for key, history in histories.items()}
    return FittedCells(prepared, histories)


def judge_cells(record: ChannelRecord, context: ReleaseContext, fitted: FittedCells, policy: Policy) -> ScoredRelease:
    """All looks at the cells.

    A platform is regressed only where all platforms together are. That is so, too, where it alone is worse than the rest of its release:
    that comparison is free of what differs from release to release, and a platform's own would only add its false alarms.
    """
    problems = _channel_problems(record, context, fitted, policy)
    scored: dict[CellKey, ScoredCell] = {}
    for key in sorted(fitted.prepared, key=lambda key: key.platform is not None):
        alarm = _shared_alarm(fitted, key.measure, policy.alarm)
        whole = scored.get(CellKey(key.measure, None))
        scored[key] = _scored_cell(key, fitted, problems, replace(policy, alarm=alarm), whole)
    return ScoredRelease(
        context.release, context.hours, tuple(_with_holdback(record, context, scored[key], policy) for key in fitted.prepared)
    )


def _shared_alarm(fitted: FittedCells, measure: str, alarm: AlarmPolicy) -> AlarmPolicy:
    """Measures that ever happened share a release's false alarms: those that decide by their parts, those that don't all alike."""
    happened = {key.measure for key, cell in fitted.prepared.items() if key.platform is None and cell.past_crashes > 0} | {measure}
    parts = {other: alarm_share(other) if is_critical(measure) else 1.0 for other in happened if is_critical(other) == is_critical(measure)}
    share = parts[measure] / sum(parts.values())
    levels = {level: share * getattr(alarm, level) for level in ("doubt", "last_day_doubt", "chance_if_healthy")}
    return replace(alarm, **levels)


def _chosen_matching(cells: Mapping[CellKey, PreparedCell]) -> DelayMatching | None:
    """Where delays were not measured: one mixture for all cells, chosen from the main measure's crashes on all platforms."""
    main = cells.get(CellKey(MAIN_MEASURE, None))
    if main is None or any(baseline.updates is not None and baseline.updates.any() for baseline in main.baselines):
        return None
    return chosen_matching(main.baselines)


def _with_holdback(record: ChannelRecord, context: ReleaseContext, cell: ScoredCell, policy: Policy) -> ScoredCell:
    """The main measure on all platforms is regressed also from the look on at which a random holdback says so."""
    if record.experiments is None or cell.key != CellKey(MAIN_MEASURE, None):
        return cell
    release = context.release
    arms = holdback_arms(record.experiments, release.channel, release.version, release.hour, policy.holdback)
    if arms is None:
        return cell
    matching = default_matching() if cell.history is None else cell.history.matching
    phi = _HOLDBACK_OVERDISPERSION if cell.history is None else cell.history.phi
    released, held = matching.delayed(arms.released_crashes), matching.delayed(arms.held_crashes)
    evidence = holdback_evidence(released, held, arms.released_hours, arms.held_hours, phi)[: context.hours]
    has_alarmed = np.maximum.accumulate(evidence) >= 1 / policy.holdback.false_alarms
    whole = [State.REGRESSED if alarmed else state for alarmed, state in zip(has_alarmed, cell.states[0], strict=True)]
    return replace(cell, states=[whole, *cell.states[1:]], holdback_evidence=evidence)


def _scored_cell(
    key: CellKey, fitted: FittedCells, channel_problems: list[DataProblem], policy: Policy, whole: ScoredCell | None
) -> ScoredCell:
    """A cell's looks and states; `whole` is that of all platforms together, where this is one of them."""
    cell, history = fitted.prepared[key], fitted.histories[key]
    hours = cell.counts.hours
    crashes, usage_hours = cell.counts.crashes.sum(axis=0), cell.counts.usage_hours.sum(axis=0)
    problems = [*channel_problems, fallen_usage(usage_hours, crashes, policy.data_guard)]
    uncompared = _uncompared_states(problems)
    if history is None or cell.counted_from == hours:
        return ScoredCell(key, cell, None, None, [uncompared], tuple(problems), policy.alarm)
    looks = look_at_cells(history, cell.counts, cell.strata.names, with_strata=key.platform is None)
    problems += [_silence(cell, looks), missing_reports(looks, history.level.levels - history.level.mean, policy.verdict)]
    has_problem = np.any([problem.has_problem for problem in problems], axis=0)
    may_alarm = None if whole is None else whole.is_regressed(Scope.PLATFORM, ALL)
    states = cell_states(looks, has_problem[:hours], policy.alarm, policy.verdict, may_alarm)
    if whole is not None:
        is_worse = whole.is_regressed(Scope.STRATUM, str(key.platform))
        states[0] = [State.REGRESSED if worse else state for worse, state in zip(is_worse, states[0], strict=True)]
    states = [uncompared[: cell.counted_from] + row[cell.counted_from :] for row in states]
    found = tuple(problem for problem in problems if problem.has_problem.any())
    return ScoredCell(key, cell, history, looks, states, found, policy.alarm)


def _uncompared_states(problems: list[DataProblem]) -> list[State]:
    """By hour, where there is nothing to compare with."""
    has_problem = np.any([problem.has_problem for problem in problems], axis=0)
    return [State.DATA_PROBLEM if is_bad else State.NO_BASELINE for is_bad in has_problem]


def _channel_problems(record: ChannelRecord, context: ReleaseContext, fitted: FittedCells, policy: Policy) -> list[DataProblem]:
    """What is wrong with the channel's data, by hour since release."""
    totals, hours = record.totals, context.hours
    start = totals.hour_of(context.release.hour)
    life = slice(start, start + hours)
    volume = volume_problems(totals.usage_hours, totals.crash_pings, totals.is_complete, policy.data_guard)
    missing = np.cumsum(~totals.is_complete[life]) > 0
    gap = DataProblem(missing, NoteCode.INCOMPLETE_HOURS)
    drift = kernel_drift_problem(record.delays_of(context.release), context.release.hour, hours, policy)
    of_life = [DataProblem(problem.has_problem[life], problem.note) for problem in volume]
    key = CellKey(MAIN_MEASURE, None)
    history = fitted.histories.get(key)
    if history is not None:
        of_life = but_for_the_release(of_life, change_of_previous(history, fitted.prepared[key].counts, hours), policy.data_guard)
    return [gap, *drift, *of_life]


def _silence(cell: PreparedCell, looks: CellLooks) -> DataProblem:
    """No ping of the version has carried the measure, although crashes enough were expected."""
    first = looks.expected.shape[1] if cell.known_from is None else cell.known_from
    is_silent: NDArray[np.bool_] = np.arange(looks.expected.shape[1]) < first
    return DataProblem(is_silent & (looks.effective_expected[0] >= _SILENT_EXPECTED_CRASHES), NoteCode.SILENT_MEASURE)
