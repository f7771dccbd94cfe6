"""Blocks of a message, within Slack's limits. Text goes where Slack interprets nothing: rich text elements, raw table cells, plain text.

Limits: https://docs.slack.dev/reference/block-kit/blocks. Slack also has an undocumented one for all blocks of a message together; what was
seen accepted (https://github.com/slackapi/bolt-js/issues/2867: 9,597 characters of text in 15,561 of JSON) is the budget.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import HeaderBlock

from jobs.digest.messages.slack_text import escape
from jobs.wording.client_text import shorten

Block = dict[str, Any]
Element = dict[str, Any]

LONGEST_HEADER = HeaderBlock.text_max_length
LONGEST_TEXT_ELEMENT = 2_900
LONGEST_CONTEXT = 1_900
LONGEST_FALLBACK = 3_500  # Slack recommends at most 4,000 characters of text, escapes counted
JSON_BUDGET = 15_000
TEXT_BUDGET = 9_000


def words(text: str) -> Element:
    return {"type": "text", "text": shorten(text, LONGEST_TEXT_ELEMENT)}


def bold(text: str) -> Element:
    return {"type": "text", "text": shorten(text, LONGEST_TEXT_ELEMENT), "style": {"bold": True}}


def user_group(group_id: str) -> Element:
    """A mention that notifies the members of a Slack user group."""
    return {"type": "usergroup", "usergroup_id": group_id}


def link_line(links: Mapping[str, str]) -> list[Block]:
    """Pages that a browser opens, in one line by their names; nothing where there are none."""
    elements: list[Element] = []
    for name, url in links.items():
        elements += [words(" · "), {"type": "link", "url": url, "text": name}]
    return [paragraph(*elements[1:])] if elements else []


def header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": shorten(text, LONGEST_HEADER), "emoji": False}}


def paragraph(*elements: Element) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def bullets(items: Iterable[Sequence[Element]]) -> Block:
    sections = [{"type": "rich_text_section", "elements": list(item)} for item in items]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": sections}]}


def preformatted(text: str) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [words(text)]}]}


def small_print(*lines: str) -> Block:
    elements = [{"type": "plain_text", "text": shorten(line, LONGEST_CONTEXT), "emoji": False} for line in lines]
    return {"type": "context", "elements": elements}


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right_from: int | None = None) -> Block:
    """A table of raw text; the columns from `right_from` on are aligned to the right, those before may wrap.

    Without `right_from` all are aligned to the left and none wraps: a column that may wrap takes a third of a phone, whatever it holds.
    """
    shown = [[{"type": "raw_text", "text": cell or "–"} for cell in row] for row in (head, *rows)]
    columns = range(len(head))
    settings = [
        {"align": "left"} if right_from is None else {"align": "right"} if c >= right_from else {"is_wrapped": True} for c in columns
    ]
    return {"type": "table", "column_settings": settings, "rows": shown}


def rows_within_budget(others: Sequence[Block], head: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> int:
    """How many of the rows fit into one message beside the other blocks."""
    json_left = JSON_BUDGET - json_characters([*others, table(head, [])])
    text_left = TEXT_BUDGET - text_characters([*others, table(head, [])])
    for number, row in enumerate(rows[:most]):
        cells = [{"type": "raw_text", "text": cell or "–"} for cell in row]
        json_left -= json_characters(cells) + 2
        text_left -= sum(len(cell) for cell in row)
        if json_left < 0 or text_left < 0:
            return number
    return min(len(rows), most)


def json_characters(blocks: Sequence[Any]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False))


def text_characters(blocks: Sequence[Block]) -> int:
    return len(blocks_as_text(blocks))


def fallback_text(blocks: Sequence[Block]) -> str:
    """What notifications and screen readers get: the whole message as text, escaped for Slack."""
    return shorten_escaped(blocks_as_text(blocks), LONGEST_FALLBACK)


def shorten_escaped(text: str, longest: int) -> str:
    """Escaped text of at most `longest` characters, never cut inside an escape."""
    kept = text
    while len(escape(kept)) > longest:
        kept = shorten(kept, max(1, len(kept) - max(1, (len(escape(kept)) - longest) // 5)))
    return escape(kept)


def blocks_as_text(blocks: Iterable[Block]) -> str:
    """The blocks as plain text for a terminal."""
    return "\n".join(text for text in map(_block_as_text, blocks) if text)


def _block_as_text(block: Block) -> str:
    match block["type"]:
        case "header":
            return str(block["text"]["text"])
        case "rich_text":
            return "\n".join(_part_as_text(part) for part in block["elements"])
        case "context":
            return "  ".join(str(element["text"]) for element in block["elements"])
        case "table":
            return _table_as_text([[str(cell["text"]) for cell in row] for row in block["rows"]], block["column_settings"])
        case "image":
            return f"[picture: {block['alt_text']}]"
        case _:
            return ""


def _part_as_text(part: dict[str, Any]) -> str:
    if part["type"] == "rich_text_list":
        return "\n".join(f"  - {_part_as_text(item)}" for item in part["elements"])
    return "".join(str(element.get("text") or f"@{element.get('usergroup_id', '')}") for element in part["elements"])


def _table_as_text(rows: list[list[str]], settings: list[dict[str, Any]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(row: list[str]) -> str:
        cells = zip(row, widths, settings, strict=True)
        return "  ".join(cell.rjust(width) if setting.get("align") == "right" else cell.ljust(width) for cell, width, setting in cells)

    return "\n".join(f"  {line(row)}".rstrip() for row in rows)
