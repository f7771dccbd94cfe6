"""The commands of a DAG's tasks as Airflow would run them at a fixed time."""

import shlex
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG

from dags.job_operator import JobOperator, RunFailure
from jobs.deployment.settings import ROOT

PARAMS = {"wait_minutes": 120, "start": "2026-11-01", "end": "2026-11-22T10:00", "days_per_job": 7, "accept_less": False, "dry_run": False}
INTERVALS = {
    "release_health_hourly": (datetime(2026, 11, 22, 10, tzinfo=UTC), datetime(2026, 11, 22, 11, tzinfo=UTC)),
}
SKIPPED = "skipped"
A_DAY = (datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))


def rendered_commands(dag: DAG, run_type: str = "scheduled", **params: Any) -> list[str]:
    """A line for each task, in order: its id, and its command or what it waits for."""
    return [f"{task.task_id}: {_command(task, _context(dag, task, run_type, params))}" for task in dag.topological_sort()]


def _context(dag: DAG, task: Any, run_type: str, params: dict[str, Any]) -> dict[str, Any]:
    import pendulum

    start, end = (pendulum.instance(at) for at in INTERVALS.get(dag.dag_id, A_DAY))
    return {
        "dag": dag,
        "task": task,
        "run_id": "scheduled__2026-11-22T11:00:00+00:00",
        "dag_run": SimpleNamespace(run_type=run_type),
        "params": PARAMS | params,
        "data_interval_start": start,
        "data_interval_end": end,
    }


def _command(task: Any, context: dict[str, Any]) -> str:
    if task.get_closest_mapped_task_group() is not None:
        setattr(
            task, "application_args" if isinstance(task, SparkSubmitOperator) else "arguments", ["<the arguments of one job of the plan>"]
        )
    task.render_template_fields(context)
    if isinstance(task, SparkSubmitOperator):
        command = shlex.join(task._get_hook()._build_spark_submit_command(task.application))
    elif isinstance(task, JobOperator):
        command = SKIPPED if task.skip_if == "True" else shlex.join(["python", *task.command[1:]])
    elif isinstance(task, RunFailure):
        command = task.message
    else:
        command = " ".join(f"{name}={getattr(task, name)}" for name in task.template_fields)
    return command.replace(str(ROOT), "ROOT").strip()
