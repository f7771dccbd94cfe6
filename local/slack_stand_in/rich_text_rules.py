"""Slack's rules for rich text blocks: sections, lists, quotes and preformatted text of typed elements."""

from typing import Any

from local.slack_stand_in.schema_checks import Complaint, check_keys, check_text_length, complaint

_STYLES = {"bold", "italic", "strike", "code", "underline"}
_ELEMENT_KEYS: dict[str, set[str]] = {
    "text": {"type", "text", "style"},
    "link": {"type", "url", "text", "unsafe", "style"},
    "emoji": {"type", "name", "unicode", "style"},
    "user": {"type", "user_id", "style"},
    "usergroup": {"type", "usergroup_id", "style"},
    "channel": {"type", "channel_id", "style"},
    "broadcast": {"type", "range"},
    "date": {"type", "timestamp", "format", "url", "fallback", "style"},
}
_SECTIONS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")
_LONGEST_TEXT = 3_000


def check_rich_text(block: dict[str, Any], at: str) -> list[Complaint]:
    """Complaints about one rich_text block or table cell."""
    complaints = check_keys(block, at, {"type", "block_id", "elements"})
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        return [*complaints, complaint("must be a non-empty array", f"{at}/elements")]
    for index, element in enumerate(elements):
        complaints.extend(_check_part(element, f"{at}/elements/{index}"))
    return complaints


def _check_part(part: Any, at: str) -> list[Complaint]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "rich_text_list":
        return _check_list(part, at)
    if kind in _SECTIONS:
        return _check_section(part, at)
    return [complaint(f"unsupported type: {kind}", f"{at}/type")]


def _check_list(part: dict[str, Any], at: str) -> list[Complaint]:
    complaints = check_keys(part, at, {"type", "style", "elements", "indent", "offset", "border"})
    if part.get("style") not in ("bullet", "ordered"):
        complaints.append(complaint("must be one of: bullet, ordered", f"{at}/style"))
    elements = part.get("elements")
    if not isinstance(elements, list) or not elements:
        return [*complaints, complaint("must be a non-empty array", f"{at}/elements")]
    for index, element in enumerate(elements):
        where = f"{at}/elements/{index}"
        if not isinstance(element, dict) or element.get("type") != "rich_text_section":
            complaints.append(complaint("must be a rich_text_section", where))
        else:
            complaints.extend(_check_section(element, where))
    return complaints


def _check_section(part: dict[str, Any], at: str) -> list[Complaint]:
    complaints = check_keys(part, at, {"type", "elements", "border"})
    elements = part.get("elements")
    if not isinstance(elements, list):
        return [*complaints, complaint("must be an array", f"{at}/elements")]
    for index, element in enumerate(elements):
        complaints.extend(_check_element(element, f"{at}/elements/{index}"))
    return complaints


def _check_element(element: Any, at: str) -> list[Complaint]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in _ELEMENT_KEYS:
        return [complaint(f"unsupported type: {kind}", f"{at}/type")]
    complaints = check_keys(element, at, _ELEMENT_KEYS[kind])
    if kind == "text":
        complaints.extend(check_text_length(element.get("text"), f"{at}/text", _LONGEST_TEXT))
    if kind == "link":
        complaints.extend(check_text_length(element.get("url"), f"{at}/url", _LONGEST_TEXT))
    style = element.get("style", {})
    if not isinstance(style, dict) or not set(style) <= _STYLES:
        complaints.append(complaint("invalid style", f"{at}/style"))
    return complaints
