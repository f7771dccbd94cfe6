"""A landed line becomes a ping or a reject: the declared fields of one ping type, read, judged and normalised.

The checks run in a fixed order, so that a line has one reason: the line itself, the envelope that the edge added (`meta`), the payload's
presence, the dimensions as declared, the age of the build, the measures as declared. A crash ping without a client id is counted, as a client of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, cast

from jobs.declarations.dimensions import DIMENSIONS
from jobs.declarations.measures import PING_TYPES, PingType
from jobs.pings import field_rules
from jobs.pings.document_values import UNREADABLE_ERRORS, DocumentReader, Values
from jobs.pings.field_rules import RULES, Rejected, first_value, storable_text
from jobs.pings.measure_rules import PROCESS_TYPE, crash_process_types, measure_paths, process_type_reason, read_measure
from jobs.pings.ping_records import PING_MEASURES
from jobs.pings.reject_reasons import RejectReason

_NANOSECONDS_AN_HOUR = 3600 * 10**9
_ENVELOPE = (
    "meta.documentId",
    "meta.docType",
    "meta.Timestamp",
    "clientId",
    "environment.experiments",
    "environment.addons.activeExperiment",
)
_MANY_DIMENSIONS = 8192
_LONGEST_KEPT = 1000  # characters of all dimensions together; a usual ping has some 150


@dataclass(frozen=True, slots=True)
class Reject:
    """Document id and type are set where they could be read."""

    reason: RejectReason
    document_id: str | None = None
    doc_type: str | None = None


PingRow = tuple[Any, ...]
"""document_id, doc_type, received_at_ns, client_id, experiments, the dimensions, the measures: as in PING_RECORD_SCHEMA."""


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
            if "meta" in missing:
                return Reject(RejectReason.NO_META)
        try:
            return self._row(values, missing)
        except Rejected as rejected:
            return Reject(rejected.reason, storable_text(values[0]), storable_text(values[1]))

    def _row(self, values: Values, missing: frozenset[str]) -> PingRow:
        document_id, doc_type, received_at_ns, client_id, experiments, active_experiment = values[: len(_ENVELOPE)]
        storable_id = field_rules.document_id(document_id)
        if doc_type not in PING_TYPES:
            raise Rejected(RejectReason.UNKNOWN_DOC_TYPE)
        if doc_type != self._doc_type:
            raise Rejected(RejectReason.WRONG_FOLDER)
        if type(received_at_ns) is not int:
            raise Rejected(RejectReason.INVALID_TIMESTAMP)
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
            field_rules.experiments(experiments, active_experiment) if experiments or active_experiment else [],
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
            rule = RULES[_RULE_OF[name]]
            self._known[name] = rule(first_value(self._candidates[name]), self)
        return self._known[name]


_RULE_OF = {dimension.name: dimension.rule for dimension in DIMENSIONS}
_BUILD_ID_INDEX = [dimension.name for dimension in DIMENSIONS].index("build_id")


class _Plan:
    """What to read from the pings of one type, derived from the declarations. A folder of another type has the envelope alone."""

    def __init__(self, doc_type: str) -> None:
        self._doc_type = doc_type
        is_declared = doc_type in PING_TYPES
        ping_type = cast(PingType, doc_type)
        dimensions = DIMENSIONS if is_declared else ()
        self._paths_by_dimension = {
            dimension.name: dimension.core_paths if doc_type == "core" else dimension.paths for dimension in dimensions
        }
        dimension_paths = [path for paths in self._paths_by_dimension.values() for path in paths]
        measures = [measure for measure in PING_MEASURES if ping_type in measure.pings]
        measured = [path for measure in measures for path in measure_paths(measure, ping_type)]
        judged = [PROCESS_TYPE] if doc_type == "crash" else []
        paths = tuple(dict.fromkeys([*_ENVELOPE, *dimension_paths, *measured, *judged]))
        index_of = {path: index for index, path in enumerate(paths)}
        has_payload = any(path.startswith("payload.") for path in measured)
        self.reader = DocumentReader(paths, required=("meta", "payload") if has_payload else ("meta",))
        self._candidates_of: Callable[[Values], Values] = itemgetter(*map(index_of.__getitem__, dimension_paths)) if dimensions else tuple
        # Few combinations of build, system and country make up nearly all pings.
        self._normalised_before = lru_cache(_MANY_DIMENSIONS)(self._normalised)
        self._measures = [read_measure(measure, ping_type, index_of) if measure in measures else None for measure in PING_MEASURES]
        self._process_type_index = index_of[PROCESS_TYPE] if judged else None
        self._process_types = crash_process_types(PING_MEASURES)

    def dimensions(self, values: Values, received_at_ns: int) -> tuple[str | None, ...]:
        candidates = self._candidates_of(values)
        try:
            # Thousands of long texts would be gigabytes: they are not kept.
            is_kept = sum(map(len, filter(None, candidates))) <= _LONGEST_KEPT  # type: ignore[arg-type]
            normalised = self._normalised_before(candidates) if is_kept else self._normalised(candidates)
        except TypeError:  # something else than text has no length, or cannot be looked up
            normalised = self._normalised(candidates)
        if isinstance(normalised, RejectReason):
            raise Rejected(normalised)
        reason = field_rules.build_age_reason(str(normalised[_BUILD_ID_INDEX]), received_at_ns)
        if reason:
            raise Rejected(reason)
        return normalised

    def _normalised(self, candidates: Values) -> tuple[str | None, ...] | RejectReason:
        """The dimensions from the values at all of their paths, one after the other; or why the ping is rejected."""
        rest = iter(candidates)
        ping = _PingDimensions(self._doc_type, {name: tuple(islice(rest, len(paths))) for name, paths in self._paths_by_dimension.items()})
        try:
            return tuple(ping.dimension(dimension.name) for dimension in DIMENSIONS)
        except Rejected as rejected:
            return rejected.reason

    def measures(self, values: Values) -> list[float | int | None]:
        if self._process_type_index is not None:
            reason = process_type_reason(values[self._process_type_index], self._process_types)
            if reason:
                raise Rejected(reason)
        return [None if read is None else read(values) for read in self._measures]


@cache
def _plan(doc_type: str) -> _Plan:
    return _Plan(doc_type if doc_type in PING_TYPES else "")
