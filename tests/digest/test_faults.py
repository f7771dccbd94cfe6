"""Whatever goes wrong, at whichever call, before or after Slack took it: one message each in the end, and a ledger that knows it."""

import itertools
import multiprocessing
import os
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.digest.messages.outgoing_message import Freshness, OutgoingMessage, Picture
from jobs.digest.slack.message_delivery import deliver
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import Patience, SlackCalls, SlackRefusal, UnknownOutcome
from jobs.digest.slack.uncertain_messages import settle_doubts
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import NOON
from tests.running_stand_in import CHANNEL, RunningStandIn, running_stand_in

QUICK = Patience(call_seconds=30, rate_limit_seconds=3, pause_seconds=0.01, tries=3, unknown_seconds=0.05)
HELD_CALL_SECONDS = 0.3
LONG = 600.0
"""Seconds; a call that is held back goes on when the test lets it go."""
METHODS = (
    "conversations.list",
    "conversations.history",
    "conversations.replies",
    "chat.postMessage",
    "chat.update",
    "files.getUploadURLExternal",
    "upload",
    "files.completeUploadExternal",
    "files.delete",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIn]:
    with running_stand_in(tmp_path_factory.mktemp("slack")) as running:
        yield running


@pytest.fixture
def slack(server: RunningStandIn) -> RunningStandIn:
    empty(server)
    return server


def empty(slack: RunningStandIn) -> None:
    """The workspace as it was before anything was posted."""
    slack.stand_in.faults.clear()
    slack.stand_in.faults.let_go()
    for message in reversed(slack.messages):
        slack.stand_in.store.delete_message(CHANNEL, message.ts)
    for file in (file for file in slack.stand_in.store.files() if not file.is_deleted):
        slack.stand_in.store.put_file(replace(file, is_deleted=True))


@pytest.fixture
def memory_path() -> Iterator[Path]:
    """A folder in memory where there is one: the ledger waits for the disk at every note."""
    shared_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def ledger(memory_path: Path) -> Iterator[SentLedger]:
    ledger = SentLedger(f"sqlite:///{memory_path / 'ledger.db'}", lease_seconds=1, patience_seconds=5)
    yield ledger
    ledger.close()


class CallsToAStandIn(SlackCalls):
    """Gives up soon on a call that the stand-in holds back, and on no other: on a loaded machine every call is slow."""

    def __init__(self, slack: RunningStandIn) -> None:
        super().__init__(slack.api_url, DEFAULT_TOKEN, QUICK)
        self._faults = slack.stand_in.faults

    def _unhurried(self, method: str, call: Callable[[], Any]) -> Any:
        is_held = self._faults.will_hold("upload" if method == "the upload" else method)
        seconds = HELD_CALL_SECONDS if is_held else QUICK.call_seconds
        self.patience = replace(self.patience, call_seconds=seconds)
        self._client.timeout = seconds
        return super()._unhurried(method, call)


def a_message(key: str, text: str, hour: int, **more) -> OutgoingMessage:
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}
    freshness = Freshness(NOON + timedelta(hours=hour), is_settled=False)
    return OutgoingMessage(key, CHANNEL.name, date(2026, 11, 22), freshness, text, (block,), **more)


def tell(slack: RunningStandIn, ledger: SentLedger, hour: int) -> None:
    """A digest in small: the root, an alarm that is broadcast once, and pictures in the thread."""
    tell_by(CallsToAStandIn(slack), ledger, hour)


def tell_by(calls: SlackCalls, ledger: SentLedger, hour: int) -> None:
    root = deliver(a_message("root", f"root at {hour}", hour), calls, ledger)
    deliver(a_message("alarm", "alarm", hour, is_final=True, is_broadcast=True, thread_ts=root.ts), calls, ledger)
    picture = Picture("ratio.png", "Ratio", "a ratio", f"picture of {hour}".encode())
    deliver(a_message("pictures", f"pictures at {hour}", hour, thread_ts=root.ts, pictures=(picture,)), calls, ledger)


def tell_until_done(slack: RunningStandIn, ledger: SentLedger, hour: int) -> int:
    """As Airflow does: a task that failed is tried again. Returns the failures."""
    for failures in range(4):
        try:
            tell(slack, ledger, hour)
            return failures
        except (UnknownOutcome, SlackRefusal):
            continue
    raise AssertionError("the digest never got through")


def check_that_all_is_told_once(slack: RunningStandIn, ledger: SentLedger, hour: int) -> None:
    messages = slack.messages
    assert Counter(message.metadata["event_payload"]["key"] for message in messages) == {"root": 1, "alarm": 1, "pictures": 1}
    by_key = {message.metadata["event_payload"]["key"]: message for message in messages}
    assert [by_key[key].text for key in ("root", "alarm", "pictures")] == [f"root at {hour}", "alarm", f"pictures at {hour}"]
    assert by_key["alarm"].is_broadcast
    for key, message in by_key.items():
        entry = ledger.find(key)
        assert (entry.ts, entry.thread_ts) == (message.ts, message.thread_ts)
        assert entry.state in ("sent", "doubtful")
    shown = by_key["pictures"].blocks[-1]["slack_file"]["id"]
    finished = [file.id for file in slack.stand_in.store.files() if file.is_complete and not file.is_deleted]
    assert finished == [shown]
    assert slack.stand_in.store.file_content(slack.stand_in.store.file_of(shown)) == f"picture of {hour}".encode()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["drop", "status", "error"])
@pytest.mark.parametrize("method", METHODS)
def test_a_fault_at_any_call_leaves_one_of_each(slack, ledger, method, kind, moment):
    for hour in (0, 1):
        slack.fails(method, kind, moment)
        assert tell_until_done(slack, ledger, hour) == 0, "one fault is made up for by the same run"
    tell(slack, ledger, 1)  # the next run clears away what could not be deleted
    check_that_all_is_told_once(slack, ledger, 1)


@pytest.mark.parametrize("nth", [0, 1, 2])
@pytest.mark.parametrize("kind", ["drop", "status", "error"])
def test_each_post_may_be_accepted_without_an_answer(slack, ledger, kind, nth):
    slack.fails("chat.postMessage", kind, "after", skip=nth)
    assert tell_until_done(slack, ledger, 0) == 0
    check_that_all_is_told_once(slack, ledger, 0)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("method", METHODS)
def test_an_answer_that_comes_too_late_leaves_one_of_each(slack, ledger, method, moment):
    """Slack takes the call in the end, before or after the digest gave up on it."""
    for hour in (0, 1):
        slack.fails(method, "slow", moment, seconds=LONG)
        assert tell_until_done(slack, ledger, hour) == 0
        slack.stand_in.faults.let_go()
    tell(slack, ledger, 1)
    check_that_all_is_told_once(slack, ledger, 1)


@pytest.mark.parametrize("method", METHODS)
def test_slow_down_is_obeyed_at_any_call(slack, ledger, method):
    tell(slack, ledger, 0)
    slack.fails(method, "rate_limit", seconds=0)
    assert tell_until_done(slack, ledger, 1) == 0
    check_that_all_is_told_once(slack, ledger, 1)


def test_an_outage_ends_in_an_error_and_the_next_run_makes_up_for_it(slack, ledger):
    slack.fails("*", "status", times=500)
    with pytest.raises(UnknownOutcome):
        tell(slack, ledger, 0)
    slack.stand_in.faults.clear()
    tell(slack, ledger, 1)
    check_that_all_is_told_once(slack, ledger, 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_message_accepted_long_after_the_time_out_is_not_doubled(slack, ledger, moment):
    """The first call is accepted when a second one has been sent already: the twin goes at the next run."""
    slack.fails("chat.postMessage", "slow", moment, seconds=LONG)
    tell_until_done(slack, ledger, 0)
    slack.stand_in.faults.let_go()
    tell(slack, ledger, 1)
    check_that_all_is_told_once(slack, ledger, 1)


def a_twin_turns_up(slack: RunningStandIn, ledger: SentLedger) -> None:
    """The root of hour 0 stands there twice: Slack took the first call when the second had been sent."""
    slack.fails("chat.postMessage", "slow", "before", seconds=LONG)
    tell_until_done(slack, ledger, 0)
    slack.stand_in.faults.let_go()
    assert Counter(message.text for message in slack.messages)["root at 0"] == 2


def test_a_twin_that_turns_up_after_the_next_digest_is_still_deleted(slack, ledger):
    slack.fails("chat.postMessage", "slow", "before", seconds=LONG)
    tell_until_done(slack, ledger, 0)
    tell(slack, ledger, 1)
    assert ledger.find("root").state == "doubtful"
    slack.stand_in.faults.let_go()
    tell(slack, ledger, 2)
    check_that_all_is_told_once(slack, ledger, 2)


def test_what_an_earlier_run_may_have_sent_is_waited_for_too(slack, ledger):
    with ledger.claim("root", CHANNEL.id, date(2026, 11, 22)) as claim:
        claim.note(state="sending")
    tell(slack, ledger, 0)
    assert ledger.uncertain_keys(CHANNEL.id) == ["root"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["drop", "status", "error", "rate_limit", "slow"])
def test_a_fault_while_a_twin_is_deleted_leaves_one_of_each(slack, ledger, kind, moment):
    a_twin_turns_up(slack, ledger)
    slack.fails("chat.delete", kind, moment, seconds=LONG if kind == "slow" else 0)
    assert tell_until_done(slack, ledger, 1) == 0
    slack.stand_in.faults.let_go()
    tell(slack, ledger, 1)
    check_that_all_is_told_once(slack, ledger, 1)


def test_a_twin_of_a_message_that_nobody_sends_again_is_deleted_too(slack, ledger):
    """An alarm is sent once for each release, and a backfill's summary once for each run."""
    a_twin_turns_up(slack, ledger)
    settle_doubts(CHANNEL.id, CallsToAStandIn(slack), ledger)
    assert Counter(message.text for message in slack.messages)["root at 0"] == 1
    assert ledger.uncertain_keys(CHANNEL.id) == ["root"]
    with ledger.claim("root", CHANNEL.id, date(2026, 11, 22)) as claim:
        claim.note(notes={"doubtful_until": 0})
    settle_doubts(CHANNEL.id, CallsToAStandIn(slack), ledger)
    assert ledger.uncertain_keys(CHANNEL.id) == []


STEPS = ((SlackCalls, "once"), (SlackCalls, "send_bytes"), (SentLedger, "_try_to_claim"), (SentLedger, "_write"), (SentLedger, "_release"))
"""All that reaches the outside: calls to Slack, and writes of the ledger."""


def _tell_and_die(api_url: str, folder: Path, hour: int, last_step: int) -> None:
    """Tells, and kills itself before the step of that number; notes in `folder` which step that was."""
    steps = itertools.count()

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **more: Any) -> Any:
            if next(steps) == last_step:
                (folder / "step").write_text(f"{last_step}: {name} {arguments[1]}")
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **more)

        return take

    for owner, name in STEPS:
        setattr(owner, name, watched(name, getattr(owner, name)))
    ledger = SentLedger(f"sqlite:///{folder / 'ledger.db'}", lease_seconds=0.2)
    tell_by(SlackCalls(api_url, DEFAULT_TOKEN, QUICK), ledger, hour)


@pytest.mark.races
@pytest.mark.parametrize("hour", [0, 1], ids=["the first digest", "the next hour's"])
def test_a_process_killed_before_any_step_leaves_one_of_each_in_the_end(slack, memory_path, hour):
    """Before a call, between Slack's acceptance and the note of it, after the note: each step of a digest is the last one once."""
    killed_at = []
    for last_step in itertools.count():
        empty(slack)
        folder = memory_path / str(last_step)
        folder.mkdir()
        ledger = SentLedger(f"sqlite:///{folder / 'ledger.db'}", lease_seconds=1, patience_seconds=5)
        if hour > 0:
            tell(slack, ledger, hour - 1)
        process = multiprocessing.get_context("fork").Process(target=_tell_and_die, args=(slack.api_url, folder, hour, last_step))
        process.start()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed_at.append((folder / "step").read_text())
        tell(slack, ledger, hour)
        tell(slack, ledger, hour + 1)
        try:
            check_that_all_is_told_once(slack, ledger, hour + 1)
        except AssertionError as error:
            raise AssertionError(f"killed before step {killed_at[-1]}") from error
        ledger.close()
    method = "chat.postMessage" if hour == 0 else "chat.update"
    calls = [number for number, step in enumerate(killed_at) if f"once {method}" in step]
    assert len(calls) == (3 if hour == 0 else 2)
    assert all("_write" in killed_at[number + 1] for number in calls), "the step after a post is the note of it"


@pytest.mark.parametrize("hours", [(0, 0, 0, 0), (3, 1, 0, 2)], ids=["of one hour", "of four hours"])
def test_digests_that_race_post_one_message_and_the_newest_stays(slack, memory_path, hours):
    uri = f"sqlite:///{memory_path / 'ledger.db'}"
    SentLedger(uri).close()
    gate, failures = threading.Barrier(len(hours)), []

    def race(hour: int) -> None:
        ledger = SentLedger(uri, lease_seconds=5, patience_seconds=20)
        gate.wait()
        try:
            tell(slack, ledger, hour)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=race, args=(hour,)) for hour in hours]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    check_that_all_is_told_once(slack, SentLedger(uri), max(hours))
