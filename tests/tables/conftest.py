"""A catalog and a staging folder of a test's own, and a second catalog to compare with."""

from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from jobs.tables.lake_catalog import open_catalog


@pytest.fixture
def lake(tmp_path: Path) -> dict[str, str]:
    """Environment variables of the test's catalog, for this process or another."""
    return _lake_in(tmp_path)


@pytest.fixture
def catalog(lake: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Catalog:
    return _open(lake, monkeypatch)


@pytest.fixture
def clean_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Another catalog, for what one clean run gives."""
    (tmp_path / "clean").mkdir()
    with monkeypatch.context() as patch:
        return _open(_lake_in(tmp_path / "clean"), patch)


@pytest.fixture
def staging(tmp_path: Path) -> str:
    return str(tmp_path / "staging")


def _lake_in(folder: Path) -> dict[str, str]:
    return {
        "PYICEBERG_CATALOG__LAKE__TYPE": "sql",
        "PYICEBERG_CATALOG__LAKE__URI": f"sqlite:///{folder}/catalog.db",
        "PYICEBERG_CATALOG__LAKE__WAREHOUSE": f"file://{folder}/warehouse",
    }


def _open(lake: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Catalog:
    for name, value in lake.items():
        monkeypatch.setenv(name, value)
    return open_catalog()
