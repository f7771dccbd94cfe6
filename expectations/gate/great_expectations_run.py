"""Validates a batch in Great Expectations: the second opinion of settled runs and of everything that stops publishing."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation

from expectations.checks.checks import Batch, Check
from expectations.checks.rules import Between, Equal, Matches, NeverEmpty, NeverNull, NotAbove, OneOf, OneRowEach, Rule
from expectations.gate.direct_run import SHOWN_VALUES, failed
from expectations.gate.gate_results import CheckResult, error_text
from jobs.declarations.states import Outcome

MOST_BROKEN_ROWS = 10_000
"""Of a batch that is too large for a frame, so many rows that break a rule are looked at."""


def run_in_great_expectations(
    batch: Batch, direct: tuple[CheckResult, ...] | None
) -> tuple[tuple[CheckResult, ...], ExpectationSuiteValidationResult]:
    """The results of the batch's checks and the validation. `direct` is what DuckDB found, None if it could not.

    A large batch is validated on the rows that DuckDB found to break a rule. Where the two disagree nobody knows, which is an error.
    """
    found = {result.words: result for result in direct or ()}
    checks, sql = list(batch.checks), f"SELECT * FROM {batch.relation}"  # noqa: S608
    if not batch.rows.is_small:
        if direct is None:
            raise RuntimeError("the rows could not be counted, and are too many for Great Expectations' pandas engine")
        checks = [check for check in batch.checks if found[check.words].outcome is Outcome.FAIL]
        sql = f"{sql} WHERE {_breaks_any(checks, batch.relation)} LIMIT {MOST_BROKEN_ROWS}"
    validation = _validate(batch, checks, batch.rows.frame(sql))
    by_words = {_words(result): result for result in validation.results}
    validation.results = [by_words.get(check.words) or _passed(check) for check in batch.checks]
    results = tuple(_result(batch, check, by_words.get(check.words), found) for check in batch.checks)
    return results, validation


def expectation_of(check: Check) -> Expectation:
    """The check as Great Expectations' page shows it: in our words, with our severity."""
    expectation: Expectation = _expectation(check.rule).copy(update={"description": check.words, "severity": check.severity.value})
    return expectation


def _expectation(rule: Rule) -> Expectation:
    match rule:
        case Between(column, least, greatest):
            return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=least, max_value=greatest)
        case OneOf(column, allowed):
            return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(allowed))
        case NeverNull(column):
            return gxe.ExpectColumnValuesToNotBeNull(column=column)
        case NeverEmpty(column):
            return gxe.ExpectColumnValueLengthsToBeBetween(column=column, min_value=1)
        case Matches(column, pattern):
            return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=pattern)
        case Equal(left, right):
            return gxe.ExpectColumnPairValuesToBeEqual(column_A=left, column_B=right, ignore_row_if="neither")
        case NotAbove(part, whole):
            return gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A=whole, column_B=part, or_equal=True, ignore_row_if="neither")
        case OneRowEach((column,)):
            return gxe.ExpectColumnValuesToBeUnique(column=column)
        case OneRowEach(columns):
            return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(columns), ignore_row_if="never")


@cache
def _context() -> AbstractDataContext:
    """It keeps nothing on disk and asks nothing of the network."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    # By default it would leave a folder for its own Data Docs in /tmp.
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores, analytics_enabled=False, progress_bars=ProgressBarsConfig(globally=False))
    return gx.get_context(mode="ephemeral", project_config=config)


def _breaks_any(checks: list[Check], relation: str) -> str:
    """Of groups that stand twice, every row."""
    conditions = []
    for check in checks:
        if isinstance(check.rule, OneRowEach):
            columns = ", ".join(f'"{column}"' for column in check.rule.columns)
            groups = f"SELECT {columns} FROM {relation} GROUP BY {columns} HAVING {check.rule.broken}"  # noqa: S608
            conditions.append(f"({columns}) IN ({groups})")
        else:
            conditions.append(f"({check.rule.broken})")
    return " OR ".join(conditions) or "false"


def _validate(batch: Batch, checks: list[Check], frame: pd.DataFrame) -> ExpectationSuiteValidationResult:
    """One pass that asks for yes or no, so that all checks share it; then the offending values of those that said no."""
    rows = _batch_definition(batch.table_name).get_batch(batch_parameters={"dataframe": frame})
    validation = rows.validate(_suite(batch.table_name, checks), result_format="BOOLEAN_ONLY")
    broken = {_words(result) for result in validation.results if not result.success and not _exception(result)}
    if broken:
        subject = {"unexpected_index_column_names": list(batch.subject)} if batch.subject else {}
        shown = rows.validate(
            _suite(batch.table_name, [check for check in checks if check.words in broken]),
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_VALUES, **subject},
        )
        by_words = {_words(result): result for result in shown.results}
        validation.results = [by_words.get(_words(result), result) for result in validation.results]
    return validation


def _words(result: ExpectationValidationResult) -> str | None:
    """Those of the check that it is of."""
    return result.expectation_config.description if result.expectation_config else None


def _batch_definition(name: str) -> gx.core.batch_definition.BatchDefinition[Any]:
    context = _context()
    source = context.data_sources.all().get("pandas") or context.data_sources.add_pandas("pandas")
    assets = {asset.name: asset for asset in source.assets}
    asset = assets.get(name) or source.add_dataframe_asset(name)
    definitions = {definition.name: definition for definition in asset.batch_definitions}
    return definitions.get(name) or asset.add_batch_definition_whole_dataframe(name)


def _suite(name: str, checks: list[Check]) -> gx.ExpectationSuite:
    return gx.ExpectationSuite(name=name, expectations=[expectation_of(check) for check in checks])


def _passed(check: Check) -> ExpectationValidationResult:
    """For the page, of a check that no row of a large batch breaks."""
    return ExpectationValidationResult(success=True, expectation_config=expectation_of(check).configuration, result={})


def _result(batch: Batch, check: Check, validated: ExpectationValidationResult | None, direct: Mapping[str, CheckResult]) -> CheckResult:
    counted = direct.get(check.words)
    result = counted if validated is None else _validated_result(batch, check, validated)
    if result is None:
        return _error(batch, check, RuntimeError("Great Expectations gave no result"))
    if counted is None or result.outcome is Outcome.ERROR:
        return result
    if counted.outcome is not result.outcome:
        return _error(batch, check, RuntimeError(f"DuckDB says {counted.outcome}, Great Expectations {result.outcome}"))
    return result if batch.rows.is_small else replace(result, unexpected_rows=counted.unexpected_rows)


def _validated_result(batch: Batch, check: Check, validated: ExpectationValidationResult) -> CheckResult:
    if exception := _exception(validated):
        return _error(batch, check, exception)
    if validated.success:
        return CheckResult(batch.table_name, check.words, check.severity, Outcome.PASS)
    found = validated.result
    columns = check.rule.columns
    if batch.subject:
        shown = found.get("partial_unexpected_index_list") or []
    else:
        values = found.get("partial_unexpected_list", [])
        shown = [value if isinstance(value, dict) else dict(zip(columns, _as_tuple(value), strict=True)) for value in values]
    return failed(batch, check, shown[:SHOWN_VALUES], found.get("unexpected_count", 0))


def _as_tuple(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _exception(result: ExpectationValidationResult) -> Exception | None:
    """What Great Expectations caught, either for the expectation or for each of its metrics."""
    info = result.exception_info or {}
    for caught in (info, *(value for value in info.values() if isinstance(value, dict))):
        if caught.get("raised_exception"):
            return RuntimeError(str(caught.get("exception_message")))
    return None


def _error(batch: Batch, check: Check, error: Exception) -> CheckResult:
    return CheckResult(batch.table_name, check.words, check.severity, Outcome.ERROR, message=error_text(error))
