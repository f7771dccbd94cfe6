"""The thread below the root: how to answer an alarm, every release, cells by platform and measure, strata, data quality, how to reproduce a figure."""

from jobs.declarations.states import State
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.decisions.release_decisions import Decision
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
from jobs.digest.wording.data_line import data_line, detail_lines
from jobs.digest.wording.release_tables import MOST_LISTED, TableWords, cell_table, release_table, stratum_table
from jobs.digest.wording.told_commands import answer_commands, explain_command
from jobs.wording.shown_numbers import count_words, plural

_MOST_ANSWERS = 3


def thread_blocks(digest: Digest) -> dict[str, list[Block]]:
    """The thread's messages by name, in order."""
    first = digest.headline
    found: dict[str, list[Block]] = {}
    if unanswered := _unanswered(digest):
        found["answer"] = _answers(digest, unanswered)
    if first is not None:
        found["releases"] = _table(release_table(digest))
    if first is not None and first.release.cells:
        found["platforms"] = _cells(cell_table(digest, first))
        strata = stratum_table(digest.facts, first)
        if strata.rows:
            found["strata"] = _table(strata)
    found["data"] = _data(digest)
    return found


def _unanswered(digest: Digest) -> list[Decision]:
    """Regressed releases of which nobody has said whether they are, the headline's first."""
    return [each for each in digest.releases if each.release.verdict.state is State.REGRESSED and each.release.answer is None]


def _answers(digest: Digest, decisions: list[Decision]) -> list[Block]:
    """The commands that answer an alarm; the digest and the next releases' baselines heed what is said."""
    lead = paragraph(bold("Answer the alarm"), words(" where the pipeline's commands run; the next digest shows what was said."))
    commands = [preformatted(answer_commands(digest.facts, decision.release)) for decision in decisions[:_MOST_ANSWERS]]
    return [lead, *commands, *link_line(digest.facts.links)]


def _table(told: TableWords) -> list[Block]:
    """As many rows as find room beside title, links and notes."""
    notes = [*link_line(told.links), *(small_print(*lines) for lines in told.notes)]
    return _fitted(told, notes)


def _cells(told: TableWords) -> list[Block]:
    """The notes stand below what was left out, and below them what needs attention, too."""
    items = [paragraph(bold("Also needs attention")), bullets([[words(item)] for item in told.items])] if told.items else []
    notes = [small_print(*lines) for lines in told.notes]
    return [*_fitted(told, []), *link_line(told.links), *notes, *items]


def _fitted(told: TableWords, below: list[Block]) -> list[Block]:
    lead = paragraph(bold(told.title), words(told.title_goes_on))
    note = small_print(f"And {count_words(len(told.rows))} more, in release_health.")
    shown = rows_within_budget([lead, note, *below], told.head, told.rows, told.most_rows)
    left_out = [] if shown == len(told.rows) else [small_print(f"And {count_words(len(told.rows) - shown)} more, in release_health.")]
    return [lead, table(told.head, told.rows[:shown], told.right_from), *left_out, *below]


def _data(digest: Digest) -> list[Block]:
    facts = digest.facts
    blocks, lines = [paragraph(bold("Data quality"), words(f"\n{data_line(facts)}"))], detail_lines(facts)
    if lines:
        left_out = [f"And {plural(len(lines) - MOST_LISTED, 'line')} more, in data_quality"] if len(lines) > MOST_LISTED else []
        blocks.append(bullets([[words(line)] for line in (*lines[:MOST_LISTED], *left_out)]))
    places = [f"{name}: {place}" for name, place in facts.places.items()]
    if digest.headline is not None:
        explain = explain_command(facts, digest.headline.release)
        blocks += [paragraph(bold("How a figure came about")), preformatted("\n".join([explain, *places]))]
    elif places:
        blocks.append(preformatted("\n".join(places)))
    return blocks
