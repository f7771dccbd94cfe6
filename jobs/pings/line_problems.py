"""Everything that is wrong with a line, where ingestion stops at the first reason: for whoever writes pings. The rules are ingestion's own.

A line has problems exactly if `PingExtraction` rejects it, and the reason that it is rejected for is among them (tests/pings/test_line_problems.py).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from jobs.declarations.dimensions import APPLICATIONS, CHANNELS, DIMENSIONS, NEWEST_BUILD_DAYS, OLDEST_BUILD_DAYS, Dimension
from jobs.declarations.measures import PING_TYPES, PingType
from jobs.pings import field_rules
from jobs.pings.document_values import parse_slowly
from jobs.pings.field_rules import LONGEST_TEXT, RULES, Rejected, first_value
from jobs.pings.measure_rules import PROCESS_TYPE, crash_process_types, measure_paths, process_type_reason, read_measure
from jobs.pings.ping_records import PING_MEASURES
from jobs.pings.reject_reasons import RejectReason

_HOUR = timedelta(hours=1)
_LONGEST_SHOWN = 60
_COUNTED_PROCESSES = crash_process_types(PING_MEASURES)
_NO_TEXT = "text without control characters and marks of direction, UTF-8"
_A_VERSION = "a version such as 57.0.1, 58.0a1 or 57.0b8"
_KNOWN_PROCESSES = ", ".join(sorted(name for name in _COUNTED_PROCESSES.counted if name)) + ", or left out"

ALLOWED: Mapping[RejectReason, str] = {
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
    RejectReason.INVALID_TIMESTAMP: "nanoseconds since 1970 as a whole number",
    RejectReason.OUTSIDE_HOUR: "a time within the hour of the folder that it lies in",
    RejectReason.UNKNOWN_CHANNEL: ", ".join(CHANNELS),
    RejectReason.UNKNOWN_APPLICATION: ", ".join(APPLICATIONS),
    RejectReason.NO_VERSION: _A_VERSION,
    RejectReason.INVALID_VERSION: _A_VERSION,
    RejectReason.INVALID_BUILD_ID: "the time of the build as YYYYMMDDhhmmss, as text",
    RejectReason.BUILD_TOO_OLD: f"a build of at most {OLDEST_BUILD_DAYS} days before meta.Timestamp",
    RejectReason.BUILD_IN_FUTURE: f"a build of at most {NEWEST_BUILD_DAYS} day after meta.Timestamp",
    RejectReason.NO_OS: "the name of the operating system, as text",
    RejectReason.CORE_NOT_ANDROID: "Android",
    RejectReason.NO_USAGE: "seconds of use as a whole number",
    RejectReason.INVALID_USAGE: "seconds of use as a whole number",
    RejectReason.NO_PAYLOAD: "an object",
    RejectReason.INVALID_HISTOGRAM: 'an object whose "values" map buckets to counts',
    RejectReason.COUNTED_IN_MAIN_PING: f"{_KNOWN_PROCESSES}: main pings count the crashes of this one",
    RejectReason.UNKNOWN_PROCESS_TYPE: _KNOWN_PROCESSES,
}


@dataclass(frozen=True)
class Problem:
    """`field` is the dotted path of the value that counts, or where it is first looked for; `found` is JSON, cut to 60 characters."""

    field: str
    found: str
    reason: RejectReason

    def __str__(self) -> str:
        return f"{self.field}: found {self.found}, allowed is {ALLOWED[self.reason]} ({self.reason})"


def line_problems(line: bytes, folder_doc_type: str | None = None, hour_start: datetime | None = None) -> list[Problem]:
    """The problems of a line, in the order of ingestion's checks. Where no folder is named, the ping's own type and hour are taken for it."""
    try:
        document = parse_slowly(line)
    except Rejected as rejected:
        return [Problem("the line", _shown(line.decode("utf-8", "backslashreplace")), rejected.reason)]
    found = list(_document_problems(document, folder_doc_type, hour_start))
    unique = {(problem.field, problem.reason): problem for problem in reversed(found)}
    return list(reversed(unique.values()))


def _document_problems(document: dict[str, Any], folder_doc_type: str | None, hour_start: datetime | None) -> Iterator[Problem]:
    if not isinstance(document.get("meta"), dict):
        yield Problem("meta", _shown(document.get("meta")), RejectReason.NO_META)
        return  # nearly every rule asks for something in it
    yield from _envelope_problems(document, folder_doc_type, hour_start)
    doc_type = _value_at(document, "meta.docType")
    if doc_type not in PING_TYPES:
        return
    ping_type = cast(PingType, doc_type)
    measures = [measure for measure in PING_MEASURES if ping_type in measure.pings]
    has_payload = any(path.startswith("payload.") for measure in measures for path in measure_paths(measure, ping_type))
    is_payload_missing = has_payload and not isinstance(document.get("payload"), dict)
    if is_payload_missing:
        yield Problem("payload", _shown(document.get("payload")), RejectReason.NO_PAYLOAD)
    yield from _dimension_problems(document, ping_type)
    if is_payload_missing:
        return
    if ping_type == "crash" and (reason := process_type_reason(_value_at(document, PROCESS_TYPE), _COUNTED_PROCESSES)):
        yield Problem(PROCESS_TYPE, _shown(_value_at(document, PROCESS_TYPE)), reason)
    for measure in measures:
        paths = measure_paths(measure, ping_type)
        values = tuple(_value_at(document, path) for path in paths)
        try:
            read_measure(measure, ping_type, {path: index for index, path in enumerate(paths)})(values)
        except Rejected as rejected:
            yield Problem(*_counting(document, paths), rejected.reason)


def _envelope_problems(document: dict[str, Any], folder_doc_type: str | None, hour_start: datetime | None) -> Iterator[Problem]:
    document_id, doc_type, received_at_ns = (_value_at(document, f"meta.{name}") for name in ("documentId", "docType", "Timestamp"))
    try:
        field_rules.document_id(document_id)
    except Rejected as rejected:
        yield Problem("meta.documentId", _shown(document_id), rejected.reason)
    if doc_type not in PING_TYPES:
        yield Problem("meta.docType", _shown(doc_type), RejectReason.UNKNOWN_DOC_TYPE)
    elif folder_doc_type not in (None, doc_type):
        yield Problem("meta.docType", _shown(doc_type), RejectReason.WRONG_FOLDER)
    if type(received_at_ns) is not int:
        yield Problem("meta.Timestamp", _shown(received_at_ns), RejectReason.INVALID_TIMESTAMP)
    elif not _is_in_hour(received_at_ns, hour_start):
        yield Problem("meta.Timestamp", _shown(received_at_ns), RejectReason.OUTSIDE_HOUR)


def own_hour(received_at_ns: object) -> datetime | None:
    """The hour of a `meta.Timestamp`; None where it is no time that a folder could be named after."""
    if type(received_at_ns) is not int:
        return None
    try:
        at = datetime.fromtimestamp(received_at_ns // 10**9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return at.replace(minute=0, second=0, microsecond=0)


def _is_in_hour(received_at_ns: int, hour_start: datetime | None) -> bool:
    own = own_hour(received_at_ns)
    return own is not None and hour_start in (None, own)


def _dimension_problems(document: dict[str, Any], ping_type: PingType) -> Iterator[Problem]:
    ping = _Ping(document, ping_type)
    for dimension in DIMENSIONS:
        try:
            value = ping.dimension(dimension.name)
        except Rejected as rejected:
            at = ping.blamed.get(dimension.name, dimension)
            yield Problem(*_counting(document, _paths(at, ping_type)), rejected.reason)
            continue
        received_at_ns = _value_at(document, "meta.Timestamp")
        if (
            dimension.name == "build_id"
            and type(received_at_ns) is int
            and (reason := field_rules.build_age_reason(str(value), received_at_ns))
        ):
            yield Problem(*_counting(document, _paths(dimension, ping_type)), reason)


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
            return RULES[dimension.rule](first_value([_value_at(self._document, path) for path in _paths(dimension, self.doc_type)]), self)
        except Rejected:
            self.blamed.setdefault(self._asking[0], dimension)
            raise
        finally:
            self._asking.pop()


def _paths(dimension: Dimension, doc_type: str) -> tuple[str, ...]:
    return dimension.core_paths if doc_type == "core" else dimension.paths


def _counting(document: dict[str, Any], paths: tuple[str, ...]) -> tuple[str, str]:
    """The path whose value counts, and that value as shown; the first path where there is none."""
    for path in paths:
        if first_value([_value_at(document, path)]) is not None:
            return path, _shown(_value_at(document, path))
    return paths[0], "nothing"


def _value_at(document: dict[str, Any], path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
