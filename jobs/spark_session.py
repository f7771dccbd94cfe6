"""The Spark session of an entry point: what spark-submit configured, else local mode on this machine."""

import os
import sys

from pyspark.sql import SparkSession


def get_session(app_name: str, master: str | None = None) -> SparkSession:
    """The session of this process. Under spark-submit the master and resources are the connection's; `master` serves direct runs,
    which take all cores of this machine unless it is given.
    """
    builder = SparkSession.builder.appName(app_name).config(
        map={
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.ui.enabled": "false",
            # Without it pyspark notes the caller of every column expression; aggregation builds a thousand.
            "spark.python.sql.dataFrameDebugging.enabled": "false",
        }
    )
    if not _is_under_spark_submit():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers would take the first python3 on PATH
        # A cluster's connection says its own number; here a shuffle of 200 partitions would be 200 tasks of nothing.
        builder = builder.master(master or "local[*]").config("spark.sql.shuffle.partitions", "4")
    return builder.getOrCreate()


def _is_under_spark_submit() -> bool:
    return "PYSPARK_GATEWAY_PORT" in os.environ
