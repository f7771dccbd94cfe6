"""What other programs are told of a rollout: every release of the look, and nothing where nothing was scored."""

import json

import pytest
from click.testing import CliRunner

from jobs import decide_rollout
from jobs.declarations.states import State
from jobs.declarations.tables import RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from tests.digest.facts_factory import NOON, a_release
from tests.digest.stored_rows import health_rows, store
from tests.scoring.small_channel import empty_lake

GO = {"advice": "go", "advice_reason": "going_is_cheaper", "going_loss": 0.1, "waiting_loss": 0.45}


@pytest.fixture
def decide(tmp_path, monkeypatch):
    catalog = empty_lake(tmp_path)
    healthy = a_release(as_of=NOON, **GO)
    before_advice = a_release(State.WATCH, as_of=NOON, release_version="57.0b7", age_hours=100.0)
    earlier = a_release(as_of=NOON - HOUR, **(GO | {"advice": "hold", "advice_reason": "waiting_is_cheaper"}))
    store(catalog, RELEASE_HEALTH, health_rows(healthy, before_advice, earlier))
    monkeypatch.setattr(decide_rollout, "open_catalog", lambda: catalog)
    return lambda as_of: CliRunner().invoke(decide_rollout.main, ["--as-of", as_of.isoformat()])


def test_the_last_line_is_the_advice_of_that_look_as_json(decide):
    result = decide(NOON)
    assert result.exit_code == 0, result.output
    told = json.loads(result.output.splitlines()[-1])
    assert told["as_of"] == "2026-11-22T12:00:00Z"
    assert [(release["release_version"], release["advice"]) for release in told["releases"]] == [("57.0b8", "go"), ("57.0b7", "hold")]
    assert told["releases"][0]["waiting_loss"] == 0.45


def test_the_lines_before_are_for_people(decide):
    lines = decide(NOON).output.splitlines()
    assert lines[-3] == "beta 57.0b8, 9 h old, healthy: go, waiting would save less than the delay costs"
    assert lines[-2] == "beta 57.0b7, 4 days old, watch: hold, nothing is advised of looks of before there was advice"


def test_an_earlier_look_is_told_as_it_was(decide):
    assert json.loads(decide(NOON - HOUR).output.splitlines()[-1])["releases"][0]["advice"] == "hold"


def test_where_nothing_was_scored_nothing_is_advised(decide):
    result = decide(NOON + HOUR)
    assert result.exit_code == 0
    assert "release_health has no look at 2026-11-22T13:00Z: nothing is advised" in result.output
    assert json.loads(result.output.splitlines()[-1])["releases"] == []
