"""Suites of the tiny window."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from expectations.checks.audited_run import AuditedRun, HourTotals, StagedTable
from expectations.checks.checks import TableSuite
from expectations.checks.staged_rows import RowsInSql
from expectations.gate.direct_run import run_directly
from expectations.gate.gate_results import CheckResult
from expectations.gate.gate_run import run_suite
from expectations.gate.table_gates import SUITES
from expectations.suites.build_health import build_health_suite
from expectations.suites.experiment_health import experiment_health_suite
from expectations.suites.ingest_audit import ingest_audit_suite
from expectations.suites.later_health import later_health_suite
from expectations.suites.release_health import release_health_suite
from expectations.suites.window_suites import total_by_hour
from jobs.declarations.tables import WINDOW_TABLES
from tests.expectations.tiny_window import LOOKS, TABLE_BY_NAME, Rows, arrow_rows


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with staging, catalog and Data Docs of its own."""
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__TYPE", "sql")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", f"sqlite:///{tmp_path / 'catalog.db'}")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__WAREHOUSE", (tmp_path / "warehouse").as_uri())
    monkeypatch.setenv("STAGING", str(tmp_path / "staging"))
    monkeypatch.setenv("DATA_DOCS", str(tmp_path / "data_docs"))
    monkeypatch.delenv("RELEASE_CALENDAR", raising=False)
    return tmp_path


def staged(table_name: str, rows: Rows) -> StagedTable:
    table = TABLE_BY_NAME[table_name]
    return StagedTable(table, RowsInSql(arrow_rows(table, rows[table_name])))


def totals_of(rows: Rows) -> Mapping[str, HourTotals]:
    return {table.name: total_by_hour(staged(table.name, rows)) for table in WINDOW_TABLES}


def suite_for(table_name: str, rows: Rows, run: AuditedRun) -> TableSuite:
    """The table's suite for these rows, the schema's apart."""
    if table_name == "release_health":
        return release_health_suite(staged(table_name, rows), LOOKS)
    if table_name == "experiment_health":
        return experiment_health_suite(staged(table_name, rows), LOOKS)
    if table_name == "build_health":
        return build_health_suite(staged(table_name, rows), LOOKS)
    if table_name == "later_health":
        return later_health_suite(staged(table_name, rows), LOOKS)
    if table_name == "ingest_audit":
        return ingest_audit_suite(staged(table_name, rows), run, totals_of(rows))
    return SUITES[table_name](staged(table_name, rows), run)


def counted_of(suite: TableSuite, words: str) -> CheckResult:
    """The outcome of one check of a suite as every hour's gate counts it; the others are not run."""
    [batch] = _only(suite, words).batches
    [counted] = run_directly(batch)
    return counted


def result_of(suite: TableSuite, words: str) -> CheckResult:
    """The outcome of one check of a suite, on which DuckDB and Great Expectations agree; the others are not run."""
    only = _only(suite, words)
    result = run_suite(only, is_settled=True).results[0]
    if only.batches:
        counted = counted_of(suite, words)
        assert (counted.outcome, counted.unexpected_rows) == (result.outcome, result.unexpected_rows)
    return result


def _only(suite: TableSuite, words: str) -> TableSuite:
    not_run = tuple(n for n in suite.not_run if n.words == words)
    batches = tuple(
        type(batch)(batch.table_name, batch.rows, checks, batch.subject)
        for batch in suite.batches
        if (checks := tuple(check for check in batch.checks if check.words == words))
    )
    assert len(batches) + len(not_run) == 1, (
        f"{words!r} is not one of: {sorted([c.words for c in suite.checks] + [n.words for n in suite.not_run])}"
    )
    return TableSuite(suite.table_name, batches, not_run)
