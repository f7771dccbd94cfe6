"""Tells other DAGs which hours or days a task has published: partitions of assets of their own, so that a consumer runs once for each.

Beside the plain assets of the tables, since an event with a partition wakes no consumer that waits for none (Airflow 3.3).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset

from dags.job_operator import JobOperator
from jobs.declarations.windows import Mode, Window, parse_hour

HOUR_KEY = "%Y-%m-%dT%H:%M:%S"
"""As Airflow's own mappers read times, so that a consumer may wait for a day of hours."""
DAY_KEY = "%Y-%m-%d"


class PublishOperator(JobOperator):
    """A job that publishes the window of its arguments. Its success is an event of each of `outlets`, and of `partitions[mode]` one for each
    hour of a provisional window, for each day of a settled one; of the other partitioned assets nothing is told.
    """

    def __init__(self, *, outlets: Sequence[Asset], partitions: Mapping[Mode, Asset], **task_arguments: Any) -> None:
        super().__init__(outlets=[*outlets, *partitions.values()], **task_arguments)
        self.partitions = partitions

    def execute(self, context: Any) -> Any:
        result = super().execute(context)
        window = window_of(self.arguments)
        told = self.partitions.get(window.mode)
        self.outlets = [asset for asset in self.outlets if asset == told or asset not in self.partitions.values()]
        if told is not None:
            context["outlet_events"][told].add_partitions(partition_keys(window))
        return result


def window_of(arguments: Sequence[str]) -> Window:
    """The window that a command line names."""
    start, end, mode = (arguments[arguments.index(option) + 1] for option in ("--start", "--end", "--mode"))
    return Window(parse_hour(start), parse_hour(end), Mode(mode))


def partition_keys(window: Window) -> list[str]:
    """`2026-11-22T10:00:00` for each hour of a provisional window, `2026-11-22` for each day of a settled one."""
    if window.mode is Mode.PROVISIONAL:
        return [f"{hour:{HOUR_KEY}}" for hour in window.hours]
    return [f"{window.start + timedelta(days=number):{DAY_KEY}}" for number in range((window.end - window.start).days)]
