"""One local stack, in a folder of its own, for all tests that run the pipeline under Airflow."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT
from local.stack import local_stack
from local.stack.stack_environment import StackConfig
from tests.end_to_end.running_pipeline import FIRST_DAY, SETTLED_VERSION, TODAYS_VERSION, RunningPipeline, write_calendar

DAGS = ["release_health_hourly", "release_health_settled", "release_health_backfill", "table_maintenance", "verdict_watch"]

OTHER_TEAMS_DAGS = ["after_each_published_hour", "after_each_settled_day", "after_any_publication"]
_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"
BUNDLES = [
    {"name": "release-health", "classpath": _BUNDLE, "kwargs": {}},
    {"name": "another-team", "classpath": _BUNDLE, "kwargs": {"path": str(ROOT / "docs" / "examples" / "dags")}},
]


@pytest.fixture(scope="session")
def stack_home(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Not below pytest's folder: each pytest that starts closes that to other users, and PostgreSQL runs as one where we are root.

    It is kept, logs and all, if a test fails.
    """
    home = Path(tempfile.mkdtemp(prefix="release-health-"))
    yield home
    if request.session.testsfailed:
        print(f"the stack's logs are in {home}/logs, those of its tasks in {home}/airflow/logs")  # noqa: T201
    else:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def pipeline(stack_home: Path) -> Iterator[RunningPipeline]:
    last_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    calendar = write_calendar(stack_home, {TODAYS_VERSION: last_hour, SETTLED_VERSION: FIRST_DAY})
    more = {"RELEASE_CALENDAR": str(calendar), "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES)}
    config = StackConfig(home=stack_home, airflow_port=0, slack_port=0, pages_port=0, extra_environment=more)
    try:
        running = RunningPipeline(config, local_stack.start(config, progress=print))
        running.stack.airflow.wait_for_dags([*DAGS, *OTHER_TEAMS_DAGS])
        for dag_id in OTHER_TEAMS_DAGS:
            running.airflow.unpause(dag_id)
        yield running
    finally:
        local_stack.stop(config)
