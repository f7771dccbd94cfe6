"""Staging and Data Docs on S3: the gate reads, shows and writes there as in a folder."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pyarrow import fs

from expectations.checks import staged_rows
from expectations.checks.audited_run import StagedTable
from expectations.checks.staged_rows import open_rows
from expectations.gate.table_gates import audit_window_tables
from expectations.reports.data_docs import write_data_docs
from expectations.reports.gate_report import GateRun, look_at_rows
from expectations.suites.window_suites import total_by_hour
from jobs.declarations.states import Outcome
from jobs.declarations.tables import ERROR_AGGREGATES, INGEST_AUDIT, WINDOW_TABLES
from jobs.deployment.object_store import filesystem_of, read_bytes
from jobs.deployment.settings import ROOT
from local.stack.object_store import serve_s3
from tests.expectations.conftest import totals_of
from tests.expectations.tiny_window import WINDOW, changed, run_of, stage_window, tiny_window

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bucket."""
    with serve_s3(tmp_path_factory.mktemp("s3"), "lake") as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield "s3://lake"


def test_a_gate_reads_staged_rows_and_writes_its_pages(lake: str) -> None:
    rows = tiny_window()
    changed("error_aggregates", main_crashes=-3)(rows)
    manifest = stage_window(rows, f"{lake}/staging")
    gate = GateRun(manifest, "aggregates", WINDOW.end, audit_window_tables(manifest, run_of()))
    assert {result.outcome for result in gate.results if result.table_name == "usage_delays"} == {Outcome.PASS}

    [failed] = [result for result in gate.blocking if result.words == "main_crashes >= 0"]
    command = shlex.split(str(look_at_rows(failed, manifest)))
    shown = subprocess.run([sys.executable, *command[1:]], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert "main_crashes" in shown.stdout

    page = write_data_docs(f"{lake}/data_docs", gate)
    assert b"main_crashes &gt;= 0" in read_bytes(page)
    later = GateRun(manifest, "aggregates", WINDOW.end + timedelta(minutes=1), gate.tables)
    write_data_docs(f"{lake}/data_docs", later)
    assert read_bytes(f"{lake}/data_docs/index.html").count(b'href="runs/') == 2
    filesystem, folder = filesystem_of(page.rpartition("/")[0])
    assert len(filesystem.get_file_info(fs.FileSelector(folder))) == len((*WINDOW_TABLES, INGEST_AUDIT)) + 1


def test_many_rows_are_read_where_they_lie(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_rows, "MAX_ROWS_IN_MEMORY", 0)
    rows = open_rows(stage_window(tiny_window(), f"{lake}/many"), ERROR_AGGREGATES)
    assert not rows.is_small
    assert total_by_hour(StagedTable(ERROR_AGGREGATES, rows)) == totals_of(tiny_window())["error_aggregates"]
