"""Runs an entry point of ours in a process of its own. No shell reads the arguments, so no value of a run can be anything but an argument."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from jobs.commands.exit_codes import FAILED_EXPECTATIONS
from jobs.deployment.settings import ROOT

SLIM = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Arrow's own allocator keeps what was freed: scoring an hour over 400 days peaks at 305 MB with it, at 231 without. Arrow reads this as it is
loaded. Not for Spark's workers, which read for minutes."""


class PageLink(BaseOperatorLink):
    """From a task's page to the page that shows its figures."""

    name = "Release health"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        return str(operator.page_address)


class JobOperator(BaseOperator):
    """`python -m jobs.<module> <arguments>`: its output is the task's log, its last line the task's XCom, read as JSON, where `do_xcom_push` asks.

    What it hands on goes with the events of its outlets, too, where it has some.

    `environment` is added to the process's own. `arguments` are templates; one that renders to nothing is left out. `skip_if` is a template, too: the task is skipped where it renders
    to `True`. The task's page links to `page_address`, where one is given. Failed expectations fail the task for good; every other failure is tried again, as often as `retries` says.
    """

    template_fields = ("arguments", "skip_if")
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        module: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        skip_if: str = "",
        do_xcom_push: bool = False,
        page_address: str | None = None,
        **task_arguments: Any,
    ) -> None:
        super().__init__(do_xcom_push=do_xcom_push, **task_arguments)
        self.page_address = page_address
        self.operator_extra_links = () if page_address is None else (PageLink(),)
        self.module = module
        self.arguments = arguments
        self.environment = dict(environment or {})
        self.skip_if = skip_if
        self._process = SubprocessHook()

    @property
    def command(self) -> list[str]:
        """The command line, from rendered arguments."""
        return [sys.executable, "-m", f"jobs.{self.module}", *(argument for argument in self.arguments if argument)]

    def execute(self, context: Any) -> Any:
        if self.skip_if == "True":
            raise AirflowSkipException(f"{self.module} has nothing to do in this run")
        ended = self._process.run_command(self.command, env=SLIM | os.environ | self.environment, cwd=str(ROOT))
        if ended.exit_code == FAILED_EXPECTATIONS:
            raise AirflowFailException(
                f"{self.module} found critical expectations failed, as its log says above; the same rows would fail again"
            )
        if ended.exit_code:
            raise AirflowException(f"{self.module} {_said(ended.exit_code)}; its log above says why")
        handed_on = json.loads(ended.output) if self.do_xcom_push else None
        if handed_on is not None:
            for outlet in self.outlets:
                context["outlet_events"][outlet].extra = handed_on
        return handed_on

    def on_kill(self) -> None:
        """Ends the job and whatever it has started."""
        self._process.send_sigterm()


class RunFailure(BaseOperator):
    """Fails its run with a message, for good."""

    def __init__(self, *, message: str, **task_arguments: Any) -> None:
        super().__init__(**task_arguments)
        self.message = message

    def execute(self, context: Any) -> None:
        raise AirflowFailException(self.message)


def _said(exit_code: int) -> str:
    return f"ended with exit code {exit_code}" if exit_code > 0 else f"was ended by {signal.Signals(-exit_code).name}"
