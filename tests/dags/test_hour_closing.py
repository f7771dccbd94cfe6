"""An hourly run goes on as soon as its hour is closed, and says so if that never happens."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from airflow.triggers.base import TaskSuccessEvent, TriggerEvent

from dags import hour_closing
from dags.hour_closing import NEVER_CLOSED, HourClosedSensor, HourClosedTrigger


def event_of(trigger: HourClosedTrigger) -> TriggerEvent:
    async def first() -> TriggerEvent:
        return await anext(trigger.run())

    return asyncio.run(asyncio.wait_for(first(), timeout=5))


def sensor(marker: Path) -> HourClosedSensor:
    return HourClosedSensor(task_id="wait_for_closed_hour", marker=str(marker), wait_minutes="120")


def test_the_wait_starts_in_the_triggerer_with_a_trigger_that_can_be_made_again(tmp_path: Path) -> None:
    waiting = sensor(tmp_path / "_SUCCESS")
    assert waiting.start_from_trigger
    started = waiting.start_trigger_args
    assert started.trigger_cls == f"{HourClosedTrigger.__module__}.{HourClosedTrigger.__name__}"
    classpath, arguments = HourClosedTrigger(**started.trigger_kwargs).serialize()
    assert classpath == started.trigger_cls
    assert HourClosedTrigger(**arguments).serialize() == (classpath, arguments)


def test_the_trigger_ends_the_task_when_the_hour_is_closed(tmp_path: Path) -> None:
    marker = tmp_path / "_SUCCESS"
    trigger = HourClosedTrigger(str(marker), "60", poll_seconds=0.01)

    async def close_later() -> TriggerEvent:
        waiting = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        marker.touch()
        return await asyncio.wait_for(waiting, timeout=5)

    assert isinstance(asyncio.run(close_later()), TaskSuccessEvent)


def test_the_trigger_gives_up_when_the_time_is_over(tmp_path: Path) -> None:
    assert event_of(HourClosedTrigger(str(tmp_path / "_SUCCESS"), "0")).payload == NEVER_CLOSED


def test_a_store_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OSError("connection reset"), False, TimeoutError(), True])

    def answer(marker: str) -> bool:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(hour_closing, "is_closed", answer)
    assert isinstance(event_of(HourClosedTrigger("s3://landing/_SUCCESS", "60", poll_seconds=0.01)), TaskSuccessEvent)


def test_a_store_that_fails_for_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(marker: str) -> bool:
        raise OSError("access denied")

    monkeypatch.setattr(hour_closing, "is_closed", refuse)
    monkeypatch.setattr(hour_closing, "PATIENCE", timedelta(seconds=0.1))
    event = event_of(HourClosedTrigger("s3://landing/_SUCCESS", "60", poll_seconds=0.01))
    with pytest.raises(AirflowFailException, match=r"OSError: access denied\): mend the access to .*_SUCCESS, then clear this task"):
        sensor(Path("_SUCCESS")).finish({}, event.payload)


def test_an_hour_that_was_never_closed_fails_the_task_with_what_happens_next(tmp_path: Path) -> None:
    with pytest.raises(AirflowFailException, match=r"the hour was never closed: no .*_SUCCESS after 120 minutes\. The settling run takes"):
        sensor(tmp_path / "_SUCCESS").finish({}, NEVER_CLOSED)


def test_a_trial_run_of_the_task_defers_only_while_the_hour_is_open(tmp_path: Path) -> None:
    marker = tmp_path / "_SUCCESS"
    with pytest.raises(TaskDeferred):
        sensor(marker).execute({})
    marker.touch()
    sensor(marker).execute({})
