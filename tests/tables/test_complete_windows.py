"""Readers see whole published hours of one run each, and are told of the others."""

from datetime import datetime

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo

from jobs.declarations.tables import ERROR_AGGREGATES, RELEASE_TOTALS, USAGE_DELAYS, WINDOW_TABLES, Table
from jobs.declarations.windows import HOUR
from jobs.tables.commits import publishing
from jobs.tables.commits.publishing import publish_window
from jobs.tables.commits.row_replacement import Replacement, replace_rows
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading import complete_windows
from jobs.tables.reading.complete_windows import CompleteRows, pin_hours, read_complete
from jobs.tables.reading.stored_rows import InconsistentTableError
from tests.tables.staged_runs import DAY, TEN, made_up_rows, provisional, settled, stage_run

pytestmark = pytest.mark.long

ELEVEN = TEN + HOUR
NOON = ELEVEN + HOUR


def seen(complete: CompleteRows) -> dict[datetime, list[int]]:
    by_hour: dict[datetime, list[int]] = {}
    for row in complete.rows.to_pylist():
        by_hour.setdefault(row["hour_start"], []).append(round(row["usage_hours"] * 3))
    return by_hour


def test_rows_of_complete_hours_are_seen_and_the_other_hours_named(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    publish_window(catalog, stage_run(staging, provisional(NOON), figure=3))
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, NOON + HOUR)
    assert seen(complete) == {TEN: [1, 1], NOON: [3, 3]}
    assert complete.incomplete_hours == [ELEVEN]


def test_an_hour_without_rows_is_complete_all_the_same(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1, rows_an_hour=0))
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, ELEVEN)
    assert (complete.rows.num_rows, complete.incomplete_hours) == (0, [])
    assert complete.rows.column_names == list(RELEASE_TOTALS.column_names)


def test_while_a_window_is_half_published_the_rows_from_before_are_seen(
    catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_complete_hours", lambda *_: None)
        publish_window(catalog, stage_run(staging, provisional(ELEVEN, hours=2), figure=2, read_at=1))
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, NOON + HOUR)
    assert (seen(complete), complete.incomplete_hours) == ({TEN: [1, 1], ELEVEN: [1, 1]}, [NOON])
    # A later run takes over the half published hours: until it is through, readers see the same.
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_complete_hours", lambda *_: None)
        publish_window(catalog, stage_run(staging, settled(DAY), figure=3))
    assert seen(read_complete(catalog, RELEASE_TOTALS, TEN, NOON)) == {TEN: [1, 1], ELEVEN: [1, 1]}


def test_hours_that_are_pinned_are_read_as_they_stood_then_in_every_table(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    pinned = pin_hours(catalog, TEN, NOON)
    publish_window(catalog, stage_run(staging, settled(DAY), figure=2))
    for table in WINDOW_TABLES:
        run_ids = pinned.read(table).rows["window_run_id"].to_pylist()
        assert run_ids == ["run-1-0-attempt1"] * 4


def test_a_table_that_was_rolled_back_by_itself_is_an_error_that_says_how_to_mend_it(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    totals = catalog.load_table(identifier(RELEASE_TOTALS))
    publish_window(catalog, stage_run(staging, settled(DAY), figure=2))
    catalog.load_table(identifier(RELEASE_TOTALS)).manage_snapshots().rollback_to_snapshot(totals.current_snapshot().snapshot_id).commit()
    with pytest.raises(InconsistentTableError, match=r"2017-11-20 10:00: 0 of 2 rows.*restore_window --start 2017-11-20T10:00Z"):
        read_complete(catalog, RELEASE_TOTALS, TEN, NOON)
    with pytest.raises(InconsistentTableError):
        read_complete(catalog, RELEASE_TOTALS, TEN, NOON, row_filter=EqualTo("os_name", "os_name 1"))
    assert seen(read_complete(catalog, USAGE_DELAYS, TEN, ELEVEN)) == {TEN: [2, 2]}


def test_rows_that_the_run_of_the_complete_hour_did_not_write_are_missed(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    rows = made_up_rows(RELEASE_TOTALS, [TEN], 2, 7, {"window_run_id": "of another run"})
    replace_rows(catalog, RELEASE_TOTALS, lambda _: Replacement(hours_filter("hour_start", [TEN]), (rows,)))
    with pytest.raises(InconsistentTableError, match="2017-11-20 10:00: 0 of 2 rows"):
        read_complete(catalog, RELEASE_TOTALS, TEN, NOON)


def test_before_anything_was_published_every_hour_is_incomplete(catalog: Catalog) -> None:
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, NOON)
    assert (complete.rows.num_rows, complete.incomplete_hours, complete.audit_sequence) == (0, [TEN, ELEVEN], 0)


def test_five_minute_windows_belong_to_their_hour(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    complete = read_complete(catalog, ERROR_AGGREGATES, TEN, ELEVEN, columns=("window_start", "main_crashes"))
    assert complete.rows.to_pylist() == [{"window_start": TEN, "main_crashes": 1}] * 2


def test_rows_and_columns_can_be_chosen(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    chosen = EqualTo("os_name", "os_name 1")
    complete = read_complete(catalog, USAGE_DELAYS, TEN, ELEVEN, row_filter=chosen, columns=("usage_hours", "channel"))
    assert complete.rows.to_pylist() == [{"usage_hours": 1 / 3, "channel": "channel 1"}]


def test_the_audit_sequence_grows_with_every_publication(catalog: Catalog, staging: str) -> None:
    sequences = []
    for hour in (TEN, ELEVEN):
        publish_window(catalog, stage_run(staging, provisional(hour), figure=1))
        sequences.append(read_complete(catalog, RELEASE_TOTALS, TEN, NOON).audit_sequence)
    assert 0 < sequences[0] < sequences[1]


def test_an_hour_that_is_replaced_between_two_looks_is_read_again(catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    pending = [stage_run(staging, settled(DAY), figure=2)]
    load = complete_windows.stored_table

    def replaced_before_the_table_is_loaded(catalog: Catalog, table: Table) -> object:
        while pending and table is RELEASE_TOTALS:
            publish_window(catalog, pending.pop())
        return load(catalog, table)

    monkeypatch.setattr(complete_windows, "stored_table", replaced_before_the_table_is_loaded)
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, NOON)
    assert (seen(complete), complete.incomplete_hours) == ({TEN: [2, 2], ELEVEN: [2, 2]}, [])


def test_an_hour_that_never_holds_still_is_incomplete(catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    load, figures = complete_windows.stored_table, iter(range(2, 99))

    def replaced_each_time(catalog: Catalog, table: Table) -> object:
        if table is RELEASE_TOTALS:
            figure = next(figures)
            publish_window(catalog, stage_run(staging, provisional(TEN), figure=figure, read_at=figure))
        return load(catalog, table)

    monkeypatch.setattr(complete_windows, "stored_table", replaced_each_time)
    complete = read_complete(catalog, RELEASE_TOTALS, TEN, NOON)
    assert (seen(complete), complete.incomplete_hours) == ({ELEVEN: [1, 1]}, [TEN])
