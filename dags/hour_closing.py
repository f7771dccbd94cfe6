"""Waits, without holding a worker, until the ingestion edge has closed an hour of the landing zone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

POLL_SECONDS = 5.0


def is_closed(marker: str) -> bool:
    """Whether the marker, a path or an `s3://` address, is there."""
    if not marker.startswith("s3://"):
        return Path(marker).exists()
    import boto3
    from botocore.exceptions import ClientError

    bucket, _, key = marker.removeprefix("s3://").partition("/")
    try:
        boto3.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


class HourClosedTrigger(BaseTrigger):
    """Fires once with True when the marker is there, with False when `deadline` (ISO 8601) has passed."""

    def __init__(self, marker: str, deadline: str, poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__()
        self.marker = marker
        self.deadline = deadline
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        arguments = {"marker": self.marker, "deadline": self.deadline, "poll_seconds": self.poll_seconds}
        return ("dags.hour_closing.HourClosedTrigger", arguments)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        deadline = datetime.fromisoformat(self.deadline)
        while not await asyncio.to_thread(is_closed, self.marker):
            if datetime.now(UTC) >= deadline:
                yield TriggerEvent(False)
                return
            await asyncio.sleep(self.poll_seconds)
        yield TriggerEvent(True)


class HourClosedSensor(BaseSensorOperator):
    """Succeeds once `marker` is there; fails with a message that says what happens next after `wait_minutes` (templated)."""

    template_fields = ("marker", "wait_minutes")

    def __init__(self, *, marker: str, wait_minutes: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.marker = marker
        self.wait_minutes = wait_minutes

    def execute(self, context: Any) -> None:
        if is_closed(self.marker):
            self.log.info("the hour is closed: %s", self.marker)
            return
        deadline = datetime.now(UTC) + timedelta(minutes=float(self.wait_minutes))
        trigger = HourClosedTrigger(self.marker, deadline.isoformat())
        self.defer(trigger=trigger, method_name="finish")

    def finish(self, context: Any, event: bool) -> None:
        """Called with the trigger's answer."""
        if not event:
            raise AirflowFailException(
                f"the hour was never closed: no {self.marker} after {self.wait_minutes} minutes. "
                "The settling run takes what is there; to take this hour now, have the edge write the marker and clear this task."
            )
        self.log.info("the hour is closed: %s", self.marker)
