"""A lake and a page's folder of a test's own, by the environment; a browser, and a page in it that must not complain."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pyiceberg.catalog import Catalog

from jobs.tables.lake.lake_catalog import open_catalog
from local.pictures.headless_browser import open_browser
from tests.digest.stored_rows import lake_environment
from tests.page.page_lake import fill
from tests.page.seen_pages import Seen, see


@pytest.fixture
def empty_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    for name, value in (lake_environment(tmp_path) | {"PAGES": str(tmp_path / "pages")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATA_LABEL", raising=False)
    return open_catalog()


@pytest.fixture
def catalog(empty_catalog: Catalog) -> Catalog:
    fill(empty_catalog)
    return empty_catalog


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return tmp_path / "pages"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def seen(browser: Browser) -> Iterator[Seen]:
    seen = see(browser)
    yield seen
    seen.page.context.close()
    assert seen.complaints == []
