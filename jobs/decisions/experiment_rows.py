"""Rows of experiment_health: every branch of every experiment against its other branches, at the looks asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.decisions.experiment_evidence import BranchEvidence, branch_evidence, share_drift_evidence
from jobs.declarations.measures import CRITICAL_MEASURES
from jobs.declarations.policies import Policy
from jobs.declarations.states import ExperimentState
from jobs.declarations.windows import HOUR
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.evidence_list import listed_cells
from jobs.verdicts.health_cells import ALL

Row = dict[str, Any]
EXPERIMENT_COLUMNS = ("hour_start", "channel", "os_name", "experiment", "branch", "usage_hours", *CRITICAL_MEASURES)
_YOUNG = timedelta(days=3)
_GROUP = ("channel", "experiment", "branch", "os_name")


@dataclass(frozen=True)
class Comparison:
    """A branch, a measure and a platform, against the experiment's other branches; `share_evidence` that any branch's share has drifted, by look."""

    channel: str
    experiment: str
    branch: str
    platform: str
    measure: str
    figures: BranchEvidence
    share_evidence: dict[int, float]


def comparison_start(as_of: datetime) -> datetime:
    """Monday's midnight of the week, or of the week before while this one is young: a start that looks share, so that evidence adds up."""
    midnight = (as_of - HOUR).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return monday if as_of - monday >= _YOUNG else monday - timedelta(days=7)


def experiment_rows(rows: pa.Table, after: datetime, until: datetime, audit_sequence: int, policy: Policy) -> list[Row]:
    """Of the looks with `after` < as_of <= `until`. `rows` are those of experiment_error_aggregates from the first look's start on; release
    holdbacks, which scoring reads, are left out. All comparisons of a look count as one run."""
    is_holdback = pc.starts_with(rows["experiment"], policy.holdback.experiment_prefix)
    rows = rows.filter(pc.invert(is_holdback))
    looks: dict[datetime, list[datetime]] = {}
    for as_of in (after + HOUR * hour for hour in range(1, round((until - after) / HOUR) + 1)):
        looks.setdefault(comparison_start(as_of), []).append(as_of)
    found = []
    for start, of_start in looks.items():
        wanted = {as_of: round((as_of - start) / HOUR) - 1 for as_of in of_start}
        compared = list(_comparisons(rows, start, max(wanted.values()) + 1, list(wanted.values())))
        for as_of, look in wanted.items():
            common = {"as_of": as_of, "started_at": start, "audit_sequence": audit_sequence}
            found += [common | row for row in _rows_of_look(compared, start, look, policy)]
    return found


def _comparisons(rows: pa.Table, start: datetime, hours: int, looks: Sequence[int]) -> Iterator[Comparison]:
    position = (rows["hour_start"].cast(pa.int64()).to_numpy() - int(start.timestamp()) * 1_000_000) // 3_600_000_000
    is_within = (position >= 0) & (position < hours)
    rows, position = rows.filter(pa.array(is_within)), position[is_within]
    keys = [rows[name].to_pylist() for name in _GROUP]
    numbered: dict[tuple[str, ...], int] = {}
    group = np.array([numbered.setdefault(key, len(numbered)) for key in zip(*keys, strict=True)], dtype=np.int64)
    series: dict[str, Array] = {
        name: np.asarray(
            np.bincount(
                group * hours + position,
                weights=np.nan_to_num(rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)),
                minlength=len(numbered) * hours,
            ).reshape(-1, hours),
            dtype=np.float64,
        )
        for name in ("usage_hours", *CRITICAL_MEASURES)
    }
    by_experiment: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for (channel, experiment, branch, os_name), index in numbered.items():
        by_experiment.setdefault((channel, experiment), {})[branch, os_name] = index
    for (channel, experiment), places in sorted(by_experiment.items()):
        yield from _of_experiment(channel, experiment, places, series, looks)


def _of_experiment(
    channel: str, experiment: str, places: dict[tuple[str, str], int], series: dict[str, Array], looks: Sequence[int]
) -> Iterator[Comparison]:
    branches, platforms = sorted({branch for branch, _ in places}), sorted({os_name for _, os_name in places})
    if len(branches) < 2:
        return

    def summed(name: str, branch: str | None, platform: str) -> Array:
        chosen = [i for (b, os_name), i in places.items() if branch in (None, b) and platform in (ALL, os_name)]
        return np.asarray(series[name][chosen].sum(axis=0))

    hours = {branch: summed("usage_hours", branch, ALL) for branch in branches}
    total = summed("usage_hours", None, ALL)
    drift = {look: max(share_drift_evidence(own[: look + 1], total[: look + 1]) for own in hours.values()) for look in looks}
    for platform in (ALL, *(platforms if len(platforms) > 1 else ())):
        for measure in CRITICAL_MEASURES:
            all_crashes, all_hours = summed(measure, None, platform), summed("usage_hours", None, platform)
            for branch in branches:
                crashes, own = summed(measure, branch, platform), summed("usage_hours", branch, platform)
                figures = branch_evidence(crashes, all_crashes - crashes, own, all_hours - own)
                yield Comparison(channel, experiment, branch, platform, measure, figures, drift)


def _rows_of_look(compared: Sequence[Comparison], start: datetime, look: int, policy: Policy) -> Iterator[Row]:
    """Branches with usage by then. The odds that alarm are those of one comparison times the number compared."""
    limits = policy.experiments
    present = [c for c in compared if c.figures.branch_hours[look] > 0 and c.figures.rest_hours[look] > 0]
    alarm_at = limits.alarm_odds * max(len(present), 1)
    evidence = [float(c.figures.evidence[look]) if c.figures.ratio[look] > 1 else 0.0 for c in present]
    listed = set(listed_cells(evidence, limits.discovery_rate))
    for index, comparison in enumerate(present):
        figures = comparison.figures
        is_guilty = evidence[index] >= alarm_at and figures.branch_crashes[look] >= limits.min_crashes
        state = ExperimentState.GUILTY if is_guilty else ExperimentState.LISTED if index in listed else ExperimentState.QUIET
        if comparison.share_evidence[look] >= limits.share_drift_odds:
            state = ExperimentState.NOT_JUDGED
        yield {
            "channel": comparison.channel,
            "experiment": comparison.experiment,
            "branch": comparison.branch,
            "platform": comparison.platform,
            "measure": comparison.measure,
            "branch_crashes": float(figures.branch_crashes[look]),
            "rest_crashes": float(figures.rest_crashes[look]),
            "branch_usage_hours": float(figures.branch_hours[look]),
            "rest_usage_hours": float(figures.rest_hours[look]),
            "ratio": float(figures.ratio[look]),
            "ratio_low": float(figures.ratio_low[look]),
            "ratio_high": float(figures.ratio_high[look]),
            "evidence": float(figures.evidence[look]),
            "alarm_at": alarm_at,
            "share_evidence": comparison.share_evidence[look],
            "state": state.value,
            "guilty_since": start + (_first_of_run(figures, look, alarm_at) + 1) * HOUR if state is ExperimentState.GUILTY else None,
        }


def _first_of_run(figures: BranchEvidence, look: int, alarm_at: float) -> int:
    """The look from which on the evidence has been enough at every one."""
    below = np.flatnonzero(figures.evidence[: look + 1] < alarm_at)
    return int(below[-1]) + 1 if below.size else 0
