"""What the release health DAGs share, whatever the product."""

from collections.abc import Sequence
from datetime import timedelta

from airflow.sdk import BaseOperator, TriggerRule

from dags.job_operator import RunFailure
from jobs.declarations.windows import run_key

RUN_KEY = "{{ run_key(dag.dag_id, run_id) }}"
MACROS = {"run_key": run_key}

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
