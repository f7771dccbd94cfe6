"""One task of the study of families: histories simulated, scored by the pipeline's own path, and reduced to arrays."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from unittest.mock import patch

import numpy as np

from jobs.declarations.measures import SCORED_MEASURES
from jobs.declarations.policies import HORIZON_HOURS, POLICY
from jobs.declarations.states import State
from jobs.scoring.inputs import measured_kernels
from jobs.scoring.inputs.cell_counts import CellKey, CellStrata, ReleaseLife, release_counts
from jobs.scoring.inputs.prepared_cells import ChannelRecord, release_context
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.looks import channel_scoring
from jobs.scoring.looks.channel_scoring import FittedCells, ScoredCell, ScoredRelease, fit_cells, judge_cells
from jobs.scoring.rows.health_rows import release_verdicts
from jobs.verdicts.health_cells import is_critical
from simulation.evaluation.family_record import family_past, family_record
from simulation.evaluation.first_hours import NEVER, first_hour
from simulation.evaluation.plan import FamilyStudy
from simulation.release_world.family import GROUPS, MEASURES, PLATFORMS, FamilyRelease, simulate_family
from simulation.release_world.world import Array

CRITICAL = tuple(measure.name for measure in MEASURES if is_critical(measure.name))
CELLS = tuple(CellKey(measure, platform) for measure in CRITICAL for platform in (None, *PLATFORMS))
"""The cells that decide, in the order of the figures."""
_FINE = tuple(sorted((group.os_name, group.os_version_major, "x86-64", group.country_group) for group in GROUPS))


def simulate_family_chunk(study: FamilyStudy, seed: int, indices: range) -> dict[str, Array]:
    """Figures of every release under test in the chunk, one element (or row) a release."""
    started = time.process_time()
    rows = []
    for index in indices:
        family = simulate_family(study.world, study.tests, seed, index)
        past = family_past(family)
        with _problems_looked_for_once():
            fitted = None
            for number, test in enumerate(family.tests):
                record, release = family_record(past, test)
                judged = _Judged(record, release, test)
                fitted = fitted or judged.fitted()
                has_others = number < study.with_other_measures
                rows.append(_figures(judged.scored(fitted, has_others), test, has_others) | {"history": index})
    results = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return results | {"seconds": np.full(len(rows), (time.process_time() - started) / len(rows))}


@dataclass(frozen=True)
class _Judged:
    """A release under test among its channel's. What a history teaches is the same for all of its tests, and is fitted once."""

    record: ChannelRecord
    release: Release
    test: FamilyRelease

    def fitted(self) -> FittedCells:
        return fit_cells(self.record, release_context(self.record, self.release, HORIZON_HOURS, POLICY), POLICY, SCORED_MEASURES)

    def scored(self, fitted: FittedCells, has_others: bool) -> ScoredRelease:
        own = self.record.of(self.release)
        keys = [key for key in fitted.prepared if has_others or is_critical(key.measure)]
        prepared = {}
        for key in keys:
            cell = fitted.prepared[key]
            fine = [stratum for stratum in _FINE if key.platform in (None, stratum[0])]
            strata = CellStrata(cell.strata, dict(zip(fine, cell.strata.of_fine.tolist(), strict=True)))
            life = ReleaseLife(self.release, HORIZON_HOURS, cell.counts.delay_kernel)
            prepared[key] = replace(cell, counts=release_counts(self.record.totals, life, own, key, strata))
        context = release_context(self.record, self.release, HORIZON_HOURS, POLICY)
        return judge_cells(self.record, context, replace(fitted, prepared=prepared), POLICY)


@contextmanager
def _problems_looked_for_once() -> Iterator[None]:
    """Tests of one history come under the same delays."""
    look_for = measured_kernels.kernel_drift_problem
    found = cache(lambda released, hours: look_for(delays[0], released, hours, POLICY))
    delays: list[measured_kernels.UsageDelays | None] = []

    def kept(of_release, released, hours, _policy):  # type: ignore[no-untyped-def]
        delays[:] = [of_release]
        return found(released, hours)

    with patch.object(channel_scoring, "kernel_drift_problem", kept):
        yield


def _figures(scored: ScoredRelease, test: FamilyRelease, has_others: bool) -> dict[str, object]:
    cells = {cell.key: cell for cell in scored.cells}
    states = np.array([verdict.state.value for verdict in release_verdicts(scored, POLICY)])
    others = [_first_hour(cell, slice(None)) for key, cell in cells.items() if not is_critical(key.measure)]
    is_regressed = states == State.REGRESSED.value
    return {
        "label": test.regression.label,
        "log_ratios": test.log_ratios,
        "regressed_hour": first_hour(is_regressed),
        "broadcasts": int(is_regressed.any()),
        "healthy_hour": first_hour(states == State.HEALTHY.value),
        "watch_hour": first_hour(states == State.WATCH.value),
        "problem_hours": int((states == State.DATA_PROBLEM.value).sum()),
        "other_hour": min(others) if has_others else np.nan,
        "cell_hours": np.array([_first_hour(cells[key], slice(0, 1)) for key in CELLS]),
        "trailing_hours": np.array([_first_hour(cells[key], slice(1, 2)) for key in CELLS]),
        "local_hours": np.array([_first_hour(cells[CellKey(measure, None)], slice(2, None)) for measure in CRITICAL]),
    }


def _first_hour(cell: ScoredCell, rows: slice) -> float:
    """Of any of the rows: the first hour at which it is regressed."""
    regressed = np.array([[state is State.REGRESSED for state in row] for row in cell.states[rows]])
    return first_hour(np.any(regressed, axis=0)) if regressed.size else NEVER
