"""Checks that all block rules share, with complaints in Slack's words."""

from typing import Any

Complaint = str


def complaint(words: str, at: str) -> Complaint:
    """A complaint as Slack writes it: the words, then where in the message."""
    return f"{words} [json-pointer:{at}]"


def check_keys(node: dict[str, Any], at: str, allowed: set[str]) -> list[Complaint]:
    """Slack rejects properties that it does not know."""
    return [complaint(f"invalid additional property: {key}", at) for key in node if key not in allowed]


def check_text_length(text: Any, at: str, longest: int) -> list[Complaint]:
    """A text must be there, must not be empty and has at most `longest` characters."""
    if not isinstance(text, str):
        return [complaint("must be a string", at)]
    if not text:
        return [complaint("must be more than 0 characters", at)]
    if len(text) > longest:
        return [complaint(f"must be less than {longest + 1} characters", at)]
    return []
