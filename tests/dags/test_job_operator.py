"""A task runs its entry point without a shell, says how it ended, and takes down what it started."""

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from dags.job_operator import JobOperator, RunFailure
from jobs.commands.exit_codes import FAILED_EXPECTATIONS


class Program(JobOperator):
    """Runs a Python program in place of an entry point."""

    program = ""

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-c", self.program, *self.arguments]


def task(program: str = "", **arguments: object) -> Program:
    made = Program(task_id="task", module="a_job", **arguments)
    made.program = program
    return made


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_entry_point_runs_with_its_arguments() -> None:
    plan = JobOperator(task_id="plan_backfill", module="plan_backfill", arguments=["--help", ""])
    assert plan.command == [sys.executable, "-m", "jobs.plan_backfill", "--help"]
    assert plan.execute({}) is None


def test_the_last_line_is_handed_on_as_json_where_asked_for() -> None:
    program = "print('a line'); print('[[\"--start\"]]')"
    assert task(program, do_xcom_push=True).execute({}) == [["--start"]]
    assert task(program).execute({}) is None


def test_what_is_handed_on_goes_with_the_events_of_the_tasks_assets() -> None:
    advice = Asset("rollout_advice")
    events = {advice: SimpleNamespace(extra={})}
    handed_on = task("print('{\"releases\": []}')", do_xcom_push=True, outlets=[advice]).execute({"outlet_events": events})
    assert handed_on == events[advice].extra == {"releases": []}


def test_an_entry_point_has_its_tasks_variables_and_gives_freed_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDING", "s3://lake/landing")
    program = "import json, os, pyarrow; print(json.dumps([os.environ['LANDING'], pyarrow.default_memory_pool().backend_name]))"
    assert task(program, do_xcom_push=True).execute({}) == ["s3://lake/landing", "system"]
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "mimalloc")
    assert task(program, do_xcom_push=True).execute({}) == ["s3://lake/landing", "mimalloc"]


def test_an_argument_reaches_no_shell(tmp_path: Path) -> None:
    hostile = f"2026-11-22; touch {tmp_path / 'x'} #$(touch {tmp_path / 'x'})"
    program = "import json, sys; print(json.dumps(sys.argv[1:]))"
    assert task(program, arguments=[hostile], do_xcom_push=True).execute({}) == [hostile]
    assert not (tmp_path / "x").exists()


def test_failed_expectations_are_final_and_other_failures_are_tried_again() -> None:
    with pytest.raises(AirflowFailException, match="a_job found critical expectations failed"):
        task(f"raise SystemExit({FAILED_EXPECTATIONS})").execute({})
    for program, words in (("raise SystemExit(1)", "exit code 1"), ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL")):
        with pytest.raises(AirflowException, match=words) as failure:
            task(program).execute({})
        assert not isinstance(failure.value, AirflowFailException)


def test_a_task_with_nothing_to_do_is_skipped() -> None:
    with pytest.raises(AirflowSkipException):
        task("raise SystemExit(1)", skip_if="True").execute({})
    task(skip_if="False").execute({})


def test_a_killed_task_leaves_no_process(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = f"""
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "60"])
pathlib.Path({str(pids)!r} + "~").write_text(f"{{os.getpid()}} {{child.pid}}")
os.rename({str(pids)!r} + "~", {str(pids)!r})
time.sleep(60)
"""
    running = task(program)
    failures = []

    def run() -> None:
        try:
            running.execute({})
        except AirflowException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    while not pids.exists():
        time.sleep(0.01)
    running.on_kill()
    thread.join(timeout=10)
    assert "ended by SIGTERM" in str(failures[0])
    deadline = time.monotonic() + 10
    while any(is_running(int(pid)) for pid in pids.read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_watcher_fails_its_run() -> None:
    with pytest.raises(AirflowFailException, match="open the red one"):
        RunFailure(task_id="watcher", message="open the red one").execute({})
