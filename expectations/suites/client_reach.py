"""What must hold of client_reach and client_reach_days."""

from typing import Any

from expectations.checks.audited_run import AuditedRun, StagedTable
from expectations.checks.checks import Batch, Check, NotRun, TableSuite
from expectations.checks.rules import Equal, Matches, NotAbove, OneOf
from expectations.checks.staged_rows import FigureRows
from expectations.suites.window_suites import window_suite
from jobs.declarations.populations import ACTIVE, POPULATIONS
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import CLIENT_REACH_DAYS
from jobs.reach.sketches import count_clients

_SAMPLED = 500
_SAMPLE_WORDS = "a sample of sketches can be read and hold as many clients as their rows say"
_PART_WORDS = f"no more clients crashed than were {ACTIVE}"
_NAMES = tuple(population.name for population in POPULATIONS)
_ROW_CHECKS = (
    *(
        Check(
            words=f"{lower} <= {upper}",
            severity=Severity.CRITICAL,
            rule=NotAbove(lower, upper),
            columns=(lower, upper),
            meaning="An estimate lies outside of its own bounds: the sketches were not read as they were written.",
        )
        for lower, upper in (("low", "estimate"), ("estimate", "high"))
    ),
    Check(
        words="key_id is a fingerprint",
        severity=Severity.CRITICAL,
        rule=Matches("key_id", "^[0-9a-f]{8}$"),
        columns=("key_id",),
        meaning="Sketches can be united by key alone; nobody knows whose these are.",
    ),
)
_DAY_CHECK = Check(
    words="hour_start begins a day",
    severity=Severity.CRITICAL,
    rule=OneOf("hour of the day", (0,)),
    columns=("hour_start",),
    computed={"hour of the day": "hour(hour_start)"},
    meaning="Rows of one day would stand under several times.",
)


def client_reach_suite(staged: StagedTable, run: AuditedRun) -> TableSuite:
    """The suite for one window's staged rows, of hours or of days."""
    checks = (*_ROW_CHECKS, _DAY_CHECK) if staged.table is CLIENT_REACH_DAYS else _ROW_CHECKS
    return window_suite(staged, run, own_checks=checks if _NAMES else (), figures=(_sampled(staged), *_parts(staged)))


def _sampled(staged: StagedTable) -> Batch | NotRun:
    columns = "hour_start, channel, release_version, os_name, population"
    query = f"SELECT {columns}, sketch, estimate FROM staged ORDER BY hash({columns}, key_id) LIMIT {_SAMPLED}"  # noqa: S608
    rows = staged.rows.query(query)
    if not rows:
        return _nothing_staged(_SAMPLE_WORDS)
    figures = [
        {
            "sketch of": " ".join(str(row[name]) for name in columns.split(", ")),
            "clients in it": _counted(row["sketch"]),
            "estimate": row["estimate"],
        }
        for row in rows
    ]
    check = Check(
        words=_SAMPLE_WORDS,
        severity=Severity.CRITICAL,
        rule=Equal("clients in it", "estimate"),
        columns=("sketch", "estimate"),
        meaning="Spark and Python write and read sketches by one format. Another version of either has another: stage the window again with this one.",
    )
    return Batch(staged.table.name, FigureRows(figures), (check,), subject=("sketch of", "clients in it", "estimate"))


def _counted(sketch: Any) -> float | None:
    try:
        return count_clients(bytes(sketch)).estimate
    except (TypeError, ValueError, IndexError, RuntimeError):
        return None


def _parts(staged: StagedTable) -> list[Batch | NotRun]:
    """Whoever crashed was active: of each group, by the bounds of both."""
    if ACTIVE not in _NAMES:
        return []
    crashed = [name for name in _NAMES if name.startswith("crashed")]
    group = "hour_start, channel, release_version, os_name, key_id"
    most = ", ".join(f"max(low) FILTER (WHERE population = '{name}') AS {name}" for name in crashed)
    query = f"SELECT {group}, coalesce(max(high) FILTER (WHERE population = '{ACTIVE}'), 0) AS active, {most} FROM staged GROUP BY ALL"  # noqa: S608
    worst = f"SELECT * FROM ({query}) ORDER BY greatest({', '.join(crashed)}) - active DESC NULLS LAST LIMIT {_SAMPLED}"  # noqa: S608
    rows = staged.rows.query(worst) if crashed else []
    figures = [
        {
            "group": f"{row['hour_start']} {row['channel']} {row['release_version']} {row['os_name']}",
            "crashed": row[name],
            "active": row["active"],
        }
        for row in rows
        for name in crashed
        if row[name] is not None
    ]
    if not figures:
        return [_nothing_staged(_PART_WORDS)]
    check = Check(
        words=_PART_WORDS,
        severity=Severity.CRITICAL,
        rule=NotAbove("crashed", "active"),
        columns=("low", "high"),
        meaning="Crash-free users would fall below zero: the two populations were not counted from the same pings.",
    )
    return [Batch(staged.table.name, FigureRows(figures), (check,), subject=("group", "crashed", "active"))]


def _nothing_staged(words: str) -> NotRun:
    return NotRun(words, Severity.CRITICAL, Outcome.NOT_APPLICABLE, "no clients were counted")
