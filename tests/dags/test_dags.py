"""Every DAG can be read, says what it does and what happens if it fails, and renders exactly the commands in the golden files."""

import copy
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, TriggerRule
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, TOLD_BESIDE, WINDOW_TABLES
from jobs.deployment.settings import NAMESPACE, ROOT, from_environment
from tests.dags.rendered_commands import rendered_commands

GOLDEN = Path(__file__).parent / "golden"
DAG_IDS = ["release_health_backfill", "release_health_hourly", "release_health_settled", "table_maintenance", "verdict_watch"]
SPARK_TASKS = {"aggregate_errors"}


def test_all_dags_are_read_without_an_error(dag_bag: DagBag) -> None:
    assert dag_bag.import_errors == {}
    assert sorted(dag_bag.dags) == DAG_IDS


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_documents_itself(dags: Mapping[str, DAG], dag_id: str) -> None:
    for heading in ("**When:**", "**Reads:**", "**Writes:**", "**If it fails:**"):
        assert heading in (dags[dag_id].doc_md or "")


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_commands_are_those_of_the_golden_file(dags: Mapping[str, DAG], dag_id: str) -> None:
    golden = GOLDEN / f"{dag_id}.txt"
    commands = "\n".join(rendered_commands(copy.deepcopy(dags[dag_id]))) + "\n"
    assert commands == golden.read_text(), f"if the change is meant, write the new text to {golden}"


def test_the_digest_skips_itself_in_a_backfill_of_settled_days(dags: Mapping[str, DAG]) -> None:
    commands = rendered_commands(copy.deepcopy(dags["release_health_settled"]), run_type="backfill")
    digest = next(command for command in commands if command.startswith("post_health_digest:"))
    assert digest == "post_health_digest: skipped"
    assert "publish_pages: skipped" in commands


def test_a_dry_run_reaches_the_plan(dags: Mapping[str, DAG]) -> None:
    commands = rendered_commands(copy.deepcopy(dags["release_health_backfill"]), dry_run=True, end="2026-11-22")
    assert commands[0].endswith("--dry-run")
    assert "--mode settled" in commands[-3]


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_entry_point_that_a_task_names_exists_and_takes_its_options(dags: Mapping[str, DAG], dag_id: str) -> None:
    for command in rendered_commands(copy.deepcopy(dags[dag_id])):
        module = re.search(r"python -m jobs\.(\w+)|ROOT/jobs/(\w+)\.py", command)
        if module is None:
            continue
        name = module.group(1) or module.group(2)
        assert command.startswith(f"{name}:"), "a task is named after its module, so that it can be run by hand from its log"
        source = (ROOT / "jobs" / f"{name}.py").read_text()
        for option in re.findall(r" (--[a-z-]+)", command[module.end() :]):
            assert re.search(rf'option\(\s*"{option}"', source), f"jobs.{name} has no option {option}"


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_but_the_waits_is_tried_again(dags: Mapping[str, DAG], dag_id: str) -> None:
    waiting = {"wait_for_closed_hour", "watcher"}
    retries = {task.task_id: task.retries for task in dags[dag_id].tasks if task.task_id not in waiting}
    assert retries == dict.fromkeys(retries, 2)


def test_a_wait_ends_at_its_own_time_and_all_else_within_hours(dags: Mapping[str, DAG]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            assert (task.execution_timeout is None) == bool(getattr(task, "start_from_trigger", False)), f"{dag.dag_id}.{task.task_id}"


def test_spark_tasks_and_no_others_queue_in_the_spark_pool(dags: Mapping[str, DAG]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            assert (task.pool == "spark") == (task.task_id in SPARK_TASKS), f"{dag.dag_id}.{task.task_id}"


@pytest.mark.parametrize("dag_id", ["release_health_hourly", "release_health_settled"])
def test_the_digest_is_posted_whatever_happened_and_the_run_fails_all_the_same(dags: Mapping[str, DAG], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.get_task("post_health_digest").trigger_rule == TriggerRule.ALL_DONE
    assert dag.get_task("publish_pages").trigger_rule == TriggerRule.ALL_DONE
    assert "publish_pages" not in dag.get_task("post_health_digest").get_flat_relative_ids(upstream=True), (
        "a failing page holds no digest back"
    )
    watcher = dag.get_task("watcher")
    assert watcher.trigger_rule == TriggerRule.ONE_FAILED
    assert watcher.upstream_task_ids == {task.task_id for task in dag.tasks} - {"watcher"}
    assert [task.task_id for task in dag.leaves] == ["watcher"]


def test_assets_are_the_declared_tables_and_what_is_told_hour_by_hour_and_day_by_day(dags: Mapping[str, DAG]) -> None:
    declared = {f"{NAMESPACE}.{table.name}" for table in (*WINDOW_TABLES, INGEST_AUDIT, RELEASE_HEALTH, *TOLD_BESIDE)}
    declared |= {f"{NAMESPACE}.{name}" for name in ("published_hours", "settled_days", "scored_hours", "rollout_advice")}
    assets = {asset.name for task in dags["release_health_hourly"].tasks for asset in task.outlets}
    assert assets == declared


def test_a_value_of_a_run_is_one_argument_and_no_task_has_a_shell(dags: Mapping[str, DAG]) -> None:
    hostile = {"start": "2026-11-01 $(touch x)", "end": "2026-11-22; touch x #", "days_per_job": "7`touch x`"}
    plan = copy.deepcopy(dags["release_health_backfill"]).get_task("plan_backfill")
    plan.render_template_fields(
        {"params": {**hostile, "accept_less": False, "dry_run": True}, "run_id": "manual__'; touch x", "dag": plan.dag}
    )
    assert set(hostile.values()) < set(plan.command)
    assert "BashOperator" not in {task.task_type for dag in dags.values() for task in dag.tasks}


@pytest.mark.parametrize("end", ["2026-11-22; touch x #", "2026-11-22T10:00\n; touch x", "--master", "2026-11-22T10:30", "22 November"])
def test_the_backfills_form_takes_days_and_hours_only(dags: Mapping[str, DAG], end: str) -> None:
    params = copy.deepcopy(dags["release_health_backfill"].params)
    params.update({"start": "2026-11-01", "end": "2026-11-22T10:00"})
    params.validate()
    with pytest.raises(ParamValidationError):
        params.update({"end": end})


def test_an_hourly_run_covers_the_hour_before_and_a_settled_run_the_day_before(dags: Mapping[str, DAG]) -> None:
    hourly, settled = (dags[dag_id].schedule.expression for dag_id in ("release_health_hourly", "release_health_settled"))
    assert (hourly, settled) == ("0 * * * *", "0 0 * * *"), "any other hour or minute would shift the data interval"


def test_dag_files_import_neither_spark_nor_pandas_nor_great_expectations() -> None:
    for path in (ROOT / "dags").glob("*.py"):
        assert not re.search(r"import (pyspark|pandas|great_expectations)|from (pyspark|pandas|great_expectations)", path.read_text())


def test_the_page_of_a_task_links_to_the_page_that_shows_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Airflow's own page has it: from the serialized DAG, with what the task has left when it ended."""
    monkeypatch.setenv("PAGES_URL", "https://health.example/page")
    hourly = DagBag(ROOT / "dags" / "release_health_hourly.py").dags["release_health_hourly"]
    digest = hourly.get_task("post_health_digest")
    [link] = digest.operator_extra_links
    assert link.get_link(digest, ti_key=None) == "https://health.example/page/"
    shown = DagSerialization.from_dict(DagSerialization.to_dict(hourly)).get_task("post_health_digest").operator_extra_links
    assert [(each.name, each.xcom_key) for each in shown] == [("Release health", link.xcom_key)]


def test_no_task_links_to_a_page_that_has_no_address(dags: Mapping[str, DAG]) -> None:
    assert not dags["release_health_hourly"].get_task("post_health_digest").operator_extra_links


def test_airflow_shows_the_page_where_its_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.plugins.page_view import external_views

    monkeypatch.setenv("PAGES_URL", "http://127.0.0.1:8092")
    [view] = external_views(from_environment().page_address)
    assert (view["href"], view["destination"]) == ("http://127.0.0.1:8092/", "nav")
    assert external_views(None) == []
