"""The examples of docs/querying.md and docs/runbook.md run on tables as they are published."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from unittest import mock

import pytest
from pyiceberg.catalog import Catalog
from pyspark.sql import SparkSession

from jobs.declarations.tables import CLIENT_REACH_DAYS, DATA_QUALITY, TABLES
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import ROOT
from jobs.tables.commits.publishing import publish_health, publish_window, replace_quality_results
from jobs.tables.lake.lake_catalog import ensure_table, identifier, open_catalog
from jobs.tables.staged.staging_manifest import Looks
from tests.reach.client_hours import hour_rows, reach_rows
from tests.tables.lakes import lake_environment
from tests.tables.staged_runs import made_up_rows, provisional, stage_looks, stage_run

DAY_OF_THE_EXAMPLES = datetime(2026, 11, 1, tzinfo=UTC)
_NAMESPACE = r"lake\.release_health(_restricted)?\."
LAST_DAY = datetime(2026, 11, 22, tzinfo=UTC)


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / document).read_text(), re.DOTALL)


def python_below(heading: str) -> list[str]:
    """The examples in Python of one part of docs/querying.md."""
    (part,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", (ROOT / "docs" / "querying.md").read_text(), re.DOTALL | re.MULTILINE)
    return re.findall(r"```python\n(.*?)```", part, re.DOTALL)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tables with a published hour, a look and a gate's results, which every example only reads."""
    folder = tmp_path_factory.mktemp("lake")
    with mock.patch.dict(os.environ, lake_environment(folder)):
        catalog, staging = open_catalog(), str(folder / "staging")
        for table in TABLES:
            ensure_table(catalog, table)
        for day in (DAY_OF_THE_EXAMPLES, LAST_DAY):
            publish_window(catalog, stage_run(staging, provisional(day), figure=3, run_key=f"{day:%d}"))
        publish_health(catalog, stage_looks(staging, Looks(LAST_DAY, LAST_DAY + HOUR, audit_sequence=1), figure=3))
        replace_quality_results(catalog, made_up_rows(DATA_QUALITY, [LAST_DAY], 1, 1, {"run_key": "k", "attempt": "a"}), since=LAST_DAY)
        store_people(catalog)
        yield


def store_people(catalog: Catalog) -> None:
    """On the first two days: 30 clients of one release on the first, half of them and 20 others on the second; 3 crashed on both."""
    days = ((range(30), range(3)), (range(15, 50), range(3)))
    rows = [row | {"hour_start": DAY_OF_THE_EXAMPLES + 24 * i * HOUR} for i, (on, bad) in enumerate(days) for row in hour_rows(0, on, bad)]
    ensure_table(catalog, CLIENT_REACH_DAYS).append(reach_rows(rows, CLIENT_REACH_DAYS))


def shown_by(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_examples_in_python_show_rows(lake: None) -> None:
    (duckdb,), (pyiceberg,) = python_below("SQL over all tables"), python_below("pyiceberg")
    assert "release_version 1" in shown_by(f"import pandas; pandas.set_option('display.width', 200)\n{pyiceberg}")
    assert "6.0" in shown_by(duckdb)


def test_a_union_over_days_counts_nobody_twice(lake: None) -> None:
    """50 clients on both days, of which 3 crashed."""
    python, duckdb = python_below("People over any days")
    assert shown_by(python).splitlines() == [
        "57.0b1 active: 50 clients (95 %: 50 to 50), key key",
        "57.0b1 crashed: 3 clients (95 %: 3 to 3), key key",
    ]
    assert re.search(r"57\.0b1 +│ +50\.0 │ +0\.94 ", shown_by(duckdb))


@pytest.mark.spark
def test_spark_unites_as_python_does(lake: None, spark: SparkSession) -> None:
    query = next(query for query in blocks("querying.md", "sql") if "theta_union_agg" in query)
    rows = open_catalog().load_table(identifier(CLIENT_REACH_DAYS)).scan().to_arrow()
    spark.createDataFrame(rows).createOrReplaceTempView("client_reach_days")
    (told,) = spark.sql(re.sub(_NAMESPACE, "", query)).toArrow().to_pylist()
    assert told == {"release_version": "57.0b1", "active_clients": 50.0, "crash_free_users": pytest.approx(0.94)}


def test_the_query_in_a_shell_shows_rows(lake: None) -> None:
    (command,) = blocks("querying.md", "sh")
    words = shlex.split(command)
    assert words[:3] == [".venv/bin/python", "-m", "jobs.query_tables"]
    shown = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "release_version 1" in shown and "main_crashes_per_1k_hours" in shown


def test_outside_of_a_checkout_the_catalog_alone_serves(lake: None) -> None:
    (example,) = re.findall(r"`(load_catalog\(.*?)`", (ROOT / "docs" / "querying.md").read_text())
    assert shown_by(f"from pyiceberg.catalog import load_catalog; print({example}.num_rows)") == "4\n"


@pytest.mark.spark
@pytest.mark.parametrize("document", ["querying.md", "runbook.md"])
def test_an_example_in_sql_names_tables_and_columns_that_there_are(lake: None, document: str, spark: SparkSession) -> None:
    """In Spark, but on views: an Iceberg runtime would be a jar."""
    catalog = open_catalog()
    for table in TABLES:
        spark.createDataFrame(catalog.load_table(identifier(table)).scan().to_arrow()).createOrReplaceTempView(table.name)
    for query in blocks(document, "sql"):
        spark.sql(re.sub(_NAMESPACE, "", query)).toArrow()
