"""Whatever clients and checks write, and however much of it: Slack takes the message, and nobody is pinged, linked or misled by a ping."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.declarations.states import State
from jobs.declarations.windows import Window
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.digest.messages.alert_messages import alert_message, change_message, said_of
from jobs.digest.messages.channel_messages import root_message, summary_message, thread_messages
from jobs.digest.messages.outgoing_message import OutgoingMessage, message_key
from jobs.digest.messages.slack_text import escape
from jobs.verdicts.health_cells import Cell
from jobs.verdicts.health_notes import parse_note
from jobs.wording.client_text import as_label, as_sentence
from local.slack_stand_in.block_rules import check_blocks, is_too_long
from tests.digest.facts_factory import NOON, a_cell, a_failed_expectation, a_restatement, a_review, a_verdict, an_hour, some_facts

HOSTILE = (
    "<!channel>",
    "<!subteam^S0123456789>",
    "<@U0123456789>",
    "@here",
    "*bold* _it_ ~no~ `code`",
    "<https://evil.example|57.0b8>",
    "https://evil.example/57.0",
    "57.0\u202e8b0.75",
    "\x00\x1b[31mred\x07",
    "../../etc/passwd",
    "'; rm -rf / #",
    "&lt;!channel&gt;",
    "x" * 10_000,
    "\u00e9\U0001f4a9" * 500,
    "\n\n# heading\n|a|b|",
    "random holdback: <!channel> \u202e1 : 1",
    "",
    " ",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
figures = st.one_of(st.none(), st.floats(0, 1e12, allow_nan=False))


@st.composite
def cells(draw, version: str, channel: str) -> Cell:
    values = {name: draw(figures) for name in ("observed_crashes", "usage_hours", "delayed_crashes", "expected_crashes")}
    values |= {name: draw(figures) for name in ("ratio", "ratio_low", "ratio_high", "acceptable_ratio")}
    values["score"] = draw(st.one_of(st.none(), st.floats(0, 100)))
    values["p_unacceptable"] = draw(st.one_of(st.none(), st.floats(0, 1)))
    scope = draw(st.sampled_from(("platform", "stratum", "trailing")))
    values |= {"platform": draw(texts) or "all", "stratum": draw(texts) if scope == "stratum" else "all", "scope": scope}
    values["notes"] = tuple(map(parse_note, draw(st.lists(texts, max_size=2))))
    measure = draw(st.sampled_from(("main_crashes_capped", "content_crashes_capped", "plugin_crashes")))
    return a_cell(draw(st.sampled_from(State)), release_version=version, channel=channel, measure=measure, **values)


@st.composite
def hostile_facts(draw) -> DigestFacts:
    channel = draw(texts)
    releases = []
    for _ in range(draw(st.integers(0, 4))):
        version, notes = draw(texts), tuple(map(parse_note, draw(st.lists(texts, max_size=4))))
        verdict = a_verdict(
            draw(st.sampled_from(State)), release_version=version, channel=channel, notes=notes, age_hours=draw(st.floats(0, 5_000))
        )
        review = a_review(note=draw(texts), reviewed_by=draw(texts)) if draw(st.booleans()) else None
        releases.append(ReleaseLook(verdict, tuple(draw(st.lists(cells(version, channel), max_size=4))), review=review))
    failed = [
        a_failed_expectation(
            draw(st.sampled_from(("critical", "warning"))), observed=draw(texts), expectation=draw(texts), message=draw(texts)
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    hours = (an_hour(rejects_by_reason=((draw(texts), 5),)),)
    return some_facts(*releases, channel=channel, failed_expectations=tuple(failed), hours=hours, data_label=draw(texts))


def everything_said(facts: DigestFacts) -> list[OutgoingMessage]:
    digest = decide_digest(facts)
    messages = [root_message(digest, "release-health", NOON), *thread_messages(digest, "release-health", NOON)]
    route = Route("release-health")
    restated = tuple(a_restatement(channel=facts.channel, release_version=release.version) for release in facts.releases)
    window = Window(facts.window_start, facts.window_end, facts.mode)
    messages.append(summary_message(window, facts.channel, restated, "release-health", facts.data_label))
    for decision in digest.releases:
        messages += [alert_message(facts, decision, route, NOON), change_message(facts, decision, route, said_of(decision.release, 0))]
    return messages


def check_message(message: OutgoingMessage) -> None:
    blocks = list(message.blocks)
    assert check_blocks(blocks) == []
    assert not is_too_long(blocks)
    assert 0 < len(message.text) <= 4_000
    assert not re.search(r"<[!@#h]", message.text), "Slack would interpret this"
    assert len(json.dumps(message.metadata)) < 1_000
    said = json.dumps(blocks, ensure_ascii=False)
    assert not re.search(r'"type": "(mrkdwn|usergroup|user|channel|broadcast|link)"', said), "only raw text may hold what clients wrote"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", said + message.text), "nothing may change the direction of reading"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", message.text)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile_facts())
def test_slack_takes_whatever_clients_wrote_and_interprets_none_of_it(facts):
    for message in everything_said(facts):
        check_message(message)


@pytest.mark.long
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(20, 500), st.sampled_from(HOSTILE), st.sampled_from(State))
def test_up_to_five_hundred_releases_fit(count, hostile, state):
    releases = tuple(
        ReleaseLook(
            a_verdict(state, release_version=f"{number}{hostile}", notes=(parse_note(hostile),), age_hours=float(number)),
            tuple(a_cell(state, release_version=f"{number}{hostile}", platform=f"{hostile}{cell}", stratum=hostile) for cell in range(5)),
        )
        for number in range(count)
    )
    facts = some_facts(*releases, failed_expectations=tuple(a_failed_expectation(observed=hostile, expectation=str(n)) for n in range(200)))
    messages = everything_said(facts)
    for message in messages:
        check_message(message)
    assert "more in the thread" in messages[0].text


def test_hundreds_of_strata_are_told_by_the_worst_and_the_number_of_the_rest():
    strata = tuple(
        a_cell(scope="stratum", stratum=f"Windows_NT / {n} / x86-64 / other", p_unacceptable=n / 1_000, state=State.INCONCLUSIVE)
        for n in range(400)
    )
    facts = some_facts(ReleaseLook(a_verdict(State.INCONCLUSIVE), (a_cell(State.INCONCLUSIVE), *strata)))
    told = next(m for m in thread_messages(decide_digest(facts), "release-health", NOON) if m.name == "strata")
    assert "Windows 399" in told.text
    assert "And 385 more, in release_health." in told.text


def test_two_versions_that_look_alike_have_keys_of_their_own():
    assert message_key("alert", "57.0<b8") != message_key("alert", "57.0>b8")
    assert len(message_key("alert", "x" * 10_000, "y" * 10_000)) <= 200


def test_labels_and_sentences_keep_what_is_harmless():
    assert as_label("57.0b8") == "57.0b8"
    assert as_label("57.0 <!channel>") == "57.0 ??channel?"
    assert as_sentence("0.9 % against 0.2 %, “as usual”") == "0.9 % against 0.2 %, “as usual”"
    assert as_sentence("a\u202eb\x00c\n d") == "ab c d"
    assert escape("<!channel> & co") == "&lt;!channel&gt; &amp; co"


def test_a_release_long_past_is_still_a_release():
    facts = some_facts(ReleaseLook(replace(a_verdict(), age_hours=5_000.0, as_of=NOON - timedelta(days=3))))
    check_message(root_message(decide_digest(facts), "release-health", NOON))
