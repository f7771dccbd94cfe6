"""A new measure is a new row of the declarations: nothing else has to know of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import ERROR_AGGREGATES, RELEASE_TOTALS, Table
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import ROOT
from jobs.products.chosen import SOURCE
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import identifier
from tests.ping_factory import close_hour, histogram, land, main_ping
from tests.tables.lakes import lake_environment, open_lake
from tests.tables.staged_runs import TEN, provisional, stage_run

ROW = """
    Measure(
        "made_up_events", "made-up events", "events", ("main",), _histogram("MADE_UP_EVENTS"), "unknown", "Events that were made up."
    ),
"""
ROWS_BEGIN = "_MEASURES: tuple[Measure, ...] = ("

PUBLISH = """
import sys
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.commits.publishing import publish_window
from jobs.tables.staged.staging_manifest import read_manifest
print(publish_window(open_catalog(), read_manifest(sys.argv[1], "k", "aggregates")))
"""


@pytest.mark.spark
def test_a_made_up_measure_is_extracted_totalled_published_and_documented(tmp_path: Path) -> None:
    catalog, staging = open_lake(tmp_path), str(tmp_path / "staging")
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))

    checkout = tmp_path / "checkout"
    declare_one_more_measure(checkout)
    for count in (3, 4):
        land(
            tmp_path / "landing",
            [main_ping({"body.counts.MADE_UP_EVENTS": histogram(count)}, TEN + HOUR)],
            "main",
            TEN + HOUR,
            f"{count}.ndjson",
        )
    close_hour(tmp_path / "landing", TEN + HOUR)
    window = [
        "--start",
        f"{TEN + HOUR:%Y-%m-%dT%H:%MZ}",
        "--end",
        f"{TEN + 2 * HOUR:%Y-%m-%dT%H:%MZ}",
        "--mode",
        "provisional",
        "--run-key",
        "k",
    ]
    environment = os.environ | lake_environment(tmp_path) | {"LANDING": str(tmp_path / "landing"), "STAGING": staging}
    environment["PRODUCT"] = str(checkout / Path(SOURCE).name)
    for command in (["-m", "jobs.aggregate_errors", *window], ["-c", PUBLISH, staging], ["-m", "jobs.write_data_dictionary"]):
        subprocess.run([sys.executable, *command], cwd=checkout, env=environment, check=True, timeout=300)

    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        assert made_up_events(catalog, table) == {(TEN, None), (TEN + HOUR, 3 + 4)}
    assert "| `made_up_events` | events | main |" in (checkout / "docs" / "data_dictionary.md").read_text()


def declare_one_more_measure(checkout: Path) -> None:
    """A copy of the jobs whose declarations have one more row."""
    shutil.copytree(ROOT / "jobs", checkout / "jobs", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / "docs").mkdir()
    text = Path(SOURCE).read_text()
    assert text.count(ROWS_BEGIN) == 1
    (checkout / Path(SOURCE).name).write_text(text.replace(ROWS_BEGIN, ROWS_BEGIN + ROW))


def made_up_events(catalog: Catalog, table: Table) -> set[tuple[object, object]]:
    rows = catalog.load_table(identifier(table)).scan().to_arrow().to_pylist()
    return {(row[table.time_column], row["made_up_events"]) for row in rows}
