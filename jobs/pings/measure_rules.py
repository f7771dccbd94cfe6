"""The declared measures as functions of the values that a ping holds at their paths.

A new kind of source is a new case of `read_measure`; a new measure of a known kind needs nothing here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from jobs.declarations.product import (
    CappedPerClientHour,
    Condition,
    CountAt,
    CrashKinds,
    DurationAsHours,
    HistogramBucket,
    Measure,
    OnePerPing,
    OneWhere,
    PingType,
    Unit,
)
from jobs.pings.client_values import Rejected, first_value
from jobs.pings.reject_reasons import RejectReason

Values = tuple[object, ...]
MeasureReader = Callable[[Values], float | int | None]

LARGEST_BUCKET = 2**31 - 1  # telemetry's histograms hold 32-bit numbers; sums of larger ones could overflow a long
UNITS_AN_HOUR: dict[Unit, int] = {"seconds": 3600, "milliseconds": 3_600_000, "minutes": 60, "hours": 1}
_NANOSECONDS_A_UNIT = {
    "nanosecond": 1,
    "microsecond": 10**3,
    "millisecond": 10**6,
    "second": 10**9,
    "minute": 60 * 10**9,
    "hour": 3600 * 10**9,
    "day": 24 * 3600 * 10**9,
}
_NANOSECONDS_AN_HOUR = 3600 * 10**9


@dataclass(frozen=True)
class CountedKinds:
    """What a crash ping may say of its kind: `counted` as a crash here, `elsewhere` counted from other pings."""

    counted: frozenset[str | None]
    elsewhere: frozenset[str | None]
    elsewhere_reason: StrEnum


def measure_paths(measure: Measure, doc_type: PingType) -> tuple[str, ...]:
    """Where a ping of that type holds what the measure is read from."""
    match measure.source:
        case OnePerPing():
            return ()
        case DurationAsHours(path_by_ping=path_by_ping):
            return (dict(path_by_ping)[doc_type],)
        case CountAt(path=path):
            return (path,)
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
        case DurationAsHours() as source:
            return _duration_reader(source, indexes[0])
        case CountAt():
            return lambda values: _count(values[indexes[0]])
        case OneWhere(conditions=conditions):
            tests = [_is_met(condition, index) for condition, index in zip(conditions, indexes, strict=True)]
            return lambda values: 1 if all(test(values) for test in tests) else 0
        case HistogramBucket(bucket=bucket) if len(indexes) == 1:
            return lambda values: _bucket_count(values[indexes[0]], bucket)
        case HistogramBucket(bucket=bucket):
            return lambda values: _bucket_count(first_value([values[index] for index in indexes]), bucket)
        case CappedPerClientHour():
            raise ValueError(f"{measure.name} is not a measure of a single ping")


def counted_kinds(kinds: CrashKinds, measures: tuple[Measure, ...]) -> CountedKinds:
    """Which kinds of crash the declared measures count."""
    conditions = [
        condition
        for measure in measures
        if isinstance(measure.source, OneWhere) and kinds.ping in measure.pings
        for condition in measure.source.conditions
        if condition.path == kinds.path and not condition.negated
    ]
    counted = frozenset(_as_text(value) for condition in conditions for value in condition.values)
    return CountedKinds(counted, frozenset(kinds.elsewhere) - counted, kinds.elsewhere_reason)


def kind_reason(kind: object, known: CountedKinds) -> StrEnum | None:
    """Why a crash ping of that kind is not counted, if so."""
    text = None if kind is None else _as_text(kind)
    if text in known.counted:
        return None
    return known.elsewhere_reason if text in known.elsewhere else RejectReason.UNKNOWN_PROCESS_TYPE


def _duration_reader(source: DurationAsHours, index: int) -> MeasureReader:
    longest_hours, unit_key, units_an_hour = source.longest_hours, source.unit_key, UNITS_AN_HOUR[source.unit]

    def read(values: Values) -> float:
        if unit_key is None:
            return _hours(values[index], longest_hours, units_an_hour)
        return _hours_with_unit(values[index], longest_hours, unit_key)

    return (lambda values: None if values[index] is None else read(values)) if source.is_optional else read


def _hours(duration: object, longest_hours: float, units_an_hour: int) -> float:
    """A whole number of units as hours. Clocks that were set back make them negative: no use was seen, so 0."""
    if duration is None:
        raise Rejected(RejectReason.NO_USAGE)
    if not isinstance(duration, int) or isinstance(duration, bool):
        raise Rejected(RejectReason.INVALID_USAGE)
    # Clamped before the division: an absurd integer does not fit a float.
    return min(max(duration, 0), round(longest_hours * units_an_hour)) / units_an_hour


def _hours_with_unit(duration: object, longest_hours: float, unit_key: str) -> float:
    """An object of `value` and the name of its unit, as hours, in whole milliseconds as all usage is added up."""
    if duration is None:
        raise Rejected(RejectReason.NO_USAGE)
    value = duration.get("value") if isinstance(duration, dict) else None
    unit = _NANOSECONDS_A_UNIT.get(duration.get(unit_key)) if isinstance(duration, dict) else None  # type: ignore[arg-type]
    if unit is None or not isinstance(value, int) or isinstance(value, bool):
        raise Rejected(RejectReason.INVALID_USAGE)
    return _hours(value * unit, longest_hours, _NANOSECONDS_AN_HOUR)


def _count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_BUCKET:
        raise Rejected(RejectReason.INVALID_COUNT)
    return value


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
