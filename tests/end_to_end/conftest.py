"""One local stack, in a folder of its own, for all tests that run the pipeline under Airflow."""

from collections.abc import Iterator

import pytest

from local import stack as local_stack
from local.stack_environment import StackConfig
from tests.end_to_end.running_pipeline import RunningPipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPipeline]:
    config = StackConfig(home=tmp_path_factory.mktemp("stack"), airflow_port=0, slack_port=0)
    try:
        running = RunningPipeline(config, local_stack.start(config, progress=print))
        running.stack.airflow.wait_for_dags(
            ["release_health_hourly", "release_health_settled", "release_health_backfill", "table_maintenance"]
        )
        yield running
    finally:
        local_stack.stop(config)
