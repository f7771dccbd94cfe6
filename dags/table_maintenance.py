"""
### Table maintenance

**When:** daily, for the day before.

**Reads:** the landing zone's listing and `ingest_audit`, to find objects that came after their day was settled; the tables' metadata.

**Writes:** drops rows past their retention, merges the files that the gates added to a day of `data_quality`, expires old snapshots, deletes
files that no snapshot names and staging folders past their grace period; its log says what it deleted and which days to settle again.

**If it fails:** nothing is lost; the next run does it. Rows and their history are never touched while a run may still read them.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

from dags.health_tasks import DEFAULT_ARGUMENTS
from dags.product_tasks import ProductTasks
from jobs.deployment.settings import deployed_products


def define_dag(tasks: ProductTasks) -> None:
    """One product's DAG."""
    with DAG(
        dag_id=tasks.product.dag_id("table_maintenance"),
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
        start_date=datetime(2017, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULT_ARGUMENTS,
        tags=["release-health"],
    ):
        tasks.python("maintain_tables", ["--end", "{{ data_interval_end.strftime('%Y-%m-%dT%H:%MZ') }}"])


for product in deployed_products():
    define_dag(ProductTasks(product))
