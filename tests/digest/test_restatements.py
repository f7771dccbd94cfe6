"""Settling and backfills tell which of the figures that people saw have changed, and nothing else."""

from datetime import timedelta

import pytest

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH
from jobs.digest.messages.restated_figures import restatements
from local.slack_stand_in.message_store import Channel
from tests.digest.facts_factory import NOON, State, a_regressed_cell, a_release, a_verdict
from tests.digest.running_the_digest import HOUR, last_line, run
from tests.digest.stored_rows import an_audit_row, health_rows, store

pytestmark = pytest.mark.long

MIDNIGHT = NOON + 12 * HOUR
DAY_START = NOON - 12 * HOUR


def shown(state: State = State.WATCH, score: float | None = 41.0) -> dict:
    return {"channel": "beta", "release_version": "57.0b8", "as_of": NOON.isoformat(), "state": state.value, "score": score}


def test_a_state_or_a_score_that_moved_is_a_restatement_and_a_hair_is_none():
    assert restatements([shown()], [a_verdict(State.HEALTHY, score=97.0)])[0].state_before is State.WATCH
    assert restatements([shown(score=60.0)], [a_verdict(State.WATCH, score=54.0)])[0].score_now == 54.0
    assert restatements([shown(score=60.0)], [a_verdict(State.WATCH, score=57.0)]) == ()
    assert restatements([shown()], [a_verdict(State.HEALTHY, as_of=NOON + HOUR)]) == ()


def watched(as_of):
    return a_release(State.WATCH, (a_regressed_cell(state=State.WATCH, as_of=as_of, p_unacceptable=0.7),), as_of=as_of, score=41.0)


def test_settling_says_what_it_restates_and_says_so_again_when_run_again(catalog, slack):
    hours = [an_audit_row(DAY_START + n * HOUR) for n in range(24)]
    store(catalog, INGEST_AUDIT, hours)
    store(catalog, RELEASE_HEALTH, health_rows(watched(MIDNIGHT)))
    run(MIDNIGHT)
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=MIDNIGHT)))
    store(catalog, INGEST_AUDIT, [hour | {"mode": "settled"} for hour in hours])
    settle = {"start": DAY_START, "mode": "settled"}
    assert last_line(run(MIDNIGHT, **settle)) == "#release-health: beta updated"
    root = slack.messages[0]
    assert "Restated: 57.0b8 at 23 Nov 00:00 UTC: was watch 41, is now healthy 99" in root.text
    assert "Settled figures · complete to 24:00 UTC" in root.text
    assert last_line(run(MIDNIGHT, **settle)) == "#release-health: beta unchanged"


def test_a_settled_day_alarms_only_if_no_later_look_knows_better(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(DAY_START + n * HOUR) for n in range(24)])
    at_midnight = a_release(State.REGRESSED, (a_regressed_cell(as_of=MIDNIGHT),), as_of=MIDNIGHT, score=1.5)
    store(catalog, RELEASE_HEALTH, health_rows(at_midnight, a_release(as_of=MIDNIGHT + HOUR)))
    settle = {"start": DAY_START, "mode": "settled"}
    assert last_line(run(MIDNIGHT, **settle)) == "#release-health: beta posted"
    store(catalog, RELEASE_HEALTH, health_rows(at_midnight))
    assert last_line(run(MIDNIGHT, **settle)) == "#release-health: beta unchanged, 57.0b8 alarm posted"


def test_a_backfill_is_told_where_the_routing_file_says(catalog, slack, tmp_path):
    elsewhere = Channel("C0PIPELINE", "pipelines")
    slack.stand_in.store.put_channel(elsewhere)
    (tmp_path / "routing.toml").write_text('[default]\nslack_channel = "#pipelines"')
    assert last_line(run(NOON, "--summary")) == "#pipelines: summary posted"
    assert (len(slack.stand_in.store.messages(elsewhere)), slack.messages) == (1, [])


def test_what_a_channel_in_shadow_has_shown_stays_out_of_the_summary_for_all(catalog, slack, tmp_path):
    slack.stand_in.store.put_channel(Channel("C0OPERATOR", "operators"))
    (tmp_path / "routing.toml").write_text('operators = "operators"\n[channels.beta]\nshadow = true')
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(watched(NOON)))
    run(NOON)
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    assert last_line(run(NOON, "--summary", start=NOON - timedelta(days=9))) == "#release-health: summary posted"
    assert slack.messages[-1].text.endswith("No verdict that was shown has changed.")


def test_an_alarm_first_reached_in_a_backfill_is_told_by_the_next_digest_and_not_by_the_summary(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON - HOUR)))
    run(NOON - HOUR)
    store(catalog, RELEASE_HEALTH, health_rows(a_release(State.REGRESSED, (a_regressed_cell(),), as_of=NOON, score=1.5)))
    run(NOON, "--summary", start=NOON - timedelta(days=9))
    assert not any("has regressed" in message.text for message in slack.messages)
    assert last_line(run(NOON)) == "#release-health: beta updated, 57.0b8 alarm posted"


def test_a_backfill_posts_one_summary_of_what_was_shown_and_has_changed(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(watched(NOON)))
    run(NOON)
    before = len(slack.messages)
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), a_release(as_of=NOON - HOUR)))
    backfill = {"start": NOON - timedelta(days=9), "mode": "provisional"}
    assert last_line(run(NOON, "--summary", **backfill)) == "#release-health: summary posted"
    summary = slack.messages[-1]
    assert summary.text.startswith("Backfill of 13 Nov 12:00 UTC to 22 Nov 12:00 UTC is done. 1 verdict that had been shown has changed:")
    assert "Kestrel beta 57.0b8 at 22 Nov 12:00 UTC: was watch 41, is now healthy 99" in summary.text
    assert last_line(run(NOON, "--summary", **backfill)) == "#release-health: summary unchanged"
    assert len(slack.messages) == before + 1
    other_run = run(NOON, "--summary", "--run-key", "another", **backfill)
    assert last_line(other_run) == "#release-health: summary posted"
    assert slack.messages[-1].text.endswith("No verdict that was shown has changed.")
