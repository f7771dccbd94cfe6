"""The tests' product, and fixtures that several rooms share. Settings that somebody has in this checkout, or that a demo left here, reach no test."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

os.environ.setdefault("PRODUCT", str(Path(__file__).with_name("kestrel.py")))  # a process works for one product, from its first import on

from jobs.deployment import settings
from jobs.deployment.client_secrets import SECRET_VARIABLE
from jobs.deployment.spark_session import get_session
from jobs.products.chosen import PRODUCT
from tests.ping_factory import KEYS

_FOLDER = tempfile.TemporaryDirectory(prefix="release-health-settings-")  # until this process ends
_NO_SETTINGS = Path(_FOLDER.name) / "release_health.toml"
_NO_SETTINGS.write_text(f'product = "{os.environ["PRODUCT"]}"\n')
settings.SETTINGS_FILE = _NO_SETTINGS
os.environ[settings.SETTINGS_VARIABLE] = str(_NO_SETTINGS)  # for the processes that tests start
os.environ[SECRET_VARIABLE] = KEYS.secret.decode()

_OF_FIREFOX = tuple(Path(__file__).parent / folder for folder in ("firefox", "end_to_end"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skipped = pytest.mark.skip(reason="speaks of Firefox: run it with PRODUCT=firefox, as make test does")
    for item in items:
        if PRODUCT.name != "firefox" and any(item.path.is_relative_to(folder) for folder in _OF_FIREFOX):
            item.add_marker(skipped)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = get_session("tests", master="local[2]")
    yield session
    session.stop()
