"""
### Release health, hour by hour

**When:** every hour, for the hour before; waits until the ingestion edge has closed that hour (`_SUCCESS` in its folder), by default up to
two hours.

**Reads:** the hour's folder of the landing zone; `release_totals` for scoring.

**Writes:** the hour of every aggregate table and of `ingest_audit`, provisionally: a settled hour is left alone. Then `release_health` for
the looks from that hour on, the day's message in Slack, edited in place, and the page. `decide_rollout` tells other DAGs what is advised of each
release (asset `rollout_advice`); it changes no rollout.

**If it fails:** nothing half-done is visible. *wait_for_closed_hour*: the hour never closed; the settling run takes what is there.
*audit_aggregates*, *audit_health*: a critical expectation failed; the last good rows stay, the log names the expectation and the folder with
the staged rows. Whatever else fails was tried twice more: see its log. The digest is posted and the page published in any case, and say what is missing;
the run still ends as failed. Clearing a failed task runs it again safely.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, TriggerRule

from dags.health_tasks import (
    DEFAULT_ARGUMENTS,
    MACROS,
    interval_arguments,
    watch,
)
from dags.hour_closing import HourClosedSensor
from dags.product_tasks import ProductTasks
from jobs.deployment.settings import deployed_products


def define_dag(tasks: ProductTasks) -> None:
    """One product's DAG."""
    with DAG(
        dag_id=tasks.product.dag_id("release_health_hourly"),
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
        start_date=datetime(2017, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=4,
        default_args=DEFAULT_ARGUMENTS,
        user_defined_macros=MACROS,
        params={
            "wait_minutes": Param(120, type="number", minimum=0, description="How long to wait for the hour to be closed, in minutes.")
        },
        tags=["release-health"],
    ):
        arguments = interval_arguments("provisional")
        closed = HourClosedSensor(
            task_id="wait_for_closed_hour",
            marker=tasks.hours_marker,
            closed_at=tasks.hours_closing,
            wait_minutes="{{ params.wait_minutes }}",
            retries=0,
            # Airflow counts the wait in the triggerer, too, and would end it without a word.
            execution_timeout=None,
        )
        aggregate, audit = tasks.aggregate_and_audit(arguments)
        score, audit_scores = tasks.score_and_audit(arguments)
        digest = tasks.python("post_health_digest", arguments, trigger_rule=TriggerRule.ALL_DONE)
        page = tasks.publish_page()
        advice = tasks.decide_rollout()

        closed >> aggregate
        audit >> score
        audit_scores >> [digest, page, advice]
        watch([closed, aggregate, audit, score, audit_scores, digest, page, advice])


for product in deployed_products():
    define_dag(ProductTasks(product))
