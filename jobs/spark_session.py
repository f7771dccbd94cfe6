"""The Spark session of an entry point: what spark-submit configured, else local mode on this machine."""

from pyspark.sql import SparkSession


def get_session(app_name: str, master: str | None = None) -> SparkSession:
    """The session of this process. Under spark-submit the master and resources are the connection's; `master` serves direct runs."""
    builder = SparkSession.builder.appName(app_name)
    if master:
        builder = builder.master(master)
    return (
        builder.config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
