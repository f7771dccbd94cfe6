"""An alarm is broadcast once for each release; a change of mind answers below it; people can dismiss and mute."""

import datetime
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.messages.alert_messages import AlertStep, next_step, said_of
from jobs.digest.slack.digest_posting import Post
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import SlackCalls
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import NOON, State, a_cell, a_regressed_cell, a_release, a_review, some_facts
from tests.digest.running_the_digest import HOUR
from tests.running_stand_in import CHANNEL

ROUTE = Route(CHANNEL.name)


@pytest.fixture
def ledger(tmp_path):
    return SentLedger(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.fixture
def tell(slack, ledger):
    """Tells of one release at some hour; returns what was done."""

    def tell_of(release, hour: int = 0, route: Route = ROUTE) -> str:
        at = NOON + hour * HOUR
        moved = replace(release, verdict=replace(release.verdict, as_of=at), cells=tuple(replace(c, as_of=at) for c in release.cells))
        facts = some_facts(moved, window_start=at - HOUR, window_end=at)
        return Post(SlackCalls(slack.api_url, DEFAULT_TOKEN), ledger, at).channel(decide_digest(facts), route, lambda: ())

    return tell_of


def regressed(**more):
    return a_release(State.REGRESSED, (a_regressed_cell(),), score=1.5, **more)


def broadcasts(slack):
    return [message for message in slack.messages if message.is_broadcast]


def changes(slack):
    return [message.text for message in slack.messages if message.metadata["event_payload"]["key"].startswith("change")]


def test_a_regressed_release_is_broadcast_once_however_often_it_is_told(slack, tell):
    assert [tell(regressed(), hour) for hour in range(3)] == ["beta posted, 57.0b8 alarm posted", "beta updated", "beta updated"]
    assert [message.text.splitlines()[0] for message in broadcasts(slack)] == [
        "⛔ Kestrel beta 57.0b8 has regressed (since 22 Nov 09:00 UTC, 6 h after release)"
    ]


def test_an_alarm_that_turns_up_twice_is_deleted_by_the_next_digest(slack, tell, ledger):
    tell(regressed())
    alarm = broadcasts(slack)[0]
    slack.client().chat_postMessage(
        channel=CHANNEL.id, text=alarm.text, metadata=alarm.metadata, thread_ts=alarm.thread_ts, reply_broadcast=True
    )
    with ledger.claim(alarm.metadata["event_payload"]["key"], CHANNEL.id, NOON.date()) as claim:
        claim.note(state="doubtful", notes={"doubtful_until": time.time() + 60})
    tell(regressed(), 1)
    assert [message.ts for message in broadcasts(slack)] == [alarm.ts]


def test_it_is_broadcast_once_also_on_the_next_day(slack, tell):
    tell(regressed())
    tell(regressed(), 24)
    assert len(broadcasts(slack)) == 1
    assert len([message for message in slack.messages if not message.is_reply]) == 2


def test_a_change_of_mind_answers_below_the_alarm_and_says_what_changed(slack, tell):
    tell(regressed())
    everywhere = a_cell(State.WATCH, ratio=1.2, ratio_low=1.02, ratio_high=1.4, p_unacceptable=0.51)
    on_windows = a_regressed_cell(state=State.WATCH, ratio=1.3, ratio_low=1.1, ratio_high=1.5, p_unacceptable=0.6)
    watched = a_release(State.WATCH, (everywhere, on_windows), score=49.0)
    assert tell(watched, 30) == "beta posted, 57.0b8 change of mind posted"
    assert tell(watched, 31) == "beta updated"
    alarm = broadcasts(slack)[0]
    answer = next(message for message in slack.messages if "no longer called regressed" in message.text)
    assert (answer.thread_ts, answer.is_broadcast) == (alarm.thread_ts, False)
    assert "it is watch with 49/100 now" in answer.text
    was, now = "1.52x (1.27–1.81x) at 22 Nov 12:00 UTC", "1.30x (1.10–1.50x) now; all platforms together have 1.20x."
    assert f"The ratio for browser crashes on Windows was {was} and is {now}" in answer.text
    assert "regressed" not in next(m for m in slack.messages if not m.is_reply and "watch" in m.text).text


def test_regressed_again_is_an_answer_and_no_second_broadcast(slack, tell):
    for hour, release in enumerate([regressed(), a_release(), regressed(), regressed()]):
        tell(release, hour)
    assert len(broadcasts(slack)) == 1
    assert [text.splitlines()[0].split(":")[0] for text in changes(slack)] == [
        "✔ 57.0b8 is no longer called regressed",
        "⛔ 57.0b8 is called regressed again. The ratio for browser crashes on all platforms was 0.98x (0.86–1.12x) at 22 Nov 13",
    ]


def test_bad_data_is_no_change_of_mind(slack, tell):
    tell(regressed())
    tell(a_release(State.DATA_PROBLEM), 1)
    assert changes(slack) == []


def test_an_older_look_changes_no_mind(slack, tell):
    tell(regressed(), 2)
    assert tell(a_release(), 1) == "beta kept: what stands there is newer"
    assert changes(slack) == []


@pytest.mark.parametrize(
    ("review", "step"),
    [
        (None, AlertStep.ANNOUNCE),
        (a_review("confirmed"), AlertStep.ANNOUNCE),
        (a_review("dismissed"), AlertStep.NOTHING),
        (a_review("open", muted_until=NOON + HOUR), AlertStep.NOTHING),
        (a_review("open", muted_until=NOON - HOUR), AlertStep.ANNOUNCE),
    ],
)
def test_a_dismissed_or_muted_release_raises_no_alarm(review, step):
    assert next_step(regressed(review=review), None, NOON) is step


@pytest.mark.parametrize("review", [a_review("dismissed"), a_review("open", muted_until=NOON + HOUR)])
def test_nor_is_it_called_regressed_again_while_it_is_dismissed_or_muted(review):
    withdrawn = said_of(a_release(), 1)
    assert next_step(regressed(review=review), withdrawn, NOON) is AlertStep.NOTHING
    assert next_step(regressed(), withdrawn, NOON) is AlertStep.RENEW


def test_only_the_latest_look_at_a_release_alarms_or_changes_a_mind():
    """A settled day is told when the next one is six hours old."""
    assert next_step(replace(regressed(), has_later_look=True), None, NOON) is AlertStep.NOTHING
    assert next_step(replace(a_release(), has_later_look=True), said_of(regressed(), 0), NOON) is AlertStep.NOTHING


def test_a_user_group_is_mentioned_within_its_hours_only(slack, tell):
    route = replace(ROUTE, mention="S0123456789", mention_from=datetime.time(8), mention_to=datetime.time(20))
    tell(regressed(), 0, route)
    tell(replace_version(regressed(), "57.0b9"), 12, route)
    by_day, by_night = (message.text for message in broadcasts(slack))
    assert "@S0123456789 please decide" in by_day
    assert "Nobody was mentioned: mentions are for 08:00–20:00 UTC." in by_night


def replace_version(release, version):
    return replace(
        release,
        verdict=replace(release.verdict, release_version=version),
        cells=tuple(replace(cell, release_version=version) for cell in release.cells),
    )


def test_with_its_root_deleted_for_good_an_alarm_still_reaches_the_channel(slack, tell):
    for hour in range(2):
        tell(a_release(score=90.0 + hour), hour)
        for message in [message for message in slack.messages if not message.is_reply and not message.is_deleted]:
            slack.client().chat_delete(channel=CHANNEL.id, ts=message.ts)
    tell(a_release(score=95.0), 2)
    assert tell(regressed(), 3) == "beta left deleted, 57.0b8 alarm posted"
    assert any("has regressed" in message.text and not message.is_reply for message in slack.messages)


def test_a_mute_that_ends_lets_the_alarm_out(slack, tell):
    muted = regressed(review=a_review("open", muted_until=NOON + timedelta(hours=1)))
    assert tell(muted) == "beta posted"
    assert tell(muted, 1) == "beta updated, 57.0b8 alarm posted"
