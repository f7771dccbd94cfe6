"""Whatever goes wrong, at whichever call, before or after Slack took it: one message each in the end, and a ledger that knows it."""

import multiprocessing
import os
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.digest.message_delivery import deliver
from jobs.digest.outgoing_message import Freshness, OutgoingMessage, Picture
from jobs.digest.sent_ledger import Claim, SentLedger
from jobs.digest.slack_calls import Patience, SlackCalls, SlackRefusal, UnknownOutcome
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import NOON
from tests.running_stand_in import CHANNEL, RunningStandIn, running_stand_in

QUICK = Patience(call_seconds=1, rate_limit_seconds=3, pause_seconds=0.01, tries=3, unknown_seconds=0.05)
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
    """The workspace, emptied."""
    server.stand_in.faults.clear()
    for message in reversed(server.messages):
        server.stand_in.store.delete_message(CHANNEL, message.ts)
    for file in (file for file in server.stand_in.store.files() if not file.is_deleted):
        server.stand_in.store.put_file(replace(file, is_deleted=True))
    return server


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


def connect(slack: RunningStandIn) -> SlackCalls:
    return SlackCalls(slack.api_url, DEFAULT_TOKEN, QUICK)


def a_message(key: str, text: str, hour: int, **more) -> OutgoingMessage:
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}
    freshness = Freshness(NOON + timedelta(hours=hour), is_settled=False)
    return OutgoingMessage(key, CHANNEL.name, date(2026, 11, 22), freshness, text, (block,), **more)


def tell(slack: RunningStandIn, ledger: SentLedger, hour: int) -> None:
    """A digest in small: the root, an alarm that is broadcast once, and pictures in the thread."""
    calls = connect(slack)
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
        tell_until_done(slack, ledger, hour)
    tell(slack, ledger, 1)  # the next run clears away what could not be deleted
    check_that_all_is_told_once(slack, ledger, 1)


@pytest.mark.parametrize("nth", [0, 1, 2])
@pytest.mark.parametrize("kind", ["drop", "status", "error"])
def test_each_post_may_be_accepted_without_an_answer(slack, ledger, kind, nth):
    slack.fails("chat.postMessage", kind, "after", skip=nth)
    tell_until_done(slack, ledger, 0)
    check_that_all_is_told_once(slack, ledger, 0)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "upload"])
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
    slack.fails("chat.postMessage", "slow", moment, seconds=1.6)
    tell_until_done(slack, ledger, 0)
    threading.Event().wait(0.8)
    tell(slack, ledger, 1)
    check_that_all_is_told_once(slack, ledger, 1)


def _tell_and_die(api_url: str, ledger_path: Path, step: str) -> None:
    """Kills itself at one step of the delivery."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    calls = SlackCalls(api_url, DEFAULT_TOKEN, QUICK)
    ledger = SentLedger(f"sqlite:///{ledger_path}", lease_seconds=1)
    once, note = calls.once, Claim.note
    if step == "before the call":
        calls.once = lambda method, **more: die() if method == "chat.postMessage" else once(method, **more)
    if step == "between acceptance and note":
        calls.once = lambda method, **more: (once(method, **more), die()) if method == "chat.postMessage" else once(method, **more)
    if step == "after the note":
        Claim.note = lambda claim, **more: (note(claim, **more), die() if more.get("state") == "sent" else None)
    deliver(a_message("root", "root at 0", 0), calls, ledger)


@pytest.mark.parametrize("step", ["before the call", "between acceptance and note", "after the note"])
def test_a_process_killed_at_any_step_leaves_one_message_in_the_end(slack, memory_path, step):
    ledger_path = memory_path / "ledger.db"
    SentLedger(f"sqlite:///{ledger_path}").close()
    process = multiprocessing.get_context("fork").Process(target=_tell_and_die, args=(slack.api_url, ledger_path, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    ledger = SentLedger(f"sqlite:///{ledger_path}", lease_seconds=1, patience_seconds=5)
    tell(slack, ledger, 1)
    check_that_all_is_told_once(slack, ledger, 1)


def test_digests_that_race_post_one_message(slack, memory_path):
    uri = f"sqlite:///{memory_path / 'ledger.db'}"
    SentLedger(uri).close()
    gate = threading.Barrier(4)

    def race() -> None:
        ledger = SentLedger(uri, lease_seconds=5, patience_seconds=20)
        gate.wait()
        tell(slack, ledger, 0)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check_that_all_is_told_once(slack, SentLedger(uri), 0)
