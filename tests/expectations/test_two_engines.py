"""DuckDB counts every hour's broken rows; Great Expectations gives the second opinion, and its outcomes are the same."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from expectations.checks import staged_rows
from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite
from expectations.checks.rules import Between, Matches, NeverEmpty, NeverNull, OneOf, OneRowEach, Rule
from expectations.checks.staged_rows import FigureRows, RowsInSql, open_rows
from expectations.gate import great_expectations_run
from expectations.gate.direct_run import run_directly
from expectations.gate.gate_results import CheckResult
from expectations.gate.gate_run import run_suite
from expectations.gate.table_gates import SUITES
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import ERROR_AGGREGATES
from jobs.deployment.settings import ROOT
from tests.expectations.conftest import suite_for
from tests.expectations.tiny_window import HOUR_START, Rows, changed, run_of, stage_window, tiny_window

pytestmark = pytest.mark.long


def broken_window() -> Rows:
    """Rows of error_aggregates that break eleven rules."""
    rows = tiny_window()
    broken: dict[str, Any] = {
        "main_crashes": -3,
        "usage_hours": math.nan,
        "channel": "Beta",
        "country": None,
        "build_id": "1",
        "os_version": "",
    }
    changed("error_aggregates", **broken)(rows)
    good = tiny_window()["error_aggregates"][0]
    rows["error_aggregates"] += [good, good, good | {"window_start": HOUR_START.replace(hour=9), "usage_hours": 60.0}]
    return rows


BROKEN = {
    "main_crashes >= 0",
    "usage_hours >= 0, and a finite number",
    "usage_hours <= 25 x (main_pings + core_pings)",
    "startup_crashes <= main_crashes",
    "main_crashes_capped <= main_crashes",
    "channel is release, esr, beta or nightly",
    "country is never NULL",
    "build_id is 14 digits",
    "os_version is NULL rather than empty",
    "one row for each " + ", ".join(ERROR_AGGREGATES.grain),
    "2026-11-22 10:00 <= window_start < 2026-11-22 11:00",
}


def findings(results: tuple[CheckResult, ...]) -> dict[str, tuple[Outcome, int | None]]:
    return {result.words: (result.outcome, result.unexpected_rows) for result in results}


def test_both_find_the_same_rows() -> None:
    suite = suite_for("error_aggregates", broken_window(), run_of())
    counted = findings(tuple(result for batch in suite.batches for result in run_directly(batch)))
    validated = findings(run_suite(suite).results)
    assert {words: validated[words] for words in counted} == counted
    assert {words for words, (outcome, _) in counted.items() if outcome is Outcome.FAIL} == BROKEN


@pytest.mark.parametrize("rows", [tiny_window(), broken_window()], ids=["good", "broken"])
def test_rows_too_many_for_a_frame_give_the_same(rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = run_suite(suite_for("error_aggregates", rows, run_of()), is_settled=True)
    monkeypatch.setattr(staged_rows, "MAX_ROWS_IN_MEMORY", 0)
    monkeypatch.setattr(great_expectations_run, "MOST_BROKEN_ROWS", 4)
    staged = open_rows(stage_window(rows, str(tmp_path)), ERROR_AGGREGATES)
    assert not staged.is_small
    large = run_suite(SUITES["error_aggregates"](StagedTable(ERROR_AGGREGATES, staged), run_of()), is_settled=True)
    assert findings(large.results) == findings(small.results)
    words = [
        [result.expectation_config.description for validation in run.validations for result in validation.results] for run in (large, small)
    ]
    assert words[0] == words[1]


VALUES = [None, math.nan, math.inf, -math.inf, -1.0, -1e-10, 0.0, 0.5, 1.0, 1.0 + 1e-10, 2.0, 2.0]
TEXTS = [None, "", "a", "a", "A", "Ä", "b'", 'c"', "{rows}", "20261122101500", "2026112210150"]
CORPUS: list[tuple[Rule, list[Any]]] = [
    *(
        (Between("x", least, greatest), VALUES)
        for least in (None, 0.0, -1e-9)
        for greatest in (None, 1.0, 1e308)
        if (least, greatest) != (None, None)
    ),
    *((Between("x", 0, greatest), [None, -1, 0, 1, 2**62]) for greatest in (None, 1)),
    (OneOf("x", ("a", "b'", "{rows}")), TEXTS),
    (OneOf("x", (0,)), [None, 0, 1]),
    (OneOf("x", (True,)), [None, True, False]),
    *((rule, values) for values in (VALUES, TEXTS) for rule in (NeverNull("x"), OneRowEach(("x", "y")))),
    (NeverEmpty("x"), TEXTS),
    (Matches("x", "^[0-9]{14}$"), TEXTS),
]


@pytest.mark.parametrize(("rule", "values"), CORPUS, ids=lambda value: str(value)[:60])
def test_a_rule_means_the_same_to_both(rule: Rule, values: list[Any]) -> None:
    import pyarrow as pa

    check = Check("a rule", Severity.WARNING, rule, ("x",), "")
    for some in (values, [value for value in values if value is not None], [None, *values[:1]], values[:3], []):
        rows = RowsInSql(pa.table({"x": pa.array(some, pa.array(values).type), "y": pa.array([1] * len(some), pa.int64())}))
        batch = Batch("made_up", rows, (check,))
        [counted] = run_directly(batch)
        [validated] = run_suite(TableSuite("made_up", (batch,)), is_settled=True).results
        assert (counted.outcome, counted.unexpected_rows) == (validated.outcome, validated.unexpected_rows), (some, validated)


def test_a_disagreement_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    check = Check("x >= 0", Severity.CRITICAL, Between("x", least=0), ("x",), "")
    batch = Batch("made_up", FigureRows([{"x": -1}]), (check,), subject=("x",))
    monkeypatch.setattr("expectations.checks.rules.Between.broken", "false")
    [result] = run_suite(TableSuite("made_up", (batch,)), is_settled=True).results
    assert (result.outcome, result.is_blocking) == (Outcome.ERROR, True)
    assert "DuckDB says pass, Great Expectations fail" in str(result.message)


HOURLY = """
import sys
from expectations.gate.gate_run import run_suite
from tests.expectations.conftest import suite_for
from tests.expectations.tiny_window import changed, run_of, tiny_window
import jobs.audit_aggregates, jobs.audit_health
rows = tiny_window()
changed("error_aggregates", os_version="")(rows)
run_suite(suite_for("error_aggregates", rows, run_of()))
assert not {"great_expectations", "pyspark", "scipy"} & set(sys.modules), "an hour without a critical failure needs none of them"
"""


def test_an_hour_without_a_critical_failure_loads_neither_great_expectations_nor_spark() -> None:
    subprocess.run([sys.executable, "-c", HOURLY], cwd=ROOT, check=True)
