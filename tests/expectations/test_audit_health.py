"""`python -m jobs.audit_health` on staged scores: published if they make sense, else the last good ones stay."""

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jobs.audit_health import main
from jobs.commands.exit_codes import FAILED_EXPECTATIONS
from jobs.declarations.tables import DATA_QUALITY, RELEASE_HEALTH, Table
from jobs.declarations.windows import HOUR
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.tables.staged.staging_manifest import Looks, write_manifest
from tests.expectations.tiny_window import HOUR_START, LOOKS, RUN_KEY, WINDOW, Rows, changed, stage_health, tiny_window

pytestmark = pytest.mark.long


def audit(run_key: str = RUN_KEY) -> Result:
    times = ["--start", WINDOW.start.isoformat(), "--end", WINDOW.end.isoformat()]
    return CliRunner().invoke(main, [*times, "--mode", WINDOW.mode.value, "--run-key", run_key])


def stage(home: Path, rows: Rows, run_key: str = RUN_KEY, looks: Looks = LOOKS) -> None:
    for row in (*rows["release_health"], *rows["experiment_health"], *rows["build_health"], *rows["later_health"]):
        row["audit_sequence"] = looks.audit_sequence
    staging = str(home / "staging")
    write_manifest(staging, "health", stage_health(rows, staging, run_key, looks=looks))


def stored(table: Table) -> list[dict[str, Any]]:
    return open_catalog().load_table(identifier(table)).scan().to_arrow().to_pylist()


def test_scores_that_make_sense_are_published(home: Path) -> None:
    stage(home, tiny_window())
    finished = audit()
    assert finished.exit_code == 0, finished.output
    assert finished.output.splitlines()[-1].endswith("passed; published 2 rows of 1 table")
    assert {(row["scope"], row["state"]) for row in stored(RELEASE_HEALTH)} == {("release", "healthy"), ("platform", "healthy")}


def test_a_score_that_cannot_be_leaves_the_last_good_ones(home: Path) -> None:
    stage(home, tiny_window())
    assert audit().exit_code == 0
    published = stored(RELEASE_HEALTH)

    rows = tiny_window()
    changed("release_health", score=float("nan"))(rows)
    stage(home, rows, run_key="fedcba9876543210", looks=Looks(LOOKS.after, LOOKS.until, 8))
    finished = audit("fedcba9876543210")

    assert finished.exit_code == FAILED_EXPECTATIONS
    assert "release_health: critical expectation failed: 0 <= score <= 100, and a finite number: nan in 1 row." in finished.output
    assert stored(RELEASE_HEALTH) == published
    failed = [row for row in stored(DATA_QUALITY) if row["outcome"] != "pass"]
    assert [(row["run_key"], row["expectation"], row["outcome"]) for row in failed] == [
        ("fedcba9876543210", "0 <= score <= 100, and a finite number", "fail")
    ]


def test_looks_of_a_later_audit_stay(home: Path) -> None:
    stage(home, tiny_window(), looks=Looks(LOOKS.after, LOOKS.until, 8))
    assert audit().exit_code == 0
    stage(home, tiny_window(), run_key="fedcba9876543210", looks=LOOKS)
    finished = audit("fedcba9876543210")
    assert finished.exit_code == 0
    assert "nothing to publish, 1 hour left as they are (2026-11-22 11:00 belongs to scored from ingest_audit snapshot 8" in finished.output
    assert {row["audit_sequence"] for row in stored(RELEASE_HEALTH)} == {8}


def test_a_run_without_a_complete_hour_publishes_nothing(home: Path) -> None:
    stage(
        home,
        tiny_window() | {"release_health": [], "experiment_health": [], "build_health": [], "later_health": []},
        looks=Looks(HOUR_START, HOUR_START, 0),
    )
    finished = audit()
    assert finished.exit_code == 0, finished.output
    assert finished.output.splitlines()[-1].endswith("4 not applicable; nothing to publish")


def test_a_look_at_an_hour_to_come_is_not_the_runs(home: Path) -> None:
    rows = tiny_window()
    for row in rows["release_health"]:
        row["as_of"] = HOUR_START + 2 * HOUR
    stage(home, rows)
    finished = audit()
    assert finished.exit_code == FAILED_EXPECTATIONS
    assert f"{(HOUR_START + 2 * HOUR).astimezone(UTC):%Y-%m-%d %H:%M}" in finished.output
