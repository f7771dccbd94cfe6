"""What needs attention, the worst first: releases, cells, data."""

from jobs.client_text import as_label, as_sentence
from jobs.digest.cell_words import measure_words, where_words
from jobs.digest.data_words import restatement_words
from jobs.digest.digest_facts import Cell, DigestFacts, ReleaseLook, State
from jobs.digest.review_words import is_dismissed
from jobs.digest.verdict_words import STATE_WORDS, deciding_cell, is_suspicious, notes_to_tell, reviewed_state_words
from jobs.number_words import clock_words, interval_words, percent_words, ratio_words

MOST_ITEMS = 5


def attention_items(facts: DigestFacts, headline_release: ReleaseLook | None) -> list[str]:
    """One line each; what the headline already says is not repeated, and what a person dismissed is not asked for again."""
    items: list[str] = []
    others = [release for release in facts.releases if release is not headline_release and not is_dismissed(release)]
    for state in (State.REGRESSED, State.WATCH):
        if headline_release is not None and not is_dismissed(headline_release):
            items.extend(_cell_items(headline_release, state))
        items.extend(_release_item(release) for release in others if release.verdict.state is state)
    items.extend(_release_item(release) for release in others if release.verdict.state is State.DATA_PROBLEM)
    if headline_release is not None:
        items.extend(problem_items(headline_release))
    for release in facts.releases:
        if release.verdict.state is not State.DATA_PROBLEM:
            items.extend(f"{as_label(release.version)}: {as_sentence(note, 160)}" for note in notes_to_tell(release.verdict))
    items.extend(f"Restated: {restatement_words(restated)}" for restated in facts.restatements)
    return list(dict.fromkeys(items))


def _release_item(release: ReleaseLook) -> str:
    verdict, cell = release.verdict, deciding_cell(release)
    has_ratio = cell.ratio is not None and verdict.state is not State.DATA_PROBLEM
    ratio = f", {ratio_words(cell.ratio)} the {measure_words(cell.measure)}{where_words(cell)}" if has_ratio else ""
    adoption = f", on {percent_words(verdict.adoption)} of the channel" if verdict.adoption is not None else ""
    return f"{as_label(release.version)}: {reviewed_state_words(release)} since {clock_words(verdict.since)}{ratio}{adoption}"


def problem_items(release: ReleaseLook) -> list[str]:
    """Cells whose data are not to be trusted, such as a measure that went silent, where the release's are."""
    if release.verdict.state is State.DATA_PROBLEM:
        return []
    troubled = [cell for cell in release.cells if cell.scope == "platform" and cell.state is State.DATA_PROBLEM]
    return [_problem_item(release, cell) for cell in troubled if cell.notes and cell.notes[0] not in release.verdict.notes]


def _problem_item(release: ReleaseLook, cell: Cell) -> str:
    return f"{as_label(release.version)}: {measure_words(cell.measure)}{where_words(cell)}: {as_sentence(cell.notes[0], 160)}"


def _cell_items(release: ReleaseLook, state: State) -> list[str]:
    told = deciding_cell(release)
    cells = [cell for cell in release.cells if cell.state is state and cell is not told and is_suspicious(cell)]
    cells.sort(key=lambda cell: -(cell.p_unacceptable or 0.0))
    return [_cell_item(release, cell) for cell in cells]


def _cell_item(release: ReleaseLook, cell: Cell) -> str:
    trailing = " in the last 24 h" if cell.scope == "trailing" else ""
    where = where_words(cell) or " on all platforms"
    ratio = f"{ratio_words(cell.ratio)} ({interval_words(cell.ratio_low, cell.ratio_high)})"
    return f"{as_label(release.version)}{where}: {measure_words(cell.measure)} {ratio}{trailing}, {STATE_WORDS[cell.state].name} since {clock_words(cell.since)}"
