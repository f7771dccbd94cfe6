"""Rows of release_health as the page shows them: the figures, their words by the digest's rules, and the arithmetic of a ratio. Pure."""

from collections.abc import Iterable

from jobs.digest.decisions.release_decisions import WORST_FIRST
from jobs.digest.wording.verdict_words import shown_score, told_note
from jobs.page.documents.release_documents import CellFigures, CellWords
from jobs.page.documents.rounding import crashes_per_1k_hours, rounded
from jobs.verdicts.health_cells import ALL, Cell, is_critical
from jobs.verdicts.health_notes import NoteCode
from jobs.wording.cell_words import measure_words, platform_words, state_name, stratum_words
from jobs.wording.client_text import as_label
from jobs.wording.page_names import cell_platform, page_key
from jobs.wording.people_words import beside_usual_words
from jobs.wording.shown_numbers import (
    UNKNOWN,
    age_words,
    chance_words,
    clock_words,
    count_words,
    interval_words,
    percent_words,
    plural,
    ratio_words,
    score_words,
)


def worst_first(cells: Iterable[Cell]) -> list[Cell]:
    """By state, then by how likely it is that they are unacceptable."""
    return sorted(cells, key=lambda cell: (WORST_FIRST.index(cell.state), -(cell.p_unacceptable or 0.0), -(cell.ratio or 0.0), cell.place))


def told_cell(cell: Cell) -> CellFigures:
    """A cell as the page shows it."""
    return CellFigures(
        scope=cell.scope,
        platform=page_key(cell.platform),
        stratum=page_key(cell.stratum),
        measure=page_key(cell.measure),
        platform_label=platform_words(cell.platform),
        stratum_label="" if cell.stratum == ALL else stratum_words(cell.stratum),
        measure_label="" if cell.measure == ALL else measure_words(cell.measure),
        view_platform=page_key(cell_platform(cell)),
        as_of=cell.as_of,
        age_hours=cell.age_hours,
        state=cell.state.value,
        since=cell.since,
        is_critical=is_critical(cell.measure),
        observed_crashes=rounded(cell.observed_crashes),
        usage_hours=rounded(cell.usage_hours),
        delayed_crashes=rounded(cell.delayed_crashes),
        expected_crashes=rounded(cell.expected_crashes),
        acceptable_ratio=rounded(cell.acceptable_ratio),
        ratio=rounded(cell.ratio),
        ratio_low=rounded(cell.ratio_low),
        ratio_high=rounded(cell.ratio_high),
        p_unacceptable=rounded(cell.p_unacceptable),
        score=rounded(cell.score),
        adoption=rounded(cell.adoption),
        active_clients=cell.active_clients,
        crashed_clients=cell.crashed_clients,
        crash_free_users=rounded(cell.crash_free_users),
        usual_crash_free_users=rounded(cell.usual_crash_free_users),
        adoption_by_people=rounded(cell.adoption_by_people),
        words=_words(cell),
        notes=[told_note(note) for note in cell.notes if note.code is not NoteCode.DECIDED_BY],
        arithmetic=arithmetic(cell),
    )


def _words(cell: Cell) -> CellWords:
    rate = crashes_per_1k_hours(cell.observed_crashes, cell.usage_hours)
    return CellWords(
        state=state_name(cell.state),
        since=clock_words(cell.since),
        age=age_words(cell.age_hours),
        counts=_counts(cell),
        rate=UNKNOWN if rate is None else f"{rate:.1f} per 1,000 h",
        ratio=ratio_words(cell.ratio),
        interval=interval_words(cell.ratio_low, cell.ratio_high),
        acceptable=ratio_words(cell.acceptable_ratio),
        expected=count_words(cell.expected_crashes),
        score=score_words(shown_score(cell)),
        adoption=percent_words(cell.adoption),
        adoption_by_people=percent_words(cell.adoption_by_people),
        crash_free_users=beside_usual_words(cell),
        chance=chance_words(cell.p_unacceptable),
    )


def _counts(cell: Cell) -> str:
    return f"{count_words(cell.observed_crashes)} received in {count_words(cell.usage_hours)} h"


def arithmetic(cell: Cell) -> list[str]:
    """From counts to ratio and verdict, as `explain` tells them; what the counts are made of stands there alone."""
    if cell.measure == ALL or cell.observed_crashes is None or cell.usage_hours is None:
        return []
    lines = [f"Received: {cell.observed_crashes:,.0f} {measure_words(cell.measure)} and {cell.usage_hours:,.0f} usage hours."]
    if cell.ratio is None or cell.expected_crashes is None or cell.delayed_crashes is None:
        return [*lines, "There is no release to compare with."]
    versions = ", ".join(as_label(version) for version in cell.baseline_versions)
    named = f": {versions}" if versions else ""
    lines += [
        f"Crashes are reported at once, usage hours later: each crash counts by how many hours of its moment have come; so counted it has had O = {cell.delayed_crashes:,.1f}.",
        f"With the same users, at this age and adoption, {plural(len(cell.baseline_versions), 'earlier release')} would have had E = "
        f"{cell.expected_crashes:,.2f}{named}.",
    ]
    if cell.expected_crashes:
        lines.append(f"O / E = {cell.delayed_crashes / cell.expected_crashes:.2f}.")
    return [
        *lines,
        f"Chance drawn in towards what healthy releases do: {ratio_words(cell.ratio)}, 90 % interval {interval_words(cell.ratio_low, cell.ratio_high)}; "
        f"acceptable is up to {ratio_words(cell.acceptable_ratio)}.",
        f"Chance that it is above: {chance_words(cell.p_unacceptable, 1)}. State: {state_name(cell.state)} since {clock_words(cell.since)}.",
    ]
