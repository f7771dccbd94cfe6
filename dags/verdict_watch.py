"""
### Verdict watch

**When:** every quarter of an hour.

**Reads:** until when `release_health` is published; where that is overdue (`verdict_overdue_hours`, 4 unless set), `ingest_audit`,
`data_quality` and the landing zone's markers, to say why.

**Writes:** one alert to the operators' Slack channel when the verdict is overdue, whatever the reason (a paused DAG, an edge that closes no
hour, a failed gate), and one answer when there are verdicts again.

**If it fails:** nobody was told; the next run tells. It does not notice that Airflow itself has stopped: docs/runbook.md says what does.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from dags.health_tasks import DEFAULT_ARGUMENTS
from dags.product_tasks import ProductTasks
from jobs.deployment.settings import deployed_products


def define_dag(tasks: ProductTasks) -> None:
    """One product's DAG."""
    with DAG(
        dag_id=tasks.product.dag_id("verdict_watch"),
        doc_md=__doc__,
        schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
        start_date=datetime(2017, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULT_ARGUMENTS | {"execution_timeout": timedelta(minutes=10)},
        tags=["release-health"],
    ):
        tasks.python("post_overdue_alert", [])


for product in deployed_products():
    define_dag(ProductTasks(product))
