"""The tasks that the release health DAGs share: one entry point each, named after its module."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Asset, BaseOperator, TriggerRule

from dags.job_operator import JobOperator, RunFailure
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, WINDOW_TABLES
from jobs.declarations.windows import run_key
from jobs.deployment.settings import NAMESPACE, ROOT, from_environment

SPARK_POOL = "spark"
RUN_KEY = "{{ run_key(dag.dag_id, run_id) }}"
MACROS = {"run_key": run_key}

PUBLISHED_TABLES = [Asset(f"{NAMESPACE}.{table.name}") for table in (*WINDOW_TABLES, INGEST_AUDIT)]
SCORES = Asset(f"{NAMESPACE}.{RELEASE_HEALTH.name}")

DEFAULT_ARGUMENTS = {
    "owner": "release-health",
    # Every task replaces exactly its window, so trying again is safe; a gate whose expectations failed is not tried again (job_operator).
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "execution_timeout": timedelta(hours=3),
}


def interval_arguments(mode: str) -> list[str]:
    """The command line of the run's data interval."""
    start = "{{ data_interval_start.strftime('%Y-%m-%dT%H:%MZ') }}"
    end = "{{ data_interval_end.strftime('%Y-%m-%dT%H:%MZ') }}"
    return ["--start", start, "--end", end, "--mode", mode, "--run-key", RUN_KEY]


def spark_task(module: str, arguments: Any, **task_arguments: Any) -> SparkSubmitOperator:
    """`jobs/<module>.py` by spark-submit on the connection `spark_default`."""
    return SparkSubmitOperator(
        task_id=module,
        application=str(ROOT / "jobs" / f"{module}.py"),
        application_args=arguments,
        name=module,
        conn_id="spark_default",
        py_files=from_environment().spark_py_files,
        pool=SPARK_POOL,
        **task_arguments,
    )


def python_task(module: str, arguments: Sequence[str], **task_arguments: Any) -> JobOperator:
    """`python -m jobs.<module>`."""
    return JobOperator(task_id=module, module=module, arguments=arguments, **task_arguments)


def aggregate_and_audit(arguments: Any) -> tuple[SparkSubmitOperator, JobOperator]:
    """Stage the totals of a window, then publish them if the gate lets them pass."""
    aggregate = spark_task("aggregate_errors", arguments)
    audit = python_task("audit_aggregates", arguments, outlets=PUBLISHED_TABLES)
    aggregate >> audit
    return aggregate, audit


def score_and_audit(arguments: Sequence[str]) -> tuple[JobOperator, JobOperator]:
    """Score the releases, then publish the scores if their gate lets them pass."""
    score = python_task("score_release_health", arguments)
    audit = python_task("audit_health", arguments, outlets=[SCORES])
    score >> audit
    return score, audit


def publish_page(**task_arguments: Any) -> JobOperator:
    """Publish the page, also where a gate failed: it shows that. Nothing waits for it but the end of the run."""
    return python_task("publish_pages", [], **{"trigger_rule": TriggerRule.ALL_DONE, **task_arguments})


def watch(tasks: Sequence[BaseOperator]) -> RunFailure:
    """The last task: fails the run if anything failed, although the digest was posted."""
    watcher = RunFailure(
        task_id="watcher",
        message="A task of this run failed: open the red one and read the end of its log.",
        trigger_rule=TriggerRule.ONE_FAILED,
        retries=0,
    )
    for task in tasks:
        task >> watcher
    return watcher
