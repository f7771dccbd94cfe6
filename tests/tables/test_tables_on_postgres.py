"""A catalog on PostgreSQL, as the containers have it, gives the same rows: created by many, published at once, killed in between."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from pyiceberg.catalog import Catalog
from sqlalchemy.engine import make_url

from jobs.declarations.tables import TABLES, WINDOW_TABLES
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import NAMESPACE, RESTRICTED_NAMESPACE, ROOT
from jobs.tables.commits.publishing import publish_window
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from local.stack.postgres import start_postgres, stop_postgres
from tests.tables.publisher_processes import create_tables_at_once, publish_and_die, publish_at_once
from tests.tables.staged_runs import DAY, TEN, contents, provisional, settled, stage_run

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL. Not below pytest's folder, which the user that it runs as may not enter."""
    home = Path(tempfile.mkdtemp(prefix="release-health-"))
    try:
        yield start_postgres(home / "postgres")
    finally:
        stop_postgres(home / "postgres")
        shutil.rmtree(home)


@pytest.fixture
def lake(server: str, lake: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A catalog in a database of its own, made as the containers make it."""
    _run_sql(server, (ROOT / "docker" / "databases.sql").read_text())
    uri = make_url(server).set(database="lake").render_as_string(hide_password=False)
    environment = lake | {"PYICEBERG_CATALOG__LAKE__URI": uri}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield environment
    _run_sql(server, "DROP DATABASE lake WITH (FORCE)")


@pytest.fixture
def catalog(lake: dict[str, str]) -> Catalog:
    return open_catalog()


def _run_sql(server: str, sql: str) -> None:
    connection = psycopg2.connect(server.replace("+psycopg2", ""))
    connection.autocommit = True  # databases are made outside of transactions
    with connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


def test_tables_created_by_many_at_once_are_there_once(lake: dict[str, str]) -> None:
    create_tables_at_once(lake, processes=4)
    stored = [place for namespace in (NAMESPACE, RESTRICTED_NAMESPACE) for place in open_catalog().list_tables(namespace)]
    assert set(stored) == {identifier(table) for table in TABLES}


def test_settled_and_hourly_runs_at_once_leave_the_settled_rows(
    lake: dict[str, str], catalog: Catalog, clean_catalog: Catalog, staging: str
) -> None:
    hourly = [stage_run(staging, provisional(DAY + hour * HOUR), figure=hour, read_at=99) for hour in (3, 10, 23)]
    day = stage_run(staging, settled(DAY), figure=50)
    publish_at_once(lake, [hourly[0], day, *hourly[1:]])
    publish_window(clean_catalog, day)
    assert contents(catalog) == contents(clean_catalog)


@pytest.mark.parametrize("commits", [1, 3, 1 + len(WINDOW_TABLES)])
def test_a_publisher_that_is_killed_is_finished_by_its_retry(
    lake: dict[str, str], catalog: Catalog, clean_catalog: Catalog, staging: str, commits: int
) -> None:
    manifest = stage_run(staging, provisional(TEN), figure=2)
    publish_and_die(lake, manifest, commits)
    for lakes in (catalog, clean_catalog):
        publish_window(lakes, manifest)
    assert contents(catalog) == contents(clean_catalog)
