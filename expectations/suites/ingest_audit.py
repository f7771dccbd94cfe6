"""What must hold of ingest_audit: each hour of the window once, closed if provisional, every line accounted for down to the staged tables."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from expectations.checks.audited_run import AuditedRun, HourTotals, StagedTable
from expectations.checks.checks import Batch, Check, NotRun, TableSuite
from expectations.checks.gate_policy import POLICY, GatePolicy
from expectations.checks.rules import Between, OneOf
from expectations.checks.staged_rows import FigureRows
from expectations.suites.ingest_figures import late_figures, reject_figures, volume_figures
from expectations.suites.input_losses import input_losses
from expectations.suites.reconciliation import reconciliation_batch
from expectations.suites.window_suites import window_suite
from jobs.declarations.states import Severity
from jobs.declarations.tables import INGEST_AUDIT
from jobs.declarations.windows import Mode, Window


def ingest_audit_suite(staged: StagedTable, run: AuditedRun, totals: Mapping[str, HourTotals], policy: GatePolicy = POLICY) -> TableSuite:
    """The suite for one window's audit rows; `totals` has the sums of the staged tables by hour."""
    rows = staged.rows.query("SELECT * FROM staged")
    in_hours = [row for row in rows if row["hour_start"] is not None]
    return window_suite(
        staged,
        run,
        own_checks=(
            _mode_check(run.window.mode),
            _accepted_check(accepts_less=run.accepts_less),
            _closed_check(run.window.mode),
        ),
        figures=(
            _hours_batch(in_hours, run.window),
            reconciliation_batch(rows, totals),
            *input_losses(in_hours, run, policy),
            *_warning_figures(in_hours, run, policy),
        ),
    )


def _warning_figures(rows: Sequence[Mapping[str, Any]], run: AuditedRun, policy: GatePolicy) -> tuple[Batch | NotRun, ...]:
    return volume_figures(rows, run.history, policy), reject_figures(rows, run.history, policy), late_figures(rows, policy)


def _hours_batch(rows: Sequence[Mapping[str, Any]], window: Window) -> Batch:
    audited = [row["hour_start"].astimezone(UTC) for row in rows]
    figures = FigureRows([{"hour": f"{hour:%Y-%m-%d %H:%M}", "audit rows": audited.count(hour)} for hour in window.hours])
    check = Check(
        words="every hour of the window has one audit row",
        severity=Severity.CRITICAL,
        rule=Between("audit rows", least=1, greatest=1),
        columns=("hour_start",),
        meaning="An hour without an audit row would vanish from the tables without anyone being told.",
    )
    return Batch(INGEST_AUDIT.name, figures, (check,), subject=("hour", "audit rows"))


def _mode_check(mode: Mode) -> Check:
    return Check(
        words=f"mode is {mode}",
        severity=Severity.CRITICAL,
        rule=OneOf("mode", (mode.value,)),
        columns=("mode",),
        meaning="A settled row keeps provisional runs from replacing it, so that a wrong mode would be final.",
    )


def _accepted_check(*, accepts_less: bool) -> Check:
    return Check(
        words=f"accepted_less is {accepts_less}",
        severity=Severity.CRITICAL,
        rule=OneOf("accepted_less", (accepts_less,)),
        columns=("accepted_less",),
        meaning="The audit keeps who accepted less. Give --accept-less to aggregate_errors and audit_aggregates alike, or to neither.",
    )


def _closed_check(mode: Mode) -> Check:
    is_settled = mode is Mode.SETTLED
    return Check(
        words="every hour had been closed when it was read",
        severity=Severity.WARNING if is_settled else Severity.CRITICAL,
        rule=OneOf("is_closed", (True,)),
        columns=("is_closed",),
        meaning="The edge never closed the hour: its figures may be incomplete."
        if is_settled
        else "The edge was still writing the hour. Run it again once its folder has _SUCCESS.",
    )
