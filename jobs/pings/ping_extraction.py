"""A landed line becomes a ping or a reject: the declared fields of one ping type, read, judged and normalised.

The checks run in a fixed order, so that a line has one reason: the line itself, the product's envelope, the payload's
presence, the dimensions as declared, the age of the build, the measures as declared. A crash ping without a client id is counted, as a client of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from jobs.declarations.dimensions import DIMENSIONS
from jobs.declarations.measures import PING_TYPES
from jobs.declarations.product import PingType
from jobs.pings import field_rules
from jobs.pings.client_values import Rejected, first_value, path_names, storable_text
from jobs.pings.document_values import UNREADABLE_ERRORS, DocumentReader, Values
from jobs.pings.measure_rules import counted_kinds, kind_reason, measure_paths, read_measure
from jobs.pings.ping_records import PING_MEASURES
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT

_NANOSECONDS_AN_HOUR = 3600 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENVELOPE = PRODUCT.envelope
_ENVELOPE_PATHS = (
    _ENVELOPE.document_id,
    _ENVELOPE.time,
    _ENVELOPE.client_id,
    *(path for path in (_ENVELOPE.ping_type, _ENVELOPE.experiments, _ENVELOPE.active_experiment) if path),
)
_MANY_DIMENSIONS = 8192
_LONGEST_KEPT = 1000  # characters of all dimensions together; a usual ping has some 150


@dataclass(frozen=True, slots=True)
class Reject:
    """Document id and type are set where they could be read."""

    reason: StrEnum
    document_id: str | None = None
    doc_type: str | None = None


PingRow = tuple[Any, ...]
"""document_id, doc_type, received_at_ns, client_id, experiments, the dimensions, the measures: as in PING_RECORD_SCHEMA, but for the client's id."""
CLIENT_ID = 3
"""Where it stands."""


class PingExtraction:
    """Reads the lines of one folder: one hour, one ping type."""

    def __init__(self, folder_doc_type: str, hour_start: datetime) -> None:
        self._doc_type = folder_doc_type
        self._hour_start_ns = int(hour_start.astimezone(UTC).timestamp()) * 10**9
        self._plan = _plan(folder_doc_type)

    def extract(self, line: Any) -> PingRow | Reject:
        """The line's ping, or why it is none; never raises for what a line holds. `line` is bytes or a view of bytes."""
        missing: frozenset[str] = frozenset()
        try:
            values = self._plan.reader.read(line)
        except UNREADABLE_ERRORS:
            try:
                values, missing = self._plan.reader.read_slowly(bytes(line))
            except Rejected as rejected:
                return Reject(rejected.reason)
        return self.judged(values, missing)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where a ping of this folder holds what is read of it."""
        return self._plan.paths

    @property
    def required(self) -> tuple[str, ...]:
        """The objects at its top level that it must have."""
        return self._plan.required

    def judged(self, values: Values, missing: frozenset[str]) -> PingRow | Reject:
        """As `extract`, from the values at `paths` and the `required` objects that are missing."""
        if missing.intersection(_ENVELOPE.required):
            return Reject(RejectReason.NO_META)
        try:
            return self._row(values, missing)
        except Rejected as rejected:
            return Reject(rejected.reason, storable_text(values[0]), storable_text(self._plan.own_type(values)))

    def _row(self, values: Values, missing: frozenset[str]) -> PingRow:
        document_id, received_at, client_id = values[:3]
        storable_id = field_rules.document_id(document_id)
        doc_type = self._plan.own_type(values)
        if doc_type not in PING_TYPES:
            raise Rejected(RejectReason.UNKNOWN_DOC_TYPE)
        if doc_type != self._doc_type:
            raise Rejected(RejectReason.WRONG_FOLDER)
        received_at_ns = received_ns(received_at)
        if not 0 <= received_at_ns - self._hour_start_ns < _NANOSECONDS_AN_HOUR:
            raise Rejected(RejectReason.OUTSIDE_HOUR)
        if missing:
            raise Rejected(RejectReason.NO_PAYLOAD)
        dimensions = self._plan.dimensions(values, received_at_ns)
        return (
            storable_id,
            doc_type,
            received_at_ns,
            storable_text(client_id),
            self._plan.experiments(values),
            *dimensions,
            *self._plan.measures(values),
        )


class _PingDimensions:
    """The dimensions of one ping while they are worked out: each on demand, since rules may ask for others."""

    def __init__(self, doc_type: str, candidates: dict[str, Values]) -> None:
        self.doc_type = doc_type
        self._candidates = candidates
        self._known: dict[str, str | None] = {}

    def dimension(self, name: str) -> str | None:
        if name not in self._known:
            self._known[name] = _RULE_OF[name](first_value(self._candidates[name]), self)
        return self._known[name]


_RULE_OF = {dimension.name: field_rules.rule_of(dimension) for dimension in DIMENSIONS}
_BUILD_ID_INDEX = [dimension.name for dimension in DIMENSIONS].index("build_id")


class _Plan:
    """What to read from the pings of one type, derived from the declarations. A folder of another type has the envelope alone."""

    def __init__(self, doc_type: str) -> None:
        self._doc_type = doc_type
        dimensions = DIMENSIONS if doc_type in PING_TYPES else ()
        self._paths_by_dimension = {dimension.name: dimension.paths_of(doc_type) for dimension in dimensions}
        dimension_paths = [path for paths in self._paths_by_dimension.values() for path in paths]
        measures = [measure for measure in PING_MEASURES if doc_type in measure.pings]
        measured = [path for measure in measures for path in measure_paths(measure, doc_type)]
        kinds = PRODUCT.crash_kinds if PRODUCT.crash_kinds and PRODUCT.crash_kinds.ping == doc_type else None
        paths = tuple(dict.fromkeys([*_ENVELOPE_PATHS, *dimension_paths, *measured, *([kinds.path] if kinds else [])]))
        index_of = {path: index for index, path in enumerate(paths)}
        self.paths, self.required = paths, required_objects(doc_type)
        self.reader = DocumentReader(paths, self.required)
        self._type_index, self._experiments_index, self._active_index = (
            index_of[path] if path else None for path in (_ENVELOPE.ping_type, _ENVELOPE.experiments, _ENVELOPE.active_experiment)
        )
        self._dimension_indexes = [index_of[path] for path in dimension_paths]
        # Few combinations of build, system and country make up nearly all pings.
        self._normalised_before = lru_cache(_MANY_DIMENSIONS)(self._normalised)
        self._measures = [read_measure(measure, doc_type, index_of) if measure in measures else None for measure in PING_MEASURES]
        self._kind_index = index_of[kinds.path] if kinds else None
        self._kinds = counted_kinds(kinds, PING_MEASURES) if kinds else None
        self._candidates_of = _getter(self._dimension_indexes)

    def own_type(self, values: Values) -> object:
        """The type that the ping says it is of; that of its folder where the product's pings don't say."""
        return self._doc_type if self._type_index is None else values[self._type_index]

    def experiments(self, values: Values) -> list[dict[str, str]]:
        by_id = None if self._experiments_index is None else values[self._experiments_index]
        active = None if self._active_index is None else values[self._active_index]
        return field_rules.experiments(by_id, active) if by_id or active else []

    def dimensions(self, values: Values, received_at_ns: int) -> tuple[str | None, ...]:
        candidates = self._candidates_of(values)
        try:
            # Thousands of long texts would be gigabytes: they are not kept.
            is_kept = sum(map(len, filter(None, candidates))) <= _LONGEST_KEPT  # type: ignore[arg-type]
            normalised = self._normalised_before(candidates) if is_kept else self._normalised(candidates)
        except TypeError:  # something else than text has no length, or cannot be looked up
            normalised = self._normalised(candidates)
        if isinstance(normalised, StrEnum):
            raise Rejected(normalised)
        build_id = normalised[_BUILD_ID_INDEX]
        reason = build_id and field_rules.build_age_reason(build_id, received_at_ns)
        if reason:
            raise Rejected(reason)
        return normalised

    def _normalised(self, candidates: Values) -> tuple[str | None, ...] | StrEnum:
        """The dimensions from the values at all of their paths, one after the other; or why the ping is rejected."""
        rest = iter(candidates)
        ping = _PingDimensions(self._doc_type, {name: tuple(islice(rest, len(paths))) for name, paths in self._paths_by_dimension.items()})
        try:
            return tuple(ping.dimension(dimension.name) for dimension in DIMENSIONS)
        except Rejected as rejected:
            return rejected.reason

    def measures(self, values: Values) -> list[float | int | None]:
        if self._kind_index is not None and self._kinds is not None:
            reason = kind_reason(values[self._kind_index], self._kinds)
            if reason:
                raise Rejected(reason)
        return [None if read is None else read(values) for read in self._measures]


def required_objects(doc_type: PingType) -> tuple[str, ...]:
    """The objects at the top level of a document that pings of that type must have."""
    measures = [measure for measure in PING_MEASURES if doc_type in measure.pings]
    payload = _ENVELOPE.payload
    has_payload = payload and any(path_names(path)[0] == payload for measure in measures for path in measure_paths(measure, doc_type))
    return (*_ENVELOPE.required, payload) if payload and has_payload else _ENVELOPE.required


def received_ns(value: object) -> int:
    """When the server received the ping, in nanoseconds since 1970, from what stands at the envelope's `time`. Raises Rejected."""
    if _ENVELOPE.time_format == "nanoseconds":
        if type(value) is not int:
            raise Rejected(RejectReason.INVALID_TIMESTAMP)
        return value
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Rejected(RejectReason.INVALID_TIMESTAMP) from None
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH
    return (seconds.days * 86_400 + seconds.seconds) * 10**9 + seconds.microseconds * 1000


def _getter(indexes: Sequence[int]) -> Callable[[Values], Values]:
    """The values at these indexes, as a tuple however many there are."""
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return lambda values: tuple(values[index] for index in indexes)


@cache
def _plan(doc_type: str) -> _Plan:
    return _Plan(doc_type if doc_type in PING_TYPES else "")
