"""An hour under a real Airflow: from the closed hour to the message in Slack; a gate that fails; an hour that never closes."""

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.declarations.tables import CLIENT_REACH, DATA_QUALITY, ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_HEALTH
from jobs.declarations.windows import HOUR, run_key
from jobs.pings.client_keys import ClientKeys
from tests.end_to_end.left_behind import files_with
from tests.end_to_end.running_pipeline import RUN_TIMEOUT_SECONDS, TODAYS_VERSION, RunningPipeline, land_hour
from tests.ping_factory import CLIENT_ID, close_hour

pytestmark = pytest.mark.services

HOURLY = "release_health_hourly"
CHAIN = [
    "aggregate_errors",
    "audit_aggregates",
    "score_release_health",
    "audit_health",
    "post_health_digest",
    "publish_pages",
    "decide_rollout",
]


@dataclass(frozen=True)
class HourlyRun:
    run_id: str
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + HOUR


@pytest.fixture(scope="module")
def first_run(pipeline: RunningPipeline) -> HourlyRun:
    """The run that starts by itself for the last hour; the hour is closed while the run already waits."""
    run_id, start = pipeline.newest_scheduled_run(HOURLY)
    land_hour(pipeline.landing, TODAYS_VERSION, start, main_pings=40, crashes=2, close=False)
    wait_until_deferred(pipeline, run_id)
    close_hour(pipeline.landing, start)
    pipeline.airflow.wait_for_run(HOURLY, run_id, RUN_TIMEOUT_SECONDS)
    return HourlyRun(run_id, start)


def wait_until_deferred(pipeline: RunningPipeline, run_id: str) -> None:
    deadline = time.monotonic() + 60
    while not any(
        task.task_id == "wait_for_closed_hour" and task.state == "deferred" for task in pipeline.airflow.task_states(HOURLY, run_id)
    ):
        assert time.monotonic() < deadline, pipeline.airflow.task_states(HOURLY, run_id)
        time.sleep(0.5)


def test_airflow_reads_every_dag_without_an_error(pipeline: RunningPipeline) -> None:
    assert "No data found" in pipeline.run_command("airflow", "dags", "list-import-errors")


def test_an_hour_ends_as_rows_and_one_message(pipeline: RunningPipeline, first_run: HourlyRun) -> None:
    run_id = first_run.run_id
    states = pipeline.states(HOURLY, run_id)
    assert states == dict.fromkeys(["wait_for_closed_hour", *CHAIN], "success") | {"watcher": "skipped"}, pipeline.logs_of_failed_tasks(
        HOURLY, run_id
    )

    [audit] = pipeline.rows(INGEST_AUDIT, first_run.start, first_run.end)
    assert (audit["hour_start"], audit["status"], audit["mode"], audit["is_closed"]) == (first_run.start, "complete", "provisional", True)
    assert (audit["lines"], audit["accepted"], audit["duplicates"], audit["rejected"]) == (40 + 1 + 2 + 1, 40 + 2, 1, 1)
    rows = pipeline.rows(ERROR_AGGREGATES, first_run.start, first_run.end)
    assert sum(row["usage_hours"] or 0 for row in rows) == pytest.approx(40.0)
    assert sum(row["main_crashes"] or 0 for row in rows) == 2
    assert {row["release_version"] for row in pipeline.rows(RELEASE_HEALTH, first_run.end)} == {TODAYS_VERSION}
    [message] = pipeline.messages()
    assert TODAYS_VERSION in json.dumps(message)
    reach = {row["population"]: row["estimate"] for row in pipeline.rows(CLIENT_REACH, first_run.start, first_run.end)}
    assert reach == {"active": 41.0, "crashed": 1.0}


def test_no_client_is_in_anything_that_a_run_leaves_behind(pipeline: RunningPipeline, first_run: HourlyRun) -> None:
    secret = pipeline.environment["CLIENT_KEY_SECRET"]
    key, _ = ClientKeys(secret.encode()).maker()(CLIENT_ID)
    home = pipeline.config.home
    assert files_with(home, [CLIENT_ID], besides=home / "nothing"), "the pings themselves"
    assert files_with(home, [TODAYS_VERSION], besides=pipeline.landing), "tables, logs and pages are searched"
    assert files_with(home, [CLIENT_ID, str(key), secret], besides=pipeline.landing) == []


def test_another_teams_dag_runs_for_the_hour_and_one_that_waits_for_no_partition_runs_too(
    pipeline: RunningPipeline, first_run: HourlyRun
) -> None:
    assert pipeline.partitions_of("after_each_published_hour") == [f"{first_run.start:%Y-%m-%dT%H:%M:%S}"]
    assert pipeline.partitions_of("after_any_publication") == [None]
    assert pipeline.airflow.runs("after_each_settled_day") == []


def test_the_watch_finds_the_verdict_in_time(pipeline: RunningPipeline, first_run: HourlyRun) -> None:
    pipeline.airflow.unpause("verdict_watch")
    run_id = pipeline.airflow.trigger("verdict_watch")
    assert pipeline.states("verdict_watch", run_id) == {"post_overdue_alert": "success"}
    [task] = pipeline.airflow.task_states("verdict_watch", run_id)
    log = pipeline.airflow.task_log("verdict_watch", run_id, task.task_id, task.try_number, task.map_index)
    assert re.search(r"the newest look is of .* UTC; in time", log)


LAST_LINES = {
    "wait_for_closed_hour": r"the hour is closed: \S+/_SUCCESS",
    "aggregate_errors": r"44 lines, 1 rejected \(not_json 1\), 1 duplicates, \d+ rows staged",
    "audit_aggregates": r"\d+ expectations: \d+ passed.*; published \d+ rows of 8 tables",
    "score_release_health": r"\d+ releases? .*, \d+ rows? staged",
    "audit_health": r"\d+ expectations: \d+ passed.*; published \d+ rows of 1 table",
    "post_health_digest": r"#release-health: .*posted.*",
    "publish_pages": r".*/pages: state \d{8}T\d{4}Z-[0-9a-f]{12}; .*",
    "decide_rollout": r"\{\"as_of\": .*\"releases\": \[\{.*\}\]\}",
}


@pytest.mark.parametrize("task_id", ["wait_for_closed_hour", *CHAIN])
def test_each_task_ends_its_log_with_a_line_for_a_person(pipeline: RunningPipeline, first_run: HourlyRun, task_id: str) -> None:
    lines = pipeline.airflow.task_log(HOURLY, first_run.run_id, task_id).splitlines()
    of_airflow = ("::", "Command exited", "Pushing xcom", "Trigger fired", "trigger ")
    last_line = [line for line in lines if line.strip() and not line.startswith(of_airflow)][-1]
    assert re.fullmatch(LAST_LINES[task_id], last_line.strip())


@pytest.fixture(scope="module")
def broken_run(pipeline: RunningPipeline, first_run: HourlyRun) -> str:
    """The same hour again with one more object, its staged rows spoiled before the gate reads them."""
    run_id = first_run.run_id
    land_hour(pipeline.landing, TODAYS_VERSION, first_run.start, main_pings=10, crashes=1, name="part-1.ndjson")
    staged = Path(pipeline.environment["STAGING"]) / run_key(HOURLY, run_id)
    spoiler = Thread(target=spoil_staged_rows, args=(staged, manifests_in(staged)))
    spoiler.start()
    pipeline.airflow.clear(HOURLY, run_id)
    pipeline.airflow.wait_for_run(HOURLY, run_id, RUN_TIMEOUT_SECONDS)
    spoiler.join(timeout=10)
    return run_id


def manifests_in(staged: Path) -> set[Path]:
    return set(staged.glob("aggregates.*.manifest.json"))


def spoil_staged_rows(staged: Path, seen: set[Path]) -> None:
    """Waits for the next attempt's manifest and makes one staged crash count negative."""
    deadline = time.monotonic() + 120
    while not (new := manifests_in(staged) - seen):
        if time.monotonic() > deadline:
            return
        time.sleep(0.1)
    attempt = json.loads(new.pop().read_text())["attempt"]
    path = next(staged.glob(f"{attempt}/error_aggregates/*.parquet"))
    rows = pq.read_table(path)
    spoiled = pa.array([-1] + [None] * (rows.num_rows - 1), type=rows.schema.field("main_crashes").type)
    pq.write_table(rows.set_column(rows.schema.get_field_index("main_crashes"), rows.schema.field("main_crashes"), spoiled), path)


def test_a_broken_expectation_stops_publishing_and_readers_see_the_previous_rows(
    pipeline: RunningPipeline, first_run: HourlyRun, broken_run: str
) -> None:
    states = pipeline.states(HOURLY, broken_run)
    assert states["audit_aggregates"] == "failed"
    assert states["post_health_digest"] == "success"
    assert states["watcher"] == "failed"
    assert pipeline.airflow.run_state(HOURLY, broken_run) == "failed"

    rows = pipeline.rows(ERROR_AGGREGATES, first_run.start, first_run.end)
    assert sum(row["main_crashes"] or 0 for row in rows) == 2, "the rows of the first run"
    assert sum(row["main_pings"] or 0 for row in rows) == 40


def test_a_broken_expectation_is_named_in_the_log_in_data_quality_and_in_the_digest(pipeline: RunningPipeline, broken_run: str) -> None:
    tries = {task.task_id: task.try_number for task in pipeline.airflow.task_states(HOURLY, broken_run)}
    log = pipeline.airflow.task_log(HOURLY, broken_run, "audit_aggregates", tries["audit_aggregates"])
    assert "main_crashes" in log
    assert "-1" in log
    failed = [row for row in pipeline.rows(DATA_QUALITY) if row["outcome"] == "fail" and row["severity"] == "critical"]
    assert any("main_crashes" in row["expectation"] for row in failed)
    [message] = pipeline.messages()
    assert "main_crashes" in json.dumps(message)


def test_an_hour_that_never_closes_fails_the_run_and_is_said_in_the_digest(
    pipeline: RunningPipeline, first_run: HourlyRun, broken_run: str
) -> None:
    never_closed = first_run.start - 2 * HOUR
    run_id = pipeline.airflow.trigger(HOURLY, logical_date=never_closed + HOUR, conf={"wait_minutes": 0.02})
    states = pipeline.states(HOURLY, run_id)
    assert states["wait_for_closed_hour"] == "failed"
    assert states["aggregate_errors"] == "upstream_failed"
    assert states["post_health_digest"] == "success"
    assert pipeline.airflow.run_state(HOURLY, run_id) == "failed"
    assert "the hour was never closed" in pipeline.airflow.task_log(HOURLY, run_id, "wait_for_closed_hour")
    digest = pipeline.airflow.task_log(HOURLY, run_id, "post_health_digest")
    assert f"{never_closed:%H:%M}" in digest
