"""What needs attention, the worst first: releases, cells, data. One line for each cause."""

from itertools import groupby

from jobs.declarations.states import State
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.decisions.release_decisions import Decision
from jobs.digest.facts.digest_facts import ReleaseLook
from jobs.digest.wording.data_line import restatement_words
from jobs.digest.wording.experiment_words import unjudged_items
from jobs.digest.wording.later_words import later_items
from jobs.digest.wording.verdict_words import notes_to_tell, reviewed_state_words, told_note
from jobs.verdicts.health_cells import ALARMING_STATES, Cell, is_suspicious
from jobs.wording.cell_words import measure_words, place_words, population_words, state_name, where_words
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import clock_words, interval_words, percent_words, ratio_words

MOST_ITEMS = 5
_MOST_PLACES = 3


def attention_items(digest: Digest) -> list[str]:
    """One line each; what the headline already says is not repeated, and what a person dismissed is not asked for again."""
    facts, first = digest.facts, digest.headline
    items: list[str] = later_items(facts)
    others = [decision for decision in digest.releases[1:] if not decision.is_dismissed]
    for state in (State.REGRESSED, State.WATCH):
        if first is not None and not first.is_dismissed:
            items.extend(_cell_items(first, state))
        items.extend(_release_item(other) for other in others if other.release.verdict.state is state)
    items.extend(_release_item(other) for other in others if other.release.verdict.state is State.DATA_PROBLEM)
    if first is not None:
        items.extend(problem_items(first.release))
    for release in facts.releases:
        if release.verdict.state is not State.DATA_PROBLEM:
            items.extend(f"{as_label(release.version)}: {note}" for note in notes_to_tell(release.verdict))
    items.extend(unjudged_items(facts))
    items.extend(f"Restated: {restatement_words(restated)}" for restated in facts.restatements)
    return list(dict.fromkeys(items))


def _release_item(decision: Decision) -> str:
    verdict, cell = decision.release.verdict, decision.cell
    has_ratio = cell.ratio is not None and verdict.state is not State.DATA_PROBLEM
    ratio = f", {ratio_words(cell.ratio)} the {measure_words(cell.measure)}{where_words(cell)}" if has_ratio else ""
    adoption = f", on {percent_words(verdict.adoption)} of the channel" if verdict.adoption is not None else ""
    unanswered = ", its week is over and nobody has answered" if _is_unanswered(decision) else ""
    state = f"{reviewed_state_words(decision)} since {clock_words(verdict.since)}"
    return f"{as_label(verdict.release_version)}: {state}{ratio}{adoption}{unanswered}"


def _is_unanswered(decision: Decision) -> bool:
    return decision.is_final and decision.release.verdict.state is State.REGRESSED and decision.release.answer is None


def problem_items(release: ReleaseLook) -> list[str]:
    """Cells whose data are not to be trusted, such as a measure that went silent, where the release's are."""
    if release.verdict.state is State.DATA_PROBLEM:
        return []
    troubled = [cell for cell in release.cells if cell.scope == "platform" and cell.state is State.DATA_PROBLEM]
    return [_problem_item(release, cell) for cell in troubled if cell.notes and cell.notes[0] not in release.verdict.notes]


def _problem_item(release: ReleaseLook, cell: Cell) -> str:
    return f"{as_label(release.version)}: {measure_words(cell.measure)}{where_words(cell)}: {told_note(cell.notes[0])}"


def _cell_items(decision: Decision, state: State) -> list[str]:
    """The release's other bad cells, one line a measure: where else the same crashes are more than usual is one cause."""
    cells, told_from = decision.release.cells, decision.cell
    bad = [cell for cell in cells if cell.state in ALARMING_STATES and cell is not told_from and is_suspicious(cell)]
    bad.sort(key=lambda cell: (cell.measure, cell.state is not State.REGRESSED, -(cell.p_unacceptable or 0.0)))
    # A platform whose users are all in one group is a cell as a platform, and another as a group: the same crashes, told once.
    told = {_who(cell): cell for cell in (*reversed(bad), told_from)}
    by_measure = [list(cells) for _, cells in groupby((cell for cell in bad if told[_who(cell)] is cell), key=lambda cell: cell.measure)]
    by_measure.sort(key=lambda cells: -(cells[0].p_unacceptable or 0.0))
    return [_measure_item(decision, cells) for cells in by_measure if cells[0].state is state]


def _who(cell: Cell) -> tuple[str, str]:
    return cell.measure, population_words(cell)


def _measure_item(decision: Decision, cells: list[Cell]) -> str:
    """`57.0b8, the same crashes elsewhere: 1.31x (1.10–1.55x) on all platforms (watch since …)`."""
    worst = cells[0]
    which = "the same crashes elsewhere" if worst.measure == decision.cell.measure else measure_words(worst.measure)
    places = [
        f"{ratio_words(cell.ratio)} {place_words(cell).removeprefix(measure_words(cell.measure)).strip()}" for cell in cells[:_MOST_PLACES]
    ]
    more = f" and {len(cells) - _MOST_PLACES} more" if len(cells) > _MOST_PLACES else ""
    interval = f" ({interval_words(worst.ratio_low, worst.ratio_high)})" if len(cells) == 1 else ""
    return f"{as_label(decision.release.version)}, {which}: {', '.join(places)}{interval}{more}; {state_name(worst.state)} since {clock_words(worst.since)}"
