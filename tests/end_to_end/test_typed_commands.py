"""The commands of the documents and of messages, typed as they are printed into a shell that has a path and a home and nothing else.

Only what documents give as an example is put in place of: the hour, the version. It goes by the settings file that the stack wrote, as
a shell in the checkout does after `make demo`.
"""

import json
import os
import re
import subprocess
from datetime import datetime

import pytest
from pyiceberg.exceptions import NoSuchTableError

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, Table
from jobs.declarations.windows import HOUR
from jobs.deployment.client_secrets import SECRET_VARIABLE
from jobs.deployment.settings import ROOT, SETTINGS_VARIABLE
from tests.documented_commands import DocumentedCommand, documented_commands
from tests.end_to_end.running_pipeline import TODAYS_VERSION, RunningPipeline, land_hour

pytestmark = pytest.mark.services

RUN = [command for command in documented_commands() if command.why_not_run is None]
PRINTED = re.compile(rf"(?:{SETTINGS_VARIABLE}=\S+ )?\.venv/bin/python -m jobs\.[^\"`\\\n]+")


@pytest.fixture(scope="module")
def scored_hour(pipeline: RunningPipeline) -> datetime:
    """An hour whose figures are in the tables, run here if no test before has done so."""
    scored = [row["as_of"] - HOUR for row in rows_if_any(pipeline, RELEASE_HEALTH) if row["release_version"] == TODAYS_VERSION]
    complete = {row["hour_start"] for row in rows_if_any(pipeline, INGEST_AUDIT) if row["status"] == "complete"}
    if both := sorted(complete & set(scored)):
        return both[-1]
    run_id, start = pipeline.newest_scheduled_run("release_health_hourly")
    land_hour(pipeline.landing, TODAYS_VERSION, start, main_pings=40, crashes=2)
    pipeline.states("release_health_hourly", run_id)
    return start


def rows_if_any(pipeline: RunningPipeline, table: Table) -> list[dict]:
    try:
        return pipeline.rows(table)
    except NoSuchTableError:
        return []


def typed(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a shell in the checkout."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **variables}
    return subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)


def with_real_values(command: str, hour: datetime) -> str:
    """The example's hour and the one after it, its day, its release."""
    values = {
        "2026-11-22T10:00Z": f"{hour:%Y-%m-%dT%H:%MZ}",
        "2026-11-22T11:00Z": f"{hour + HOUR:%Y-%m-%dT%H:%MZ}",
        "57.0b8": TODAYS_VERSION,
    }
    for example, value in values.items():
        command = command.replace(example, value)
    return command


@pytest.mark.parametrize("command", RUN, ids=lambda command: f"{command.document}: {command.text[:70]}")
def test_a_documented_command_runs_as_written(pipeline: RunningPipeline, scored_hour: datetime, command: DocumentedCommand) -> None:
    deployment = {SETTINGS_VARIABLE: str(pipeline.config.settings_file), SECRET_VARIABLE: pipeline.environment[SECRET_VARIABLE]}
    result = typed(with_real_values(command.text, scored_hour), **deployment)
    assert result.returncode == 0, f"{command.text}\n{result.stdout}{result.stderr}"


def test_the_commands_of_the_digest_run_as_printed(pipeline: RunningPipeline, scored_hour: datetime) -> None:
    told = json.dumps(everything_posted(pipeline), ensure_ascii=False)
    commands = set(PRINTED.findall(told))
    assert any("explain_release_health" in command for command in commands), told
    for command in sorted(commands):
        if "explain_release_health" in command:
            result = typed(command)
            assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"


def everything_posted(pipeline: RunningPipeline) -> list[dict]:
    """Roots with their threads."""
    from slack_sdk import WebClient

    slack = pipeline.stack.slack_environment
    client = WebClient(token=slack["SLACK_BOT_TOKEN"], base_url=slack["SLACK_API_URL"])
    channel = client.conversations_list()["channels"][0]["id"]
    return [reply for root in pipeline.messages() for reply in client.conversations_replies(channel=channel, ts=root["ts"])["messages"]]
