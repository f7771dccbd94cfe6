"""Slack's rules for blocks: what `chat.postMessage` would answer `invalid_blocks` to, in Slack's words.

Pure: blocks in, complaints out.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, ImageBlock, SectionBlock

from local.slack_stand_in.rich_text_rules import check_rich_text
from local.slack_stand_in.schema_checks import Complaint, check_keys, check_text_length, complaint

MOST_BLOCKS = 50
MOST_TABLE_ROWS, MOST_TABLE_COLUMNS, MOST_TABLE_CHARACTERS = 100, 20, 10_000
SLACK_FILE_ID = re.compile(r"^F[A-Z0-9]{8,}$")

# Slack documents no limit for a whole message's blocks and has one: 9,597 characters of text in 15,561 of JSON were accepted, 11,341 in
# 17,694 rejected (https://github.com/slackapi/bolt-js/issues/2867). The strictest reading is the accepted one.
MOST_MESSAGE_TEXT, MOST_MESSAGE_JSON = 9_597, 15_561


def check_blocks(blocks: Any) -> list[str]:
    """Slack's complaints about a message's blocks; empty if it takes them."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    if len(blocks) > MOST_BLOCKS:
        return [f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"]
    complaints: list[Complaint] = []
    for index, block in enumerate(blocks):
        complaints.extend(_check_block(block, f"/blocks/{index}"))
    block_ids = [block.get("block_id") for block in blocks if isinstance(block, dict) and block.get("block_id")]
    if len(block_ids) != len(set(block_ids)):
        complaints.append("block_id must be unique [json-pointer:/blocks]")
    if sum(isinstance(block, dict) and block.get("type") == "table" for block in blocks) > 1:
        complaints.append("only_one_table_allowed [json-pointer:/blocks]")
    return complaints


def is_too_long(blocks: list[Any]) -> bool:
    """Whether all blocks together are more than Slack takes in one message (`msg_blocks_too_long`)."""
    text_characters = sum(len(text) for text in _texts(blocks))
    return text_characters > MOST_MESSAGE_TEXT or len(json.dumps(blocks, ensure_ascii=False)) > MOST_MESSAGE_JSON


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _check_block(block: Any, at: str) -> list[Complaint]:
    if not isinstance(block, dict):
        return [complaint("must be an object", at)]
    kind = block.get("type")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        return [complaint(f"unsupported type: {kind}", f"{at}/type")]
    complaints = check(block, at)
    block_id = block.get("block_id")
    if block_id is not None and not (isinstance(block_id, str) and len(block_id) <= Block.block_id_max_length):
        complaints.append(complaint(f"must be less than {Block.block_id_max_length + 1} characters", f"{at}/block_id"))
    return complaints


def _check_text_object(node: Any, at: str, longest: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> list[Complaint]:
    if not isinstance(node, dict):
        return [complaint("must be an object", at)]
    if node.get("type") not in kinds:
        return [complaint(f"must be one of: {', '.join(kinds)}", f"{at}/type")]
    allowed = {"type", "text", "emoji"} if node["type"] == "plain_text" else {"type", "text", "verbatim"}
    return check_keys(node, at, allowed) + check_text_length(node.get("text"), f"{at}/text", longest)


def _check_section(block: dict[str, Any], at: str) -> list[Complaint]:
    complaints = check_keys(block, at, {"type", "block_id", "text", "fields", "expand", "accessory"})
    if "text" not in block and "fields" not in block:
        complaints.append(complaint("missing required field: text", at))
    if "text" in block:
        complaints.extend(_check_text_object(block["text"], f"{at}/text", SectionBlock.text_max_length))
    fields = block.get("fields", [])
    if not isinstance(fields, list) or len(fields) > SectionBlock.fields_max_length:
        complaints.append(complaint(f"no more than {SectionBlock.fields_max_length} items allowed", f"{at}/fields"))
    else:
        for index, field in enumerate(fields):
            complaints.extend(_check_text_object(field, f"{at}/fields/{index}", 2_000))
    return complaints


def _check_header(block: dict[str, Any], at: str) -> list[Complaint]:
    return check_keys(block, at, {"type", "block_id", "text"}) + _check_text_object(
        block.get("text"), f"{at}/text", HeaderBlock.text_max_length, ("plain_text",)
    )


def _check_divider(block: dict[str, Any], at: str) -> list[Complaint]:
    return check_keys(block, at, {"type", "block_id"})


def _check_context(block: dict[str, Any], at: str) -> list[Complaint]:
    complaints = check_keys(block, at, {"type", "block_id", "elements"})
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        return [*complaints, complaint("must be a non-empty array", f"{at}/elements")]
    if len(elements) > ContextBlock.elements_max_length:
        complaints.append(complaint(f"no more than {ContextBlock.elements_max_length} items allowed", f"{at}/elements"))
    for index, element in enumerate(elements):
        where = f"{at}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            complaints.extend(_check_image(element, where))
        else:
            complaints.extend(_check_text_object(element, where, 2_000))
    return complaints


def _check_image(block: dict[str, Any], at: str) -> list[Complaint]:
    complaints = check_keys(block, at, {"type", "block_id", "alt_text", "image_url", "slack_file", "title"})
    complaints.extend(check_text_length(block.get("alt_text"), f"{at}/alt_text", ImageBlock.alt_text_max_length))
    if ("image_url" in block) == ("slack_file" in block):
        complaints.append(complaint("must have exactly one of image_url, slack_file", at))
    if "title" in block:
        complaints.extend(_check_text_object(block["title"], f"{at}/title", ImageBlock.title_max_length, ("plain_text",)))
    if "slack_file" in block:
        file_id = block["slack_file"].get("id") if isinstance(block["slack_file"], dict) else None
        if not (isinstance(file_id, str) and SLACK_FILE_ID.match(file_id)):
            complaints.append(complaint("input must match regex pattern: ^[F][A-Z0-9]{8,}$", f"{at}/slack_file/id"))
    return complaints


def _check_table(block: dict[str, Any], at: str) -> list[Complaint]:
    complaints = check_keys(block, at, {"type", "block_id", "rows", "column_settings"})
    rows = block.get("rows")
    if not isinstance(rows, list) or not rows:
        return [*complaints, complaint("must be a non-empty array", f"{at}/rows")]
    if len(rows) > MOST_TABLE_ROWS:
        complaints.append(complaint(f"no more than {MOST_TABLE_ROWS} items allowed", f"{at}/rows"))
    if len(block.get("column_settings", [])) > MOST_TABLE_COLUMNS:
        complaints.append(complaint(f"no more than {MOST_TABLE_COLUMNS} items allowed", f"{at}/column_settings"))
    for row_index, row in enumerate(rows):
        if not isinstance(row, list) or not 0 < len(row) <= MOST_TABLE_COLUMNS:
            complaints.append(complaint(f"must be an array of 1 to {MOST_TABLE_COLUMNS} cells", f"{at}/rows/{row_index}"))
            continue
        for column_index, cell in enumerate(row):
            complaints.extend(_check_cell(cell, f"{at}/rows/{row_index}/{column_index}"))
    if sum(len(text) for text in _texts(rows)) > MOST_TABLE_CHARACTERS:
        complaints.append(complaint(f"table must be at most {MOST_TABLE_CHARACTERS} characters", at))
    return complaints


def _check_cell(cell: Any, at: str) -> list[Complaint]:
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind == "raw_text":
        return check_keys(cell, at, {"type", "text"}) + check_text_length(cell.get("text"), f"{at}/text", MOST_TABLE_CHARACTERS)
    if kind == "rich_text":
        return check_rich_text(cell, at)
    return [complaint("must be one of: raw_text, rich_text", f"{at}/type")]


_CHECKS: dict[str, Callable[[dict[str, Any], str], list[Complaint]]] = {
    "section": _check_section,
    "header": _check_header,
    "divider": _check_divider,
    "context": _check_context,
    "image": _check_image,
    "table": _check_table,
    "rich_text": check_rich_text,
}
