"""The thread's tables in words: every release, one release by platform and measure, and by group of users."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.declarations.policies import POLICY
from jobs.declarations.states import State
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.decisions.release_decisions import WORST_FIRST, Decision
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.digest.wording.attention_items import MOST_ITEMS, attention_items
from jobs.digest.wording.reach_words import PEOPLE_NOTES, has_people
from jobs.digest.wording.verdict_words import MARKS, channel_name, reviewed_state_words, shown_score, state_words
from jobs.digest.wording.view_links import cell_links, view_links
from jobs.verdicts.health_cells import ALL, Cell, is_alarmed_by_part, is_critical, is_suspicious, severity_cost
from jobs.verdicts.health_notes import NoteCode
from jobs.wording.cell_words import measure_words, place_words, population_words, stratum_words
from jobs.wording.client_text import as_label
from jobs.wording.note_words import holdback_words
from jobs.wording.people_words import crash_free_words, usual_words
from jobs.wording.shown_numbers import clock_words, count_words, evidence_words, interval_words, percent_words, ratio_words, score_words

RELEASE_HEAD: tuple[str, ...] = (
    "Release",
    "State",
    "Since",
    "Told from",
    "Ratio (90 %)",
    "Had",
    "Expected",
    "Usage hours",
    "Score",
    "Adoption",
)
CELL_HEAD = ("Platform", "Measure", "State", "Score", "Evidence", "Ratio (90 %)", "Had", "Expected", "Usage hours")
PEOPLE_HEAD = ("Crash-free users, 24 h", "Usual (lowest–highest)", "Adoption by people")
STRATUM_HEAD = ("Users", "Measure", "State", "Ratio (90 %)", "Had", "Expected")
_MOST_RELEASES = 40
_MOST_CELLS = 60
_MOST_CELLS_BESIDE_ITEMS = 20
_MOST_STRATA = 15
MOST_LISTED = 12
_HAD_WORDS = "Had: crashes counted with the delay that usage hours have, so that both are equally late."


@dataclass(frozen=True)
class TableWords:
    """A table with its title and what stands below it. Columns from `right_from` on are numbers; at most so many rows are shown."""

    title: str
    title_goes_on: str
    head: tuple[str, ...]
    rows: list[list[str]]
    most_rows: int
    right_from: int
    links: dict[str, str]
    notes: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()
    """What needs attention, too, and found no room in the root."""


def release_table(digest: Digest) -> TableWords:
    """Every release of the channel."""
    facts, head = digest.facts, RELEASE_HEAD
    notes: tuple[tuple[str, ...], ...] = (
        (
            f"Score: the chance in a hundred that a release crashes no more than is acceptable: {percent_words(POLICY.alarm.margin)} more than "
            f"earlier releases, or {POLICY.alarm.scales:g} times what healthy ones differ by, if that is more. A dash: it says nothing beside the state.",
            "Score and adoption are of the whole release, the other figures of the part that it is told from.",
            _HAD_WORDS,
        ),
    )
    rows = [_release_row(decision) for decision in digest.releases]
    if has_people(digest.releases):
        rows = [row + _people_row(each.release.verdict) for row, each in zip(rows, digest.releases, strict=True)]
        head, notes = (*head, *PEOPLE_HEAD), (*notes, PEOPLE_NOTES)
    return TableWords(
        title=f"Every release of {channel_name(facts.channel)}",
        title_goes_on=f", as of {clock_words(facts.as_of or facts.window_end)}",
        head=head,
        rows=rows,
        most_rows=_MOST_RELEASES,
        right_from=4,
        links=view_links(facts, digest.releases[:MOST_LISTED]),
        notes=notes,
    )


def cell_table(digest: Digest, decision: Decision) -> TableWords:
    """A release by platform and measure."""
    release = decision.release
    cells = sorted((cell for cell in release.cells if cell.scope in ("platform", "trailing") and not _is_empty(cell)), key=_cell_order)
    items = attention_items(digest)[MOST_ITEMS - 1 :]
    shown_items = tuple(items[:MOST_LISTED]) if len(items) > 1 else ()
    notes = [(_HAD_WORDS,)]
    if any(is_alarmed_by_part(cell) for cell in cells):
        notes.append(("An alarm without a score comes from the last 24 h, a group of users or a random holdback.",))
    holdback = release.verdict.note(NoteCode.HOLDBACK)
    if holdback is not None:
        notes.append((f"Users drawn at random, against those held back: {holdback_words(holdback)}.",))
    return TableWords(
        title=f"{as_label(release.version)} by platform and measure",
        title_goes_on=f", as of {clock_words(release.verdict.as_of)}",
        head=CELL_HEAD,
        rows=[_cell_row(cell) for cell in cells],
        most_rows=_MOST_CELLS_BESIDE_ITEMS if shown_items else _MOST_CELLS,
        right_from=3,
        links=cell_links(digest.facts, release.version, cells),
        notes=tuple(notes),
        items=shown_items,
    )


def stratum_table(facts: DigestFacts, decision: Decision) -> TableWords:
    """A release by group of users, the worst first; without rows where it has none."""
    release = decision.release
    strata = [cell for cell in release.cells if cell.scope == "stratum"]
    strata.sort(key=lambda cell: (WORST_FIRST.index(cell.state), -(cell.p_unacceptable or 0.0), cell.stratum))
    return TableWords(
        title=f"{as_label(release.version)} by group of users",
        title_goes_on=", each against the rest of the same release; the worst first",
        head=STRATUM_HEAD,
        rows=[_stratum_row(cell) for cell in strata],
        most_rows=_MOST_STRATA,
        right_from=3,
        links=cell_links(facts, release.version, strata),
    )


def _release_row(decision: Decision) -> list[str]:
    verdict, cell = decision.release.verdict, decision.cell
    return [
        as_label(verdict.release_version),
        f"{MARKS[verdict.state]} {reviewed_state_words(decision)}{', final' if decision.is_final else ''}",
        clock_words(verdict.since),
        place_words(cell),
        *_compared(cell),
        count_words(cell.usage_hours),
        score_words(shown_score(verdict)),
        percent_words(verdict.adoption),
    ]


def _people_row(verdict: Cell) -> list[str]:
    return [crash_free_words(verdict.crash_free_users), usual_words(verdict), percent_words(verdict.adoption_by_people)]


def _is_empty(cell: Cell) -> bool:
    """A measure that neither this release nor an earlier one has shown: nothing to read."""
    never_happened = cell.note(NoteCode.NO_EVENT) is not None
    return cell.state is State.NO_BASELINE and not cell.observed_crashes and (never_happened or not is_critical(cell.measure))


def _cell_order(cell: Cell) -> tuple[object, ...]:
    return (
        not is_critical(cell.measure),
        -severity_cost(cell.measure),
        cell.measure,
        cell.scope == "trailing",
        cell.platform != ALL,
        cell.platform,
    )


def _cell_row(cell: Cell) -> list[str]:
    return [
        population_words(cell),
        measure_words(cell.measure),
        state_words(cell.state),
        score_words(_cell_score(cell)),
        evidence_words(cell.evidence),
        *_compared(cell),
        count_words(cell.usage_hours),
    ]


def _cell_score(cell: Cell) -> float | None:
    """A cell that alarms by its own figures has a score that says so; one that is called regressed for a part of it has not."""
    return cell.score if cell.state is State.REGRESSED and is_suspicious(cell) else shown_score(cell)


def _stratum_row(cell: Cell) -> list[str]:
    return [stratum_words(cell.stratum), measure_words(cell.measure), state_words(cell.state), *_compared(cell)]


def _compared(cell: Cell) -> Sequence[str]:
    """The ratio and both sides of it: the crashes that it rests on, delayed as usage hours are, and those expected."""
    had = cell.observed_crashes if cell.delayed_crashes is None else cell.delayed_crashes
    ratio = "–" if cell.ratio is None else f"{ratio_words(cell.ratio)} ({interval_words(cell.ratio_low, cell.ratio_high)})"
    return ratio, count_words(had), count_words(cell.expected_crashes)
