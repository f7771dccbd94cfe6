"""The demo's Airflow runs: one backfill of the history, then the newest hour as its schedule runs it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from jobs.declarations.windows import HOUR
from local.demo.outcome import complete_hours
from local.demo.plan import DAYS_PER_JOB, Backfill, hours_from
from local.demo.steps import Say
from local.stack.airflow_api import AirflowApi, TaskState

BACKFILL, HOURLY = "release_health_backfill", "release_health_hourly"
UPKEEP = ["release_health_settled", "table_maintenance", "verdict_watch"]
DAGS = [BACKFILL, HOURLY, *UPKEEP]
RUN_TIMEOUT_SECONDS = 1800
SCHEDULE_TIMEOUT_SECONDS = 20
LOG_LINES = 30


class RunFailed(Exception):
    """A run failed; the message ends with the last lines of the failed task's log."""


def run_backfill(airflow: AirflowApi, backfill: Backfill, say: Say, days_per_job: int = DAYS_PER_JOB) -> None:
    """Runs release_health_backfill and waits for it. Raises RunFailed."""
    airflow.unpause(BACKFILL)
    run_id = airflow.trigger(BACKFILL, conf=backfill.conf | {"days_per_job": days_per_job})
    _wait(airflow, BACKFILL, run_id, say)


def run_hours(airflow: AirflowApi, first_end: datetime, land: Callable[[datetime], None], say: Say) -> datetime:
    """Lets release_health_hourly run the hour that ends at `first_end` and those that have passed since; returns the end of the last one.

    Unpausing the DAG starts the run of the newest hour, as a schedule does; `land` is asked to land the pings up to its end. Raises RunFailed.
    """
    airflow.unpause(HOURLY)
    last_end = max(first_end, _newest_scheduled_end(airflow, first_end, say))
    land(last_end)
    for end in [first_end, *hours_from(first_end, last_end)]:
        _wait(airflow, HOURLY, _start_hour(airflow, end), say)
    return last_end


def run_upkeep(airflow: AirflowApi) -> None:
    """Leaves the stack as it should run for good: with what settles days, keeps the tables in shape and watches. Their first runs begin at once."""
    for dag_id in UPKEEP:
        airflow.unpause(dag_id)


def _newest_scheduled_end(airflow: AirflowApi, at_least: datetime, say: Say) -> datetime:
    say("waiting for the schedule")
    deadline = time.monotonic() + SCHEDULE_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        ends = [_interval_end(run) for run in airflow.runs(HOURLY) if run["run_type"] == "scheduled"]
        if ends and max(ends) >= at_least:
            return max(ends)
        time.sleep(1)
    return at_least


def _start_hour(airflow: AirflowApi, end: datetime) -> str:
    """The run of the hour that ends at `end`: the one that is there, again if it failed or its tables are gone with their world, else one by hand."""
    runs = [run for run in airflow.runs(HOURLY) if _interval_end(run) == end]
    if not runs:
        # A run by hand covers the last whole hour before its logical date; that of the whole hour itself is the next scheduled run's.
        return airflow.trigger(HOURLY, logical_date=end + timedelta(seconds=1))
    run_id = str(runs[0]["dag_run_id"])
    if runs[0]["state"] == "failed" or (runs[0]["state"] == "success" and end - HOUR not in complete_hours()):
        airflow.clear(HOURLY, run_id)
    return run_id


def _interval_end(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["data_interval_end"])


def _wait(airflow: AirflowApi, dag_id: str, run_id: str, say: Say) -> None:
    def progress(tasks: list[TaskState]) -> None:
        running = sorted({task.task_id for task in tasks if task.state == "running"})
        if running:
            say(", ".join(running))

    if airflow.wait_for_run(dag_id, run_id, RUN_TIMEOUT_SECONDS, progress) != "success":
        raise RunFailed(_explain(airflow, dag_id, run_id))


def _explain(airflow: AirflowApi, dag_id: str, run_id: str) -> str:
    failed = [task for task in airflow.task_states(dag_id, run_id) if task.state == "failed" and task.task_id != "watcher"]
    if not failed:
        return f"{dag_id} {run_id} failed without a failed task; look at it in Airflow"
    task = failed[0]
    log = airflow.task_log(dag_id, run_id, task.task_id, task.try_number, task.map_index)
    return f"{task.task_id} of {dag_id} failed; the end of its log:\n" + "\n".join(log.splitlines()[-LOG_LINES:])
