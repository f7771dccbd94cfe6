"""Catalogs of a test's own."""

import os
from pathlib import Path
from unittest import mock

from pyiceberg.catalog import Catalog

from jobs.tables.lake.lake_catalog import open_catalog


def lake_environment(folder: Path) -> dict[str, str]:
    """Environment variables of a catalog and warehouse in a folder, for this process or another."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "PYICEBERG_CATALOG__LAKE__TYPE": "sql",
        "PYICEBERG_CATALOG__LAKE__URI": f"sqlite:///{folder}/catalog.db",
        "PYICEBERG_CATALOG__LAKE__WAREHOUSE": f"file://{folder}/warehouse",
    }


def open_lake(folder: Path) -> Catalog:
    """That catalog, opened as an entry point would."""
    with mock.patch.dict(os.environ, lake_environment(folder)):
        return open_catalog()
