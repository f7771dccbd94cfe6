"""Runs the suites: every check by SQL, and by Great Expectations too where something stops publishing or the run is settled.

Great Expectations costs seconds to import; an hour in which nothing critical fails gets the same results without it
(docs/decisions/quality_gates.md).
"""

from collections.abc import Callable

from expectations.checks.checks import Batch, TableSuite
from expectations.gate.direct_run import run_directly
from expectations.gate.gate_results import CheckResult, TableResult, error_text
from jobs.declarations.states import Outcome, Severity


def run_suite(suite: TableSuite, is_settled: bool = False) -> TableResult:
    """The results of the table's checks. A batch that cannot be validated makes errors of its checks, and stops no other."""
    not_run = tuple(CheckResult(suite.table_name, n.words, n.severity, n.outcome, message=n.reason) for n in suite.not_run)
    counted = [_count(batch) for batch in suite.batches]
    needs_second_opinion = is_settled or any(results is None or any(r.is_blocking for r in results) for results in counted)
    if not needs_second_opinion:
        return TableResult(suite.table_name, (*not_run, *(result for results in counted for result in results or ())))
    results, validations = [*not_run], []
    for batch, direct in zip(suite.batches, counted, strict=True):
        try:
            from expectations.gate.great_expectations_run import run_in_great_expectations

            batch_results, validation = run_in_great_expectations(batch, direct)
        except Exception as error:  # whatever it is: a check that did not run is not a pass
            results += [
                CheckResult(batch.table_name, check.words, check.severity, Outcome.ERROR, message=error_text(error))
                for check in batch.checks
            ]
            continue
        results += batch_results
        validations.append(validation)
    return TableResult(suite.table_name, tuple(results), tuple(validations))


def build_and_run(table_name: str, is_settled: bool, *builds: Callable[[], TableSuite]) -> TableResult:
    """Run the suites that are built for a table. One that cannot be built is an error that blocks, and stops no other."""
    parts = []
    for build in builds:
        try:
            parts.append(run_suite(build(), is_settled))
        except Exception as error:  # such as a staged file that is gone
            words = "the staged rows can be read and checked"
            result = CheckResult(table_name, words, Severity.CRITICAL, Outcome.ERROR, message=error_text(error))
            parts.append(TableResult(table_name, (result,)))
    results = {result.words: result for part in parts for result in part.results}
    return TableResult(table_name, tuple(results.values()), tuple(validation for part in parts for validation in part.validations))


def _count(batch: Batch) -> tuple[CheckResult, ...] | None:
    try:
        return run_directly(batch)
    except Exception:  # such as a column that is not there: Great Expectations says which check that concerns
        return None
