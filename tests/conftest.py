"""Fixtures that several rooms share. Settings that somebody has in this checkout, or that a demo left here, reach no test."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.deployment import settings
from jobs.deployment.client_secrets import SECRET_VARIABLE
from jobs.deployment.spark_session import get_session
from tests.ping_factory import KEYS

_NO_SETTINGS = Path(tempfile.mkdtemp(prefix="release-health-settings-")) / "release_health.toml"
_NO_SETTINGS.touch()
settings.SETTINGS_FILE = _NO_SETTINGS
os.environ[settings.SETTINGS_VARIABLE] = str(_NO_SETTINGS)  # for the processes that tests start
os.environ[SECRET_VARIABLE] = KEYS.secret.decode()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = get_session("tests", master="local[2]")
    yield session
    session.stop()
