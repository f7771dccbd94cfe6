"""Fixtures that several rooms share."""

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from jobs.spark_session import get_session
from local.stack_environment import SHORT_LIVED_JVM


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", f'--driver-java-options "{SHORT_LIVED_JVM}" pyspark-shell')
    session = get_session("tests", master="local[2]")
    yield session
    session.stop()
