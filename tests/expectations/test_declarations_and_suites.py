"""The declarations and the suites agree in both directions, also about a measure that was declared a minute ago."""

import json
import subprocess
import sys

import pytest

from expectations.checks.checks import Batch
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, TABLES, TOLD_BESIDE, WINDOW_TABLES
from jobs.deployment.settings import ROOT
from jobs.tables.commits.kept_rows import KEPT_TABLES
from tests.expectations.conftest import suite_for
from tests.expectations.tiny_window import TABLE_BY_NAME, run_of, tiny_window

GATED = [table.name for table in (*WINDOW_TABLES, INGEST_AUDIT, RELEASE_HEALTH, *TOLD_BESIDE)]
NEVER_STAGED = {"data_quality", "release_reviews"}  # the gate's own results, and what people say
KEPT = {table.name for table in KEPT_TABLES}  # made anew at any time from tables that are gated


def test_every_table_that_a_job_computes_is_gated() -> None:
    assert {table.name for table in TABLES} == set(GATED) | NEVER_STAGED | KEPT


@pytest.mark.parametrize("name", GATED)
def test_every_column_is_spoken_of_and_none_that_is_not_declared(name: str) -> None:
    suite = suite_for(name, tiny_window(), run_of())
    declared = set(TABLE_BY_NAME[name].column_names)
    assert {column for check in suite.checks for column in check.columns} == declared


@pytest.mark.parametrize("name", GATED)
def test_every_expectation_reads_columns_that_its_batch_has(name: str) -> None:
    for batch in suite_for(name, tiny_window(), run_of()).batches:
        present = columns_of(batch)
        for check in batch.checks:
            assert check.rule.columns
            assert set(check.rule.columns) <= present, check.words


@pytest.mark.parametrize("name", GATED)
def test_words_are_unique_within_a_table(name: str) -> None:
    suite = suite_for(name, tiny_window(), run_of())
    words = [check.words for check in suite.checks] + [not_run.words for not_run in suite.not_run]
    assert len(words) == len(set(words))


def columns_of(batch: Batch) -> set[str]:
    return set(batch.rows.frame(f"SELECT * FROM {batch.relation} LIMIT 0").columns)  # noqa: S608


MADE_UP = """
import json
from jobs.declarations import measures
from jobs.declarations.product import Condition, Measure, OneWhere
hang = Condition("payload.metadata.Hang", ("1",))
measures.MEASURES += (Measure("hangs", "hangs", "hangs", ("crash",), OneWhere((hang,)), "zero", "Crash pings of hangs."),)
from jobs.tables.commits.kept_rows import KEPT_TABLES
from tests.expectations.conftest import suite_for
from tests.expectations.tiny_window import run_of, tiny_window
from expectations.gate.gate_run import run_suite
rows = tiny_window()
rows["error_aggregates"][0]["hangs"] = 5
found = {}
for table in ("error_aggregates", "experiment_error_aggregates", "release_totals", "ingest_audit"):
    found[table] = {r.words: r.outcome for r in run_suite(suite_for(table, rows, run_of())).results if "hangs" in r.words}
print(json.dumps(found))
"""


def test_a_made_up_measure_gets_its_expectations_by_being_declared() -> None:
    finished = subprocess.run([sys.executable, "-c", MADE_UP], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    passes = {"hangs >= 0": "pass", "hangs <= crash_pings": "pass"}
    assert json.loads(finished.stdout.splitlines()[-1]) == {
        "error_aggregates": passes | {"hangs <= crash_pings": "fail"},  # 5 of 4
        "experiment_error_aggregates": passes,
        "release_totals": passes,
        "ingest_audit": {"hangs in error_aggregates = hangs in release_totals": "fail"},  # 5 and none
    }
