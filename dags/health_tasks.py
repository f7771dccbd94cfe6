"""The tasks that the release health DAGs share: one entry point each, named after its module."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset, BaseOperator, TriggerRule

from jobs.settings import NAMESPACE, ROOT, from_environment
from jobs.table_declarations import INGEST_AUDIT, RELEASE_HEALTH, WINDOW_TABLES
from jobs.windows import run_key

SPARK_POOL = "spark"
SKIPPED = 99
"""Exit code by which a BashOperator skips its task."""
RUN_KEY = "{{ run_key(dag.dag_id, run_id) }}"
MACROS = {"run_key": run_key}

PUBLISHED_TABLES = [Asset(f"{NAMESPACE}.{table.name}") for table in (*WINDOW_TABLES, INGEST_AUDIT)]
SCORES = Asset(f"{NAMESPACE}.{RELEASE_HEALTH.name}")

DEFAULT_ARGUMENTS = {
    "owner": "release-health",
    # Every task replaces exactly its window, so trying again is safe.
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


def python_task(module: str, arguments: Sequence[str], unless: str | None = None, **task_arguments: Any) -> BashOperator:
    """`python -m jobs.<module>`; skipped where the Jinja expression `unless` is true."""
    command = " ".join(["python", "-m", f"jobs.{module}", *(_quoted(argument) for argument in arguments)])
    if unless:
        command = (
            f"{{% if {unless} %}}echo 'skipped: {module} has nothing to do in this run'; exit {SKIPPED}{{% else %}}{command}{{% endif %}}"
        )
    return BashOperator(task_id=module, bash_command=command, cwd=str(ROOT), skip_on_exit_code=SKIPPED, **task_arguments)


def aggregate_and_audit(arguments: Any) -> tuple[SparkSubmitOperator, SparkSubmitOperator]:
    """Stage the totals of a window, then publish them if the gate lets them pass. A gate is not tried again: the same rows fail again."""
    aggregate = spark_task("aggregate_errors", arguments)
    audit = spark_task("audit_aggregates", arguments, retries=0, outlets=PUBLISHED_TABLES)
    aggregate >> audit
    return aggregate, audit


def score_and_audit(arguments: Sequence[str]) -> tuple[BashOperator, BashOperator]:
    """Score the releases, then publish the scores if their gate lets them pass."""
    score = python_task("score_release_health", arguments)
    audit = python_task("audit_health", arguments, retries=0, outlets=[SCORES])
    score >> audit
    return score, audit


def watch(tasks: Sequence[BaseOperator]) -> BashOperator:
    """The last task: fails the run if anything failed, although the digest was posted."""
    watcher = BashOperator(
        task_id="watcher",
        bash_command="echo 'A task of this run failed: open the red one and read the end of its log.'; exit 1",
        trigger_rule=TriggerRule.ONE_FAILED,
        retries=0,
    )
    for task in tasks:
        task >> watcher
    return watcher


def _quoted(argument: str) -> str:
    return argument if "{{" in argument else shlex.quote(argument)
