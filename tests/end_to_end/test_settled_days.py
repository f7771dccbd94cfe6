"""Three days settled by `airflow backfill create`, two at a time; and the same days in one job on a Spark cluster with everything on S3."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from jobs.code_archive import write_code_archive
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, WINDOW_TABLES
from jobs.deployment.settings import ROOT
from local.stack.object_store import serve_s3
from local.stack.spark_cluster import serve_spark
from local.stack.stack_environment import StackConfig, job_environment
from tests.end_to_end.running_pipeline import FIRST_DAY, SETTLED_VERSION, RunningPipeline, land_hour, stored_rows, variables_of

pytestmark = pytest.mark.services

SETTLED = "release_health_settled"
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(3)]
END = DAYS[-1] + timedelta(days=1)
LANDED_HOURS = [day + timedelta(hours=hour) for day in DAYS for hour in (9, 14, 23)]
ON_TWO_EXECUTORS = ("--conf", "spark.executor.cores=1", "--conf", "spark.cores.max=2", "--conf", "spark.executor.memory=600m")
RUN_TIMEOUT_SECONDS = 600


@pytest.fixture(scope="module")
def settled_days(pipeline: RunningPipeline) -> int:
    """The days are settled; how many of them were once active at the same time."""
    for hour_start in LANDED_HOURS:
        land_hour(pipeline.landing, SETTLED_VERSION, hour_start, main_pings=30, crashes=2)
    dates = ("--from-date", f"{DAYS[0]:%Y-%m-%d}", "--to-date", f"{DAYS[-1]:%Y-%m-%d}", "--max-active-runs", "2")
    pipeline.run_command("airflow", "backfill", "create", "--dag-id", SETTLED, *dates)
    pipeline.airflow.unpause(SETTLED)
    deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
    most_active = 0
    while not {"success", "failed"} >= {run["state"] for run in backfill_runs(pipeline)}:
        most_active = max(most_active, sum(run["state"] == "running" for run in backfill_runs(pipeline)))
        assert time.monotonic() < deadline, backfill_runs(pipeline)
        time.sleep(1)
    return most_active


def backfill_runs(pipeline: RunningPipeline) -> list[dict[str, str]]:
    return [run for run in pipeline.airflow.runs(SETTLED) if run["run_type"] == "backfill"]


def test_a_backfill_settles_every_day_two_at_a_time_and_posts_nothing(pipeline: RunningPipeline, settled_days: int) -> None:
    runs = backfill_runs(pipeline)
    states = {run["dag_run_id"]: run["state"] for run in runs}
    assert list(states.values()) == ["success"] * 3, [pipeline.logs_of_failed_tasks(SETTLED, run_id) for run_id in states]
    assert settled_days == 2
    for run_id in states:
        assert pipeline.states(SETTLED, run_id)["post_health_digest"] == "skipped"
    audit = {row["hour_start"]: row for row in pipeline.rows(INGEST_AUDIT)}
    for hour_start in LANDED_HOURS:
        assert (audit[hour_start]["mode"], audit[hour_start]["status"], audit[hour_start]["accepted"]) == ("settled", "complete", 30 + 2)
    empty = DAYS[0] + timedelta(hours=3)
    assert (audit[empty]["mode"], audit[empty]["is_closed"], audit[empty]["lines"]) == ("settled", False, 0)


def test_another_teams_dag_runs_once_for_each_settled_day(pipeline: RunningPipeline, settled_days: int) -> None:
    told = pipeline.partitions_of("after_each_settled_day")
    assert [day for day in told if day < f"{END:%Y-%m-%d}"] == [f"{day:%Y-%m-%d}" for day in DAYS]  # the schedule settles the day after


@pytest.fixture(scope="module")
def cluster_environment(pipeline: RunningPipeline, settled_days: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The three days have run as one window on a standalone cluster, with landing zone, staging and warehouse on S3."""
    folder = tmp_path_factory.mktemp("cluster")
    with serve_s3(folder / "s3", "lake") as aws:
        calendar = {"RELEASE_CALENDAR": pipeline.environment["RELEASE_CALENDAR"]}
        config = StackConfig(home=folder, extra_environment={**aws, **S3_LOCATIONS, **calendar})
        environment = job_environment(config)
        upload(pipeline.landing, environment)
        write_code_archive(folder / "jobs.zip")
        # A cluster's executors have their packages, but no checkout.
        executors = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
        with serve_spark(folder / "spark", executors) as master:
            run([sys.executable, "-m", "jobs.aggregate_errors", *FIRST_HOUR, "--master", master], environment)
            run_chain(environment, ["spark-submit", "--master", master, *ON_TWO_EXECUTORS, "--py-files", str(folder / "jobs.zip")])
        yield environment


FIRST_HOUR = ["--start", f"{DAYS[0]:%Y-%m-%dT%H:%MZ}", "--end", f"{DAYS[0]:%Y-%m-%dT01:00Z}", "--mode", "provisional", "--run-key", "typed"]
"""Typed as `--help` says, without spark-submit; the gate never sees it."""

S3_LOCATIONS = {
    "LANDING": "s3://lake/landing",
    "STAGING": "s3://lake/staging",
    "PYICEBERG_CATALOG__LAKE__WAREHOUSE": "s3://lake/warehouse",
}


def upload(landing: Path, environment: dict[str, str]) -> None:
    with variables_of(environment):
        s3 = boto3.client("s3")
        objects = [path for hour in LANDED_HOURS for path in (landing / f"submission_date={hour:%Y-%m-%d}").rglob("*") if path.is_file()]
        # The marker of each hour last, so that no object is late.
        for path in sorted(set(objects), key=lambda path: (path.name == "_SUCCESS", path)):
            s3.upload_file(str(path), "lake", f"landing/{path.relative_to(landing)}")


def run_chain(environment: dict[str, str], spark_submit: list[str]) -> None:
    """Every task of a settling run by hand, as its log would have it."""
    window = ["--start", f"{DAYS[0]:%Y-%m-%dT%H:%MZ}", "--end", f"{END:%Y-%m-%dT%H:%MZ}", "--mode", "settled", "--run-key", "onthecluster"]
    run([*spark_submit, str(ROOT / "jobs" / "aggregate_errors.py"), *window], environment)
    for module in ("audit_aggregates", "score_release_health", "audit_health"):
        run([sys.executable, "-m", f"jobs.{module}", *window], environment)


def run(command: list[str], environment: dict[str, str]) -> None:
    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


@pytest.mark.parametrize("table", [*WINDOW_TABLES, INGEST_AUDIT, RELEASE_HEALTH], ids=lambda table: table.name)
def test_a_cluster_on_s3_gives_the_rows_of_one_machine_on_folders(
    pipeline: RunningPipeline, cluster_environment: dict[str, str], table
) -> None:
    with variables_of(cluster_environment):
        on_the_cluster = stored_rows(table)
    here = pipeline.rows(table, FIRST_DAY, END + timedelta(seconds=1) if table is RELEASE_HEALTH else END)
    assert comparable(on_the_cluster) == comparable(here)
    assert on_the_cluster or table.name == "experiment_error_aggregates"


def comparable(rows: list[dict[str, Any]]) -> list[str]:
    """Rows in an order of their own, without what a store knows of its objects: etag, time of upload and so lateness."""
    plain = []
    for row in rows:
        objects = row.get("objects")
        kept = {name: value for name, value in row.items() if name not in ("objects", "late_objects")}
        if objects is not None:
            kept["objects"] = [(landed["object_key"], landed["bytes"]) for landed in objects]
        plain.append(json.dumps(kept, default=str, sort_keys=True))
    return sorted(plain)
