"""The local stack: on the loopback interface alone, started once, and an error that names the log where it cannot start."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from local.stack import local_stack
from local.stack.local_stack import StackError
from local.stack.processes import find_marked
from local.stack.stack_environment import StackConfig
from tests.end_to_end.running_pipeline import RunningPipeline

pytestmark = pytest.mark.services


def test_nothing_listens_beyond_the_loopback_interface(pipeline: RunningPipeline) -> None:
    processes = [*find_marked(pipeline.config.home), psutil.Process(pipeline.stack.processes["postgres"])]
    listening = [
        connection.laddr.ip for process in processes for connection in process.net_connections() if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 2, "Airflow's API server and the Slack stand-in"
    assert set(listening) == {"127.0.0.1"}


def test_others_on_the_machine_cannot_look_into_the_stacks_home(pipeline: RunningPipeline) -> None:
    home = pipeline.config.home
    assert home.stat().st_mode & 0o066 == 0
    assert {name for name in ("logs", "slack", "airflow") if (home / name).stat().st_mode & 0o077} == set()


def test_starting_a_stack_that_runs_gives_that_stack(pipeline: RunningPipeline) -> None:
    assert local_stack.start(pipeline.config) == pipeline.stack
    assert local_stack.unhealthy_services(pipeline.stack) == []


def test_a_service_that_died_is_named(pipeline: RunningPipeline) -> None:
    stack = replace(pipeline.stack, processes=pipeline.stack.processes | {"scheduler": 2**22})
    assert local_stack.unhealthy_services(stack) == ["scheduler"]


def test_a_stack_that_cannot_start_names_the_log_and_leaves_nothing_behind(tmp_path: Path) -> None:
    config = StackConfig(
        home=tmp_path,
        airflow_port=0,
        slack_port=0,
        pages_port=0,
        extra_environment={"PYTHONPATH": "/nowhere", "AIRFLOW__CORE__EXECUTOR": "NoSuchExecutor"},
    )
    with pytest.raises(StackError, match=rf"its log is {tmp_path}/logs/[a-z-]+\.log:\n"):
        local_stack.start(config)
    assert find_marked(tmp_path) == []
    assert local_stack.read_state(config) is None
