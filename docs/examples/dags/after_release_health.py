"""DAGs of another team: a run for each hour that release health has published, for each day that it has settled, and after any publication."""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

with DAG(
    dag_id="after_each_published_hour",
    schedule=PartitionedAssetTimetable(assets=Asset("release_health.published_hours")),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
):

    @task
    def read_hour(dag_run=None):
        """The hour's start, such as 2026-11-22T10:00:00, in UTC."""
        return dag_run.partition_key

    read_hour()

with DAG(
    dag_id="after_each_settled_day",
    schedule=PartitionedAssetTimetable(assets=Asset("release_health.settled_days")),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
):

    @task
    def read_day(dag_run=None):
        """The day, such as 2026-11-22."""
        return dag_run.partition_key

    read_day()

with DAG(
    dag_id="after_any_publication",
    schedule=[Asset("release_health.release_totals")],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
):

    @task
    def read_table():
        """Something was published; several publications may have come together."""

    read_table()
