"""Every state and special case as people read it. Read the .txt files aloud; UPDATE_GOLDEN=1 writes them anew after a change of wording."""

import json
import os
from pathlib import Path

import pytest

from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.digest.messages.alert_messages import AlertStep, alert_message, next_step
from jobs.digest.messages.channel_messages import root_message, thread_messages
from jobs.digest.messages.message_blocks import blocks_as_text
from jobs.digest.messages.outgoing_message import OutgoingMessage
from jobs.digest.wording.verdict_advice import action
from local.slack_stand_in.block_rules import check_blocks, is_too_long
from tests.digest.digest_cases import CASES, SEPARATE_MESSAGES

GOLDEN = Path(__file__).parent / "golden"


def all_messages(facts: DigestFacts) -> list[OutgoingMessage]:
    """The root, the alarms that it raises, and the thread."""
    now, route, digest = facts.window_end, Route("release-health", mention="S0123456789"), decide_digest(facts)
    alarms = [
        alert_message(facts, each, route, now) for each in digest.releases if next_step(each.release, None, now) is AlertStep.ANNOUNCE
    ]
    return [root_message(digest, route.slack_channel, now), *alarms, *thread_messages(digest, route.slack_channel, now)]


def as_text(messages: list[OutgoingMessage]) -> str:
    return "\n\n".join(f"[{message.name}]\n{blocks_as_text(message.blocks)}" for message in messages) + "\n"


def check_golden(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.exists(), f"{path.name} is missing: run once with UPDATE_GOLDEN=1 and read what it wrote"
    assert text == path.read_text()


def messages_of(name: str) -> list[OutgoingMessage]:
    return all_messages(CASES[name]) if name in CASES else [SEPARATE_MESSAGES[name]]


ALL_NAMES = (*CASES, *SEPARATE_MESSAGES)
WITH_BLOCKS = ("healthy", "regressed_simulated_with_links", "alarm_by_night")
"""Cases whose blocks are kept as well: one of each kind of block. The others are made by the same functions, and Slack's rules hold for all."""


@pytest.mark.parametrize("name", ALL_NAMES)
def test_a_case_reads_as_it_did(name):
    messages = messages_of(name)
    check_golden(GOLDEN / f"{name}.txt", as_text(messages))
    if name in WITH_BLOCKS:
        blocks = {message.name: message.blocks for message in messages}
        check_golden(GOLDEN / f"{name}.json", json.dumps(blocks, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("name", ALL_NAMES)
def test_slack_takes_every_case(name):
    for message in messages_of(name):
        assert check_blocks(list(message.blocks)) == []
        assert not is_too_long(list(message.blocks))


@pytest.mark.parametrize("name", ALL_NAMES)
def test_a_case_differs_from_every_other(name):
    own = as_text(messages_of(name))
    assert [other for other in ALL_NAMES if as_text(messages_of(other)) == own] == [name]


@pytest.mark.parametrize("name", [name for name, facts in CASES.items() if facts.releases])
def test_the_root_says_what_to_do(name):
    root, facts = all_messages(CASES[name])[0], CASES[name]
    decision = decide_digest(facts).headline
    assert any(action(decision, is_alone=is_alone) in blocks_as_text(root.blocks) for is_alone in (True, False))


def test_all_good_is_two_lines_with_the_table_in_the_thread():
    root, *thread = all_messages(CASES["healthy"])
    assert [block["type"] for block in root.blocks] == ["header", "rich_text"]
    assert blocks_as_text(root.blocks).count("\n") == 1
    assert thread[0].name == "releases"


def test_no_golden_file_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.txt" for name in ALL_NAMES} | {f"{name}.json" for name in WITH_BLOCKS}


def test_the_settled_day_of_a_gate_that_failed_is_not_called_good():
    assert not any(word in as_text(all_messages(CASES["gate_failed"])).split("\n")[1] for word in ("healthy", "watch"))
