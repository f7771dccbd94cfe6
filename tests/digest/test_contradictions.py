"""Whatever is true of a release at once, no message contradicts itself: all states, reviews, adoptions, successors and surroundings."""

import itertools
import re
from datetime import timedelta

import pytest

from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.decisions.release_decisions import decide
from jobs.digest.messages.alert_messages import AlertStep, alert_message, change_message, next_step, said_of
from jobs.digest.messages.message_blocks import blocks_as_text
from jobs.digest.messages.root_message import root_blocks
from tests.digest.digest_cases import a_regressed_release
from tests.digest.facts_factory import NOON, State, a_cell, a_regressed_cell, a_release, a_review, some_facts

ROUTE = Route("release-health", mention="S0123456789")
REVIEWS = {
    "none": None,
    "confirmed": a_review("confirmed", note=None),
    "dismissed": a_review("dismissed", note=None),
    "muted": a_review("open", muted_until=NOON + timedelta(hours=5), note=None),
}
ADOPTIONS = (0.03, 0.23, 0.61)
SUCCESSORS = (None, State.HEALTHY, State.REGRESSED)
AGES = {"live": (NOON, 9.0), "stale": (NOON - timedelta(hours=1), 9.0), "final": (NOON - timedelta(hours=30), 168.0)}
OUTSIDE = (None, 1.58)

NEVER_TOGETHER = (
    (r"Nothing to do\.", "Needs attention"),
    (r"Nothing to do\.", "Not only this release"),
    (r"Nothing to do\.", "confirmed the regression"),
    (r"Nothing to do\.", "no new figures"),
    ("No sign of trouble", "Not only this release"),
    ("please decide", "(confirmed|dismissed) the"),
    ("please decide", "muted it"),
    ("can go on", "confirmed the regression"),
    ("can go on", "final verdict"),
    ("Halt the rollout of 57.0b8", "(confirmed the regression|dismissed the alarm)"),
    ("Halt the rollout of 57.0b8", "final verdict"),
    ("Halt the rollout of 57.0b8", r"on 61\s% of the channel"),
    ("The next look comes|looked at every hour|checked again every hour", "final verdict|no new figures"),
    ("no new figures|Wait for new figures", "57.0b8 – [^\n]*final verdict"),
    (r"^⛔ Kestrel beta 57.0b8 – regressed[^\n]*\d/100", ""),
)


def combinations():
    return itertools.product(State, REVIEWS, ADOPTIONS, SUCCESSORS, AGES, OUTSIDE)


def facts_of(state, review, adoption, successor, age, outside):
    as_of, age_hours = AGES[age]
    shared = {"as_of": as_of, "age_hours": age_hours, "environment_factor": outside}
    is_alarming = state in (State.REGRESSED, State.WATCH)
    cells = (a_regressed_cell(state=state, **shared) if is_alarming else a_cell(state, **shared),)
    release = a_release(state, cells, adoption=adoption, review=REVIEWS[review], score=30.0, **shared)
    others = ()
    if successor is not None:
        newer = {"release_version": "57.0b9", "as_of": NOON if age == "final" else as_of, "age_hours": 2.0}
        cell = a_regressed_cell(**newer) if successor is State.REGRESSED else a_cell(successor, **newer)
        others = (a_release(successor, (cell,), adoption=0.05, **newer),)
    return some_facts(release, *others)


def root_text(facts):
    return blocks_as_text(root_blocks(decide_digest(facts)))


def messages(facts, review):
    """Root, alarm, and the answer below an alarm that was raised before."""
    release = facts.releases[0]
    decision = decide(facts, release)
    yield root_text(facts)
    if next_step(release, None, facts.window_end) is AlertStep.ANNOUNCE:
        yield blocks_as_text(alert_message(facts, decision, ROUTE, NOON).blocks)
    before = a_release(State.REGRESSED, (a_regressed_cell(),))
    if next_step(release, said_of(before, 0), facts.window_end) is AlertStep.WITHDRAW:
        yield blocks_as_text(change_message(facts, decision, ROUTE, said_of(before, 0)).blocks)


def contradictions(text: str) -> list[tuple[str, str]]:
    return [pair for pair in NEVER_TOGETHER if all(re.search(part, text, re.MULTILINE) for part in pair)]


def test_no_message_contradicts_itself():
    found = {case: wrong for case in combinations() for text in messages(facts_of(*case), case[1]) if (wrong := contradictions(text))}
    assert found == {}


@pytest.mark.parametrize("adoption", ADOPTIONS)
@pytest.mark.parametrize("successor", SUCCESSORS)
@pytest.mark.parametrize("age", AGES)
def test_muting_silences_the_alarm_and_keeps_the_advice(adoption, successor, age):
    unreviewed, muted = (facts_of(State.REGRESSED, review, adoption, successor, age, None) for review in ("none", "muted"))
    advice = [line for line in root_text(unreviewed).splitlines() if line not in root_text(muted)]
    assert [line for line in advice if re.match("(Halt|61|57.0b9|The first week)", line)] == []


@pytest.mark.parametrize("adoption", [0.61, 0.97])
def test_what_most_run_already_is_not_told_to_be_halted(adoption):
    root = root_text(facts_of(State.REGRESSED, "none", adoption, None, "live", None))
    assert "Halt" not in root
    assert "already run 57.0b8" in root


def test_a_release_with_a_successor_is_not_told_to_be_halted():
    root = root_text(facts_of(State.REGRESSED, "none", 0.61, State.HEALTHY, "live", None))
    assert "Halt the rollout of 57.0b8" not in root
    assert "57.0b9 is replacing 57.0b8" in root


def test_a_release_that_everybody_runs_is_not_told_to_go_on():
    costs = {"adoption": 1.0, "advice": "go", "usual_crashes_per_day": 1_000.0, "expected_excess": 0.1}
    root = root_text(some_facts(a_release(State.HEALTHY, (a_cell(State.HEALTHY, **costs),), **costs)))
    assert "Nothing to do." in root
    assert "Go:" not in root


def test_a_message_tells_one_share_of_those_who_run_a_release():
    release = a_regressed_release(adoption=0.61, adoption_by_people=0.68, active_clients=41_200, channel_active_clients=60_600)
    root = root_text(some_facts(release)).replace("\xa0", " ")
    assert "68 % already run 57.0b8" in root
    assert "61 %" not in root
