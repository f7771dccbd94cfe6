"""Publishers as processes: at once, in every order, and killed at every step. Afterwards the tables are what one clean run gives."""

import pytest
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_TOTALS, TABLES, WINDOW_TABLES
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import NAMESPACE, RESTRICTED_NAMESPACE
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading.complete_windows import read_complete
from tests.tables.publisher_processes import create_tables_at_once, publish_and_die, publish_at_once
from tests.tables.staged_runs import DAY, TEN, contents, figures, provisional, settled, stage_run

pytestmark = pytest.mark.races

COMMITS = 1 + len(WINDOW_TABLES) + 1
"""The claim, each table, and the completion."""


def test_publishers_of_different_hours_of_a_day_lose_nothing(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    publish_at_once(lake, [stage_run(staging, provisional(DAY + 4 * i * HOUR, hours=4), figure=i) for i in range(6)])
    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        assert figures(catalog, table) == {DAY + hour * HOUR: [hour // 4] * 2 for hour in range(24)}
    assert all_complete(catalog, 24)


def all_complete(catalog: Catalog, hours: int) -> bool:
    rows = catalog.load_table(identifier(INGEST_AUDIT)).scan().to_arrow().to_pylist()
    return len(rows) == hours and {row["status"] for row in rows} == {"complete"}


def test_of_publishers_of_the_same_hour_the_latest_reading_stays(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    publish_at_once(lake, [stage_run(staging, provisional(TEN), figure=i, read_at=i) for i in range(5)])
    for table in WINDOW_TABLES:
        ids = catalog.load_table(identifier(table)).scan().to_arrow()["window_run_id"].to_pylist()
        assert ids == ["run-4-4-attempt4"] * 2
    assert all_complete(catalog, 1)


def test_the_same_manifest_published_by_several_at_once_is_published_once(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    publish_at_once(lake, [stage_run(staging, provisional(TEN, hours=2), figure=1)] * 3)
    assert figures(catalog, RELEASE_TOTALS) == {TEN: [1, 1], TEN + HOUR: [1, 1]}
    assert all_complete(catalog, 2)


def test_a_settled_run_wins_against_hourly_runs_that_publish_at_the_same_time(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    hourly = [stage_run(staging, provisional(DAY + i * HOUR), figure=i, read_at=99) for i in (3, 10, 23)]
    publish_at_once(lake, [hourly[0], stage_run(staging, settled(DAY), figure=50), *hourly[1:]])
    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        assert figures(catalog, table) == {DAY + hour * HOUR: [50, 50] for hour in range(24)}
    assert all_complete(catalog, 24)


def test_settling_runs_of_overlapping_days_agree_on_each_day(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    publish_at_once(
        lake,
        [
            stage_run(staging, settled(DAY, days=3), figure=1, read_at=1),
            stage_run(staging, settled(DAY + 24 * HOUR), figure=2, read_at=2),
            stage_run(staging, settled(DAY + 24 * HOUR, days=2), figure=3, read_at=0),
        ],
    )
    assert figures(catalog, RELEASE_TOTALS) == {DAY + hour * HOUR: [2 if 24 <= hour < 48 else 1] * 2 for hour in range(72)}
    assert all_complete(catalog, 72)


def test_tables_created_by_many_at_once_are_there_once(lake: dict[str, str], catalog: Catalog) -> None:
    create_tables_at_once(lake, processes=5)
    stored = [place for namespace in (NAMESPACE, RESTRICTED_NAMESPACE) for place in catalog.list_tables(namespace)]
    assert set(stored) == {identifier(table) for table in TABLES}


@pytest.mark.parametrize(("commits", "is_before_commit"), [(1, True), *((step, False) for step in range(1, COMMITS + 1)), (4, True)])
def test_a_publisher_that_is_killed_is_finished_by_its_retry(
    lake: dict[str, str], catalog: Catalog, clean_catalog: Catalog, staging: str, commits: int, is_before_commit: bool
) -> None:
    earlier = stage_run(staging, provisional(TEN - HOUR, hours=2), figure=1)
    manifest = stage_run(staging, provisional(TEN), figure=2, read_at=1)
    publish_window(catalog, earlier)
    publish_and_die(lake, manifest, commits, is_before_commit)
    assert seen_at_ten(catalog) in ({1}, {2})

    publish_window(catalog, manifest)
    for run in (earlier, manifest):
        publish_window(clean_catalog, run)
    assert contents(catalog) == contents(clean_catalog)


def seen_at_ten(catalog: Catalog) -> set[int]:
    """What readers of all tables see of the hour; they always see its neighbour."""
    seen: set[int] = set()
    for table in (ERROR_AGGREGATES, RELEASE_TOTALS):
        complete = read_complete(catalog, table, TEN - HOUR, TEN + HOUR)
        assert (complete.rows.num_rows, complete.incomplete_hours) == (4, [])
        seen |= {round(row["usage_hours"] * 3) for row in complete.rows.to_pylist() if row[table.time_column] == TEN}
    return seen


@pytest.mark.parametrize("commits", [2, COMMITS - 1])
def test_a_killed_publisher_does_not_keep_others_from_its_hours(
    lake: dict[str, str], catalog: Catalog, clean_catalog: Catalog, staging: str, commits: int
) -> None:
    killed = stage_run(staging, provisional(TEN, hours=3), figure=1)
    others = [stage_run(staging, provisional(TEN + HOUR), figure=2, read_at=1), stage_run(staging, settled(DAY), figure=3)]
    publish_and_die(lake, killed, commits)
    publish_window(catalog, others[0])
    assert figures(catalog, RELEASE_TOTALS)[TEN + HOUR] == [2, 2]
    publish_at_once(lake, [others[1], killed])
    publish_window(clean_catalog, others[1])
    assert contents(catalog) == contents(clean_catalog)
