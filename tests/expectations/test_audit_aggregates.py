"""`python -m jobs.audit_aggregates` on staged windows: what is published, kept, said, and where it can be looked at."""

import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jobs.audit_aggregates import main
from jobs.commands.exit_codes import FAILED_EXPECTATIONS
from jobs.declarations.tables import DATA_QUALITY, ERROR_AGGREGATES, Table
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.deployment.settings import ROOT
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.tables.staged.staging_manifest import Manifest, write_manifest
from tests.expectations.tiny_window import HOUR_START, RUN_KEY, WINDOW, Rows, changed, stage_window, tiny_window

pytestmark = pytest.mark.long


def audit(window: Window = WINDOW, run_key: str = RUN_KEY, *, accept_less: bool = False) -> Result:
    times = ["--start", window.start.isoformat(), "--end", window.end.isoformat()]
    return CliRunner().invoke(
        main, [*times, "--mode", window.mode.value, "--run-key", run_key, *(["--accept-less"] if accept_less else [])]
    )


def stage(home: Path, rows: Rows, run_key: str = RUN_KEY, attempt: str = "first", later: timedelta = timedelta()) -> Manifest:
    """Staged `later` than the window's end."""
    for table_rows in rows.values():
        for row in table_rows:
            if "window_run_id" in row:
                row["window_run_id"] = f"{run_key}-{attempt}"
    changed("ingest_audit", processed_at=WINDOW.end + later)(rows)
    staged = stage_window(rows, str(home / "staging"), run_key, attempt)
    manifest = Manifest(run_key, attempt, WINDOW, "1", WINDOW.end + later, staged.files)
    write_manifest(str(home / "staging"), "aggregates", manifest)
    return manifest


def stored(table: Table) -> list[dict[str, Any]]:
    return open_catalog().load_table(identifier(table)).scan().to_arrow().to_pylist()


def outcomes(run_key: str = RUN_KEY) -> dict[tuple[str, str], str]:
    kept = [row for row in stored(DATA_QUALITY) if row["run_key"] == run_key]
    return {(row["table_name"], row["expectation"]): row["outcome"] for row in kept}


def test_rows_that_pass_are_published(home: Path) -> None:
    stage(home, tiny_window())
    finished = audit()
    assert finished.exit_code == 0, finished.output
    last_line = finished.output.splitlines()[-1]
    assert re.fullmatch(r"\d+ expectations: \d+ passed, \d+ not applicable; published 9 rows of 8 tables", last_line)
    assert [row["main_crashes"] for row in stored(ERROR_AGGREGATES)] == [1]
    assert set(outcomes().values()) == {"pass", "not_applicable"}
    assert outcomes()["error_aggregates", "columns and types are as declared"] == "pass"


def test_a_warning_is_said_and_kept_and_stops_nothing(home: Path) -> None:
    rows = tiny_window()
    changed("ingest_audit", late_objects=1)(rows)
    stage(home, rows)
    finished = audit()
    assert finished.exit_code == 0
    assert "1 warning (late objects <= 1%: 100%, 1 of 1)" in finished.output.splitlines()[-1]
    [kept] = [row for row in stored(DATA_QUALITY) if row["outcome"] == "fail"]
    assert (kept["severity"], kept["expectation"], kept["observed"]) == ("warning", "late objects <= 1%", "100%, 1 of 1")


def test_a_critical_failure_leaves_the_published_rows_as_they_were(home: Path) -> None:
    stage(home, tiny_window())
    assert audit().exit_code == 0
    published = stored(ERROR_AGGREGATES)

    rows = tiny_window()
    rows["error_aggregates"] = [rows["error_aggregates"][0] | {"country": f"D{letter}"} for letter in "ABCDEFGH"]
    rows["error_aggregates"][-1]["main_crashes"] = -3
    manifest = stage(home, rows, run_key="fedcba9876543210", later=HOUR)
    finished = audit(run_key="fedcba9876543210")

    assert finished.exit_code == FAILED_EXPECTATIONS
    assert "error_aggregates: critical expectation failed: main_crashes >= 0: -3 in 1 row." in finished.output
    assert "readers still see the last good rows" in finished.output
    assert "docs/runbook.md, section 'A gate failed'" in finished.output
    assert stored(ERROR_AGGREGATES) == published
    assert outcomes("fedcba9876543210")["error_aggregates", "main_crashes >= 0"] == "fail"
    assert all(Path(file.location).exists() for files in manifest.files.values() for file in files)
    shown = broken_rows(finished.output, "error_aggregates", "main_crashes >= 0")
    assert ("-3" in shown, "DH" in shown, "DA" in shown) == (True, True, False)


def broken_rows(output: str, table: str, words: str) -> str:
    """What the command that the message gives for looking at the staged rows prints."""
    lines = output.splitlines()
    [at] = [i for i, line in enumerate(lines) if f"{table}: critical expectation failed: {words}:" in line]
    command = lines[at + 1].partition("the staged rows: ")[2]
    arguments = [sys.executable, *shlex.split(command)[1:]]
    return subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_the_message_leads_to_the_page_and_the_rows(home: Path) -> None:
    rows = tiny_window()
    rows["release_totals"].append(dict(rows["release_totals"][0]))
    stage(home, rows)
    output = audit().output
    page = Path(re.search(r"Data Docs: (\S+)", output)[1])
    assert "blocked" in page.read_text()
    assert "one row for each hour_start, channel" in (page.parent / "release_totals.html").read_text()
    assert "57.0b8" in broken_rows(output, "release_totals", "one row for each " + ", ".join(GRAIN))


GRAIN = ("hour_start", "channel", "release_version", "os_name", "os_version_major", "architecture", "country_group")


def test_a_staged_file_that_is_gone_is_an_error_that_blocks(home: Path) -> None:
    manifest = stage(home, tiny_window())
    Path(manifest.files["usage_delays"][0].location).unlink()
    finished = audit()
    assert finished.exit_code == 1  # another try may find it
    assert "usage_delays: critical expectation could not be checked: the staged rows can be read and checked" in finished.output
    assert outcomes()["usage_delays", "the staged rows can be read and checked"] == "error"


def test_other_columns_than_declared_block_and_are_named(home: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    manifest = stage(home, tiny_window())
    location = manifest.files["release_totals"][0].location
    rows = pq.read_table(location)
    pq.write_table(rows.drop_columns(["updates"]).append_column("extra", pa.array([1])), location)
    finished = audit()
    assert finished.exit_code == FAILED_EXPECTATIONS
    assert "release_totals: critical expectation failed: columns and types are as declared" in finished.output
    assert "column updates, declared type int64, staged type no such column" in finished.output
    assert "column extra, declared type no such column, staged type int64" in finished.output


def test_a_run_that_came_too_late_says_who_owns_the_hour(home: Path) -> None:
    stage(home, tiny_window(), later=HOUR)
    assert audit().exit_code == 0
    rows = tiny_window()
    changed("error_aggregates", slow_script_notice_count=5)(rows)
    changed("release_totals", slow_script_notice_count=5)(rows)
    stage(home, rows, run_key="fedcba9876543210")
    finished = audit(run_key="fedcba9876543210")
    assert finished.exit_code == 0
    assert finished.output.splitlines()[-1].endswith(
        "nothing to publish, 1 hour left as they are (2026-11-22 10:00 belongs to provisional run 0123456789abcdef-first, complete)"
    )
    assert [row["slow_script_notice_count"] for row in stored(ERROR_AGGREGATES)] == [0]


def test_the_history_is_what_was_published(home: Path) -> None:
    """An os_name that the hour before did not have."""
    stage(home, tiny_window())
    assert audit().exit_code == 0
    rows = tiny_window()
    for name, table_rows in rows.items():
        for row in table_rows:
            row |= {"os_name": "BeOS"} if "os_name" in row else {}
            row |= {"hour_start": HOUR_START + HOUR} if "hour_start" in row else {}
            row |= {"window_start": HOUR_START + HOUR} if name == "error_aggregates" else {}
            row |= {"window_run_id": "next-first"} if "window_run_id" in row else {}
    following = Window(HOUR_START + HOUR, HOUR_START + 2 * HOUR, Mode.PROVISIONAL)
    manifest = stage_window(rows, str(home / "staging"), "next", "first", following)
    write_manifest(str(home / "staging"), "aggregates", manifest)
    finished = audit(following, run_key="next")
    assert "1 warning (os_name has no value that was not there before: BeOS)" in finished.output.splitlines()[-1]


def test_the_window_must_be_the_one_that_was_staged(home: Path) -> None:
    stage(home, tiny_window())
    finished = audit(Window(HOUR_START + HOUR, HOUR_START + 2 * HOUR, Mode.PROVISIONAL))
    assert finished.exit_code == 1
    assert "give the window that was aggregated" in finished.output


def test_a_run_that_staged_nothing_says_what_to_run(home: Path) -> None:
    finished = audit()
    assert finished.exit_code == 1
    assert "run jobs.aggregate_errors first" in finished.output


def test_nothing_goes_to_the_network(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection to {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    stage(home, tiny_window())
    finished = audit()
    assert finished.exit_code == 0, finished.output
