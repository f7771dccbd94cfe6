"""Orderings in which Slack, the ledger and a digest disagree: whatever happened, one root, one broadcast, the right last word."""

import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.messages.outgoing_message import Picture
from jobs.digest.slack.digest_posting import NotAllDelivered, Post
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import SlackCalls
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import NOON, State, a_regressed_cell, a_release, some_facts, with_version
from tests.digest.virtual_time import VirtualClock
from tests.running_stand_in import CHANNEL, RunningStandIn

HOUR = timedelta(hours=1)
LATE_EVENING = 12
"""The hour from 23:00 to 24:00."""


class Killed(BaseException):
    """The process ended at once."""


@dataclass
class World:
    """Slack, a ledger, and digests of hours after noon."""

    slack: RunningStandIn
    folder: Path
    clock: VirtualClock
    ledger_name: str = "ledger.db"
    pictures: tuple[Picture, ...] = ()
    dies_before_noting: str | None = None
    """The first part of the key whose note of having been sent is never written."""
    killed: list[str] = field(default_factory=list)

    def tell(self, *releases, hour: int = 0, channel: str = CHANNEL.name) -> str:
        at = NOON + hour * HOUR
        self.clock.seconds = max(self.clock.seconds, (at + timedelta(minutes=5)).timestamp())
        moved = [replace(r, verdict=replace(r.verdict, as_of=at), cells=tuple(replace(c, as_of=at) for c in r.cells)) for r in releases]
        facts = some_facts(*moved, window_start=at - HOUR, window_end=at)
        ledger = self.open_ledger()
        slack = SlackCalls(self.slack.api_url, DEFAULT_TOKEN, clock=self.clock.as_host())
        try:
            return Post(slack, ledger, datetime.fromtimestamp(self.clock.now(), UTC)).channel(
                decide_digest(facts), Route(channel), lambda: self.pictures
            )
        finally:
            ledger.close()

    def open_ledger(self) -> SentLedger:
        ledger = SentLedger(f"sqlite:///{self.folder / self.ledger_name}", clock=self.clock.as_host())
        write = ledger._write

        def write_or_die(key: str, values: dict) -> None:
            if self.dies_before_noting is not None and key.startswith(self.dies_before_noting) and values.get("state") == "sent":
                self.dies_before_noting = None
                ledger._write = ledger._release = lambda *_: None  # the dead do not let go of their claims either
                self.clock.seconds += 120
                raise Killed
            write(key, values)

        ledger._write = write_or_die
        return ledger

    def stands(self) -> Counter:
        """How many messages there are of each kind; a broadcast counts as an alarm, wherever it stands."""
        return Counter(message.metadata["event_payload"]["key"].split("/")[0] for message in self.slack.messages)

    def last_words(self) -> str:
        return next(m for m in reversed(self.slack.messages) if "alarm" in m.metadata["event_payload"]).text


@pytest.fixture
def world(slack, tmp_path) -> World:
    clock = VirtualClock(NOON.timestamp())
    slack.stand_in.conditions.clock = clock.now
    return World(slack, tmp_path, clock)


def regressed(version: str = "57.0b8"):
    return with_version(a_release(State.REGRESSED, (a_regressed_cell(),), score=1.5), version)


def healthy(version: str = "57.0b8"):
    return with_version(a_release(), version)


@pytest.mark.parametrize("stamped", ["before", "after"], ids=["stamped when sent", "stamped when accepted"])
def test_a_first_copy_that_slack_accepts_after_the_second_is_deleted_and_the_second_is_edited_on(world, stamped):
    world.slack.fails("chat.postMessage", "late", stamped, seconds=40)
    world.tell(healthy())
    second = next(message.ts for message in world.slack.messages if not message.is_reply)
    world.tell(healthy(), hour=1)
    assert [message.ts for message in world.slack.messages if not message.is_reply] == [second]
    for hour in (2, 3):
        assert world.tell(healthy(), hour=hour) == "beta updated"
    root = next(message for message in world.slack.messages if not message.is_reply)
    assert (world.stands()["root"], "complete to 15:00 UTC" in root.text) == (1, True)


def test_history_that_lags_hides_a_message_for_a_while_and_doubles_nothing_in_the_end(world):
    world.slack.stand_in.conditions.history_lag_seconds = 60
    world.slack.fails("chat.postMessage", "drop", "after")
    world.tell(healthy())
    assert world.stands()["root"] == 2
    for hour in (1, 2):
        world.tell(healthy(), hour=hour)
    assert (world.stands()["root"], world.tell(healthy(), hour=3)) == (1, "beta updated")


def test_a_kill_before_midnight_between_acceptance_and_note_broadcasts_once(world):
    world.dies_before_noting = "alert"
    with pytest.raises(Killed):
        world.tell(regressed(), hour=LATE_EVENING)
    world.tell(regressed(), hour=LATE_EVENING + 1)
    assert (world.stands()["alert"], world.stands()["root"]) == (1, 2)


def test_an_outage_over_midnight_broadcasts_once(world):
    world.slack.fails("chat.postMessage", "drop", "after", skip=1)
    world.slack.fails("conversations.replies", "status", times=1_000)
    with pytest.raises(NotAllDelivered, match=r"conversations\.replies: .*upstream error"):
        world.tell(regressed(), hour=LATE_EVENING)
    world.slack.stand_in.faults.clear()
    world.tell(regressed(), hour=LATE_EVENING + 1)
    assert world.stands()["alert"] == 1


@pytest.mark.parametrize("hour", [1, 30], ids=["on the same day", "on the next day"])
def test_a_lost_ledger_broadcasts_nothing_again(world, hour):
    releases = [regressed(version) for version in ("57.0b7", "57.0b8", "57.0b9")]
    world.tell(*releases)
    world.ledger_name = "new.db"
    world.tell(*releases, hour=hour)
    assert (world.stands()["alert"], world.stands()["root"]) == (3, 1 if hour == 1 else 2)


def test_with_the_ledger_lost_a_release_that_recovered_meanwhile_gets_its_all_clear(world):
    world.tell(regressed())
    world.ledger_name = "new.db"
    assert world.tell(healthy(), hour=30) == "beta posted, 57.0b8 change of mind posted"
    assert "no longer called regressed" in world.last_words()


def test_a_day_old_ledger_learns_what_was_said_since(world):
    world.tell(regressed())
    shutil.copy(world.folder / "ledger.db", world.folder / "old.db")
    world.tell(healthy(), hour=2)
    world.tell(regressed("57.0b9"), hour=24)
    world.ledger_name = "old.db"
    assert world.tell(regressed(), regressed("57.0b9"), hour=25) == "beta updated, 57.0b8 change of mind posted"
    assert (world.stands()["alert"], world.stands()["change"]) == (2, 2)
    assert "57.0b8 is called regressed again" in world.last_words()


@pytest.mark.parametrize("then", [regressed, healthy])
def test_an_alarm_that_a_later_run_adopts_keeps_what_it_said(world, then):
    world.dies_before_noting = "alert"
    with pytest.raises(Killed):
        world.tell(regressed())
    world.tell(then(), hour=1)
    world.tell(healthy(), hour=2)
    assert (world.stands()["alert"], world.stands()["change"]) == (1, 1)
    assert "was 1.52x" in world.last_words()


def test_a_change_of_mind_that_was_sent_and_not_noted_is_taken_back_if_the_mind_changes_again(world):
    world.tell(regressed())
    world.dies_before_noting = "change"
    with pytest.raises(Killed):
        world.tell(healthy(), hour=1)
    world.tell(regressed(), hour=2)
    assert "57.0b8 is called regressed again" in world.last_words()
    assert world.stands()["change"] == 2


def test_a_channel_is_one_channel_by_whatever_name(world):
    world.tell(regressed())
    world.tell(regressed(), hour=1, channel=f"#{CHANNEL.name}")
    world.tell(regressed(), hour=2, channel=CHANNEL.id)
    world.slack.stand_in.store.put_channel(replace(CHANNEL, name="quality"))
    world.tell(regressed(), hour=3)
    world.tell(regressed(), hour=4, channel="quality")
    world.tell(regressed(), hour=5, channel="quality")
    assert (world.stands()["root"], world.stands()["alert"]) == (1, 1)
    assert world.slack.stand_in.calls.count("conversations.list") == 2, "once for each name"


@pytest.mark.parametrize("ahead_seconds", [-1_800, 1_800])
def test_slacks_clock_may_differ(world, ahead_seconds):
    world.slack.stand_in.conditions.clock_ahead_seconds = ahead_seconds
    for ledger, hour in (("a.db", LATE_EVENING + 1), ("b.db", LATE_EVENING + 1), ("c.db", LATE_EVENING + 2)):
        world.ledger_name = ledger
        world.tell(regressed(), hour=hour)
    assert (world.stands()["root"], world.stands()["alert"]) == (1, 1)


@pytest.mark.parametrize("error", ["cant_update_message", "edit_window_closed"])
def test_an_alarm_does_not_wait_for_a_root_that_cannot_be_edited(world, error):
    world.tell(healthy())
    world.slack.fails("chat.update", "error", error=error, times=1_000)
    with pytest.raises(NotAllDelivered, match=f"{error}.*57.0b8 alarm posted"):
        world.tell(regressed(), hour=1)
    alarm = next(message for message in world.slack.messages if message.is_broadcast)
    assert "has regressed" in alarm.text
    assert alarm.thread_ts == next(message.ts for message in world.slack.messages if not message.is_reply)


def test_an_alarm_without_any_root_stands_by_itself_and_is_answered_there(world):
    world.slack.fails("chat.postMessage", "error", error="restricted_action")
    with pytest.raises(NotAllDelivered, match="let the app post"):
        world.tell(regressed())
    alarm = next(message for message in world.slack.messages if "has regressed" in message.text)
    world.tell(healthy(), hour=1)
    answer = next(message for message in world.slack.messages if "no longer called regressed" in message.text)
    assert (alarm.is_reply, answer.thread_ts) == (False, alarm.ts)


def test_a_refused_layout_is_told_in_plain_text(world, caplog):
    refusal = {"error": "invalid_blocks"}
    world.slack.fails("chat.postMessage", "error", **refusal)
    world.tell(healthy())
    world.slack.fails("chat.update", "error", **refusal)
    assert world.tell(healthy(), hour=1) == "beta updated"
    root = next(message for message in world.slack.messages if not message.is_reply)
    shown = root.blocks[0]["elements"][0]["elements"]
    assert "complete to 13:00 UTC" in shown[0]["text"]
    assert shown[1]["text"] == "(In plain text, since Slack refused the layout: invalid_blocks.)"
    assert len(caplog.records) == 2
    world.tell(healthy(), hour=2)
    assert len(next(message for message in world.slack.messages if not message.is_reply).blocks) > 1


A_PICTURE = (Picture("ratio.png", "Ratio", "a ratio", b"png"),)


@pytest.mark.parametrize("error", ["file_uploads_disabled", "storage_limit_reached", "missing_scope"])
def test_pictures_that_cannot_be_uploaded_hold_nothing_back(world, error):
    world.pictures = A_PICTURE
    world.slack.fails("files.getUploadURLExternal", "error", error=error, times=1_000)
    for hour in range(3):
        told = world.tell(healthy(), hour=hour)
        assert f"without pictures: Slack refused files.getUploadURLExternal: {error}" in told
    assert (world.stands()["data"], world.stands()["pictures"]) == (1, 0)


def test_pictures_that_are_never_processed_are_asked_for_a_few_times_and_deleted_again(world):
    world.pictures = A_PICTURE
    world.slack.stand_in.conditions.file_processing_seconds = 10**9
    assert "without pictures: Slack refused chat.postMessage: invalid_blocks (invalid slack file" in world.tell(healthy())
    files = world.slack.stand_in.store.files()
    assert (world.stands()["data"], len(files), all(file.is_deleted for file in files)) == (1, 1, True)
    assert world.slack.stand_in.calls.count("chat.postMessage") <= 10
    world.slack.stand_in.conditions.file_processing_seconds = 3
    world.tell(healthy(), hour=1)
    assert world.stands()["pictures"] == 1
