"""A digest is decided once: its order, and of each release the cell that root, alarm, thread and pictures tell of."""

import pytest

from jobs.declarations.states import State
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.facts import digest_facts
from jobs.digest.messages.alert_messages import alert_message
from jobs.digest.messages.channel_messages import pictures_message, root_message, thread_messages
from tests.digest.facts_factory import NOON, a_regressed_cell, a_release, an_older_release, some_facts


def test_the_headline_comes_first_then_the_worst_then_the_newest():
    releases = [
        an_older_release(State.HEALTHY, "57.0b5", age_hours=167.0),
        an_older_release(State.HEALTHY, "57.0b6", age_hours=100.0),
        an_older_release(State.WATCH, "57.0b7"),
        a_release(State.HEALTHY),
    ]
    digest = decide_digest(some_facts(*releases))
    assert [decision.release.version for decision in digest.releases] == ["57.0b8", "57.0b7", "57.0b6", "57.0b5"]
    assert digest.headline is digest.releases[0]
    assert decide_digest(some_facts()).headline is None


def test_the_cell_that_is_told_of_is_chosen_once_for_each_release(monkeypatch: pytest.MonkeyPatch):
    chosen = []
    choose = digest_facts.deciding_cell
    monkeypatch.setattr(digest_facts, "deciding_cell", lambda state, cells: chosen.append(state) or choose(state, cells))
    bad = a_release(State.REGRESSED, (a_regressed_cell(),))
    digest = decide_digest(some_facts(bad, an_older_release()))
    for write in (root_message, thread_messages):
        write(digest, "release-health", NOON)
    pictures_message(digest, "release-health", NOON, ())
    alert_message(digest.facts, digest.releases[0], Route("release-health"), NOON)
    assert sorted(chosen) == [State.HEALTHY, State.REGRESSED]
