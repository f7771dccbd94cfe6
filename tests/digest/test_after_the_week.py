"""After its first week a release keeps its verdict: no fault is told that is not there, and a regression stays until somebody answers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.declarations.tables import INGEST_AUDIT, LATER_HEALTH, RELEASE_HEALTH, RELEASE_REVIEWS
from jobs.declarations.windows import Mode, Window
from jobs.deployment.settings import from_environment
from jobs.digest.decisions.digest_routing import Routing, parse_routing
from jobs.digest.digest_reading import read_digests
from jobs.digest.messages.message_blocks import blocks_as_text
from jobs.digest.messages.root_message import root_blocks
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.wording.later_words import later_items
from jobs.tables.lake.lake_catalog import identifier
from tests.digest.facts_factory import NOON, State, a_cell, a_regressed_cell, a_release, a_release_worse_later, a_review, some_facts
from tests.digest.running_the_digest import HOUR
from tests.digest.stored_rows import an_audit_row, health_rows, store
from tests.page.page_lake import later_row

pytestmark = pytest.mark.long

RELEASED = NOON - 168 * HOUR
FAULTS = ("no new figures", "score_release_health", "Wait for new figures", "The next look", "Halt the rollout")


def looks(state: State, version: str = "57.0b8", released=RELEASED, ages=(166.0, 167.0, 168.0)):
    """The release's last looks; the look at 168 hours is the last that scoring takes."""
    made = []
    for age in ages:
        shared = {"release_version": version, "as_of": released + age * HOUR, "age_hours": age, "since": released + 20 * HOUR}
        cell = a_regressed_cell(**shared) if state is State.REGRESSED else a_cell(state, **shared)
        made.append(a_release(state, (cell,), score=1.5 if state is State.REGRESSED else 98.0, **shared))
    return made


def roots(catalog, at, expected: str = "") -> dict[str, str]:
    """The root of each channel as of a time, by the code that reads for the digest."""
    store(catalog, INGEST_AUDIT, [an_audit_row(at - HOUR)])
    settings = from_environment()
    routing: Routing = parse_routing(expected, settings.slack_channel, "routing.toml")
    digests = read_digests(settings, catalog, SentLedger(settings.ledger_uri), Window(at - HOUR, at, Mode.PROVISIONAL), "key", routing)
    return {digest.facts.channel: blocks_as_text(root_blocks(digest)) for digest in digests}


DAYS = (0, 1, 2, 13, 23, 60)
"""After the last look of the release's week: days 7 to 67 of its life."""


@pytest.mark.parametrize("state", [State.HEALTHY, State.REGRESSED, State.TOO_EARLY])
def test_the_verdict_stands_and_is_called_final(catalog, state):
    store(catalog, RELEASE_HEALTH, health_rows(*looks(state)))
    for days in DAYS:
        said = roots(catalog, NOON + timedelta(days=days))
        assert list(said) == ["beta"]
        assert "– final verdict" in said["beta"].splitlines()[0]
        assert [fault for fault in FAULTS if fault in said["beta"]] == []


def test_of_a_year_only_days_on_which_a_week_ended_are_opened(catalog):
    store(catalog, RELEASE_HEALTH, health_rows(*looks(State.REGRESSED, ages=(100.0, 168.0))))
    files = catalog.load_table(identifier(RELEASE_HEALTH)).inspect.files().to_pylist()
    first_day, _ = sorted(file["file_path"] for file in files)
    Path(first_day.removeprefix("file://")).unlink()
    assert "– final verdict" in roots(catalog, NOON + timedelta(days=60))["beta"]


def test_a_look_that_is_owed_is_still_missed(catalog):
    store(catalog, RELEASE_HEALTH, health_rows(*looks(State.HEALTHY, ages=(150.0,))))
    said = roots(catalog, RELEASED + 152 * HOUR)["beta"]
    assert said.startswith("✖ Kestrel beta – no new figures since")
    assert "look at score_release_health" in said


def test_a_regression_stays_beside_its_successors_until_somebody_answers(catalog):
    bad, end = looks(State.REGRESSED), NOON + timedelta(days=20)
    good = looks(State.HEALTHY, "57.0b11", released=end - 30 * HOUR, ages=(29.0, 30.0))
    store(catalog, RELEASE_HEALTH, health_rows(*bad, *good))
    said = roots(catalog, end)["beta"]
    assert said.startswith("✔ Kestrel beta 57.0b11 – healthy")
    assert "57.0b8: regressed since" in said
    assert "its week is over and nobody has answered" in said
    store(catalog, RELEASE_REVIEWS, [vars(a_review("confirmed", note=None))])
    assert "57.0b8" not in roots(catalog, end)["beta"]


def test_an_answered_release_keeps_its_channel_and_asks_for_nothing_more(catalog):
    store(catalog, RELEASE_HEALTH, health_rows(*looks(State.REGRESSED)))
    store(catalog, RELEASE_REVIEWS, [vars(a_review("dismissed"))])
    said = roots(catalog, NOON + timedelta(days=20))["beta"]
    assert "regressed (dismissed)" in said.splitlines()[0]
    assert "Answered: jane dismissed the alarm" in said
    assert "Needs attention" not in said


BEFORE_PLATFORMS = replace(
    LATER_HEALTH,
    grain=tuple(name for name in LATER_HEALTH.grain if name != "platform"),
    columns=tuple(column for column in LATER_HEALTH.columns if column.name != "platform"),
)


@pytest.mark.parametrize("table", [LATER_HEALTH, BEFORE_PLATFORMS])
def test_what_got_worse_after_its_week_is_told_from_rows_of_before_platforms_were_watched_too(catalog, table):
    store(catalog, RELEASE_HEALTH, health_rows(*looks(State.HEALTHY)))
    at = NOON + timedelta(days=6)
    row = later_row("57.0b8", "worse", as_of=at, platform="all", worse_since=at - 3 * HOUR)
    store(catalog, table, [{name: row[name] for name in table.column_names}])
    assert "57.0b8, 17 days old: 1.62x the browser crashes of its own days before" in roots(catalog, at)["beta"]


def test_of_two_platforms_the_costliest_is_told():
    looks_at = (
        a_release_worse_later(platform="Darwin", ratio=3.0, delayed_crashes=30.0, expected_crashes=10.0),
        a_release_worse_later(platform="Windows_NT", ratio=1.5, delayed_crashes=300.0, expected_crashes=200.0),
    )
    (item,) = later_items(some_facts(worse_later=looks_at))
    assert "1.50x the browser crashes on Windows of its own days before" in item
    assert "macOS" not in item
