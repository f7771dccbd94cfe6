"""Scored releases as rows of release_health: one for each cell and look, and one for the release's verdict at each look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from jobs.declarations.policies import Policy
from jobs.declarations.states import State
from jobs.scoring.looks.cell_looks import ALL, CellLooks
from jobs.scoring.looks.channel_scoring import ScoredCell, ScoredRelease
from jobs.scoring.looks.release_verdict import CellVerdict, ReleaseVerdict, release_verdict
from jobs.scoring.looks.verdict_states import state_beginnings
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.hourly_counts import adoption
from jobs.scoring.method.score_calibration import ScoreMap, map_for_age
from jobs.verdicts.health_cells import PLACE_COLUMNS, cell_from_row, deciding_cell, is_critical
from jobs.verdicts.health_notes import Note, NoteCode, parse_note

Row = dict[str, Any]


@dataclass(frozen=True)
class LookRange:
    """Rows are wanted of looks with `after` < as_of <= `until`."""

    after: datetime
    until: datetime


def health_rows(
    scored: ScoredRelease, looks: LookRange, audit_sequence: int, policy: Policy, maps: Mapping[int, ScoreMap] | None = None
) -> list[Row]:
    """The release's rows, its verdicts first. `maps` calibrate the release's score, by age."""
    rows: list[Row] = []
    wanted = [look for look in range(scored.hours) if looks.after < scored.as_of(look) <= looks.until]
    wanted = [look for look in wanted if scored.as_of(look) >= scored.release.known_from]
    if not wanted:
        return rows
    verdicts = release_verdicts(scored, policy)
    beginnings = state_beginnings([verdict.state for verdict in verdicts])
    cell_rows = [row for cell in scored.cells for row in _cell_rows(scored, cell, wanted, policy)]
    rows_by_look: dict[float, list[Row]] = {}
    for row in cell_rows:
        row |= {"channel": scored.release.channel, "release_version": scored.release.version, "audit_sequence": audit_sequence}
        rows_by_look.setdefault(row["age_hours"], []).append(row)
    for look in wanted:
        verdict = verdicts[look]
        row = _release_row(scored, verdict, rows_by_look[look + 1.0], look)
        score = verdict.score if verdict.score is None else map_for_age(maps or {}, look + 1)(verdict.score)
        rows.append(row | {"since": scored.as_of(beginnings[look]), "score": score})
    return rows + cell_rows


def release_verdicts(scored: ScoredRelease, policy: Policy) -> list[ReleaseVerdict]:
    """The verdict on the release at each look."""
    looks = [_cell_verdicts(scored, cell, policy) for cell in scored.cells]
    return [release_verdict(at_look, policy.verdict.critical_platform_share, ALL) for at_look in zip(*looks, strict=True)]


def _cell_verdicts(scored: ScoredRelease, cell: ScoredCell, policy: Policy) -> list[CellVerdict]:
    """The cell's verdict at each look."""
    usage_hours, whole = (np.cumsum(c.prepared.counts.usage_hours.sum(axis=0)) for c in (cell, scored.cells[0]))
    scores = [None] * scored.hours if cell.looks is None else cell.looks.posterior.score[0].tolist()
    shares = (usage_hours / np.maximum(whole, 1e-9)).tolist()
    is_rare = cell.prepared.past_crashes < policy.verdict.too_early_expected
    return [
        CellVerdict(
            measure=cell.key.measure,
            platform=cell.platform,
            is_critical=is_critical(cell.key.measure),
            usage_share=shares[look],
            state=cell.states[0][look],
            score=None if look < cell.counted_from else scores[look],
            has_event=not _is_without_event(cell, look),
            is_rare=is_rare,
        )
        for look in range(scored.hours)
    ]


def _is_without_event(cell: ScoredCell, look: int) -> bool:
    return cell.has_baseline and look < cell.counted_from


def _release_row(scored: ScoredRelease, verdict: ReleaseVerdict, cell_rows: Sequence[Row], look: int) -> Row:
    """The figures of the cell that the verdict is told from, under the release's state and score."""
    told = deciding_cell(verdict.state, [cell_from_row(row) for row in cell_rows])
    assert told is not None, "all platforms together have a row at every look"
    place = dict(zip(PLACE_COLUMNS, told.place, strict=True))
    decided_by = next(row for row in cell_rows if all(row[column] == place[column] for column in PLACE_COLUMNS))
    # The holdback is looked at on all platforms together, whichever cell is told of.
    of_release = [note for row in cell_rows for note in row["notes"] if parse_note(note).code is NoteCode.HOLDBACK]
    notes = [note for note in decided_by["notes"] if note not in of_release]
    return decided_by | {
        "scope": "release",
        "platform": ALL,
        "stratum": ALL,
        "measure": ALL,
        "adoption": _adoption(scored.cells[0])[look],
        "state": verdict.state.value,
        "notes": [Note(NoteCode.DECIDED_BY, place).stored, *notes, *of_release[:1]],
    }


def _cell_rows(scored: ScoredRelease, cell: ScoredCell, wanted: list[int], policy: Policy) -> list[Row]:
    rows = []
    shares = _adoption(cell)
    counts = cell.prepared.counts
    has_begun = np.cumsum((counts.usage_hours + counts.crashes).sum(axis=0)) > 0
    wanted = [look for look in wanted if cell.platform == ALL or has_begun[look]]
    for index, states in enumerate(cell.states):
        beginnings = state_beginnings(states)
        scope = "platform" if cell.looks is None else cell.looks.scopes[index]
        stratum = ALL if cell.looks is None else cell.looks.strata[index]
        for look in wanted:
            if cell.looks is not None and not cell.looks.is_known[index, look]:
                continue
            if index > 0 and look < cell.counted_from:
                continue  # the cell as a whole says that there was no event
            rows.append(
                _figures(cell, index, look)
                | _common(scored, look)
                | {
                    "scope": scope,
                    "platform": cell.platform,
                    "stratum": stratum,
                    "measure": cell.key.measure,
                    "adoption": shares[look],
                    "state": states[look].value,
                    "since": scored.as_of(beginnings[look]),
                    "notes": _notes(cell, look, policy),
                }
            )
    return rows


def _adoption(cell: ScoredCell) -> Array:
    counts = cell.prepared.counts
    return adoption(counts.usage_hours.sum(axis=0), counts.channel_hours)


def _common(scored: ScoredRelease, look: int) -> Row:
    return {"as_of": scored.as_of(look), "age_hours": float(look + 1)}


def _figures(cell: ScoredCell, index: int, look: int) -> Row:
    if cell.looks is None or cell.history is None or look < cell.counted_from:
        counts = cell.prepared.counts
        rates = {
            "observed_crashes": float(counts.crashes[:, : look + 1].sum()),
            "usage_hours": float(counts.usage_hours[:, : look + 1].sum()),
        }
        return dict.fromkeys(_FIGURES) | rates | {"baseline_versions": []}
    looks = cell.looks
    return _look_figures(looks, index, look) | {
        "overdispersion": cell.history.phi,
        "baseline_versions": list(cell.history.versions),
        "environment_factor": float(looks.environment[look]),
    }


_FIGURES = (
    "observed_crashes",
    "usage_hours",
    "delayed_crashes",
    "delayed_crashes_squared_weights",
    "expected_crashes",
    "effective_crashes",
    "overdispersion",
    "transient_variance",
    "between_release_scale",
    "degrees_of_freedom",
    "acceptable_ratio",
    "ratio",
    "ratio_low",
    "ratio_high",
    "posterior_sd",
    "p_unacceptable",
    "p_improved",
    "evidence",
    "score",
    "expected_excess",
    "unacceptable_excess",
    "environment_factor",
)


def _look_figures(looks: CellLooks, index: int, look: int) -> Row:
    at = (index, look)
    posterior = looks.posterior
    return {
        "observed_crashes": float(looks.crashes[at]),
        "usage_hours": float(looks.usage_hours[at]),
        "delayed_crashes": float(looks.observed[at]),
        "delayed_crashes_squared_weights": float(looks.squared_weights[at]),
        "expected_crashes": float(looks.expected[at]),
        "effective_crashes": float(looks.effective_crashes[at]),
        "transient_variance": float(looks.transient_variance[at]),
        "between_release_scale": float(looks.scales[index]),
        "degrees_of_freedom": float(looks.degrees[index]),
        "acceptable_ratio": float(np.exp(looks.log_acceptable[index])),
        "ratio": float(np.exp(posterior.mean[at])),
        "ratio_low": float(looks.ratio_low[at]),
        "ratio_high": float(looks.ratio_high[at]),
        "posterior_sd": float(posterior.sd[at]),
        "p_unacceptable": float(posterior.p_unacceptable[at]),
        "p_improved": float(posterior.p_improved[at]),
        "evidence": float(posterior.evidence[at]),
        "score": float(posterior.score[at]),
        "expected_excess": float(posterior.expected_excess[at]),
        "unacceptable_excess": float(posterior.unacceptable_excess[at]),
    }


def _notes(cell: ScoredCell, look: int, policy: Policy) -> list[str]:
    """What else a reader should know of this look."""
    notes = [Note(problem.note) for problem in cell.problems if problem.has_problem[look]]
    if cell.holdback_evidence is not None:
        alarm_at = 1 / policy.holdback.false_alarms
        evidence = float(f"{cell.holdback_evidence[look]:.3g}")
        notes.append(Note(NoteCode.HOLDBACK, {"evidence": evidence, "alarm_at": round(alarm_at)}))
    if _is_without_event(cell, look):
        return [note.stored for note in (*notes, Note(NoteCode.NO_EVENT))]
    if cell.history is None or cell.looks is None:
        return [note.stored for note in (*notes, Note(NoteCode.NO_BASELINE))]
    if cell.history.proxy is not None:
        notes.append(Note(NoteCode.PROXY, {"instead_of_baselines": cell.history.proxy.value}))
    elif cell.history.releases <= policy.baselines.thin_releases:
        notes.append(Note(NoteCode.THIN_BASELINE, {"releases": cell.history.releases}))
    if cell.looks.has_lost_updates[look]:
        notes.append(Note(NoteCode.LOST_UPDATES))
    if cell.looks.environment[look] > policy.verdict.environment_note_factor:
        notes.append(Note(NoteCode.ENVIRONMENT))
    if cell.looks.unseen_share[look] > policy.verdict.max_unseen_share:
        notes.append(Note(NoteCode.UNSEEN_USERS, {"share": round(float(cell.looks.unseen_share[look]), 3)}))
    of_few = float(cell.looks.share_of_few[look])
    if of_few > policy.verdict.few_clients_share:
        notes.append(Note(NoteCode.FEW_CLIENTS, {"share": round(of_few, 3)}))
    counts_clients = cell.prepared.counts.crashing is not None and cell.history.usual_clients is not None
    if cell.states[0][look] is State.REGRESSED and not counts_clients:
        notes.append(Note(NoteCode.CLIENTS_NOT_COUNTED))
    return [note.stored for note in notes]
