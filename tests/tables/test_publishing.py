"""Publishing one run after another: who owns an hour, and what becomes of the others' rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from jobs.declarations.tables import ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_TOTALS, WINDOW_TABLES, Table
from jobs.declarations.windows import HOUR
from jobs.tables.audit.audit_reading import latest_audit_sequence
from jobs.tables.commits import publishing
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.staged.staging import Manifest
from tests.tables.staged_runs import DAY, TEN, contents, figures, provisional, settled, stage_run

pytestmark = pytest.mark.long

ELEVEN = TEN + HOUR


def test_a_published_hour_stands_in_every_table_and_is_complete(catalog: Catalog, staging: str) -> None:
    outcome = publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    assert outcome.published_hours == (TEN,)
    assert not outcome.superseded_hours
    assert outcome.rows_by_table == {table.name: 2 for table in WINDOW_TABLES} | {"ingest_audit": 1}
    for table in WINDOW_TABLES:
        assert catalog.load_table(identifier(table)).scan().count() == 2
    assert statuses(catalog) == {TEN: "complete"}


def statuses(catalog: Catalog) -> dict[datetime, str]:
    rows = catalog.load_table(identifier(INGEST_AUDIT)).scan().to_arrow().to_pylist()
    assert len(rows) == len({row["hour_start"] for row in rows})
    return {row["hour_start"]: row["status"] for row in rows}


def test_the_hours_around_a_window_are_left_as_they_are(catalog: Catalog, staging: str) -> None:
    for hour, figure in ((TEN - HOUR, 1), (TEN, 2), (ELEVEN, 3)):
        publish_window(catalog, stage_run(staging, provisional(hour), figure))
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=7, read_at=1))
    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        assert figures(catalog, table) == {TEN - HOUR: [1, 1], TEN: [7, 7], ELEVEN: [3, 3]}


def test_publishing_twice_changes_nothing(catalog: Catalog, staging: str) -> None:
    manifest = stage_run(staging, provisional(TEN, hours=2), figure=1)
    first = publish_window(catalog, manifest)
    rows = contents(catalog)
    snapshots = {table.name: len(catalog.load_table(identifier(table)).snapshots()) for table in WINDOW_TABLES}
    assert publish_window(catalog, manifest) == first
    assert contents(catalog) == rows
    assert {table.name: len(catalog.load_table(identifier(table)).snapshots()) for table in WINDOW_TABLES} == snapshots


def test_a_window_that_became_empty_takes_the_earlier_rows_away(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=2, rows_an_hour=0, read_at=1))
    for table in WINDOW_TABLES:
        assert {row[table.time_column] for row in catalog.load_table(identifier(table)).scan().to_arrow().to_pylist()} == {ELEVEN}
    assert statuses(catalog) == {TEN: "complete", ELEVEN: "complete"}


def test_a_provisional_run_gives_way_to_a_settled_one(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, settled(DAY), figure=1))
    rows = contents(catalog)
    outcome = publish_window(catalog, stage_run(staging, provisional(TEN), figure=2, read_at=99))
    assert not outcome.is_published
    assert outcome.superseded_hours == {TEN: "settled run run-1-0-attempt1, complete"}
    assert contents(catalog) == rows


def test_a_provisional_run_gives_way_to_a_settled_one_that_is_still_publishing(
    catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_complete_hours", lambda *_: None)
        publish_window(catalog, stage_run(staging, settled(DAY), figure=1))
    outcome = publish_window(catalog, stage_run(staging, provisional(TEN), figure=2, read_at=99))
    assert outcome.superseded_hours == {TEN: "settled run run-1-0-attempt1, publishing"}
    assert figures(catalog, RELEASE_TOTALS)[TEN] == [1, 1]


def test_a_settled_run_replaces_what_hourly_runs_published(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1, read_at=99))
    publish_window(catalog, stage_run(staging, settled(DAY), figure=2))
    assert figures(catalog, ERROR_AGGREGATES) == {DAY + i * HOUR: [2, 2] for i in range(24)}


@pytest.mark.parametrize("later_first", [False, True])
def test_of_two_runs_of_an_hour_the_later_reading_stays_whichever_is_published_last(
    catalog: Catalog, staging: str, later_first: bool
) -> None:
    # The later one's id is the smaller.
    runs = [stage_run(staging, provisional(TEN), figure=2, read_at=1), stage_run(staging, provisional(TEN), figure=1, read_at=2)]
    for manifest in reversed(runs) if later_first else runs:
        publish_window(catalog, manifest)
    assert figures(catalog, RELEASE_TOTALS) == {TEN: [1, 1]}


def test_a_clock_that_was_ahead_once_does_not_win_for_good(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1, read_at=60 * 24 * 365))
    sequence = latest_audit_sequence(catalog)
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=2, audit_sequence=sequence))
    assert figures(catalog, RELEASE_TOTALS) == {TEN: [2, 2]}


def test_a_day_that_has_not_ended_is_not_settled(catalog: Catalog, staging: str) -> None:
    # Not the day that is running: in its last minutes the tolerance for clocks would let it pass.
    tomorrow = (datetime.now(UTC) + 24 * HOUR).replace(hour=0, minute=0, second=0, microsecond=0)
    with pytest.raises(ValueError, match=r"has not ended at .*: settle whole days that are over"):
        publish_window(catalog, stage_run(staging, settled(tomorrow), figure=1))
    assert not catalog.list_namespaces()


def test_a_staged_file_that_is_gone_is_noticed_before_anything_is_changed(catalog: Catalog, staging: str) -> None:
    manifest = stage_run(staging, provisional(TEN), figure=1)
    Path(manifest.files["usage_delays"][0].location).unlink()
    with pytest.raises(FileNotFoundError):
        publish_window(catalog, manifest)
    assert not catalog.list_namespaces()


def test_a_run_publishes_those_of_its_hours_that_nobody_overtook(catalog: Catalog, staging: str) -> None:
    week = stage_run(staging, settled(DAY, days=2), figure=1, read_at=1)
    publish_window(catalog, stage_run(staging, settled(DAY), figure=2, read_at=2))
    outcome = publish_window(catalog, week)
    assert outcome.published_hours == tuple(DAY + i * HOUR for i in range(24, 48))
    assert set(outcome.superseded_hours) == {DAY + i * HOUR for i in range(24)}
    assert outcome.rows_by_table["release_totals"] == 24 * 2
    assert figures(catalog, RELEASE_TOTALS) == {DAY + i * HOUR: [2, 2] if i < 24 else [1, 1] for i in range(48)}


def test_many_rows_are_read_in_pieces_of_whole_hours_and_published_in_one_commit(
    catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "MAX_ROWS_AT_ONCE", 25)
    committed = []
    commit = SqlCatalog.commit_table
    monkeypatch.setattr(SqlCatalog, "commit_table", lambda *arguments: committed.append(arguments[1].name()[-1]) or commit(*arguments))
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=5), figure=1, rows_an_hour=10))
    assert committed == ["ingest_audit", *(table.name for table in WINDOW_TABLES), "ingest_audit"]
    assert figures(catalog, RELEASE_TOTALS) == {TEN + i * HOUR: [1] * 10 for i in range(5)}
    appended = [s.summary["added-records"] for s in catalog.load_table(identifier(RELEASE_TOTALS)).snapshots() if s.summary]
    assert appended == ["20", "20", "10"]


def overtaken_after_looking(monkeypatch: pytest.MonkeyPatch, table: Table, overtake: Callable[[], object]) -> None:
    """Lets `overtake` happen in the moment between a publisher's look at the claims and its commit to `table`, once."""
    replace_hours, look = publishing._replace_hours, publishing._hours_of_ours
    pending = [overtake]

    def look_then_be_overtaken(*arguments: object) -> list[datetime]:
        owned = look(*arguments)
        while pending:
            pending.pop()()
        return owned

    def replace_hours_of(catalog: Catalog, manifest: Manifest, of: Table) -> None:
        with monkeypatch.context() as patch:
            if of is table and pending:
                patch.setattr(publishing, "_hours_of_ours", look_then_be_overtaken)
            replace_hours(catalog, manifest, of)

    monkeypatch.setattr(publishing, "_replace_hours", replace_hours_of)


@pytest.mark.parametrize("table", WINDOW_TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize("rows_of_the_later", [2, 0])
def test_a_run_that_is_overtaken_between_its_look_and_its_commit_gives_way(
    catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch, table: Table, rows_of_the_later: int
) -> None:
    later = stage_run(staging, provisional(TEN), figure=2, rows_an_hour=rows_of_the_later, read_at=2)
    overtaken_after_looking(monkeypatch, table, lambda: publish_window(catalog, later))
    outcome = publish_window(catalog, stage_run(staging, provisional(TEN), figure=1, read_at=1))
    assert outcome.superseded_hours == {TEN: "provisional run run-2-2-attempt2, complete"}
    for each in WINDOW_TABLES:
        ids = {row["window_run_id"] for row in catalog.load_table(identifier(each)).scan().to_arrow().to_pylist()}
        assert ids == ({"run-2-2-attempt2"} if rows_of_the_later else set())


def test_a_neighbour_that_commits_in_between_keeps_its_rows(catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    neighbour = stage_run(staging, provisional(ELEVEN), figure=2)
    overtaken_after_looking(monkeypatch, RELEASE_TOTALS, lambda: publish_window(catalog, neighbour))
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    assert figures(catalog, RELEASE_TOTALS) == {TEN: [1, 1], ELEVEN: [2, 2]}
    assert statuses(catalog) == {TEN: "complete", ELEVEN: "complete"}


def test_a_manifest_of_aggregates_names_no_looks(catalog: Catalog, staging: str) -> None:
    with pytest.raises(ValueError, match="names no looks"):
        publishing.publish_health(catalog, replace(stage_run(staging, provisional(TEN), figure=1), looks=None))


def test_times_are_kept_in_utc(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    (hour,) = set(catalog.load_table(identifier(RELEASE_TOTALS)).scan().to_arrow()["hour_start"].to_pylist())
    assert hour == datetime(2017, 11, 20, 10, tzinfo=UTC)
