"""The local stack: PostgreSQL, Airflow and a stand-in for Slack, all on the loopback interface.

`python -m local.stack.local_stack start|status|stop`, or `exec -- airflow dags list` to run a command in its environment.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import psutil

from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import ROOT
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from local.stack.airflow_api import AirflowApi
from local.stack.ports import pick_port
from local.stack.postgres import postgres_pid, start_postgres, stop_postgres
from local.stack.processes import find_marked, is_alive, start_process, stop_processes, tail_of
from local.stack.settings_file import write_settings
from local.stack.stack_environment import StackConfig, job_environment, marked, stack_environment

AIRFLOW_SERVICES = {
    "api-server": ["api-server"],
    # Logs are read from the shared folder, so the log servers, which would listen on every interface, stay off.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
START_TIMEOUT_SECONDS = 300
Progress = Callable[[str], None]


class StackError(Exception):
    """The stack could not be started; the message names the service, its log and the log's last lines."""


@dataclass(frozen=True)
class Stack:
    """A running stack. `processes` maps a service to its process id; addresses end without a slash."""

    home: str
    airflow_port: int
    database: str
    slack_url: str | None
    """The stand-in's page, None if the user has set the token of a real Slack."""
    processes: dict[str, int]
    pages_url: str | None = None
    """The page's address; None where a stack of an earlier version runs."""

    @property
    def airflow_url(self) -> str:
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def airflow(self) -> AirflowApi:
        return AirflowApi(self.airflow_url)

    @property
    def slack_environment(self) -> dict[str, str]:
        if self.slack_url is None:
            return {"SLACK_API_URL": "https://slack.com/api/", **StackConfig().users_choice}
        return {"SLACK_API_URL": f"{self.slack_url}/api/", "SLACK_BOT_TOKEN": DEFAULT_TOKEN}

    def environment(self, config: StackConfig) -> dict[str, str]:
        """What a command needs that works on this stack: `airflow ...` as well as `python -m jobs....`."""
        pages = {"PAGES_URL": self.pages_url} if self.pages_url is not None else {}
        return {**stack_environment(config, self.database, self.airflow_port, self.slack_environment), **pages}


def start(config: StackConfig | None = None, progress: Progress = lambda line: None) -> Stack:
    """Starts what doesn't run yet and returns once all of it answers. Raises StackError.

    A stack that runs already is returned as it is; the remains of one that died are cleared away first.
    """
    config = _resolved(config)
    running = read_state(config)
    if running and not unhealthy_services(running):
        return running
    if running or find_marked(config.home):
        progress("clearing away what an earlier stack left running")
        stop(config)
    make_private_folder(config.logs)
    started = time.monotonic()
    try:
        stack = _start_services(config, progress)
        _wait_until_healthy(stack, config, progress)
    except BaseException:
        stop(config)
        raise
    progress(f"the stack is up after {time.monotonic() - started:.0f} s")
    return stack


def stop(config: StackConfig | None = None) -> None:
    """Stops the services and every task that they started; does nothing if none runs."""
    config = _resolved(config)
    stop_processes(find_marked(config.home))
    stop_postgres(config.postgres_data)
    config.state_file.unlink(missing_ok=True)


def read_state(config: StackConfig) -> Stack | None:
    """The stack as it was started, None if none was."""
    if not config.state_file.exists():
        return None
    return Stack(**json.loads(config.state_file.read_text()))


def unhealthy_services(stack: Stack) -> list[str]:
    """The services that don't run or don't answer."""
    dead = [name for name, pid in stack.processes.items() if not is_alive(pid)]
    return dead or stack.airflow.unhealthy_components()


def _resolved(config: StackConfig | None) -> StackConfig:
    config = config or StackConfig()
    return replace(config, home=config.home.resolve())


def _start_services(config: StackConfig, progress: Progress) -> Stack:
    processes: dict[str, int] = {}
    slack_url = None
    if "SLACK_BOT_TOKEN" not in config.users_choice:
        slack_port = pick_port(config.slack_port)
        slack_url = f"http://127.0.0.1:{slack_port}"
        command = ["-m", "local.slack_stand_in", "--port", str(slack_port), "--store", str(config.home / "slack")]
        processes["slack-stand-in"] = _start_python(config, "slack-stand-in", command, job_environment(config))
    pages_port = pick_port(config.pages_port)
    processes["page"] = _start_python(config, "page", ["-m", "jobs.serve_pages", "--port", str(pages_port)], job_environment(config))
    progress("starting PostgreSQL")
    database = start_postgres(config.postgres_data)
    # Run as root, PostgreSQL's package opens the folders above its data to everybody; its own user need only pass through.
    config.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    pid = postgres_pid(config.postgres_data)
    if pid is not None:
        processes["postgres"] = pid
    stack = Stack(str(config.home), pick_port(config.airflow_port), database, slack_url, processes, f"http://127.0.0.1:{pages_port}")
    environment = stack.environment(config)
    write_settings(config.settings_file, environment)
    progress("preparing Airflow's database")
    _prepare_database(config, environment)
    progress("starting Airflow")
    for name, arguments in AIRFLOW_SERVICES.items():
        processes[name] = _start_python(config, name, ["-m", "airflow", *arguments], environment)
    config.state_file.write_text(json.dumps(asdict(stack), indent=2) + "\n")
    return stack


def _start_python(config: StackConfig, name: str, arguments: list[str], environment: dict[str, str]) -> int:
    return start_process([sys.executable, *arguments], marked(environment, config), config.logs / f"{name}.log", ROOT)


def _prepare_database(config: StackConfig, environment: dict[str, str]) -> None:
    log = config.logs / "database.log"
    command = [sys.executable, "-m", "local.stack.airflow_database", "--spark-slots", str(config.spark_slots)]
    with log.open("ab") as output:
        result = subprocess.run(command, env=marked(environment, config), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise StackError(f"Airflow's database could not be prepared; its log is {log}:\n{tail_of(log)}")


def _wait_until_healthy(stack: Stack, config: StackConfig, progress: Progress) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    waiting: list[str] = []
    while True:
        for name, pid in stack.processes.items():
            if not is_alive(pid):
                log = config.logs / f"{name}.log"
                raise StackError(f"{name} ended while it started; its log is {log}:\n{tail_of(log)}")
        unhealthy = stack.airflow.unhealthy_components()
        if not unhealthy:
            return
        if unhealthy != waiting:
            progress(f"waiting for {', '.join(unhealthy)}")
            waiting = unhealthy
        if time.monotonic() > deadline:
            raise StackError(f"{', '.join(unhealthy)} did not answer within {START_TIMEOUT_SECONDS} s; the logs are in {config.logs}")
        time.sleep(0.3)


@click.group(help=__doc__)
def cli() -> None:
    pass


@cli.command("start")
def start_command() -> None:
    """Start the stack, or say that it runs."""
    try:
        stack = start(progress=click.echo)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Airflow  {stack.airflow_url}\nSlack    {stack.slack_url or 'the one of SLACK_BOT_TOKEN'}\npage     {stack.pages_url}\nlogs     {StackConfig().logs}"
    )


@cli.command("status")
def status_command() -> None:
    """Say what runs, with process ids and memory; exit code 1 if anything is missing."""
    stack = read_state(_resolved(None))
    if stack is None:
        raise click.ClickException("the stack does not run; start it with `make stack-start`")
    for name, pid in stack.processes.items():
        state = f"runs, process {pid}" if is_alive(pid) else "does not run"
        click.echo(f"{name:<16}{state}")
    marked_processes = find_marked(Path(stack.home))
    click.echo(
        f"Airflow  {stack.airflow_url}\nSlack    {stack.slack_url or 'the one of SLACK_BOT_TOKEN'}\nmemory   {_memory_mb(marked_processes):,.0f} MB"
    )
    unhealthy = unhealthy_services(stack)
    if unhealthy:
        raise click.ClickException(f"not healthy: {', '.join(unhealthy)}; logs in {StackConfig().logs}")


@cli.command("stop")
def stop_command() -> None:
    """Stop the stack and the tasks that it runs."""
    stop()
    click.echo("the stack is stopped")


@cli.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(command: tuple[str, ...]) -> None:
    """Run COMMAND in the stack's environment, such as `exec -- airflow dags list-import-errors`."""
    config = _resolved(None)
    stack = read_state(config)
    if stack is None:
        raise click.ClickException("the stack does not run; start it with `make stack-start`")
    environment = stack.environment(config)
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise click.ClickException(f"there is no command {command[0]}")
    os.execve(program, list(command), environment)  # noqa: S606 - the user's own command


def _memory_mb(processes: list[psutil.Process]) -> float:
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 1e6


if __name__ == "__main__":
    cli()
