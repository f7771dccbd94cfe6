"""Large windows go through Great Expectations' Spark engine: the same checks, the same outcomes, few Spark jobs."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from great_expectations.data_context import AbstractDataContext
from pyspark.sql import SparkSession

from expectations import staged_rows
from expectations.audited_run import StagedTable
from expectations.gate_run import CheckResult, run_suite
from expectations.severities import Outcome
from expectations.staged_rows import RowsInSpark, open_rows
from expectations.table_gates import SUITES
from expectations.window_suites import total_by_hour
from jobs.table_declarations import ERROR_AGGREGATES
from tests.expectations.conftest import suite_for, totals_of
from tests.expectations.tiny_window import HOUR_START, Rows, changed, run_of, stage_window, tiny_window

pytestmark = pytest.mark.spark


@pytest.fixture
def in_spark(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rows], StagedTable]:
    """error_aggregates staged and opened as if its rows were too many for memory."""
    monkeypatch.setattr(staged_rows, "MAX_ROWS_IN_MEMORY", 0)

    def opened(rows: Rows) -> StagedTable:
        staged = open_rows(stage_window(rows, str(tmp_path)), ERROR_AGGREGATES, lambda: spark)
        assert isinstance(staged, RowsInSpark)
        return StagedTable(ERROR_AGGREGATES, staged)

    return opened


def findings(results: tuple[CheckResult, ...]) -> dict[str, tuple[Outcome, int | None]]:
    return {result.words: (result.outcome, result.unexpected_rows) for result in results}


def test_both_engines_find_the_same(context: AbstractDataContext, in_spark: Callable[[Rows], StagedTable]) -> None:
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

    by_spark = run_suite(context, SUITES["error_aggregates"](in_spark(rows), run_of())).results
    by_pandas = run_suite(context, suite_for("error_aggregates", rows, run_of())).results

    assert findings(by_spark) == findings(by_pandas)
    assert {result.words for result in by_spark if result.outcome is Outcome.FAIL} == {
        "main_crashes >= 0",
        "usage_hours >= 0, and a finite number",
        "usage_hours <= 25 x (main_pings + core_pings)",
        "startup_crashes <= main_crashes",
        "main_crashes_capped <= main_crashes",
        "channel is release, esr, beta, aurora or nightly",
        "country is never NULL",
        "build_id is 14 digits",
        "os_version is NULL rather than empty",
        "one row for each " + ", ".join(ERROR_AGGREGATES.grain),
        "2026-11-22 10:00 <= window_start < 2026-11-22 11:00",
    }


def test_one_aggregation_feeds_all_checks(
    context: AbstractDataContext, spark: SparkSession, in_spark: Callable[[Rows], StagedTable]
) -> None:
    suite = SUITES["error_aggregates"](in_spark(tiny_window()), run_of())
    jobs_before = spark_jobs(spark)
    results = run_suite(context, suite).results
    assert {result.outcome for result in results} == {Outcome.PASS, Outcome.NOT_APPLICABLE}
    # Five queries of two jobs each, on rows that were read once: all rules of columns (in two levels of metrics), the grain, the rows.
    assert spark_jobs(spark) - jobs_before <= 10 < len(results)


def spark_jobs(spark: SparkSession) -> int:
    return int(spark.sparkContext._jsc.sc().dagScheduler().nextJobId())


def test_sums_by_hour_are_the_same(in_spark: Callable[[Rows], StagedTable]) -> None:
    assert total_by_hour(in_spark(tiny_window())) == totals_of(tiny_window())["error_aggregates"]
