"""The example of docs/rollouts.md: it can be read, and goes on with *go* alone."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, Asset
from airflow.sdk.exceptions import AirflowSkipException

from jobs.deployment.settings import DEFAULT_PRODUCT, NAMESPACE, ROOT, namespace_of


@pytest.fixture(scope="module")
def example() -> DAG:
    bag = DagBag(ROOT / "docs" / "examples" / "dags")
    assert bag.import_errors == {}
    return bag.dags["rollout_with_approval"]


def events(hour: int = 10, **told: Any) -> dict[Asset, list[Any]]:
    release = {
        "channel": "beta",
        "release_version": "57.0b8",
        "age_hours": 9.0,
        "state": "healthy",
        "going_loss": 0.1,
        "waiting_loss": 0.45,
    }
    return {
        Asset("release_health.rollout_advice"): [
            SimpleNamespace(timestamp=datetime(2026, 11, 22, hour, tzinfo=UTC), extra={"releases": [release | told]})
        ]
    }


def test_a_person_is_asked_between_the_advice_and_the_rollout(example: DAG) -> None:
    assert [task.task_id for task in example.topological_sort()] == ["wait_for_go", "approve", "widen_rollout"]


def test_it_waits_for_the_asset_that_the_hourly_run_changes(example: DAG, dags: dict[str, DAG]) -> None:
    told = dags["release_health_hourly"].get_task("decide_rollout").outlets
    assert [asset.name for asset in told] == [f"{NAMESPACE}.rollout_advice"]
    assert f"{namespace_of(DEFAULT_PRODUCT)}.rollout_advice" in repr(example.timetable.asset_condition)


def test_go_goes_on_with_its_figures(example: DAG) -> None:
    wait = example.get_task("wait_for_go").python_callable
    assert "9 h old, healthy" in wait(triggering_asset_events=events(advice="go"))


@pytest.mark.parametrize("told", [{"advice": "hold"}, {"advice": "stop"}, {"advice": "go", "release_version": "57.0b9"}])
def test_anything_else_ends_the_run_before_a_person_is_asked(example: DAG, told: dict[str, str]) -> None:
    wait = example.get_task("wait_for_go").python_callable
    with pytest.raises(AirflowSkipException):
        wait(triggering_asset_events=events(**told))
    with pytest.raises(AirflowSkipException):
        wait(triggering_asset_events=None)


@pytest.mark.parametrize("hours", [(9, 10), (10, 9)])
def test_the_newest_of_several_looks_counts_in_whatever_order_they_come(example: DAG, hours: tuple[int, int]) -> None:
    wait = example.get_task("wait_for_go").python_callable
    looks = {9: events(9, advice="hold"), 10: events(10, advice="go")}
    [asset] = looks[9]
    assert "9 h old" in wait(triggering_asset_events={asset: [looks[hour][asset][0] for hour in hours]})
