"""The tasks of a product's DAGs: one entry point each, named after its module."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Asset, TriggerRule

from dags.job_operator import JobOperator
from dags.published_windows import PublishOperator
from jobs.declarations.product import LandingLayout
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, TOLD_BESIDE, WINDOW_TABLES, Table
from jobs.declarations.windows import Mode
from jobs.deployment.settings import ROOT, DeployedProduct, from_environment, namespace_of
from jobs.products.chosen import load_product

SPARK_POOL = "spark"


@dataclass(frozen=True)
class ProductTasks:
    """The tasks of one product's DAGs. Processes of the default product are told nothing: the settings name it."""

    product: DeployedProduct

    @property
    def environment(self) -> dict[str, str]:
        return {} if self.product.is_default else {"PRODUCT": self.product.source}

    @property
    def hours_marker(self) -> str:
        """The file that closes the hour of the run; a template. Empty where the product's edge writes none."""
        if self._layout.closed_marker is None:
            return ""
        landing = from_environment(self.product.source).landing.rstrip("/")  # `//` names another object on S3
        return f"{landing}/{{{{ data_interval_start.strftime('{self._layout.hour_path}') }}}}/{self._layout.closed_marker}"

    @property
    def hours_closing(self) -> str:
        """When the hour of the run is closed where no marker does; a template."""
        if self._layout.closed_marker is not None:
            return ""
        return f"{{{{ data_interval_end.add(minutes={self._layout.closed_after_minutes}).isoformat() }}}}"

    @cached_property
    def _layout(self) -> LandingLayout:
        return load_product(self.product.source).landing

    def _asset(self, table: str) -> Asset:
        return Asset(f"{namespace_of(self.product.source)}.{table}")

    def spark(self, module: str, arguments: Any, **task_arguments: Any) -> SparkSubmitOperator:
        """`jobs/<module>.py` by spark-submit on the connection `spark_default`."""
        return SparkSubmitOperator(
            task_id=module,
            application=str(ROOT / "jobs" / f"{module}.py"),
            application_args=arguments,
            name=module,
            conn_id="spark_default",
            py_files=from_environment(self.product.source).spark_py_files,
            env_vars=self.environment or None,
            pool=SPARK_POOL,
            **task_arguments,
        )

    def python(self, module: str, arguments: Sequence[str], **task_arguments: Any) -> JobOperator:
        """`python -m jobs.<module>`; the task's page in Airflow links to the page."""
        address = from_environment(self.product.source).page_address
        return JobOperator(
            task_id=module, module=module, arguments=arguments, environment=self.environment, page_address=address, **task_arguments
        )

    def publishing(self, module: str, arguments: Any, tables: Sequence[Table], partitions: Mapping[Mode, str]) -> PublishOperator:
        """`python -m jobs.<module>`, which publishes the tables, and by mode an asset of which each hour or day is a partition."""
        return PublishOperator(
            task_id=module,
            module=module,
            arguments=arguments,
            environment=self.environment,
            outlets=[self._asset(table.name) for table in tables],
            partitions={mode: self._asset(name) for mode, name in partitions.items()},
        )

    def aggregate_and_audit(self, arguments: Any) -> tuple[SparkSubmitOperator, JobOperator]:
        """Stage the totals of a window, then publish them if the gate lets them pass."""
        aggregate = self.spark("aggregate_errors", arguments)
        partitions = {Mode.PROVISIONAL: "published_hours", Mode.SETTLED: "settled_days"}
        audit = self.publishing("audit_aggregates", arguments, (*WINDOW_TABLES, INGEST_AUDIT), partitions)
        aggregate >> audit
        return aggregate, audit

    def score_and_audit(self, arguments: Sequence[str]) -> tuple[JobOperator, JobOperator]:
        """Score the releases, then publish the scores if their gate lets them pass."""
        score = self.python("score_release_health", arguments)
        audit = self.publishing("audit_health", arguments, (RELEASE_HEALTH, *TOLD_BESIDE), {Mode.PROVISIONAL: "scored_hours"})
        score >> audit
        return score, audit

    def decide_rollout(self) -> JobOperator:
        """Tell other DAGs what is advised at the run's look: the asset changes with each, and its events carry the advice on each release."""
        arguments = ["--as-of", "{{ data_interval_end.strftime('%Y-%m-%dT%H:%MZ') }}"]
        return self.python("decide_rollout", arguments, do_xcom_push=True, outlets=[self._asset("rollout_advice")])

    def publish_page(self, **task_arguments: Any) -> JobOperator:
        """Publish the page, also where a gate failed: it shows that. Nothing waits for it but the end of the run."""
        return self.python("publish_pages", [], **{"trigger_rule": TriggerRule.ALL_DONE, **task_arguments})
