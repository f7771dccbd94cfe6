"""One message per key, whatever happens: edited in place, never doubled, never replaced by something older."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.digest.messages.outgoing_message import Freshness, OutgoingMessage
from jobs.digest.slack.message_delivery import Outcome, deliver
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import Patience, SlackCalls, SlackRefusal
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import NOON
from tests.running_stand_in import CHANNEL, RunningStandIn, running_stand_in

QUICK = Patience(call_seconds=1, rate_limit_seconds=3, pause_seconds=0.02, tries=3, unknown_seconds=0.1)


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[RunningStandIn]:
    with running_stand_in(tmp_path / "slack") as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SentLedger]:
    ledger = SentLedger(f"sqlite:///{tmp_path / 'ledger.db'}", lease_seconds=2, patience_seconds=5)
    yield ledger
    ledger.close()


def calls(slack: RunningStandIn) -> SlackCalls:
    return SlackCalls(slack.api_url, DEFAULT_TOKEN, QUICK)


def a_message(text: str = "healthy", **more) -> OutgoingMessage:
    values = {
        "key": "root/beta/2026-11-22",
        "slack_channel": CHANNEL.name,
        "report_day": date(2026, 11, 22),
        "freshness": Freshness(NOON, is_settled=False),
        "text": text,
        "blocks": ({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]},),
    }
    return OutgoingMessage(**(values | more))


def later(message: OutgoingMessage, text: str, hours: int = 1, *, is_settled: bool = False) -> OutgoingMessage:
    changed = a_message(text)
    return replace(message, text=text, blocks=changed.blocks, freshness=Freshness(NOON + timedelta(hours=hours), is_settled))


def texts(slack: RunningStandIn) -> list[str]:
    return [message.text for message in slack.messages]


def test_the_next_hour_edits_the_message_in_place(slack, ledger):
    first = deliver(a_message(), calls(slack), ledger)
    second = deliver(later(a_message(), "watch"), calls(slack), ledger)
    assert (first.outcome, second.outcome, second.ts) == (Outcome.POSTED, Outcome.UPDATED, first.ts)
    assert texts(slack) == ["watch"]


def test_the_same_content_is_not_sent_again(slack, ledger):
    deliver(a_message(), calls(slack), ledger)
    slack.stand_in.calls.clear()
    assert deliver(later(a_message(), "healthy"), calls(slack), ledger).outcome is Outcome.UNCHANGED
    assert not [call for call in slack.stand_in.calls if call.startswith("chat.")]


def test_an_older_look_never_replaces_a_newer_one(slack, ledger):
    deliver(later(a_message(), "at 14:00", hours=2), calls(slack), ledger)
    assert deliver(later(a_message(), "at 13:00", hours=1), calls(slack), ledger).outcome is Outcome.KEPT_NEWER
    assert texts(slack) == ["at 14:00"]


def test_a_settled_look_replaces_a_provisional_one_and_not_the_other_way_round(slack, ledger):
    deliver(later(a_message(), "provisional"), calls(slack), ledger)
    deliver(later(a_message(), "settled", is_settled=True), calls(slack), ledger)
    assert deliver(later(a_message(), "provisional again"), calls(slack), ledger).outcome is Outcome.KEPT_NEWER
    assert texts(slack) == ["settled"]


def test_a_rerun_of_the_same_look_edits(slack, ledger):
    deliver(a_message("before the repair"), calls(slack), ledger)
    assert deliver(a_message("after the repair"), calls(slack), ledger).outcome is Outcome.UPDATED
    assert texts(slack) == ["after the repair"]


def test_a_day_long_past_gets_no_new_message_but_its_old_one_is_edited(slack, ledger):
    assert deliver(a_message(may_create=False), calls(slack), ledger).outcome is Outcome.NOT_CREATED
    assert slack.messages == []
    deliver(a_message(), calls(slack), ledger)
    deliver(replace(a_message("rerun"), may_create=False), calls(slack), ledger)
    assert texts(slack) == ["rerun"]


def test_with_the_ledger_lost_the_message_is_found_by_its_key(slack, ledger, tmp_path):
    deliver(later(a_message(), "at 13:00"), calls(slack), ledger)
    new_ledger = SentLedger(f"sqlite:///{tmp_path / 'new.db'}")
    assert deliver(a_message("at 12:00"), calls(slack), new_ledger).outcome is Outcome.KEPT_NEWER
    deliver(later(a_message(), "at 14:00", hours=2), calls(slack), new_ledger)
    assert texts(slack) == ["at 14:00"]


def test_a_deleted_message_is_posted_anew_once(slack, ledger):
    for outcome in (Outcome.POSTED, Outcome.LEFT_DELETED):
        first = deliver(later(a_message(), f"before {outcome}"), calls(slack), ledger)
        slack.client().chat_delete(channel=CHANNEL.id, ts=first.ts)
        assert deliver(later(a_message(), f"after {outcome}"), calls(slack), ledger).outcome is outcome
    assert slack.messages == []
    assert deliver(later(a_message(), "and later", hours=3), calls(slack), ledger).outcome is Outcome.LEFT_DELETED


def test_a_final_message_is_never_edited(slack, ledger):
    alert = a_message("regressed", key="alert/beta/57.0b8", is_final=True)
    deliver(alert, calls(slack), ledger)
    assert deliver(replace(alert, text="other words"), calls(slack), ledger).outcome is Outcome.UNCHANGED
    assert texts(slack) == ["regressed"]


def test_slow_down_is_obeyed(slack, ledger):
    slack.fails("chat.postMessage", "rate_limit", seconds=0.5)  # Retry-After is whole seconds
    before = time.monotonic()
    deliver(a_message(), calls(slack), ledger)
    assert time.monotonic() - before >= 1
    assert texts(slack) == ["healthy"]


def test_a_longer_wait_than_the_task_has_is_an_error_that_says_so(slack, ledger):
    slack.fails("chat.postMessage", "rate_limit", seconds=30)
    with pytest.raises(SlackRefusal, match=r"ratelimited \(asked to wait 3\d s\)\. .*run it again in a few minutes"):
        deliver(a_message(), calls(slack), ledger)
    assert deliver(a_message(), calls(slack), ledger).outcome is Outcome.POSTED


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        ("is_archived", "unarchive it"),
        ("missing_scope", "docs/slack_app_manifest.yaml"),
        ("invalid_auth", "copy the bot token"),
        ("edit_window_closed", "an admin can lift it"),
        ("not_in_channel", "/invite"),
    ],
)
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_a_refusal_names_its_fix(slack, ledger, method, error, fix):
    if method == "chat.update":
        deliver(a_message(), calls(slack), ledger)
    slack.fails(method, "error", error=error)
    with pytest.raises(SlackRefusal, match=fix):
        deliver(later(a_message(), "watch"), calls(slack), ledger)
    deliver(later(a_message(), "watch"), calls(slack), ledger)
    assert texts(slack) == ["watch"]


def test_a_channel_that_is_not_there_is_named(slack, ledger):
    with pytest.raises(SlackRefusal, match=r"#nowhere.*Create the channel"):
        deliver(a_message(slack_channel="nowhere"), calls(slack), ledger)
