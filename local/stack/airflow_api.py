"""What we ask of Airflow over its REST API: is it well, start a run, wait for it, read what its tasks said."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
FINAL_STATES = ("success", "failed")
TIMEOUT_SECONDS = 20


class AirflowApiError(Exception):
    """Airflow refused a request, or a run did not end in time."""


@dataclass(frozen=True)
class TaskState:
    task_id: str
    map_index: int
    """-1 for a task that is not mapped."""
    state: str
    try_number: int


@dataclass(frozen=True)
class AirflowApi:
    """The API of an Airflow that asks for no password (SimpleAuthManager, all admins)."""

    url: str

    def unhealthy_components(self) -> list[str]:
        """The components that don't report, all of them while the server doesn't answer."""
        try:
            answer = requests.get(f"{self.url}/api/v2/monitor/health", timeout=2)
            health = answer.json()
        except (requests.RequestException, ValueError):
            return ["api-server"]
        return [name for name in COMPONENTS if (health.get(name) or {}).get("status") != "healthy"]

    def wait_for_dags(self, dag_ids: list[str], timeout_seconds: float = 60) -> None:
        """Returns once the DAG processor has read the DAGs. Raises AirflowApiError with the import errors after the time-out."""
        deadline = time.monotonic() + timeout_seconds
        while missing := set(dag_ids) - {dag["dag_id"] for dag in self._get("dags", limit=100)["dags"]}:
            if time.monotonic() > deadline:
                raise AirflowApiError(
                    f"Airflow does not know {', '.join(sorted(missing))}; import errors: {self.import_errors() or 'none'}"
                )
            time.sleep(0.5)

    def import_errors(self) -> list[str]:
        return [f"{error['filename']}: {error['stack_trace']}" for error in self._get("importErrors")["import_errors"]]

    def unpause(self, dag_id: str) -> None:
        self._request("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, logical_date: datetime | None = None, conf: dict[str, Any] | None = None) -> str:
        """Starts a run by hand and returns its run id. In a DAG with an interval, the run covers the interval that ends at `logical_date`."""
        body = {"logical_date": logical_date.isoformat() if logical_date else None, "conf": conf or {}}
        return str(self._request("POST", f"dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def clear(self, dag_id: str, run_id: str) -> None:
        """Runs every task of a run again."""
        self._request("POST", f"dags/{dag_id}/dagRuns/{run_id}/clear", json={"dry_run": False, "only_failed": False})

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self._get(f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The hundred newest runs, newest first."""
        return list(self._get(f"dags/{dag_id}/dagRuns", limit=100, order_by="-run_after")["dag_runs"])

    def wait_for_run(
        self, dag_id: str, run_id: str, timeout_seconds: float, progress: Callable[[list[TaskState]], None] = lambda tasks: None
    ) -> str:
        """The run's final state, success or failed. Calls `progress` about every second. Raises AirflowApiError after the time-out."""
        deadline = time.monotonic() + timeout_seconds
        while (state := self.run_state(dag_id, run_id)) not in FINAL_STATES:
            progress(self.task_states(dag_id, run_id))
            if time.monotonic() > deadline:
                raise AirflowApiError(
                    f"{dag_id} {run_id} is still {state} after {timeout_seconds:.0f} s: {self.task_states(dag_id, run_id)}"
                )
            time.sleep(1)
        progress(self.task_states(dag_id, run_id))
        return state

    def task_states(self, dag_id: str, run_id: str) -> list[TaskState]:
        """The run's task instances; one that was not scheduled yet has the state "none"."""
        rows = self._get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=1000)["task_instances"]
        return [TaskState(row["task_id"], row["map_index"], row["state"] or "none", row["try_number"]) for row in rows]

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """What the task printed and Airflow noted, a line an event, exceptions by their messages."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        content = self._get(path, map_index=map_index, full_content="true")["content"]
        return "\n".join(_text_of(line) for line in content)

    # Spark keeps the cores busy: now and then an answer takes longer than the time-out.
    @retry(
        retry=retry_if_exception_type((requests.ConnectionError, requests.Timeout)),
        wait=wait_fixed(1),
        stop=stop_after_attempt(5),
        reraise=True,
    )
    def _get(self, path: str, **parameters: Any) -> dict[str, Any]:
        return self._request("GET", path, params=parameters)

    def _request(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        token = requests.get(f"{self.url}/auth/token", timeout=TIMEOUT_SECONDS).json()["access_token"]
        answer = requests.request(
            method, f"{self.url}/api/v2/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_SECONDS, **arguments
        )
        if not answer.ok:
            raise AirflowApiError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return dict(answer.json()) if answer.content else {}


def _text_of(line: Any) -> str:
    if isinstance(line, str):
        return line
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or []]
    return "\n".join([str(line.get("event", "")), *errors])
