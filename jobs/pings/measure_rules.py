"""The declared measures as functions of the values that a ping holds at their paths.

A new kind of source is a new case of `read_measure`; a new measure of a known kind needs nothing here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jobs.declarations.measures import (
    CappedPerClientHour,
    Condition,
    HistogramBucket,
    Measure,
    OnePerPing,
    OneWhere,
    PingType,
    SecondsAsHours,
)
from jobs.pings.field_rules import Rejected, first_value
from jobs.pings.reject_reasons import RejectReason

Values = tuple[object, ...]
MeasureReader = Callable[[Values], float | int | None]

LARGEST_BUCKET = 2**31 - 1  # telemetry's histograms hold 32-bit numbers; sums of larger ones could overflow a long
PROCESS_TYPE = "payload.processType"
_SUBPROCESS_CRASHES = ".SUBPROCESS_CRASHES_WITH_DUMP."
_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class ProcessTypes:
    """What `payload.processType` of a crash ping may say: `counted` as a crash here, `in_main_pings` counted from main pings."""

    counted: frozenset[str | None]
    in_main_pings: frozenset[str | None]


def measure_paths(measure: Measure, doc_type: PingType) -> tuple[str, ...]:
    """Where a ping of that type holds what the measure is read from."""
    match measure.source:
        case OnePerPing():
            return ()
        case SecondsAsHours(path_by_ping=path_by_ping):
            return (dict(path_by_ping)[doc_type],)
        case OneWhere(conditions=conditions):
            return tuple(condition.path for condition in conditions)
        case HistogramBucket(paths=paths):
            return paths
        case CappedPerClientHour():
            raise ValueError(f"{measure.name} is not a measure of a single ping")


def read_measure(measure: Measure, doc_type: PingType, index_of: dict[str, int]) -> MeasureReader:
    """A function from a ping's values to the measure; `index_of` says where the value at a path stands.

    The function gives None where the ping does not carry the measure, and raises Rejected where it carries nonsense.
    """
    indexes = [index_of[path] for path in measure_paths(measure, doc_type)]
    match measure.source:
        case OnePerPing():
            return lambda values: 1
        case SecondsAsHours(longest_hours=longest_hours):
            return lambda values: _hours(values[indexes[0]], longest_hours)
        case OneWhere(conditions=conditions):
            tests = [_is_met(condition, index) for condition, index in zip(conditions, indexes, strict=True)]
            return lambda values: 1 if all(test(values) for test in tests) else 0
        case HistogramBucket(bucket=bucket) if len(indexes) == 1:
            return lambda values: _bucket_count(values[indexes[0]], bucket)
        case HistogramBucket(bucket=bucket):
            return lambda values: _bucket_count(first_value([values[index] for index in indexes]), bucket)
        case CappedPerClientHour():
            raise ValueError(f"{measure.name} is not a measure of a single ping")


def crash_process_types(measures: tuple[Measure, ...]) -> ProcessTypes:
    """Which process types the declared crash measures count, and which ones main pings count."""
    counted: set[str | None] = set()
    in_main_pings: set[str | None] = set()
    for measure in measures:
        if isinstance(measure.source, OneWhere):
            for condition in measure.source.conditions:
                if condition.path == PROCESS_TYPE and not condition.negated:
                    counted.update(_as_text(value) for value in condition.values)
        if isinstance(measure.source, HistogramBucket):
            in_main_pings.update(path.partition(_SUBPROCESS_CRASHES)[2] for path in measure.source.paths if _SUBPROCESS_CRASHES in path)
    return ProcessTypes(frozenset(counted), frozenset(in_main_pings) - counted)


def process_type_reason(process_type: object, known: ProcessTypes) -> RejectReason | None:
    """Why a crash ping of that process is not counted, if so."""
    text = None if process_type is None else _as_text(process_type)
    if text in known.counted:
        return None
    return RejectReason.COUNTED_IN_MAIN_PING if text in known.in_main_pings else RejectReason.UNKNOWN_PROCESS_TYPE


def _hours(seconds: object, longest_hours: float) -> float:
    """Whole seconds as hours. Clocks that were set back make them negative: no use was seen, so 0."""
    if seconds is None:
        raise Rejected(RejectReason.NO_USAGE)
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise Rejected(RejectReason.INVALID_USAGE)
    # Clamped before the division: an absurd integer does not fit a float.
    return min(max(seconds, 0), round(longest_hours * _SECONDS_AN_HOUR)) / _SECONDS_AN_HOUR


def _is_met(condition: Condition, index: int) -> Callable[[Values], bool]:
    wanted = frozenset(_as_text(value) for value in condition.values)
    if condition.negated:
        return lambda values: _as_text(values[index]) not in wanted
    return lambda values: _as_text(values[index]) in wanted


def _as_text(value: object) -> str | None:
    """Clients write a flag as "1", 1 or true: the three mean the same. A list or an object is no text that anybody asks for."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int) else ""


def _bucket_count(histogram: object, bucket: str) -> int | None:
    """A histogram without the bucket counted nothing in it; clients leave out empty buckets."""
    if histogram is None:
        return None
    counts = histogram.get("values") if isinstance(histogram, dict) else None
    if not isinstance(counts, dict):
        raise Rejected(RejectReason.INVALID_HISTOGRAM)
    events = counts.get(bucket, 0)
    if not isinstance(events, int) or isinstance(events, bool) or not 0 <= events <= LARGEST_BUCKET:
        raise Rejected(RejectReason.INVALID_HISTOGRAM)
    return events
