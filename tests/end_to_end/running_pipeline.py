"""What the end-to-end tests do with a running pipeline: land pings, run DAGs, read tables and messages."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

from jobs.declarations.tables import Table
from jobs.deployment.settings import ROOT
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from local.stack.airflow_api import AirflowApi
from local.stack.local_stack import Stack
from local.stack.stack_environment import StackConfig
from tests.firefox.firefox_pings import crash_ping, main_ping
from tests.ping_factory import close_hour, land

RUN_TIMEOUT_SECONDS = 600
TODAYS_VERSION, SETTLED_VERSION = "158.0b4", "158.0b3"
# Settling waits for six hours after a day's end, so yesterday is left out: whatever the time is, nothing has to wait.
FIRST_DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=4)
OF_THE_RUN = {"window_run_id", "code_version", "processed_at", "checked_at", "audit_sequence", "run_key", "attempt"}
"""Columns that say who wrote a row and when; two runs over the same pings differ in nothing else."""


@dataclass(frozen=True)
class RunningPipeline:
    config: StackConfig
    stack: Stack

    @property
    def airflow(self) -> AirflowApi:
        return self.stack.airflow

    @property
    def environment(self) -> dict[str, str]:
        return self.stack.environment(self.config)

    @property
    def landing(self) -> Path:
        return Path(self.environment["LANDING"])

    def run_command(self, *command: str) -> str:
        """The output of a command in the stack's environment."""
        result = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """The final state of each task of a run, once the run has ended."""
        self.airflow.wait_for_run(dag_id, run_id, RUN_TIMEOUT_SECONDS)
        return {task.task_id: task.state for task in self.airflow.task_states(dag_id, run_id)}

    def logs_of_failed_tasks(self, dag_id: str, run_id: str) -> str:
        failed = [task for task in self.airflow.task_states(dag_id, run_id) if task.state == "failed"]
        logs = [self.airflow.task_log(dag_id, run_id, task.task_id, task.try_number, task.map_index) for task in failed]
        return "\n\n".join(log[-3000:] for log in logs)

    def rows(self, table: Table, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
        """The table's rows whose time lies in [start, end)."""
        with variables_of(self.environment):
            rows = stored_rows(table)
        return [row for row in rows if (not start or row[table.time_column] >= start) and (not end or row[table.time_column] < end)]

    def messages(self) -> list[dict[str, Any]]:
        """The root messages of the Slack channel, newest first."""
        slack = self.stack.slack_environment
        client = WebClient(token=slack["SLACK_BOT_TOKEN"], base_url=slack["SLACK_API_URL"])
        channel = client.conversations_list()["channels"][0]["id"]
        return list(client.conversations_history(channel=channel)["messages"])

    def partitions_of(self, dag_id: str) -> list[str | None]:
        """The partition of each run of another team's DAG, once its runs have ended."""
        deadline = time.monotonic() + 60
        while not (runs := self.airflow.runs(dag_id)) or {run["state"] for run in runs} != {"success"}:
            assert time.monotonic() < deadline, runs
            time.sleep(0.5)
        return sorted(run["partition_key"] for run in runs)

    def newest_scheduled_run(self, dag_id: str) -> tuple[str, datetime]:
        """The run that unpausing starts, for the last whole interval, and that interval's start."""
        self.airflow.unpause(dag_id)
        deadline = time.monotonic() + 30
        while not (runs := [run for run in self.airflow.runs(dag_id) if run["run_type"] == "scheduled"]):
            assert time.monotonic() < deadline, f"{dag_id} was unpaused, but no run started"
            time.sleep(0.5)
        newest = max(runs, key=lambda run: run["logical_date"])
        return str(newest["dag_run_id"]), datetime.fromisoformat(newest["data_interval_start"])


@contextmanager
def variables_of(environment: Mapping[str, str]) -> Iterator[None]:
    """Reads the catalog as a process with that environment would."""
    names = {name for name in [*environment, *os.environ] if name.startswith(("PYICEBERG_", "AWS_"))}
    before = {name: os.environ.get(name) for name in names}
    _set({name: environment.get(name) for name in names})
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def stored_rows(table: Table) -> list[dict[str, Any]]:
    """All rows of a table without the columns that name their run, in a fixed order."""
    catalog = open_catalog()
    rows = catalog.load_table(identifier(table)).scan().to_arrow().to_pylist()
    kept = [{name: value for name, value in row.items() if name not in OF_THE_RUN} for row in rows]
    return sorted(kept, key=lambda row: str(sorted(row.items(), key=lambda item: item[0])))


def write_calendar(folder: Path, released: Mapping[str, datetime]) -> Path:
    """A release calendar of betas."""
    path = folder / "release_calendar.csv"
    rows = [f"{version},beta,{at:%Y-%m-%dT%H:%MZ}" for version, at in released.items()]
    path.write_text("\n".join(["version,channel,time", *rows]) + "\n")
    return path


def land_hour(
    landing: Path, version: str, hour_start: datetime, main_pings: int, crashes: int, name: str = "part-0.ndjson", close: bool = True
) -> None:
    """An hour of a beta that was built two days before: pings of one hour of use each, crashes of the main process, one repeated ping
    and one line that is no JSON."""
    build_id = f"{hour_start - timedelta(days=2):%Y%m%d}120000"
    build = {"buildId": build_id, "version": "158.0", "displayVersion": version}
    changes = {f"{part}.{field}": value for part in ("application", "environment.build") for field, value in build.items()}
    changes |= {"meta.appBuildId": build_id, "meta.appVersion": "158.0", "meta.normalizedChannel": "beta", "application.channel": "beta"}
    minutes = [hour_start + timedelta(seconds=3600 * number / main_pings) for number in range(main_pings)]
    pings = [main_ping(changes | {"clientId": f"{number:08}-8bec-4b9c-8778-59406171312a"}, at) for number, at in enumerate(minutes)]
    land(landing, [*pings, pings[0]], "main", hour_start, f"{name}.gz")
    land(landing, [crash_ping(changes, hour_start + timedelta(minutes=number)) for number in range(crashes)], "crash", hour_start, name)
    land(landing, b"{not json\n", "main", hour_start, f"bad-{name}")
    if close:
        close_hour(landing, hour_start)
