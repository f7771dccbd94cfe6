"""Rows of build_health: the builds of a release that is watched or regressed, and with which of them it began, at each look."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.decisions.decision_columns import told_place
from jobs.decisions.first_bad_build import LEAST_SHARE, MOST_BUILDS, first_bad_build, in_half_days
from jobs.declarations.measures import SCORED_MEASURES
from jobs.declarations.policies import HORIZON_HOURS, Policy
from jobs.declarations.states import State
from jobs.products.chosen import PRODUCT
from jobs.scoring.looks.channel_scoring import ScoredCell, ScoredRelease
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.release_amounts import delayed_crashes
from jobs.verdicts.health_cells import ALL

Row = dict[str, Any]
BUILD_COLUMNS = ("window_start", "os_name", "build_id", "usage_hours", *(measure.name for measure in SCORED_MEASURES))
_SEARCHED_STATES = (State.WATCH, State.REGRESSED)


@dataclass(frozen=True)
class _BuildCounts:
    """Of a release's builds, oldest first, by hour since release, (builds, hours): crashes, usage hours, and what scoring compares."""

    crashes: Array
    usage_hours: Array
    delayed: Array
    expected: Array


def build_rows(scored: ScoredRelease, rows: Sequence[Row], read_builds: Callable[[], pa.Table], policy: Policy) -> list[Row]:
    """Of the verdicts among a release's `rows` of release_health that are watched or regressed, on a channel that declares its builds.

    `read_builds` gives the release's rows of error_aggregates; it is called only if some are needed.
    """
    channel = PRODUCT.channel(scored.release.channel)
    verdicts = [row for row in rows if row["scope"] == "release" and State(row["state"]) in _SEARCHED_STATES]
    if channel is None or channel.builds is None or not verdicts:
        return []
    totals = read_builds()
    cells = {(cell.key.measure, cell.platform): cell for cell in scored.cells}
    counts: dict[tuple[str, str], tuple[list[str], _BuildCounts]] = {}
    found: list[Row] = []
    for verdict in verdicts:
        place = told_place(verdict)
        where = (place["measure"], place["platform"])
        cell = cells.get(where)
        if cell is None or cell.history is None or cell.looks is None:
            continue
        if where not in counts:
            counts[where] = _counts(scored, cell, totals)
        found += _rows_of_look(verdict, cell, *counts[where], policy)
    return found


def _counts(scored: ScoredRelease, cell: ScoredCell, totals: pa.Table) -> tuple[list[str], _BuildCounts]:
    assert cell.history is not None and cell.looks is not None, "asked for compared cells only"
    hours = cell.looks.expected.shape[1]
    age = (totals["window_start"].cast(pa.int64()).to_numpy() - int(scored.release.hour.timestamp()) * 1_000_000) // 3_600_000_000
    on_platform = np.array([cell.platform in (ALL, name) for name in totals["os_name"].to_pylist()], dtype=bool)
    is_in = (age >= 0) & (age < hours) & on_platform
    names, codes = np.unique(np.array([build or "" for build in totals["build_id"].to_pylist()], dtype=str)[is_in], return_inverse=True)

    def summed(column: str) -> Array:
        values = np.nan_to_num(totals[column].cast(pa.float64()).to_numpy(zero_copy_only=False))[is_in]
        sums = np.bincount(codes * hours + age[is_in], weights=values, minlength=names.size * hours).astype(float)
        return np.asarray(sums.reshape(names.size, hours) * cell.prepared.counts.known[:hours])

    usage_hours, crashes = summed("usage_hours"), summed(cell.key.measure)
    all_hours = usage_hours.sum(axis=0)
    shares = np.divide(usage_hours, all_hours, out=np.zeros_like(usage_hours), where=all_hours > 0)
    added = np.maximum(np.diff(cell.looks.expected[0], prepend=0.0), 0.0)
    to_horizon = np.pad(crashes, ((0, 0), (0, HORIZON_HOURS - hours)))
    delayed = np.diff(delayed_crashes(cell.history, cell.prepared.counts, to_horizon, hours)[0], prepend=0.0, axis=1)
    return list(names), _BuildCounts(crashes, usage_hours, delayed, shares * added)


def _rows_of_look(verdict: Row, cell: ScoredCell, names: list[str], counts: _BuildCounts, policy: Policy) -> Iterator[Row]:
    """A row for each build with usage enough; none where there are fewer than two."""
    assert cell.looks is not None, "asked for compared cells only"
    so_far = _BuildCounts(*(series[:, : round(verdict["age_hours"])] for series in vars(counts).values()))
    usage_hours = so_far.usage_hours.sum(axis=1)
    most = set(np.argsort(-usage_hours, kind="stable")[:MOST_BUILDS])
    told = [b for b, name in enumerate(names) if name and b in most and usage_hours[b] >= LEAST_SHARE * usage_hours.sum()]
    if len(told) < 2:
        return
    found = first_bad_build(in_half_days(so_far.delayed[told]), in_half_days(so_far.expected[told]), cell.looks.overdispersion)
    is_named = found.p_change >= policy.builds.min_p_change
    likely = found.likely_set(policy.builds.set_mass) & is_named
    for place, build in enumerate(told):
        yield {
            **{name: verdict[name] for name in ("as_of", "channel", "release_version", "audit_sequence")},
            "build_id": names[build],
            "platform": cell.platform,
            "measure": cell.key.measure,
            "observed_crashes": float(so_far.crashes[build].sum()),
            "usage_hours": float(usage_hours[build]),
            "delayed_crashes": max(float(so_far.delayed[build].sum()), 0.0),
            "expected_crashes": float(so_far.expected[build].sum()),
            "p_first_bad": float(found.first_bad[place]),
            "p_change": min(found.p_change, 1.0),
            "is_suspect": bool(likely[place]),
        }
