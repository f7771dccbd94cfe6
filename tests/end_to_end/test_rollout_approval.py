"""The example of docs/rollouts.md under a real Airflow: advice comes as an event of its asset, and a person approves or refuses over Airflow's API."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.stack.airflow_api import AirflowApi
from tests.end_to_end.running_pipeline import RunningPipeline

pytestmark = pytest.mark.services

DAG_ID, TASK_ID = "rollout_with_approval", "approve"
RELEASE = {
    "channel": "beta",
    "release_version": "57.0b8",
    "age_hours": 9.0,
    "state": "healthy",
    "going_loss": 0.1,
    "waiting_loss": 0.45,
}
TIMEOUT_SECONDS = 180
THINKING_SECONDS = 20
"""An answer sooner than Airflow's scheduler has noted that the task waits (seconds on a busy machine) fails the task: Airflow 3.3 takes it for one
whose state somebody else has changed. No person is that quick."""


@pytest.fixture(scope="module")
def airflow(pipeline: RunningPipeline) -> Iterator[AirflowApi]:
    airflow = pipeline.airflow
    airflow.wait_for_dags([DAG_ID])
    airflow.unpause(DAG_ID)
    yield airflow
    airflow._request("PATCH", f"dags/{DAG_ID}", json={"is_paused": True})


def run_of_advice(airflow: AirflowApi, advice: str) -> str:
    """The run that an event with that advice starts."""
    known = {run["dag_run_id"] for run in airflow.runs(DAG_ID)}
    [asset] = airflow._get("assets", name_pattern="release_health.rollout_advice")["assets"]
    extra = {"as_of": "2026-11-22T10:00:00Z", "releases": [RELEASE | {"advice": advice}]}
    airflow._request("POST", "assets/events", json={"asset_id": asset["id"], "extra": extra})
    return str(awaited(lambda: next((run["dag_run_id"] for run in airflow.runs(DAG_ID) if run["dag_run_id"] not in known), None), advice))


def answer(airflow: AirflowApi, run_id: str, choice: str) -> str:
    """Answers the question once it is asked; returns its text."""
    path = f"dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{TASK_ID}/-1/hitlDetails"
    awaited(lambda: state_of(airflow, run_id, TASK_ID) in ("deferred", "awaiting_input"), airflow.task_states(DAG_ID, run_id))
    time.sleep(THINKING_SECONDS)
    asked = airflow._get(path)
    airflow._request("PATCH", path, json={"chosen_options": [choice]})
    return f"{asked['subject']}\n{asked['body']}"


def awaited(found: Any, what: object) -> Any:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
    return value


def state_of(airflow: AirflowApi, run_id: str, task_id: str) -> str:
    return next(task.state for task in airflow.task_states(DAG_ID, run_id) if task.task_id == task_id)


def test_what_a_person_approves_is_widened(airflow: AirflowApi) -> None:
    run_id = run_of_advice(airflow, "go")
    asked = answer(airflow, run_id, "Approve")
    assert "Give beta 57.0b8 to more users?" in asked
    assert "9 h old, healthy, waiting would cost 0.45, going 0.10 hours of usual crashes" in asked
    assert airflow.wait_for_run(DAG_ID, run_id, TIMEOUT_SECONDS) == "success"
    assert state_of(airflow, run_id, "widen_rollout") == "success"
    assert "beta 57.0b8 is given to more users" in airflow.task_log(DAG_ID, run_id, "widen_rollout")


def test_what_a_person_refuses_is_not(airflow: AirflowApi) -> None:
    run_id = run_of_advice(airflow, "go")
    answer(airflow, run_id, "Reject")
    airflow.wait_for_run(DAG_ID, run_id, TIMEOUT_SECONDS)
    assert state_of(airflow, run_id, "widen_rollout") == "skipped"


def test_nobody_is_asked_of_a_release_to_hold(airflow: AirflowApi) -> None:
    run_id = run_of_advice(airflow, "hold")
    airflow.wait_for_run(DAG_ID, run_id, TIMEOUT_SECONDS)
    assert {task.task_id: task.state for task in airflow.task_states(DAG_ID, run_id)} == dict.fromkeys(
        ("wait_for_go", "approve", "widen_rollout"), "skipped"
    )
