"""Every line is accounted for, hour by hour, from the landing zone to each staged table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from expectations.checks.audited_run import HourTotals
from expectations.checks.checks import Batch, Check
from expectations.checks.rules import Equal, NotAbove
from expectations.checks.staged_rows import FigureRows
from jobs.declarations.measures import MEASURES
from jobs.declarations.product import OnePerPing, OneWhere
from jobs.declarations.states import Severity
from jobs.declarations.tables import (
    ERROR_AGGREGATES,
    INGEST_AUDIT,
    RELEASE_TOTALS,
    USAGE_DELAYS,
    WINDOW_TABLES,
)

_SAME_HOURS = 1e-6  # relative: sums of the same doubles in another order
_COUNTED = tuple(m for m in MEASURES if isinstance(m.source, OnePerPing))
_COUNTED_PINGS = {m.pings[0] for m in _COUNTED}
_CONDITIONAL = tuple(m for m in MEASURES if isinstance(m.source, OneWhere) and len(m.pings) == 1 and m.pings[0] not in _COUNTED_PINGS)
"""Of pings that no measure counts: their number is known from the audit row alone."""

AuditRow = Mapping[str, Any]


def reconciliation_batch(audit_rows: Sequence[AuditRow], totals: Mapping[str, HourTotals]) -> Batch:
    """One row for each audit row, both sides of each equality beside each other. `totals` has each table's sums by hour."""
    figures = [_figures(row, totals) for row in audit_rows]
    checks = (*(_equality(left, right) for left, right in _equalities()), *(_bound(part, whole) for part, whole in _bounds()))
    columns = dict.fromkeys(("hour", *(name for pair in (*_equalities(), *_bounds()) for name in pair)))
    return Batch(INGEST_AUDIT.name, FigureRows(figures, columns=list(columns)), checks, subject=("hour",))


def _equalities() -> Iterable[tuple[str, str]]:
    yield "lines", "accepted + duplicates + rejected"
    yield "rejected", "rejects_by_reason added up"
    yield "accepted", "accepted_by_ping added up"
    for measure in _COUNTED:
        yield f"accepted_by_ping {measure.pings[0]}", f"{measure.name} in {ERROR_AGGREGATES.name}"
    for table in WINDOW_TABLES:
        yield f"rows_by_table {table.name}", f"rows staged in {table.name}"
    for measure in MEASURES:
        yield f"{measure.name} in {ERROR_AGGREGATES.name}", f"{measure.name} in {RELEASE_TOTALS.name}"
    yield f"usage_hours in {ERROR_AGGREGATES.name}", f"usage_hours in {USAGE_DELAYS.name}"


def _bounds() -> Iterable[tuple[str, str]]:
    yield "rows staged in rejected_pings", "rejected"
    for measure in _CONDITIONAL:
        yield f"{measure.name} in {ERROR_AGGREGATES.name}", f"accepted_by_ping {measure.pings[0]}"


def _figures(audit: AuditRow, totals: Mapping[str, HourTotals]) -> dict[str, object]:
    hour = audit["hour_start"]
    accepted, rejects, rows = (dict(audit[name] or ()) for name in ("accepted_by_ping", "rejects_by_reason", "rows_by_table"))
    of_hour = {table.name: totals.get(table.name, {}).get(hour, {}) for table in WINDOW_TABLES} if hour else {}
    figures: dict[str, object] = {
        "hour": f"{hour.astimezone(UTC):%Y-%m-%d %H:%M}" if hour else "NULL",
        "lines": audit["lines"],
        "accepted + duplicates + rejected": _sum(audit[name] for name in ("accepted", "duplicates", "rejected")),
        "rejected": audit["rejected"],
        "rejects_by_reason added up": _sum(rejects.values()),
        "accepted": audit["accepted"],
        "accepted_by_ping added up": _sum(accepted.values()),
    }
    figures |= {f"accepted_by_ping {m.pings[0]}": accepted.get(m.pings[0], 0) for m in (*_COUNTED, *_CONDITIONAL)}
    figures |= {f"rows_by_table {table.name}": rows.get(table.name, 0) for table in WINDOW_TABLES}
    figures |= {f"rows staged in {name}": sums.get("rows", 0) for name, sums in of_hour.items()}
    errors, delays = of_hour.get(ERROR_AGGREGATES.name, {}), of_hour.get(USAGE_DELAYS.name, {})
    for measure in MEASURES:
        total = errors.get(measure.name, 0)
        figures[f"{measure.name} in {ERROR_AGGREGATES.name}"] = total
        figures[f"{measure.name} in {RELEASE_TOTALS.name}"] = _nearly(of_hour.get(RELEASE_TOTALS.name, {}).get(measure.name, 0), total)
    figures[f"usage_hours in {USAGE_DELAYS.name}"] = _nearly(delays.get("usage_hours", 0), errors.get("usage_hours", 0))
    return figures


def _equality(left: str, right: str) -> Check:
    return Check(
        words=f"{left} = {right}",
        severity=Severity.CRITICAL,
        rule=Equal(left, right),
        columns=tuple(name for name in INGEST_AUDIT.column_names if name in (left, left.split()[0])),
        meaning="Lines were lost or counted twice between reading and staging. Do not publish by hand: find the hour and run it again.",
    )


def _bound(part: str, whole: str) -> Check:
    return Check(
        words=f"{part} <= {whole}",
        severity=Severity.CRITICAL,
        rule=NotAbove(part, whole),
        columns=tuple(name for name in INGEST_AUDIT.column_names if name == whole.split()[0]),
        meaning="More rows or events came out than lines went in.",
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """NULL if one of them is."""
    values = list(counts)
    return None if any(value is None for value in values) else sum(value or 0 for value in values)


def _nearly(total: float, expected: float) -> float:
    """The expected sum, if the total differs from it by rounding alone."""
    return expected if abs(total - expected) <= _SAME_HOURS * max(1.0, abs(expected)) and isinstance(total, float) else total
