"""What came of a check is a pass, a failure, or an error: never a pass by default."""

import pyarrow as pa
import pytest

from expectations.checks.checks import Batch, Check, NotRun, TableSuite
from expectations.checks.rules import Between
from expectations.checks.staged_rows import FigureRows, RowsInSql
from expectations.gate.gate_results import CheckResult
from expectations.gate.gate_run import build_and_run, run_suite
from jobs.declarations.states import Outcome, Severity


def at_least_zero(column: str) -> Check:
    return Check(f"{column} >= 0", Severity.CRITICAL, Between(column, least=0), (column,), "")


def test_a_check_that_cannot_be_run_is_an_error_and_the_others_run_all_the_same() -> None:
    rows = FigureRows([{"present": 1, "negative": 1}, {"present": 2, "negative": -2}])
    batch = Batch("made_up", rows, tuple(at_least_zero(column) for column in ("present", "missing", "negative")))
    results = run_suite(TableSuite("made_up", (batch,))).results
    assert [result.outcome for result in results] == [Outcome.PASS, Outcome.ERROR, Outcome.FAIL]
    assert "missing" in str(results[1].message)
    assert [result.is_blocking for result in results] == [False, True, True]


def test_a_suite_that_cannot_be_built_is_an_error_and_stops_no_other() -> None:
    def broken() -> TableSuite:
        raise OSError("the file is gone")

    words = "too little history"
    whole = TableSuite("made_up", (), (NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, "no week before"),))
    results = {result.words: result for result in build_and_run("made_up", False, broken, lambda: whole).results}
    unread = results["the staged rows can be read and checked"]
    assert (unread.outcome, unread.message, unread.is_blocking) == (Outcome.ERROR, "could not be run: OSError: the file is gone", True)
    assert (results[words].outcome, results[words].message) == (Outcome.NOT_APPLICABLE, "no week before")


@pytest.mark.parametrize(
    ("severity", "outcome", "blocks"),
    [
        (Severity.CRITICAL, Outcome.PASS, False),
        (Severity.CRITICAL, Outcome.FAIL, True),
        (Severity.CRITICAL, Outcome.ERROR, True),
        (Severity.CRITICAL, Outcome.NOT_APPLICABLE, False),
        (Severity.WARNING, Outcome.FAIL, False),
        (Severity.WARNING, Outcome.ERROR, False),
    ],
)
def test_what_stops_publishing(severity: Severity, outcome: Outcome, blocks: bool) -> None:
    assert CheckResult("made_up", "a check", severity, outcome).is_blocking is blocks


@pytest.mark.parametrize("is_settled", [False, True], ids=["counted", "validated"])
def test_a_failure_brings_the_query_that_finds_its_rows_among_all_others(is_settled: bool) -> None:
    """What the message tells to run at three in the morning shows the rows that are broken, not the first of the file."""
    rows = RowsInSql(pa.table({"hour": list(range(20)), "crashes": [1] * 17 + [-3, 1, -2], "crashes_of_some": [1] * 20}))
    rest = Check("rest >= 0", Severity.CRITICAL, Between("rest", least=0), ("crashes",), "", {"rest": "crashes - crashes_of_some"})
    batch = Batch("made_up", rows, (at_least_zero("crashes"), at_least_zero("hour"), rest))
    failed, passed, computed = run_suite(TableSuite("made_up", (batch,)), is_settled).results
    assert [row["hour"] for row in rows.query(failed.broken_rows or "")] == [17, 19]
    assert [(row["hour"], row["rest"]) for row in rows.query(computed.broken_rows or "")] == [(17, -4), (19, -3)]
    assert passed.broken_rows is None


def test_a_figure_that_fails_has_no_staged_rows_of_its_own() -> None:
    batch = Batch("made_up", FigureRows([{"hour": 10, "share": -1}]), (at_least_zero("share"),), subject=("hour",))
    [failed] = run_suite(TableSuite("made_up", (batch,))).results
    assert (failed.outcome, failed.broken_rows) == (Outcome.FAIL, None)
