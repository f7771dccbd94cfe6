"""Maintenance: late objects are named, old things go, and nothing that a reader may need does."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

from jobs.declarations.tables import DATA_QUALITY, ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_TOTALS, Table
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import ROOT
from jobs.maintain_tables import main
from jobs.tables.commits.publishing import publish_window, replace_quality_results
from jobs.tables.commits.row_replacement import Replacement, expire_snapshots, replace_rows
from jobs.tables.lake import kept_snapshots
from jobs.tables.lake.kept_snapshots import expendable_snapshots
from jobs.tables.lake.lake_catalog import ensure_table, identifier
from jobs.tables.reading.complete_windows import read_complete
from jobs.tables.staged.staging import stage_rows
from jobs.tables.staged.staging_manifest import Manifest
from jobs.tables.upkeep import table_upkeep
from jobs.tables.upkeep.maintenance_policy import POLICY
from jobs.tables.upkeep.table_upkeep import (
    Removed,
    delete_old_staging,
    delete_unreferenced_files,
    drop_rows_before,
    merge_daily_files,
)
from tests.ping_factory import close_hour, land, main_ping
from tests.tables.publisher_processes import publish_and_die
from tests.tables.staged_runs import DAY, TEN, contents, figures, made_up_rows, provisional, settled, stage_run

pytestmark = pytest.mark.long

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


def files_of(catalog: Catalog) -> set[Path]:
    location = catalog.load_table(identifier(RELEASE_TOTALS)).location().removeprefix("file://")
    return {path for path in Path(location).rglob("*") if path.is_file()}


def snapshot_ids(catalog: Catalog, table: Table = RELEASE_TOTALS) -> list[int]:
    return [snapshot.snapshot_id for snapshot in catalog.load_table(identifier(table)).snapshots()]


def test_a_publication_lets_go_of_snapshots_past_keeping(catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_snapshots, "RECENT", 4)
    for figure in range(1, 8):
        publish_window(catalog, stage_run(staging, provisional(TEN), figure, read_at=figure))
        assert len(snapshot_ids(catalog)) <= 4 + 2
        assert len(snapshot_ids(catalog, INGEST_AUDIT)) <= 4 + 2
    assert figures(catalog, RELEASE_TOTALS) == {TEN: [7, 7]}


def test_a_snapshot_that_readers_of_a_claimed_hour_need_is_never_let_go(
    lake: dict[str, str], catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    publish_and_die(lake, stage_run(staging, provisional(TEN), figure=2, read_at=1), commits=3)
    monkeypatch.setattr(kept_snapshots, "RECENT", 2)
    for figure in range(3, 8):
        publish_window(catalog, stage_run(staging, provisional(TEN + HOUR), figure, read_at=figure))
    expire_snapshots(catalog, RELEASE_TOTALS, is_dry_run=False)
    assert read_complete(catalog, RELEASE_TOTALS, TEN, TEN + HOUR).rows["main_crashes"].to_pylist() == [1, 1]


def test_the_newest_snapshots_and_the_last_of_each_of_eight_days_are_kept(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_snapshots, "RECENT", 2)
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    table = ensure_table(catalog, RELEASE_TOTALS)
    times = [now - timedelta(hours=6 * i) for i in range(60)]
    snapshots = [
        Snapshot(snapshot_id=i, sequence_number=60 - i, timestamp_ms=int(at.timestamp() * 1000), manifest_list="m")
        for i, at in enumerate(times)
    ]
    monkeypatch.setattr(table, "snapshots", lambda: snapshots)
    kept = sorted(set(range(60)) - set(expendable_snapshots(table, now, claimed=[59])))
    assert [times[i] for i in kept] == [*times[:2], *(now.replace(hour=18) - timedelta(days=day) for day in range(1, 9)), times[59]]


def test_a_dry_run_says_how_many_snapshots_would_go(catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for figure in (1, 2, 3):
        publish_window(catalog, stage_run(staging, provisional(TEN), figure, read_at=figure))
    monkeypatch.setattr(kept_snapshots, "RECENT", 1)
    before = snapshot_ids(catalog)
    assert expire_snapshots(catalog, RELEASE_TOTALS, is_dry_run=True) == len(before) - 1
    assert snapshot_ids(catalog) == before
    monkeypatch.setattr(kept_snapshots, "MOST_AT_ONCE", 2)
    assert expire_snapshots(catalog, RELEASE_TOTALS, is_dry_run=False) == len(before) - 1
    assert snapshot_ids(catalog) == before[-1:]


def test_files_of_expired_snapshots_and_of_killed_publishers_go_after_their_grace(
    lake: dict[str, str], catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour, figure in ((TEN, 1), (TEN + HOUR, 2), (TEN, 3)):
        publish_window(catalog, stage_run(staging, provisional(hour), figure, read_at=figure))
    publish_and_die(lake, stage_run(staging, provisional(TEN), figure=4, read_at=4), commits=4, is_before_commit=True)
    rows = contents(catalog)
    monkeypatch.setattr(kept_snapshots, "RECENT", 1)
    expire_snapshots(catalog, RELEASE_TOTALS, is_dry_run=False)
    before = files_of(catalog)

    assert delete_unreferenced_files(catalog, RELEASE_TOTALS, LONG_AGO, is_dry_run=False) == Removed(0, 0)
    would = delete_unreferenced_files(catalog, RELEASE_TOTALS, FAR_AHEAD, is_dry_run=True)
    assert files_of(catalog) == before
    assert delete_unreferenced_files(catalog, RELEASE_TOTALS, FAR_AHEAD, is_dry_run=False) == would
    gone = before - files_of(catalog)
    assert (len(gone), would.count > 0, would.size_bytes > 0) == (would.count, True, True)
    assert any(path.suffix == ".parquet" for path in gone)
    assert contents(catalog) == rows
    assert delete_unreferenced_files(catalog, RELEASE_TOTALS, FAR_AHEAD, is_dry_run=False) == Removed(0, 0)
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=5, read_at=5))
    assert figures(catalog, RELEASE_TOTALS) == {TEN: [5, 5], TEN + HOUR: [2, 2]}


def test_rows_past_their_retention_go(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=3), figure=1))
    assert drop_rows_before(catalog, ERROR_AGGREGATES, TEN + HOUR, is_dry_run=True) == 2
    assert drop_rows_before(catalog, ERROR_AGGREGATES, TEN + HOUR, is_dry_run=False) == 2
    assert drop_rows_before(catalog, ERROR_AGGREGATES, TEN + HOUR, is_dry_run=False) == 0
    assert set(figures(catalog, ERROR_AGGREGATES)) == {TEN + HOUR, TEN + 2 * HOUR}


def test_hours_whose_rows_went_for_their_age_are_no_rows_that_are_missing(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=3), figure=1))
    drop_rows_before(catalog, ERROR_AGGREGATES, TEN + HOUR, is_dry_run=False)
    complete = read_complete(catalog, ERROR_AGGREGATES, TEN, TEN + 3 * HOUR)
    assert (complete.rows.num_rows, complete.incomplete_hours) == (4, [TEN])


def gate_ran(catalog: Catalog, *checked_at: datetime) -> None:
    """Two results of a gate at each of these times."""
    for at in checked_at:
        replace_quality_results(catalog, made_up_rows(DATA_QUALITY, [at], 2, 1, {"run_key": f"{at:%d%H}", "attempt": "a"}), since=at)


def results_of(catalog: Catalog) -> list[str]:
    return sorted(map(str, catalog.load_table(identifier(DATA_QUALITY)).scan().to_arrow().to_pylist()))


def test_days_that_several_gates_wrote_to_become_a_file_each_but_for_the_current_one(catalog: Catalog) -> None:
    next_day, today = DAY + 24 * HOUR, DAY + 48 * HOUR
    gate_ran(catalog, DAY, TEN, DAY + 23 * HOUR, next_day, today, today + HOUR)
    results = results_of(catalog)
    assert merge_daily_files(catalog, DATA_QUALITY, today, is_dry_run=True) == 3 - 1
    assert files_by_day(catalog) == [3, 1, 2]
    assert merge_daily_files(catalog, DATA_QUALITY, today, is_dry_run=False) == 3 - 1
    assert files_by_day(catalog) == [1, 1, 2]
    assert results_of(catalog) == results
    assert merge_daily_files(catalog, DATA_QUALITY, today, is_dry_run=False) == 0


def files_by_day(catalog: Catalog) -> list[int]:
    days = Counter(task.file.partition[0] for task in catalog.load_table(identifier(DATA_QUALITY)).scan().plan_files())
    return [days[day] for day in sorted(days)]


def test_a_gate_that_writes_while_its_day_is_merged_loses_nothing(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    gate_ran(catalog, DAY, TEN)
    late = [TEN + HOUR]

    def overtaken(catalog: Catalog, table: Table, decide: Callable[[IcebergTable], Replacement]) -> None:
        def decide_then_be_overtaken(loaded: IcebergTable) -> Replacement:
            replacement = decide(loaded)
            while late:
                gate_ran(catalog, late.pop())
            return replacement

        replace_rows(catalog, table, decide_then_be_overtaken)

    monkeypatch.setattr(table_upkeep, "replace_rows", overtaken)
    merge_daily_files(catalog, DATA_QUALITY, DAY + 24 * HOUR, is_dry_run=False)
    assert len(results_of(catalog)) == 3 * 2
    assert files_by_day(catalog) == [1]


def test_staging_of_runs_that_ended_long_ago_goes(staging: str) -> None:
    old, new = (stage_run(staging, provisional(TEN), figure, run_key=f"run{figure}") for figure in (1, 2))
    month_ago = datetime.now(UTC) - timedelta(days=30)
    for path in (Path(staging) / old.run_key).rglob("*"):
        os.utime(path, (month_ago.timestamp(),) * 2)
    cutoff = datetime.now(UTC) - timedelta(days=14)
    size = sum(path.stat().st_size for path in (Path(staging) / old.run_key).rglob("*") if path.is_file())
    assert delete_old_staging(staging, cutoff, is_dry_run=True) == Removed(1, size)
    assert delete_old_staging(staging, cutoff, is_dry_run=False) == Removed(1, size)
    assert [path.name for path in Path(staging).iterdir()] == [new.run_key]


def test_what_no_run_staged_stays(staging: str) -> None:
    manifest = stage_run(staging, provisional(TEN), figure=1, run_key="run")
    landed = land(Path(staging) / "landing", [main_ping({}, TEN)], hour_start=TEN, name="a.ndjson")
    beside = Path(manifest.files["release_totals"][0].location).with_name("notes.parquet")
    beside.write_bytes(b"")
    assert delete_old_staging(staging, FAR_AHEAD, is_dry_run=False).count == 1
    assert [path for path in Path(staging).rglob("*") if path.is_file()] == [path for path in (landed, beside) if path.exists()]
    assert landed.exists() and beside.exists()


def settled_with(objects: list[tuple[str, str]], catalog: Catalog, staging: str) -> None:
    """A settled day that read these objects, key and etag, at ten."""
    landed = [{"object_key": key, "etag": etag, "bytes": 1, "modified_at": TEN, "is_late": False} for key, etag in objects]
    day = stage_run(staging, settled(DAY), figure=1)
    marks = {"mode": "settled", "processed_at": day.processed_at, "window_run_id": day.window_run_id}
    audit = [
        file
        for hour in day.window.hours
        for file in stage_rows(
            made_up_rows(INGEST_AUDIT, [hour], 1, 1, marks | {"objects": landed if hour == TEN else []}), INGEST_AUDIT, f"{staging}/audit"
        )
    ]
    publish_window(
        catalog, Manifest(day.run_key, day.attempt, day.window, "abc123", day.processed_at, day.files | {"ingest_audit": tuple(audit)})
    )


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_task_says_what_it_deleted_and_what_to_settle_again(
    lake: dict[str, str], catalog: Catalog, staging: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    for name, location in (lake | {"LANDING": str(tmp_path / "landing"), "STAGING": staging}).items():
        monkeypatch.setenv(name, location)
    settled_with([], catalog, staging)
    land(tmp_path / "landing", [main_ping({}, TEN)], hour_start=TEN, name="late.ndjson")
    for run in Path(staging).rglob("*"):
        os.utime(run, (0, 0))
    result = CliRunner().invoke(
        main, ["--end", f"{DAY + 3 * 24 * HOUR + timedelta(minutes=7):%Y-%m-%dT%H:%MZ}", *(["--dry-run"] if dry_run else [])]
    )
    assert result.exit_code == 0, result.output
    assert "2017-11-20 was settled without 1 object that came since, such as submission_date=2017-11-20" in result.output
    last_line = result.output.splitlines()[-1]
    assert last_line.startswith(
        f"to settle again: 2017-11-20; {'would delete' if dry_run else 'deleted'} 0 files (0.0 MB) and 1 staging folders"
    )
    assert (Path(staging) / "run-1-0").exists() == dry_run


def test_the_task_keeps_results_of_gates_for_90_days_and_totals_for_good(
    lake: dict[str, str], catalog: Catalog, staging: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_hour(tmp_path / "landing", TEN)
    for name, location in (lake | {"LANDING": str(tmp_path / "landing"), "STAGING": staging}).items():
        monkeypatch.setenv(name, location)
    publish_window(catalog, stage_run(staging, settled(DAY), figure=1))
    gate_ran(catalog, DAY + 23 * HOUR, DAY + 24 * HOUR, DAY + 25 * HOUR)
    result = CliRunner().invoke(main, ["--end", f"{DAY + timedelta(days=1 + 90):%Y-%m-%dT%H:%MZ}"])
    assert "data_quality: 2 rows past their retention, 1 files fewer by merging" in result.output
    assert "release_totals: 0 rows past their retention" in result.output
    times = catalog.load_table(identifier(DATA_QUALITY)).scan().to_arrow()["checked_at"].to_pylist()
    assert set(times) == {DAY + 24 * HOUR, DAY + 25 * HOUR}
    assert len(figures(catalog, RELEASE_TOTALS)) == 24


def test_a_lake_without_tables_needs_no_maintenance(lake: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_hour(tmp_path / "landing", TEN)
    for name, location in (lake | {"LANDING": str(tmp_path / "landing"), "STAGING": str(tmp_path / "staging")}).items():
        monkeypatch.setenv(name, location)
    result = CliRunner().invoke(main, ["--end", "2017-11-23T00:00Z"])
    assert (result.exit_code, result.output) == (0, "no day to settle again; deleted 0 files (0.0 MB) and 0 staging folders (0.0 MB)\n")


def test_the_runbook_says_how_long_what_is_kept() -> None:
    section = (ROOT / "docs" / "runbook.md").read_text().partition("## What is kept")[2]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    kept = {f"`{name}`": age for name, age in POLICY.retention_by_table.items()}
    kept |= {"snapshots, the last": kept_snapshots.DAYS, "files that no snapshot": POLICY.unreferenced_files, "staged rows": POLICY.staging}
    for words, age in kept.items():
        assert [row for row in rows if words in row.split("|")[1] and f"{age.days} days" in row], f"{words}: {age.days} days"
