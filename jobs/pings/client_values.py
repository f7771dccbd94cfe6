"""Values that clients wrote: which text can be stored, and how a rule says that it cannot. Products' own rules are made of this."""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from jobs.pings.reject_reasons import RejectReason

LONGEST_TEXT = 100  # characters; the longest honest value, a client id, has 36
# Neither Arrow nor Parquet can hold half of a surrogate pair; readers of C strings end at NUL; other control characters act on a terminal
# and forge lines of a log; marks of direction and of width, and line separators, make a text read as another one.
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]")


class Rejected(Exception):
    """The line is rejected for this reason: one of RejectReason, or of the product's own."""

    def __init__(self, reason: StrEnum) -> None:
        super().__init__(reason)
        self.reason = reason


class Ping(Protocol):
    """What a rule may know of the ping besides its own value."""

    doc_type: str

    def dimension(self, name: str) -> str | None:
        """Another dimension of the ping, after its rule."""


@lru_cache(maxsize=4096)
def path_names(path: str) -> tuple[str, ...]:
    """The names along a dotted path; one in quotes may hold dots: `metrics.timespan."glean.baseline.duration".value`."""
    return tuple(quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|([^".]+)', path))


def first_value(values: Sequence[object]) -> object:
    """The first that is neither null nor empty text; None if all are."""
    for value in values:
        if value is not None and value != "":
            return value
    return None


def is_storable(text: str) -> bool:
    """At most 100 characters, none of them a control character, a mark of direction or half of a surrogate pair (invalid UTF-8 is read as such)."""
    return len(text) <= LONGEST_TEXT and _UNSTORABLE.search(text) is None


def storable_text(value: object) -> str | None:
    """The text itself, or None where it is none, is empty or cannot be stored."""
    return value if isinstance(value, str) and value and is_storable(value) else None


def system_name(value: object) -> str:
    """A ping that names no system cannot be set beside the usage hours of one, so a crash ping without an environment is rejected."""
    if not isinstance(value, str):
        raise Rejected(RejectReason.NO_OS)
    if not is_storable(value):
        raise Rejected(RejectReason.INVALID_TEXT)
    return value
