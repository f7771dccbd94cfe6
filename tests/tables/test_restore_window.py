"""A bad publication is undone by window, in all tables at once, and the undoing is a publication of its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_TOTALS, WINDOW_TABLES
from jobs.declarations.windows import HOUR
from jobs.query_tables import main as query_tables
from jobs.restore_window import main
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.kept_snapshots import committed_at
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading.complete_windows import pin_hours, read_complete
from tests.tables.publisher_processes import publish_and_die
from tests.tables.staged_runs import DAY, TEN, provisional, settled, stage_run

pytestmark = pytest.mark.long

NOON = TEN + 2 * HOUR


@pytest.fixture(autouse=True)
def places(lake: dict[str, str], staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (lake | {"STAGING": staging}).items():
        monkeypatch.setenv(name, value)


def arguments(start: datetime, end: datetime, as_of: datetime) -> list[str]:
    return ["--start", start.isoformat(), "--end", end.isoformat(), "--as-of", as_of.isoformat()]


def last_change(catalog: Catalog) -> datetime:
    return committed_at(catalog.load_table(identifier(INGEST_AUDIT)).current_snapshot())


def figures_of(catalog: Catalog) -> dict[datetime, set[int]]:
    """What readers see of each hour, in all tables that have usage."""
    seen: dict[datetime, set[int]] = {}
    pinned = pin_hours(catalog, TEN, NOON)
    for table in (table for table in WINDOW_TABLES if "usage_hours" in table.column_names):
        for row in pinned.read(table).rows.to_pylist():
            seen.setdefault(row[table.time_column], set()).add(round(row["usage_hours"] * 3))
    return seen


def test_hours_go_back_to_what_they_were_and_say_whose_rows_they_hold(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    good = last_change(catalog)
    publish_window(catalog, stage_run(staging, settled(DAY), figure=2, audit_sequence=5))
    result = CliRunner().invoke(main, arguments(TEN, TEN + HOUR, good))
    assert result.exit_code == 0, result.output
    assert figures_of(catalog) == {TEN: {1}, TEN + HOUR: {2}}
    (row,) = read_complete(catalog, INGEST_AUDIT, TEN, TEN + HOUR).rows.to_pylist()
    assert (row["restored_from"], row["mode"], row["lines"]) == ("run-1-0-attempt1", "settled", 1)
    assert "python -m jobs.score_release_health --start 2017-11-20T10:00Z --end 2017-11-20T11:00Z" in result.output

    publish_window(catalog, stage_run(staging, settled(DAY), figure=3, audit_sequence=10**6))
    assert figures_of(catalog) == {TEN: {3}, TEN + HOUR: {3}}, "a later settling takes the hours again"


def test_a_table_that_was_rolled_back_by_itself_is_mended(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    earlier = catalog.load_table(identifier(RELEASE_TOTALS)).current_snapshot().snapshot_id
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=2, read_at=1))
    good = last_change(catalog)
    catalog.load_table(identifier(RELEASE_TOTALS)).manage_snapshots().rollback_to_snapshot(earlier).commit()
    assert CliRunner().invoke(main, arguments(TEN, NOON, good)).exit_code == 0
    assert figures_of(catalog) == {TEN: {2}, TEN + HOUR: {2}}


def test_hours_that_were_not_published_then_are_not_erased(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run(staging, provisional(TEN), figure=1))
    good = last_change(catalog)
    publish_window(catalog, stage_run(staging, provisional(TEN + HOUR), figure=2))
    result = CliRunner().invoke(main, arguments(TEN, NOON, good))
    assert (result.exit_code, "1 of the hours, such as 2017-11-20 11:00, had not been published" in result.output) == (1, True)
    result = CliRunner().invoke(main, arguments(TEN, NOON, datetime(2017, 1, 1, tzinfo=UTC)))
    assert (result.exit_code, "what is kept: 20" in result.output) == (1, True)
    assert figures_of(catalog) == {TEN: {1}, TEN + HOUR: {2}}


def test_without_a_time_it_says_what_can_be_put_back(catalog: Catalog, staging: str) -> None:
    for figure in (1, 2):
        publish_window(catalog, stage_run(staging, provisional(TEN), figure=figure, read_at=figure))
    result = CliRunner().invoke(main, ["--start", TEN.isoformat(), "--end", NOON.isoformat()])
    assert (result.exit_code, "1 of 2 hours published, by provisional run run-2-2-attempt2" in result.output) == (0, True)


def test_a_query_over_several_tables_never_mixes_runs(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    """A publisher died after it had replaced some of the tables."""
    publish_window(catalog, stage_run(staging, provisional(TEN, hours=2), figure=1))
    publish_and_die(lake, stage_run(staging, provisional(TEN), figure=2, read_at=1), commits=3)
    sql = """SELECT hour_start, max(t.main_crashes) AS totals, max(e.main_crashes) AS errors, max(lines) AS lines
        FROM release_totals t JOIN error_aggregates e ON date_trunc('hour', e.window_start) = hour_start JOIN ingest_audit USING (hour_start)
        GROUP BY ALL ORDER BY ALL"""
    result = CliRunner().invoke(query_tables, [sql, "--start", TEN.isoformat(), "--end", NOON.isoformat(), "--csv"])
    assert result.exit_code == 0, result.output
    assert [line.split(",")[1:] for line in result.output.strip().splitlines()[1:]] == [["1", "1", "1"]] * 2


def test_a_query_that_names_no_column_says_where_columns_stand(catalog: Catalog, staging: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(query_tables, ["SELECT nothing FROM release_health"])
    assert (result.exit_code, "docs/data_dictionary.md" in result.output) == (1, True)
