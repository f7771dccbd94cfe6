"""
### Release health, many days again

**When:** by hand, after a repair of the landing zone, a new measure or a correction of the code. `start` is the first day, `end` the day
after the last one, or an hour of the current day, whose closed hours before it are then taken provisionally; `days_per_job` is how many
days one Spark job takes; `accept_less` lets them replace more than they are (docs/runbook.md, *Less than before*). With `dry_run` (the default) the task *plan_backfill* prints what would be done and the run ends there: read its log, then
trigger again without `dry_run`.

**Reads:** the days' folders of the landing zone; `release_totals` for scoring.

**Writes:** the same rows as the settling runs of those days, whatever `days_per_job`: every day in the aggregate tables and in
`ingest_audit`, then `release_health` once from `start` on, one summary in Slack of what was restated, and the page.

**If it fails:** jobs that passed their gate are published and stay; the others leave the previous rows visible. Scoring waits until every
job is through. Clear the failed task to go on; running the whole backfill again gives the same rows.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Param, TriggerRule, task_group

from dags.health_tasks import DEFAULT_ARGUMENTS, MACROS, RUN_KEY, watch
from dags.product_tasks import ProductTasks
from jobs.deployment.settings import deployed_products

DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DAY_OR_HOUR = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:00)?$"


def define_dag(tasks: ProductTasks) -> None:
    """One product's DAG."""
    with DAG(
        dag_id=tasks.product.dag_id("release_health_backfill"),
        doc_md=__doc__,
        schedule=None,
        start_date=datetime(2017, 1, 1, tzinfo=UTC),
        max_active_runs=1,
        default_args=DEFAULT_ARGUMENTS,
        user_defined_macros=MACROS,
        params={
            "start": Param(type="string", pattern=DAY, description="First day, UTC: 2026-11-01."),
            "end": Param(
                type="string",
                pattern=DAY_OR_HOUR,
                description="Day after the last one, or an hour of the current day (2026-11-22T10:00), UTC.",
            ),
            "days_per_job": Param(7, type="integer", minimum=1, description="Days that one Spark job takes."),
            "accept_less": Param(
                False, type="boolean", description="Replace these days even by less than they were made of; kept in their audit rows."
            ),
            "dry_run": Param(True, type="boolean", description="Print the plan and do nothing."),
        },
        tags=["release-health"],
    ):
        period = ["--start", "{{ params.start }}", "--end", "{{ params.end }}"]
        mode = "{{ 'provisional' if 'T' in params.end else 'settled' }}"
        arguments = [*period, "--mode", mode, "--run-key", RUN_KEY]
        flags = ["{{ '--accept-less' if params.accept_less else '' }}", "{{ '--dry-run' if params.dry_run else '' }}"]
        plan = tasks.python(
            "plan_backfill",
            [*period, "--days-per-job", "{{ params.days_per_job }}", "--run-key", RUN_KEY, *flags],
            # The last line is the list of the jobs' arguments; empty in a dry run, which skips all that follows.
            do_xcom_push=True,
        )

        @task_group(group_id="spark_jobs", prefix_group_id=False)
        def settle(window_arguments: list[str]) -> None:
            tasks.aggregate_and_audit(window_arguments)

        settled = settle.expand(window_arguments=plan.output)
        score, audit_scores = tasks.score_and_audit(arguments)
        # Runs after a failure, but not after a dry run, in which everything before it is skipped.
        summary = tasks.python("post_health_digest", [*arguments, "--summary"], trigger_rule=TriggerRule.NONE_SKIPPED)

        page = tasks.publish_page(trigger_rule=TriggerRule.NONE_SKIPPED)

        settled >> score
        audit_scores >> [summary, page]
        watch([plan, score, audit_scores, summary, page])


for product in deployed_products():
    define_dag(ProductTasks(product))
