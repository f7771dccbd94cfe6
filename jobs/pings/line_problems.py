"""Everything that is wrong with a line, where ingestion stops at the first reason: for whoever writes pings. The rules are ingestion's own.

A line has problems exactly if `PingExtraction` rejects it, and the reason that it is rejected for is among them (tests/pings/test_line_problems.py).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from jobs.declarations.dimensions import APPLICATIONS, CHANNELS, DIMENSIONS, NEWEST_BUILD_DAYS, OLDEST_BUILD_DAYS
from jobs.declarations.measures import PING_TYPES
from jobs.declarations.product import Dimension, DurationAsHours
from jobs.pings import field_rules
from jobs.pings.client_values import LONGEST_TEXT, Rejected, first_value, path_names
from jobs.pings.document_values import parse_slowly, value_at
from jobs.pings.measure_rules import counted_kinds, kind_reason, measure_paths, read_measure
from jobs.pings.ping_extraction import received_ns, required_objects
from jobs.pings.ping_records import PING_MEASURES
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT


def _usage_words() -> str:
    duration = next(measure.source for measure in PING_MEASURES if isinstance(measure.source, DurationAsHours))
    if duration.unit_key:
        return f'an object of "value", a whole number, and "{duration.unit_key}", such as second'
    return f"{duration.unit} of use as a whole number"


_HOUR = timedelta(hours=1)
_LONGEST_SHOWN = 60
_ENVELOPE = PRODUCT.envelope
_KINDS = counted_kinds(PRODUCT.crash_kinds, PING_MEASURES) if PRODUCT.crash_kinds else None
_NO_TEXT = "text without control characters and marks of direction, UTF-8"
_A_VERSION = f"a version such as {PRODUCT.version_example}"
_KNOWN_KINDS = (
    ", ".join(sorted(name for name in _KINDS.counted if name)) + (", or left out" if None in _KINDS.counted else "") if _KINDS else ""
)
_TIME = (
    "nanoseconds since 1970 as a whole number"
    if _ENVELOPE.time_format == "nanoseconds"
    else "a time as ISO 8601, such as 2026-11-27T10:00:00Z"
)

_USAGE = _usage_words()

ALLOWED: Mapping[StrEnum, str] = {
    RejectReason.NOT_JSON: "one JSON object a line",
    RejectReason.NESTED_TOO_DEEP: "lists and objects inside each other some 900 deep",
    RejectReason.NOT_AN_OBJECT: "one JSON object a line",
    RejectReason.LINE_TOO_LONG: "a line of up to 8 MB",
    RejectReason.UNREADABLE_REST: "a compressed file that is whole",
    RejectReason.INVALID_TEXT: f"at most {LONGEST_TEXT} characters, {_NO_TEXT}",
    RejectReason.NO_META: "the object that the ingestion edge adds",
    RejectReason.NO_DOCUMENT_ID: "text, one for each ping",
    RejectReason.UNKNOWN_DOC_TYPE: ", ".join(PING_TYPES),
    RejectReason.WRONG_FOLDER: "the type of the folder that it lies in",
    RejectReason.INVALID_TIMESTAMP: _TIME,
    RejectReason.OUTSIDE_HOUR: "a time within the hour of the folder that it lies in",
    RejectReason.UNKNOWN_CHANNEL: ", ".join(CHANNELS),
    RejectReason.UNKNOWN_APPLICATION: ", ".join(APPLICATIONS),
    RejectReason.NO_VERSION: _A_VERSION,
    RejectReason.INVALID_VERSION: _A_VERSION,
    RejectReason.INVALID_BUILD_ID: "the time of the build as YYYYMMDDhhmmss, as text",
    RejectReason.BUILD_TOO_OLD: f"a build of at most {OLDEST_BUILD_DAYS} days before {_ENVELOPE.time}",
    RejectReason.BUILD_IN_FUTURE: f"a build of at most {NEWEST_BUILD_DAYS} day after {_ENVELOPE.time}",
    RejectReason.NO_OS: "the name of the operating system, as text",
    RejectReason.NO_USAGE: _USAGE,
    RejectReason.INVALID_USAGE: _USAGE,
    RejectReason.NO_PAYLOAD: "an object",
    RejectReason.INVALID_HISTOGRAM: 'an object whose "values" map buckets to counts',
    RejectReason.INVALID_COUNT: "a whole number from 0 to 2147483647",
    RejectReason.UNKNOWN_PROCESS_TYPE: _KNOWN_KINDS,
    **PRODUCT.own_reasons,
}


@dataclass(frozen=True)
class Problem:
    """`field` is the dotted path of the value that counts, or where it is first looked for; `found` is JSON, cut to 60 characters."""

    field: str
    found: str
    reason: StrEnum

    def __str__(self) -> str:
        return f"{self.field}: found {self.found}, allowed is {ALLOWED[self.reason]} ({self.reason})"


def line_problems(line: bytes, folder_doc_type: str | None = None, hour_start: datetime | None = None) -> list[Problem]:
    """The problems of a line, in the order of ingestion's checks. Where no folder is named, the ping's own type and hour are taken for it."""
    try:
        document = parse_slowly(line)
    except Rejected as rejected:
        return [Problem("the line", _shown(line.decode("utf-8", "backslashreplace")), rejected.reason)]
    return document_problems(document, folder_doc_type, hour_start)


def document_problems(document: dict[str, Any], folder_doc_type: str | None = None, hour_start: datetime | None = None) -> list[Problem]:
    """As `line_problems`, of a document that was read."""
    found = list(_document_problems(document, folder_doc_type, hour_start))
    unique = {(problem.field, problem.reason): problem for problem in reversed(found)}
    return list(reversed(unique.values()))


def _document_problems(document: dict[str, Any], folder_doc_type: str | None, hour_start: datetime | None) -> Iterator[Problem]:
    for name in _ENVELOPE.required:
        if not isinstance(document.get(name), dict):
            yield Problem(name, _shown(document.get(name)), RejectReason.NO_META)
            return  # nearly every rule asks for something in it
    doc_type = folder_doc_type if _ENVELOPE.ping_type is None else _value_at(document, _ENVELOPE.ping_type)
    yield from _envelope_problems(document, doc_type, folder_doc_type, hour_start)
    if doc_type not in PING_TYPES:
        return
    ping_type = str(doc_type)
    payload = _ENVELOPE.payload
    is_payload_missing = payload in required_objects(ping_type) and not isinstance(document.get(str(payload)), dict)
    if is_payload_missing:
        yield Problem(str(payload), _shown(document.get(str(payload))), RejectReason.NO_PAYLOAD)
    yield from _dimension_problems(document, ping_type)
    if is_payload_missing:
        return
    kinds = PRODUCT.crash_kinds
    if kinds and _KINDS and kinds.ping == ping_type and (reason := kind_reason(_value_at(document, kinds.path), _KINDS)):
        yield Problem(kinds.path, _shown(_value_at(document, kinds.path)), reason)
    measures = [measure for measure in PING_MEASURES if ping_type in measure.pings]
    for measure in measures:
        paths = measure_paths(measure, ping_type)
        values = tuple(_value_at(document, path) for path in paths)
        try:
            read_measure(measure, ping_type, {path: index for index, path in enumerate(paths)})(values)
        except Rejected as rejected:
            yield Problem(*_counting(document, paths), rejected.reason)


def _envelope_problems(
    document: dict[str, Any], doc_type: object, folder_doc_type: str | None, hour_start: datetime | None
) -> Iterator[Problem]:
    document_id, received_at = _value_at(document, _ENVELOPE.document_id), _value_at(document, _ENVELOPE.time)
    try:
        field_rules.document_id(document_id)
    except Rejected as rejected:
        yield Problem(_ENVELOPE.document_id, _shown(document_id), rejected.reason)
    if doc_type not in PING_TYPES:
        yield Problem(_ENVELOPE.ping_type or "the folder", _shown(doc_type), RejectReason.UNKNOWN_DOC_TYPE)
    elif folder_doc_type not in (None, doc_type):
        yield Problem(_ENVELOPE.ping_type or "the folder", _shown(doc_type), RejectReason.WRONG_FOLDER)
    try:
        received_at_ns = received_ns(received_at)
    except Rejected as rejected:
        yield Problem(_ENVELOPE.time, _shown(received_at), rejected.reason)
        return
    if not _is_in_hour(received_at_ns, hour_start):
        yield Problem(_ENVELOPE.time, _shown(received_at), RejectReason.OUTSIDE_HOUR)


def _hour_of(received_at_ns: int) -> datetime | None:
    try:
        at = datetime.fromtimestamp(received_at_ns // 10**9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return at.replace(minute=0, second=0, microsecond=0)


def _is_in_hour(received_at_ns: int, hour_start: datetime | None) -> bool:
    own = _hour_of(received_at_ns)
    return own is not None and hour_start in (None, own)


def _age_reason(build_id: str, received_at: object) -> StrEnum | None:
    try:
        return field_rules.build_age_reason(build_id, received_ns(received_at))
    except Rejected:  # told of where the envelope is judged
        return None


def _dimension_problems(document: dict[str, Any], ping_type: str) -> Iterator[Problem]:
    ping = _Ping(document, ping_type)
    for dimension in DIMENSIONS:
        try:
            value = ping.dimension(dimension.name)
        except Rejected as rejected:
            at = ping.blamed.get(dimension.name, dimension)
            yield Problem(*_counting(document, at.paths_of(ping_type)), rejected.reason)
            continue
        if dimension.name == "build_id" and value and (reason := _age_reason(value, _value_at(document, _ENVELOPE.time))):
            yield Problem(*_counting(document, dimension.paths_of(ping_type)), reason)


class _Ping:
    """The ping as rules see it. `blamed`: where a rule failed because of another dimension that it asked for."""

    def __init__(self, document: dict[str, Any], doc_type: str) -> None:
        self.doc_type = doc_type
        self.blamed: dict[str, Dimension] = {}
        self._document = document
        self._asking: list[str] = []

    def dimension(self, name: str) -> str | None:
        dimension = next(each for each in DIMENSIONS if each.name == name)
        self._asking.append(name)
        try:
            values = [_value_at(self._document, path) for path in dimension.paths_of(self.doc_type)]
            return field_rules.rule_of(dimension)(first_value(values), self)
        except Rejected:
            self.blamed.setdefault(self._asking[0], dimension)
            raise
        finally:
            self._asking.pop()


def _counting(document: dict[str, Any], paths: tuple[str, ...]) -> tuple[str, str]:
    """The path whose value counts, and that value as shown; the first path where there is none."""
    for path in paths:
        if first_value([_value_at(document, path)]) is not None:
            return path, _shown(_value_at(document, path))
    return paths[0], "nothing"


def _value_at(document: dict[str, Any], path: str) -> Any:
    return value_at(document, path_names(path))


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
