"""The demo through the stack in containers (docker/README.md): lands five weeks of simulated pings in the S3 bucket, backfills them, runs the
newest hour as its schedule does, and says which release the digest flags and where to look. Run again, it goes on from what is there.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import click
from rich.console import Console
from slack_sdk import WebClient

from jobs.declarations.windows import HOUR
from jobs.deployment.settings import from_environment
from local.demo.outcome import complete_hours, report_outcome
from local.demo.plan import current_hour, plan_backfill
from local.demo.runs import DAGS, RunFailed, run_backfill, run_hours
from local.demo.steps import DemoSteps
from local.stack.airflow_api import AirflowApi, AirflowApiError
from simulation.ping_world.landing import Landing, WorldIsOver, land_until, open_landing

SEED = 57
DAYS_PER_JOB = 18
"""Two Spark jobs, one for each slot of the pool."""
UPLOADS_AT_ONCE = 8
ADDRESSES = {
    "Airflow": "http://localhost:8080",
    "Slack": "http://localhost:8090/channel/{channel}",
    "Page": "http://localhost:8091/pages/index.html",
    "Data Docs": "http://localhost:8091/data_docs/index.html",
}


@click.command(help=__doc__)
@click.option("--airflow", "airflow_url", required=True, help="Address of Airflow's API server.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("/data/demo"), show_default=True, help="Keeps the simulated world.")
def main(airflow_url: str, folder: Path) -> None:
    console = Console()
    try:
        problems = _run(AirflowApi(airflow_url), folder / "landing", console, DemoSteps(console))
    except (AirflowApiError, RunFailed, WorldIsOver) as error:
        raise click.ClickException(str(error)) from error
    for name, address in ADDRESSES.items():
        console.print(f"{name:<10} {address.format(channel=from_environment().slack_channel)}", soft_wrap=True, highlight=False)
    if problems:
        raise click.ClickException("the demo failed: " + "; ".join(problems))


def _run(airflow: AirflowApi, folder: Path, console: Console, steps: DemoSteps) -> list[str]:
    end = current_hour(datetime.now(UTC))
    with steps.step("land the pings"):
        landing = _land(folder, end)
    airflow.wait_for_dags(DAGS)
    backfill = plan_backfill(complete_hours(), landing.world.start, end - HOUR)
    if backfill:
        with steps.step(f"backfill {backfill.start:%Y-%m-%d} to {backfill.end:%Y-%m-%d %H:%M} UTC") as say:
            run_backfill(airflow, backfill, say, DAYS_PER_JOB)
    with steps.step("run the newest hour as scheduled") as say:
        as_of = run_hours(airflow, end, lambda until: _land_again(folder, until), say)
    settings = from_environment()
    slack = WebClient(token=settings.slack_bot_token, base_url=settings.slack_api_url or WebClient.BASE_URL)
    return report_outcome(slack, landing.world, as_of, console)


def _land_again(folder: Path, end: datetime) -> None:
    _land(folder, end)


def _land(folder: Path, end: datetime) -> Landing:
    """Simulates the hours that are missing up to `end`, and uploads what the bucket lacks of them."""
    folder.mkdir(parents=True, exist_ok=True)
    landing = land_until(open_landing(folder, end, SEED), end)
    bucket, _, prefix = from_environment().landing.removeprefix("s3://").partition("/")
    s3 = boto3.client("s3")
    lacking = sorted(_files(folder) - _keys(s3, bucket, prefix))
    # An hour's marker after its objects, which would be late otherwise.
    for is_marker in (False, True):
        keys = [key for key in lacking if key.endswith("/_SUCCESS") is is_marker]
        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as uploads:
            list(uploads.map(lambda key: s3.upload_file(str(folder / key), bucket, f"{prefix}/{key}"), keys))
    return landing


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _keys(s3: Any, bucket: str, prefix: str) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    return {entry["Key"].removeprefix(f"{prefix}/") for page in pages for entry in page.get("Contents", [])}


if __name__ == "__main__":
    main()
