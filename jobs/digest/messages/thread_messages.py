"""The thread below the root: how to answer an alarm, every release, cells by platform and measure, strata, data quality, how to reproduce a figure."""

import shlex
from collections.abc import Sequence
from datetime import timedelta

from jobs.declarations.policies import POLICY
from jobs.declarations.states import Outcome, State
from jobs.digest.decisions.release_decisions import decide, headline_release
from jobs.digest.facts.digest_facts import DigestFacts, FailedExpectation, ReleaseLook
from jobs.digest.messages.message_blocks import (
    Block,
    bold,
    bullets,
    link_line,
    paragraph,
    preformatted,
    rows_within_budget,
    small_print,
    table,
    words,
)
from jobs.digest.messages.page_links import cell_links, view_links
from jobs.digest.messages.root_message import channel_name, marked_state, releases_in_order
from jobs.digest.wording.attention_items import MOST_ITEMS, attention_items
from jobs.digest.wording.data_line import data_line, expectation_words, restatement_words
from jobs.digest.wording.reach_words import PEOPLE_NOTES, has_people
from jobs.digest.wording.verdict_words import WORST_FIRST, shown_score, state_words
from jobs.verdicts.health_cells import ALL, Cell, is_alarmed_by_part, is_critical, is_suspicious, severity_cost
from jobs.verdicts.health_notes import NoteCode
from jobs.wording.cell_words import measure_words, place_words, population_words, stratum_words
from jobs.wording.client_text import as_label, as_sentence
from jobs.wording.note_words import holdback_words
from jobs.wording.people_words import crash_free_words, usual_words
from jobs.wording.shown_numbers import (
    clock_words,
    count_words,
    evidence_words,
    interval_words,
    percent_words,
    plural,
    ratio_words,
    score_words,
)

RELEASE_HEAD = ("Release", "State", "Since", "Told from", "Ratio (90 %)", "Had", "Expected", "Usage hours", "Score", "Adoption")
CELL_HEAD = ("Platform", "Measure", "State", "Score", "Evidence", "Ratio (90 %)", "Had", "Expected", "Usage hours")
PEOPLE_HEAD = ("Crash-free users, 24 h", "Usual (lowest–highest)", "Adoption by people")
STRATUM_HEAD = ("Users", "Measure", "State", "Ratio (90 %)", "Had", "Expected")
_MOST_ROWS = 60
_MOST_RELEASES = 40
_MOST_ANSWERS = 3
_MUTE = timedelta(hours=12)
_MOST_STRATA = 15
_MOST_LISTED = 12
_HAD_WORDS = "Had: crashes counted with the delay that usage hours have, so that both are equally late."


def thread_blocks(facts: DigestFacts) -> dict[str, list[Block]]:
    """The thread's messages by name, in order."""
    release = headline_release(facts)
    found: dict[str, list[Block]] = {}
    if unanswered := unanswered_releases(facts):
        found["answer"] = _answers(facts, unanswered)
    if release is not None:
        found["releases"] = _releases(facts)
    if release is not None and release.cells:
        found["platforms"] = _cells(facts, release)
        strata = [cell for cell in release.cells if cell.scope == "stratum"]
        if strata:
            found["strata"] = _strata(facts, release, strata)
    found["data"] = _data(facts, release)
    return found


def _table_message(
    lead: Block, head: Sequence[str], rows: list[list[str]], most: int, right_from: int, notes: Sequence[Block] = ()
) -> list[Block]:
    note = small_print(f"And {count_words(len(rows))} more, in release_health.")
    shown = rows_within_budget([lead, note, *notes], head, rows, most)
    message = [lead, table(head, rows[:shown], right_from)]
    left_out = [] if shown == len(rows) else [small_print(f"And {count_words(len(rows) - shown)} more, in release_health.")]
    return [*message, *left_out, *notes]


def unanswered_releases(facts: DigestFacts) -> list[ReleaseLook]:
    """Regressed releases of which nobody has said whether they are, the headline's first."""
    return [each for each in releases_in_order(facts) if each.verdict.state is State.REGRESSED and each.answer is None]


def _answers(facts: DigestFacts, releases: Sequence[ReleaseLook]) -> list[Block]:
    """The commands that answer an alarm; the digest and the next releases' baselines heed what is said."""
    blocks = [paragraph(bold("Answer the alarm"), words(" where the pipeline's commands run; the next digest shows what was said."))]
    for release in releases[:_MOST_ANSWERS]:
        mute_until = (facts.window_end + _MUTE).strftime("%Y-%m-%dT%H:%MZ")
        answers = ("--confirm --note why", "--dismiss --note why", f"--mute-until {mute_until}")
        blocks.append(
            preformatted("\n".join(f"{facts.command_lead}review_release {_named(release)} --by you {answer}" for answer in answers))
        )
    return [*blocks, *link_line(facts.links)]


def _releases(facts: DigestFacts) -> list[Block]:
    lead = paragraph(bold(f"Every release of {channel_name(facts)}"), words(f", as of {clock_words(facts.as_of or facts.window_end)}"))
    margin = percent_words(POLICY.alarm.margin)
    notes = [
        small_print(
            f"Score: the chance in a hundred that a release crashes no more than is acceptable: {margin} more than earlier releases, or "
            f"{POLICY.alarm.scales:g} times what healthy ones differ by, if that is more. A dash: it says nothing beside the state.",
            "Score and adoption are of the whole release, the other figures of the part that it is told from.",
            _HAD_WORDS,
        )
    ]
    releases, head = releases_in_order(facts), list(RELEASE_HEAD)
    rows = [_release_row(facts, release) for release in releases]
    if has_people(releases):
        rows = [row + _people_row(release.verdict) for row, release in zip(rows, releases, strict=True)]
        head, notes = [*head, *PEOPLE_HEAD], [*notes, small_print(*PEOPLE_NOTES)]
    return _table_message(lead, head, rows, _MOST_RELEASES, 4, [*link_line(view_links(facts, releases[:_MOST_LISTED])), *notes])


def _release_row(facts: DigestFacts, release: ReleaseLook) -> list[str]:
    verdict, cell = release.verdict, release.cell
    return [
        as_label(release.version),
        marked_state(decide(facts, release)),
        clock_words(verdict.since),
        place_words(cell),
        _ratio(cell),
        count_words(_had(cell)),
        count_words(cell.expected_crashes),
        count_words(cell.usage_hours),
        score_words(shown_score(verdict)),
        percent_words(verdict.adoption),
    ]


def _people_row(verdict: Cell) -> list[str]:
    return [crash_free_words(verdict.crash_free_users), usual_words(verdict), percent_words(verdict.adoption_by_people)]


def _cells(facts: DigestFacts, release: ReleaseLook) -> list[Block]:
    cells = sorted((cell for cell in release.cells if cell.scope in ("platform", "trailing") and not _is_empty(cell)), key=_cell_order)
    lead = paragraph(bold(f"{as_label(release.version)} by platform and measure"), words(f", as of {clock_words(release.verdict.as_of)}"))
    items = attention_items(facts, release)[MOST_ITEMS - 1 :]
    more = [] if len(items) <= 1 else [paragraph(bold("Also needs attention")), bullets([[words(item)] for item in items[:_MOST_LISTED]])]
    notes = [*link_line(cell_links(facts, release, cells)), small_print(_HAD_WORDS)]
    if any(is_alarmed_by_part(cell) for cell in cells):
        notes.append(small_print("An alarm without a score comes from the last 24 h, a group of users or a random holdback."))
    holdback = release.verdict.note(NoteCode.HOLDBACK)
    drawn = [] if holdback is None else [small_print(f"Users drawn at random, against those held back: {holdback_words(holdback)}.")]
    shown = _table_message(lead, CELL_HEAD, [_cell_row(cell) for cell in cells], _MOST_ROWS if not more else 20, 3)
    return [*shown, *notes, *drawn, *more]


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
        _ratio(cell),
        count_words(_had(cell)),
        count_words(cell.expected_crashes),
        count_words(cell.usage_hours),
    ]


def _cell_score(cell: Cell) -> float | None:
    """A cell that alarms by its own figures has a score that says so; one that is called regressed for a part of it has not."""
    return cell.score if cell.state is State.REGRESSED and is_suspicious(cell) else shown_score(cell)


def _had(cell: Cell) -> float | None:
    """The crashes that the ratio rests on: delayed as usage hours are, so that both sides of it are equally late."""
    return cell.observed_crashes if cell.delayed_crashes is None else cell.delayed_crashes


def _ratio(cell: Cell) -> str:
    return "–" if cell.ratio is None else f"{ratio_words(cell.ratio)} ({interval_words(cell.ratio_low, cell.ratio_high)})"


def _strata(facts: DigestFacts, release: ReleaseLook, strata: list[Cell]) -> list[Block]:
    strata = sorted(strata, key=lambda cell: (WORST_FIRST.index(cell.state), -(cell.p_unacceptable or 0.0), cell.stratum))
    rows = [
        [
            stratum_words(cell.stratum),
            measure_words(cell.measure),
            state_words(cell.state),
            _ratio(cell),
            count_words(_had(cell)),
            count_words(cell.expected_crashes),
        ]
        for cell in strata
    ]
    title = f"{as_label(release.version)} by group of users"
    lead = paragraph(bold(title), words(", each against the rest of the same release; the worst first"))
    return _table_message(lead, STRATUM_HEAD, rows, _MOST_STRATA, 3, link_line(cell_links(facts, release, strata)))


def _data(facts: DigestFacts, release: ReleaseLook | None) -> list[Block]:
    blocks = [paragraph(bold("Data quality"), words(f"\n{data_line(facts)}"))]
    reasons: dict[str, int] = {}
    for hour in facts.hours:
        for reason, count in hour.rejects_by_reason:
            reasons[reason] = reasons.get(reason, 0) + count
    lines = (
        [f"Rejected: {', '.join(f'{as_label(reason)} {count_words(count)}' for reason, count in list(reasons.items())[:8])}"]
        if reasons
        else []
    )
    lines += [_failed_line(failed) for failed in facts.failed_expectations]
    lines += [f"Restated: {restatement_words(restated)}" for restated in facts.restatements]
    if lines:
        shown = lines[:_MOST_LISTED]
        left_out = [f"And {plural(len(lines) - len(shown), 'line')} more, in data_quality"] if len(lines) > len(shown) else []
        blocks.append(bullets([[words(line)] for line in (*shown, *left_out)]))
    places = [f"{name}: {place}" for name, place in facts.places.items()]
    if release is not None:
        blocks += [paragraph(bold("How a figure came about")), preformatted("\n".join([explain_command(facts, release), *places]))]
    elif places:
        blocks.append(preformatted("\n".join(places)))
    return blocks


def _failed_line(failed: FailedExpectation) -> str:
    what = "could not be checked" if failed.outcome == Outcome.ERROR else "failed"
    severity = "✖ Stopped publishing" if failed.is_blocking else "⚠ Warning"
    message = f". {as_sentence(failed.message, 200)}" if failed.message else ""
    return f"{severity}: {expectation_words(failed)} ({what}){message}"


def explain_command(facts: DigestFacts, release: ReleaseLook) -> str:
    """The command that recomputes a release's verdict from stored rows, safe to paste."""
    as_of = release.verdict.as_of.strftime("%Y-%m-%dT%H:%MZ")
    return f"{facts.command_lead}explain_release_health {_named(release)} --as-of {as_of}"


def _named(release: ReleaseLook) -> str:
    """The options that name a release, safe to paste."""
    channel, version = shlex.quote(as_sentence(release.verdict.channel, 40)), shlex.quote(as_sentence(release.version, 80))
    return f"--channel {channel} --version {version}"
