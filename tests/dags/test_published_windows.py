"""Which partitions a publishing task tells other DAGs of."""

import sys
from collections import defaultdict
from types import SimpleNamespace

import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowException

from dags.published_windows import PublishOperator
from jobs.declarations.windows import Mode

TABLE, HOURS, DAYS = Asset("totals"), Asset("published_hours"), Asset("settled_days")


class Publish(PublishOperator):
    """Ends as it is told to, in place of a publication."""

    exit_code = 0

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-c", f"raise SystemExit({self.exit_code})"]


def told(arguments: list[str], exit_code: int = 0) -> tuple[list[Asset], dict[Asset, list[str]]]:
    """The outlets of which the task tells, and the partitions that it names."""
    task = Publish(
        task_id="publish",
        module="audit_aggregates",
        arguments=arguments,
        outlets=[TABLE],
        partitions={Mode.PROVISIONAL: HOURS, Mode.SETTLED: DAYS},
    )
    task.exit_code = exit_code
    keys: dict[Asset, list[str]] = defaultdict(list)
    events = {asset: SimpleNamespace(add_partitions=keys[asset].extend) for asset in task.outlets}
    task.execute({"outlet_events": events})
    return task.outlets, {asset: named for asset, named in keys.items() if named}


def test_a_provisional_run_names_its_hours() -> None:
    outlets, keys = told(["--start", "2026-11-22T23:00Z", "--end", "2026-11-23T01:00Z", "--mode", "provisional", "--run-key", "key"])
    assert outlets == [TABLE, HOURS]
    assert keys == {HOURS: ["2026-11-22T23:00:00", "2026-11-23T00:00:00"]}


def test_a_settled_run_names_its_days() -> None:
    outlets, keys = told(["--start", "2026-11-30", "--end", "2026-12-02", "--mode", "settled", "--run-key", "key", "--accept-less"])
    assert outlets == [TABLE, DAYS]
    assert keys == {DAYS: ["2026-11-30", "2026-12-01"]}


def test_a_run_that_fails_names_nothing() -> None:
    with pytest.raises(AirflowException):
        told(["--start", "2026-11-30", "--end", "2026-12-02", "--mode", "settled"], exit_code=1)
