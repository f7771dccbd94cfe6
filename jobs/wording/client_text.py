"""Text that clients or checks wrote, made harmless and short: nobody's terminal, log or reader is misled by a ping."""

import re
import unicodedata
from functools import lru_cache

LONGEST_LABEL = 40
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9 .,_+()/-]")
_SPACES = re.compile(r"\s+")
_NOT_PLAIN = re.compile(r"[^\t\n\x20-\x7e]")


@lru_cache(maxsize=1024)  # few texts, told thousands of times by the page
def as_label(text: str, longest: int = LONGEST_LABEL) -> str:
    """A version, channel, stratum or platform: letters, digits and ` .,_+-()/`, anything else as `?`, cut with an ellipsis."""
    return shorten(_NOT_IN_LABELS.sub("?", _SPACES.sub(" ", text)).strip() or "?", longest)


def as_sentence(text: str, longest: int = 300) -> str:
    """Free text of a check: without control, format (right-to-left marks) and private characters, in one line, cut with an ellipsis."""
    visible = "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in text[: 4 * longest])
    kept = "".join(character for character in visible if unicodedata.category(character)[0] != "C")
    return shorten(_SPACES.sub(" ", kept).strip() or "?", longest)


def as_data_label(data_label: str) -> str:
    """The setting `data_label` as every output tells it: `Simulated data`."""
    return as_sentence(data_label, 60).capitalize()


def as_printed(text: str) -> str:
    """For terminals and logs: lines and tabs stay; what would move the cursor, turn the direction or hide is shown as its escape."""
    return _NOT_PLAIN.sub(_escaped, text)


def shorten(text: str, longest: int) -> str:
    """The text, cut with an ellipsis to at most `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    is_hidden = unicodedata.category(character)[0] == "C" or unicodedata.category(character) in ("Zl", "Zp")
    return character.encode("unicode_escape").decode("ascii") if is_hidden else character
