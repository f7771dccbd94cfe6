"""Waits, without holding a worker, until the ingestion edge has closed an hour of the landing zone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TaskSuccessEvent, TriggerEvent

from dags.hour_markers import is_closed

POLL_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0
PATIENCE = timedelta(minutes=15)
"""How long the store may fail without a pause; longer is no hiccup but a wrong key or a network that somebody has to mend."""
NEVER_CLOSED = "never closed"


class HourClosedTrigger(BaseTrigger):
    """Ends its task well when the marker is there, or at `closed_at` where no marker is written; after `wait_minutes` it says that the hour was never
    closed.

    A look-up that fails is tried again, ever more slowly; after a quarter of an hour of nothing but failures the trigger says why.
    """

    def __init__(self, marker: str, wait_minutes: str, closed_at: str = "", poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.marker = marker
        self.closed_at = closed_at
        self.wait_minutes = wait_minutes
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        arguments = {
            "marker": self.marker,
            "wait_minutes": self.wait_minutes,
            "closed_at": self.closed_at,
            "poll_seconds": self.poll_seconds,
        }
        return ("dags.hour_closing.HourClosedTrigger", arguments)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        if self.closed_at:
            closing = datetime.fromisoformat(self.closed_at)
            await asyncio.sleep(max((closing - datetime.now(UTC)).total_seconds(), 0.0))
            self.log.info("the hour is closed: it is past %s", self.closed_at)
            yield TaskSuccessEvent()
            return
        self.log.info("waiting up to %s minutes for %s", self.wait_minutes, self.marker)
        deadline = datetime.now(UTC) + timedelta(minutes=float(self.wait_minutes))
        answered, pause_seconds = datetime.now(UTC), self.poll_seconds
        while True:
            try:
                if await asyncio.to_thread(is_closed, self.marker):
                    break
                answered, pause_seconds, trouble = datetime.now(UTC), self.poll_seconds, NEVER_CLOSED
            except Exception as error:  # whatever the store's client raises
                trouble = f"not to be looked up ({type(error).__name__}: {error})"
                self.log.warning("%s is %s; trying again", self.marker, trouble)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
            now = datetime.now(UTC)
            if now >= deadline or now - answered >= PATIENCE:
                yield TriggerEvent(trouble)
                return
            await asyncio.sleep(pause_seconds)
        self.log.info("the hour is closed: %s", self.marker)
        yield TaskSuccessEvent()


class HourClosedSensor(BaseSensorOperator):
    """Succeeds once `marker` is there, or at `closed_at` where no marker is written; fails with a message that says what happens next after
    `wait_minutes` (all templated).

    It starts in the triggerer: a task that defers from a worker and is resumed at once can be failed by the scheduler, which takes the
    worker's exit for the task's end (github.com/apache/airflow/issues/72716, seen on a busy machine).
    """

    template_fields = ("marker", "wait_minutes", "closed_at")
    start_from_trigger = True

    def __init__(self, *, marker: str, wait_minutes: str, closed_at: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.marker = marker
        self.closed_at = closed_at
        self.wait_minutes = wait_minutes
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls="dags.hour_closing.HourClosedTrigger",
            trigger_kwargs={"marker": marker, "wait_minutes": wait_minutes, "closed_at": closed_at},
            next_method="finish",
        )

    def execute(self, context: Any) -> None:
        """What `airflow tasks test` runs; the scheduler starts the trigger itself."""
        if self.closed_at or not is_closed(self.marker):
            self.defer(trigger=HourClosedTrigger(self.marker, self.wait_minutes, self.closed_at), method_name="finish")

    def finish(self, context: Any, event: str) -> None:
        """Called with the trigger's answer where the hour is not known to be closed."""
        if event != NEVER_CLOSED:
            raise AirflowFailException(f"the hour's marker is {event}: mend the access to {self.marker}, then clear this task.")
        raise AirflowFailException(
            f"the hour was {event}: no {self.marker} after {self.wait_minutes} minutes. "
            "The settling run takes what is there; to take this hour now, have the edge write the marker and clear this task."
        )
