"""An hourly run goes on as soon as its hour is closed, and says so if that never happens."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from dags.hour_closing import HourClosedSensor, HourClosedTrigger

IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def answer_of(trigger: HourClosedTrigger) -> bool:
    async def first() -> bool:
        return bool((await anext(trigger.run())).payload)

    return asyncio.run(asyncio.wait_for(first(), timeout=5))


def sensor(marker: Path) -> HourClosedSensor:
    return HourClosedSensor(task_id="wait_for_closed_hour", marker=str(marker), wait_minutes="120")


def test_a_closed_hour_needs_no_wait(tmp_path: Path) -> None:
    marker = tmp_path / "_SUCCESS"
    marker.touch()
    sensor(marker).execute({})


def test_an_open_hour_is_handed_to_the_triggerer(tmp_path: Path) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(tmp_path / "_SUCCESS").execute({})
    classpath, arguments = deferred.value.trigger.serialize()
    assert classpath == f"{HourClosedTrigger.__module__}.{HourClosedTrigger.__name__}"
    assert arguments["marker"] == str(tmp_path / "_SUCCESS")
    wait = datetime.fromisoformat(arguments["deadline"]) - datetime.now(UTC)
    assert timedelta(minutes=119) < wait <= timedelta(minutes=120)


def test_the_trigger_fires_when_the_hour_is_closed(tmp_path: Path) -> None:
    marker = tmp_path / "_SUCCESS"
    trigger = HourClosedTrigger(str(marker), IN_AN_HOUR, poll_seconds=0.01)

    async def close_later() -> bool:
        events = trigger.run()
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        marker.touch()
        return bool((await asyncio.wait_for(waiting, timeout=5)).payload)

    assert asyncio.run(close_later())


def test_the_trigger_gives_up_at_its_deadline(tmp_path: Path) -> None:
    a_minute_ago = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert not answer_of(HourClosedTrigger(str(tmp_path / "_SUCCESS"), a_minute_ago))


def test_an_hour_that_was_never_closed_fails_the_task_with_what_happens_next(tmp_path: Path) -> None:
    with pytest.raises(AirflowFailException, match=r"the hour was never closed: no .*_SUCCESS after 120 minutes\. The settling run takes"):
        sensor(tmp_path / "_SUCCESS").finish({}, False)
