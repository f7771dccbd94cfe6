"""Text from clients does nothing at any output: terminal, log, gate message, table of results, Data Docs. The digest: tests/digest/test_hostile_strings.py."""

from datetime import timedelta

import pytest
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.gate.gate_results import CheckResult, TableResult
from expectations.reports.data_docs import write_data_docs
from expectations.reports.gate_report import GateRun, counted_outcomes, failure_message, quality_rows
from expectations.reports.table_pages import render_table_page
from jobs.declarations.states import Outcome, Severity
from jobs.tables.staged.staging_manifest import Manifest
from jobs.wording.client_text import as_label, as_printed, as_sentence
from tests.expectations.tiny_window import ATTEMPT, HOUR_START, RUN_KEY, WINDOW

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J",
    "Linux\n2026-11-22 10:00 INFO all is well",
    "x86\u202e46",
    "a\u2028b\u2029c\x85d",
    "\x9b31mred",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u200bhidden\ufeff",
)
ACTING = set("\x1b\x07\x9b\x85\u202e\u2028\u2029\u200b\ufeff")


def a_gate(hostile: str) -> GateRun:
    failed = CheckResult("release_totals", "os_name is known", Severity.CRITICAL, Outcome.FAIL, observed=hostile, message=hostile)
    broken = CheckResult("release_totals", "it can be checked", Severity.WARNING, Outcome.ERROR, observed=hostile, message=hostile)
    manifest = Manifest(RUN_KEY, ATTEMPT, WINDOW, "1", HOUR_START)
    return GateRun(manifest, "aggregates", HOUR_START + timedelta(hours=2), (TableResult("release_totals", (failed, broken)),))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_gate_tells_of_it_in_one_line_and_without_what_acts(hostile: str) -> None:
    gate = a_gate(hostile)
    harmless = a_gate("harmless")
    for text, usual in (
        (failure_message(gate, "docs"), failure_message(harmless, "docs")),
        (counted_outcomes(gate), counted_outcomes(harmless)),
    ):
        assert not set(text) & ACTING
        assert len(text.splitlines()) == len(usual.splitlines()), "a forged line"
    stored = quality_rows(gate)
    assert not set("".join([*stored["observed"].to_pylist(), *stored["message"].to_pylist()])) & (ACTING | {"\n"})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_data_docs_show_it_as_text_traceback_and_known_values_included(hostile: str, tmp_path) -> None:
    write_data_docs(str(tmp_path), a_gate(hostile))
    pages = [page.read_text() for page in tmp_path.rglob("*.html")]
    told = {"raised_exception": True, "exception_message": hostile, "exception_traceback": f"ValueError: {hostile}"}
    raised = ExpectationValidationResult(
        success=False,
        expectation_config=ExpectationConfiguration(
            type="expect_column_values_to_be_in_set", kwargs={"column": "os_name", "value_set": [hostile]}
        ),
        result={},
        exception_info=told,
    )
    failed = ExpectationValidationResult(
        success=False, expectation_config=raised.expectation_config, result={"unexpected_count": 1, "partial_unexpected_list": [hostile]}
    )
    for result in (raised, failed):
        validation = type("Validation", (), {"results": [result]})()
        table = TableResult("release_totals", (), (validation,))
        pages.append(render_table_page(table, "run", HOUR_START))
    assert all("<script>alert" not in page and "<img src=x" not in page for page in pages)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_three_forms_leave_nothing_that_acts(hostile: str) -> None:
    assert not set(as_label(hostile) + as_sentence(hostile) + as_printed(hostile)) & ACTING
    assert "\n" not in as_label(hostile) + as_sentence(hostile)
