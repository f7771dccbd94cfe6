"""
### Release health, settled day by day

**When:** daily, for the day before (midnight to midnight UTC); starts its work six hours after the day's end, when late objects have come.
History is run again day by day with `airflow backfill create --dag-id release_health_settled --from-date ... --to-date ...`; many days are
cheaper with `release_health_backfill`.

**Reads:** the 24 folders of the day in the landing zone, closed or not; `release_totals` for scoring.

**Writes:** the day in every aggregate table and its 24 rows of `ingest_audit`, finally: a document counts once in the day, and no hourly run
replaces these rows any more. Then `release_health` for the looks from that day on, and what the settling moved (restatements) in Slack,
and the page; in a backfill the tasks of digest and page skip themselves.

**If it fails:** the hourly figures stay visible. *audit_aggregates*, *audit_health*: a critical expectation failed; the log names it and the
folder with the staged rows. Whatever else fails was tried twice more. Clear the failed task to run it again; the same day can be settled any number of times.
"""

from datetime import UTC, datetime

from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import DAG, CronDataIntervalTimetable, TriggerRule

from dags.health_tasks import (
    DEFAULT_ARGUMENTS,
    MACROS,
    interval_arguments,
    watch,
)
from dags.product_tasks import ProductTasks
from jobs.deployment.settings import deployed_products


def define_dag(tasks: ProductTasks) -> None:
    """One product's DAG."""
    with DAG(
        dag_id=tasks.product.dag_id("release_health_settled"),
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
        start_date=datetime(2017, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=2,
        default_args=DEFAULT_ARGUMENTS,
        user_defined_macros=MACROS,
        tags=["release-health"],
    ):
        arguments = interval_arguments("settled")
        late_objects = DateTimeSensorAsync(
            task_id="wait_for_late_objects",
            target_time="{{ data_interval_end.add(hours=6).isoformat() }}",
            # Start in the triggerer; why, says dags/hour_closing.py.
            start_from_trigger=True,
            # The six hours count, too.
            execution_timeout=None,
        )
        aggregate, audit = tasks.aggregate_and_audit(arguments)
        score, audit_scores = tasks.score_and_audit(arguments)
        digest = tasks.python(
            "post_health_digest", arguments, skip_if="{{ dag_run.run_type == 'backfill' }}", trigger_rule=TriggerRule.ALL_DONE
        )
        page = tasks.publish_page(skip_if="{{ dag_run.run_type == 'backfill' }}")

        late_objects >> aggregate
        audit >> score
        audit_scores >> [digest, page]
        watch([late_objects, aggregate, audit, score, audit_scores, digest, page])


for product in deployed_products():
    define_dag(ProductTasks(product))
