"""Fixtures that several rooms share."""

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from jobs.spark_session import get_session


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = get_session("tests", master="local[2]")
    yield session
    session.stop()
