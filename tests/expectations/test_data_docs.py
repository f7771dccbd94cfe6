"""The pages of a gate run: they open without a network, escape what clients sent, and don't pile up."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from expectations.gate.gate_results import TableResult
from expectations.gate.gate_run import run_suite
from expectations.reports import data_docs
from expectations.reports.data_docs import write_data_docs
from expectations.reports.gate_report import GateRun
from jobs.declarations.states import Severity
from jobs.tables.staged.staging_manifest import Manifest
from tests.expectations.conftest import suite_for
from tests.expectations.tiny_window import ATTEMPT, HOUR_START, RUN_KEY, WINDOW, Rows, changed, run_of, tiny_window

NOON = HOUR_START + timedelta(hours=2)


@pytest.fixture
def gate() -> Callable[[Rows], GateRun]:
    def run(rows: Rows, tables: tuple[str, ...] = ("usage_delays", "rejected_pings")) -> GateRun:
        results = tuple(run_suite(suite_for(table, rows, run_of())) for table in tables)
        return GateRun(Manifest(RUN_KEY, ATTEMPT, WINDOW, "1", NOON), "aggregates", NOON, results)

    return run


def test_the_list_leads_to_the_run_and_the_run_to_its_tables(gate: Callable[..., GateRun], tmp_path: Path) -> None:
    rows = tiny_window()
    changed("usage_delays", delay_hours=26)(rows)
    page = Path(write_data_docs(str(tmp_path), gate(rows)))
    listed = (tmp_path / "index.html").read_text()
    assert "2026-11-22 10:00 to 2026-11-22 11:00" in listed
    assert "blocked" in listed
    [link] = re.findall(r'href="(runs/[^"]+)"', listed)
    assert (tmp_path / link) == page
    said = page.read_text()
    assert "delay_hours &lt;= 25" in said
    tables = re.findall(r'href="([a-z_]+\.html)"', said)
    assert "usage_delays.html" in tables
    table_page = (page.parent / "usage_delays.html").read_text()
    assert "delay_hours <= 25" in table_page or "delay_hours &lt;= 25" in table_page
    assert "1 unexpected values found" in table_page


def test_pages_need_nothing_from_elsewhere(gate: Callable[..., GateRun], tmp_path: Path) -> None:
    write_data_docs(str(tmp_path), gate(tiny_window()))
    for page in tmp_path.rglob("*.html"):
        assert not re.search(r"<script|<link|src=|https?://|url\(", page.read_text()), page


def test_what_clients_sent_is_text(gate: Callable[..., GateRun], tmp_path: Path) -> None:
    rows = tiny_window()
    changed("error_aggregates", channel="<script>alert(1)</script>", country="<b>")(rows)
    page = Path(write_data_docs(str(tmp_path), gate(rows, ("error_aggregates",))))
    pages = [page.read_text(), (page.parent / "error_aggregates.html").read_text()]
    assert all("<script>" not in text and "<b>" not in text for text in pages)
    assert all("&lt;script&gt;alert(1)" in text for text in pages)


def test_a_table_that_could_not_be_checked_is_listed_without_a_page(gate: Callable[..., GateRun], tmp_path: Path) -> None:
    checked = gate(tiny_window())
    unread = TableResult("release_totals", ())
    page = Path(write_data_docs(str(tmp_path), GateRun(checked.manifest, checked.stage, NOON, (unread,))))
    assert "release_totals" in page.read_text()
    assert list(page.parent.iterdir()) == [page]


def test_the_oldest_runs_are_dropped(gate: Callable[..., GateRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_docs, "RUNS_KEPT", 2)
    checked = gate(tiny_window())
    (tmp_path / "runs" / "somebody's own").mkdir(parents=True)
    for minute in (1, 3, 2):
        write_data_docs(str(tmp_path), GateRun(checked.manifest, checked.stage, NOON + timedelta(minutes=minute), checked.tables))
    kept = sorted(folder.name[:16] for folder in (tmp_path / "runs").iterdir())
    assert kept == ["20261122T120200Z", "20261122T120300Z", "somebody's own"]
    listed = re.findall(r"2026-11-22 12:0\d:00", (tmp_path / "index.html").read_text())
    assert listed == ["2026-11-22 12:03:00", "2026-11-22 12:02:00"]


def test_severities_reach_great_expectations() -> None:
    validations = run_suite(suite_for("error_aggregates", tiny_window(), run_of()), is_settled=True).validations
    assert validations
    for validation in validations:
        for result in validation.results:
            assert result.expectation_config.severity in {severity.value for severity in Severity}
            assert result.expectation_config.description
