"""A catalog and a staging folder of a test's own, and a second catalog to compare with."""

from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from tests.tables.lakes import lake_environment, open_lake


@pytest.fixture
def lake(tmp_path: Path) -> dict[str, str]:
    """Environment variables by which another process opens the test's catalog."""
    return lake_environment(tmp_path)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return open_lake(tmp_path)


@pytest.fixture
def clean_catalog(tmp_path: Path) -> Catalog:
    """Another catalog, for what one clean run gives."""
    return open_lake(tmp_path / "clean")


@pytest.fixture
def staging(tmp_path: Path) -> str:
    return str(tmp_path / "staging")
