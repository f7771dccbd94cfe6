"""Lines that a careless, broken or hostile client could send: real pings with damage at every level, from a seed."""

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jobs.pings.ping_extraction import PingExtraction, PingRow, Reject
from jobs.pings.reject_reasons import RejectReason
from tests.ping_factory import HOUR, core_ping, crash_ping, histogram, main_ping, nanoseconds, update_ping

FOLDERS = ("main", "crash", "core", "update")
Document = dict[str, Any]

_WHOLE_PINGS: dict[str, Document] = {
    "main": main_ping({
        "body.counts.SLOW_PAGES": histogram(1),
        "body.crashesOf.gpu": histogram(1),
        "body.crashesOf.content": histogram(2),
        "about.trials": {"flip": {"branch": "a"}},
    }),
    "crash": crash_ping(),
    "core": core_ping(),
    "update": update_ping(),
}  # fmt: skip
_TEXTS = (
    "", " ", "main", "crash", "release", "beta", "betatest", "nightly", "nightly-cck-x", "Firefox", "Fennec", "Linux", "Windows_NT", "57.0",
    "57.0b8", "58.0a1", "57.0.0.0.0", "20171112125346", "20170101000000", "20171121235959", "20171122000001", "20991231235959", "gpu", "plugin", "content", "2017-11-12", "DE", "de", "\x00", "\x1b[2J\x07",
    "a\nb", "a\u202eb", "a\u2028b", "\ud800", "\U0001f9ff", "é" * 100, "é" * 101, "x" * 5000, "<script>alert(1)</script>", "<!channel>", "true", "3600",
)  # fmt: skip
_NUMBERS = (
    0, 1, -1, 3600, 10**6, 2**31, 2**63, -(2**63), 10**400, 0.5, 1e308, -0.0, nanoseconds(HOUR), nanoseconds(HOUR) - 1,
    nanoseconds(HOUR) + 3600 * 10**9 - 1, nanoseconds(HOUR) + 3600 * 10**9,
)  # fmt: skip
_BYTES = (
    b"\xff",
    b"\x00",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"NaN",
    b"{",
    b"}",
    b'"',
    b",",
    b"[",
    b"\r",
    b"\xef\xbb\xbf",
    b"1e999",
)


@dataclass(frozen=True)
class HostileLine:
    """The bytes of a line, without a newline, and the folder that it lies in."""

    text: bytes
    folder: str


@cache
def _all_paths(doc_type: str) -> tuple[tuple[str, ...], ...]:
    def below(document: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        deeper = [found for name, value in document.items() for found in below(value, (*path, name))] if isinstance(document, dict) else []
        return [path, *deeper] if path else deeper

    return tuple(below(_WHOLE_PINGS[doc_type], ()))


def hostile_line(seed: int) -> HostileLine:
    """One line for each seed, the same for ever: a third of them could be accepted."""
    chance = random.Random(seed)
    doc_type = chance.choice(FOLDERS)
    folder = doc_type if chance.random() < 0.95 else chance.choice((*FOLDERS, "heartbeat"))
    ping = copy.deepcopy(_WHOLE_PINGS[doc_type])
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 5))):
        chance.choice(_DAMAGES)(ping, _all_paths(doc_type), chance)
    text = json.dumps(ping, separators=(",", ":"), ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if chance.random() < 0.15:
        text = _broken(text, chance)
    return HostileLine(text.replace(b"\n", b" "), folder)


def extract(hostile: HostileLine) -> PingRow | Reject:
    """What ingestion makes of the line by itself."""
    return PingExtraction(hostile.folder, HOUR).extract(hostile.text)


def verdict_of(hostile: HostileLine) -> RejectReason | None:
    """Why ingestion rejects the line; None if it does not."""
    extracted = extract(hostile)
    return extracted.reason if isinstance(extracted, Reject) else None


def _any_value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(9 if depth < 3 else 6)
    if kind < 3:
        return chance.choice(_TEXTS)
    if kind < 5:
        return chance.choice(_NUMBERS)
    if kind == 5:
        return chance.choice((None, True, False))
    if kind == 6:
        return [_any_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(_TEXTS): _any_value(chance, depth + 1) for _ in range(chance.randrange(4))}


def _holder_of(ping: Document, path: tuple[str, ...]) -> Document | None:
    holder: Any = ping
    for name in path[:-1]:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder if isinstance(holder, dict) else None


def _replace(ping: Document, paths: tuple[tuple[str, ...], ...], chance: random.Random) -> None:
    path = chance.choice(paths)
    holder = _holder_of(ping, path)
    if holder is not None:
        holder[path[-1]] = _any_value(chance)


def _aim(ping: Document, paths: tuple[tuple[str, ...], ...], chance: random.Random) -> None:
    """A text in a field that a rule judges by its words."""
    judged = [path for path in paths if path[-1] in ("process", "buildId", "name", "kind", "channel", "architecture")]
    path = chance.choice(judged or paths)
    holder = _holder_of(ping, path)
    if holder is not None:
        holder[path[-1]] = chance.choice(_TEXTS)


def _drop(ping: Document, paths: tuple[tuple[str, ...], ...], chance: random.Random) -> None:
    path = chance.choice(paths)
    holder = _holder_of(ping, path)
    if holder is not None:
        holder.pop(path[-1], None)


def _move(ping: Document, paths: tuple[tuple[str, ...], ...], chance: random.Random) -> None:
    """A value of one field in another one."""
    source, target = chance.choice(paths), chance.choice(paths)
    here, there = _holder_of(ping, source), _holder_of(ping, target)
    if here is not None and there is not None and source[-1] in here:
        there[target[-1]] = copy.deepcopy(here[source[-1]])


def _nest(ping: Document, paths: tuple[tuple[str, ...], ...], chance: random.Random) -> None:
    path = chance.choice(paths)
    holder = _holder_of(ping, path)
    if holder is not None:
        value: Any = holder.get(path[-1])
        for _ in range(chance.choice((1, 3, 30))):
            value = [value] if chance.random() < 0.5 else {"a": value}
        holder[path[-1]] = value


_DAMAGES: tuple[Callable[[Document, tuple[tuple[str, ...], ...], random.Random], None], ...] = (
    _replace,
    _replace,
    _aim,
    _drop,
    _move,
    _nest,
)


def _broken(text: bytes, chance: random.Random) -> bytes:
    """Cut short, doubled, with bytes in between or instead."""
    at = chance.randrange(len(text) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return text[:at]
    if kind == 1:
        return text[:at] + chance.choice(_BYTES) + text[at:]
    if kind == 2:
        return text[:at] + chance.choice(_BYTES) + text[at + 1 :]
    if kind == 3:
        return text + text
    if kind == 4:
        depth = chance.choice((3, 800, 20_000))
        return text[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"
    return chance.choice((b"", b"[]", b"3", b"null", b'"a"', b"{}", bytes(chance.randrange(256) for _ in range(40))))
