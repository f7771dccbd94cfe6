"""The root message of a channel and day: verdict first, one sentence, what to do, what needs attention, the table, the data line.

A phone shows the first three columns of its table; the thread has the whole one.
"""

from collections.abc import Sequence

from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.messages.message_blocks import (
    Block,
    Element,
    bold,
    bullets,
    header,
    link_line,
    paragraph,
    rows_within_budget,
    small_print,
    table,
    words,
)
from jobs.digest.wording.attention_items import MOST_ITEMS
from jobs.digest.wording.root_words import MOST_ROOT_ROWS, RootWords, VerdictWords, root_words
from jobs.wording.shown_numbers import count_words


def root_blocks(digest: Digest) -> list[Block]:
    """The blocks of the root message."""
    told = root_words(digest)
    if told.verdict is None:
        return [header(told.headline), bullets([[words(trouble)] for trouble in told.troubles]), small_print(told.data)]
    links, record = link_line(told.links or {}), [small_print(told.record)] if told.record else []
    if told.is_all_good:
        return [header(told.headline), paragraph(words(f"{told.verdict.told} {told.verdict.action} {told.data}")), *links, *record]
    blocks = [header(told.headline), *_troubles(told.troubles), paragraph(*_verdict(told.verdict)), *_attention(told.items)]
    return [*blocks, *_table([*blocks, *links, *record, small_print(told.data)], told, [*links, *record])]


def _troubles(troubles: Sequence[str]) -> list[Block]:
    if len(troubles) > 1:
        return [bullets([[words(trouble)] for trouble in troubles])]
    return [paragraph(words(trouble)) for trouble in troubles]


def _verdict(told: VerdictWords) -> list[Element]:
    weak = "".join(f"\n{caveat}" for caveat in told.caveats)
    return [words(f"{told.told}\n"), bold(told.action), *([words(weak)] if weak else [])]


def _attention(items: Sequence[str]) -> list[Block]:
    if not items:
        return []
    shown = [[words(item)] for item in items[:MOST_ITEMS]]
    if len(items) > MOST_ITEMS:
        shown[-1] = [words(f"And {len(items) - MOST_ITEMS + 1} more in the thread")]
    return [paragraph(bold("Needs attention")), bullets(shown)]


def _table(others: list[Block], told: RootWords, below: list[Block]) -> list[Block]:
    """As many rows as find room beside the other blocks, what stands `below` them, and how many were left out."""
    shown = rows_within_budget(others, told.head, list(told.rows), MOST_ROOT_ROWS)
    left_out = f"And {count_words(len(told.rows) - shown)} more in the thread." if shown < len(told.rows) else ""
    return [table(told.head, list(told.rows[:shown])), *below, small_print(*filter(None, (left_out, told.data)))]
