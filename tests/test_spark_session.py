"""A session on one machine is nobody else's business."""

import psutil
import pytest
from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_a_local_session_listens_on_the_loopback_interface_alone(spark: SparkSession) -> None:
    assert spark.range(3).count() == 3
    listening = {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in psutil.Process().children(recursive=True)
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
