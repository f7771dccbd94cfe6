"""The DAGs as Airflow reads them, without a database. Airflow makes its home folder as soon as it is imported, so that is set first."""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Mapping

import pytest

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
os.environ["AIRFLOW_CONN_SPARK_DEFAULT"] = json.dumps(
    {"conn_type": "spark", "host": "spark://master:7077", "extra": {"deploy-mode": "client"}}
)

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from jobs.deployment.settings import ROOT

atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def dag_bag() -> DagBag:
    return DagBag(ROOT / "dags")


@pytest.fixture(scope="session")
def dags(dag_bag: DagBag) -> Mapping[str, DAG]:
    return dag_bag.dags
