"""Runs the suites in Great Expectations and says what came of each check."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

from expectations.checks import Batch, Check, TableSuite
from expectations.severities import Outcome, Severity, is_blocking

_SHOWN_VALUES = 3
_LONGEST_OBSERVED = 300

Validation = ExpectationSuiteValidationResult


@dataclass(frozen=True)
class CheckResult:
    """`observed` shows offending values, `unexpected_rows` counts the rows that hold them. `check` is None for what could not be run."""

    table_name: str
    words: str
    severity: Severity
    outcome: Outcome
    observed: str | None = None
    unexpected_rows: int | None = None
    message: str | None = None
    check: Check | None = None

    @property
    def is_blocking(self) -> bool:
        return is_blocking(self.severity, self.outcome)


@dataclass(frozen=True)
class TableResult:
    """The results of one table's checks, and what Great Expectations made of each batch."""

    table_name: str
    results: tuple[CheckResult, ...]
    validations: tuple[Validation, ...] = ()


def open_context() -> AbstractDataContext:
    """A context of Great Expectations that keeps nothing on disk and asks nothing of the network."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    # By default it would leave a folder for its own Data Docs in /tmp.
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores, analytics_enabled=False, progress_bars=ProgressBarsConfig(globally=False))
    return gx.get_context(mode="ephemeral", project_config=config)


def run_suite(context: AbstractDataContext, suite: TableSuite) -> TableResult:
    """Validate the table's batches, each in one pass. A batch that cannot be validated makes errors of its checks, and stops no other."""
    results = [CheckResult(suite.table_name, n.words, n.severity, n.outcome, message=n.reason) for n in suite.not_run]
    validations = []
    for batch in suite.batches:
        try:
            validation = _validate(context, batch)
        except Exception as error:  # whatever it is: a check that did not run is not a pass
            results += [_error(suite.table_name, check, error) for check in batch.checks]
            continue
        validations.append(validation)
        by_words = {result.expectation_config.description: result for result in validation.results}
        results += [_check_result(suite.table_name, check, by_words.get(check.words), batch.subject) for check in batch.checks]
    return TableResult(suite.table_name, tuple(results), tuple(validations))


def build_and_run(context: AbstractDataContext, table_name: str, *builds: Callable[[], TableSuite]) -> TableResult:
    """Run the suites that are built for a table. One that cannot be built is an error that blocks, and stops no other."""
    parts = []
    for build in builds:
        try:
            parts.append(run_suite(context, build()))
        except Exception as error:  # such as a staged file that is gone
            words = "the staged rows can be read and checked"
            result = CheckResult(table_name, words, Severity.CRITICAL, Outcome.ERROR, message=_error_text(error))
            parts.append(TableResult(table_name, (result,)))
    results = {result.words: result for part in parts for result in part.results}
    return TableResult(table_name, tuple(results.values()), tuple(validation for part in parts for validation in part.validations))


def _validate(context: AbstractDataContext, batch: Batch) -> Validation:
    """One pass that asks for yes or no, so that all checks share it; then the offending values of those that said no."""
    frame = batch.rows if isinstance(batch.rows, pd.DataFrame) else batch.rows.frame(batch.computed)
    rows = _batch_definition(context, frame, batch.table_name).get_batch(batch_parameters={"dataframe": frame})
    validation = rows.validate(_suite(batch.table_name, batch.checks), result_format="BOOLEAN_ONLY")
    failed = {result.expectation_config.description for result in validation.results if not result.success and not _exception(result)}
    if failed:
        columns = {"unexpected_index_column_names": list(batch.subject)} if batch.subject else {}
        shown = rows.validate(
            _suite(batch.table_name, [check for check in batch.checks if check.words in failed]),
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": _SHOWN_VALUES, **columns},
        )
        by_words = {result.expectation_config.description: result for result in shown.results}
        validation.results = [by_words.get(result.expectation_config.description, result) for result in validation.results]
    return validation


def _batch_definition(context: AbstractDataContext, frame: Any, name: str) -> Any:
    engine = "pandas" if isinstance(frame, pd.DataFrame) else "spark"
    if engine not in context.data_sources.all():
        _ = context.data_sources.add_pandas(engine) if engine == "pandas" else context.data_sources.add_spark(engine, persist=False)
    source = context.data_sources.get(engine)
    assets = {asset.name: asset for asset in source.assets}
    asset = assets.get(name) or source.add_dataframe_asset(name)
    definitions = {definition.name: definition for definition in asset.batch_definitions}
    return definitions.get(name) or asset.add_batch_definition_whole_dataframe(name)


def _suite(name: str, checks: Iterable[Check]) -> gx.ExpectationSuite:
    return gx.ExpectationSuite(name=name, expectations=[check.in_great_expectations() for check in checks])


def _check_result(table_name: str, check: Check, result: ExpectationValidationResult | None, subject: tuple[str, ...]) -> CheckResult:
    if result is None:
        return _error(table_name, check, RuntimeError("Great Expectations gave no result"))
    if exception := _exception(result):
        return _error(table_name, check, exception)
    if result.success:
        return CheckResult(table_name, check.words, check.severity, Outcome.PASS, check=check)
    found = result.result
    return CheckResult(
        table_name,
        check.words,
        check.severity,
        Outcome.FAIL,
        observed=_observed(found, subject, check.shown_as)[:_LONGEST_OBSERVED],
        unexpected_rows=found.get("unexpected_count"),
        message=check.meaning,
        check=check,
    )


def _observed(found: dict[str, Any], subject: tuple[str, ...], shown_as: str) -> str:
    rows = found.get("partial_unexpected_index_list") or []
    if subject == ("observed",):
        return "; ".join(str(row["observed"]) for row in rows[:_SHOWN_VALUES])
    if subject and rows:
        rows = [{name: row[name] for name in subject} | row for row in rows]
        return "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in rows[:_SHOWN_VALUES])
    values = found.get("partial_unexpected_list", [])
    shown = dict.fromkeys(_in_words(value) for value in values[:_SHOWN_VALUES])
    return ", ".join(shown_as.format(value) for value in shown) if shown else "no value"


def _in_words(value: Any) -> str:
    """An offending value; those of several columns are a tuple."""
    if isinstance(value, tuple | list):
        return f"({', '.join(_in_words(inner) for inner in value)})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _exception(result: ExpectationValidationResult) -> Exception | None:
    """What Great Expectations caught, either for the expectation or for each of its metrics."""
    info = result.exception_info or {}
    for caught in (info, *(value for value in info.values() if isinstance(value, dict))):
        if caught.get("raised_exception"):
            return RuntimeError(str(caught.get("exception_message")))
    return None


def _error(table_name: str, check: Check, error: Exception) -> CheckResult:
    return CheckResult(table_name, check.words, check.severity, Outcome.ERROR, message=_error_text(error), check=check)


def _error_text(error: Exception) -> str:
    text = str(error).strip()
    return f"could not be run: {type(error).__name__}: {text.splitlines()[0][:_LONGEST_OBSERVED] if text else 'no message'}"
