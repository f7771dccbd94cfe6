"""What came of a check is a pass, a failure, or an error: never a pass by default."""

import pytest

from expectations.checks.checks import Batch, Check, NotRun, TableSuite
from expectations.checks.rules import Between
from expectations.checks.severities import is_blocking
from expectations.checks.staged_rows import FigureRows
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
    assert is_blocking(severity, outcome) is blocks
