"""The entry point: from rows in the lake to the message in Slack, and what it says when there is nothing to say."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs.declarations.tables import BUILD_HEALTH, DATA_QUALITY, INGEST_AUDIT, RELEASE_HEALTH
from jobs.deployment.settings import ROOT
from local.slack_stand_in.block_rules import check_blocks
from local.slack_stand_in.stand_in_app import ALL_SCOPES, DEFAULT_TOKEN
from tests.digest.facts_factory import NOON, State, a_regressed_cell, a_release, an_older_release, some_builds
from tests.digest.running_the_digest import HOUR, last_line, run
from tests.digest.stored_rows import a_quality_row, an_audit_row, health_rows, store
from tests.running_stand_in import CHANNEL


def close_hour(tmp_path: Path, hour: datetime) -> None:
    folder = tmp_path / "landing" / f"submission_date={hour:%Y-%m-%d}" / f"submission_hour={hour:%H}"
    folder.mkdir(parents=True)
    (folder / "_SUCCESS").touch()


def regressed(as_of: datetime):
    return a_release(State.REGRESSED, (a_regressed_cell(as_of=as_of),), as_of=as_of, score=1.5)


def test_a_look_becomes_a_message_and_the_next_look_edits_it(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR), an_audit_row(NOON)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), an_older_release(as_of=NOON)))
    first = run(NOON)
    assert last_line(first) == "#release-health: beta posted"
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), regressed(NOON + HOUR), an_older_release(as_of=NOON + HOUR)))
    assert last_line(run(NOON + HOUR)) == "#release-health: beta updated, 57.0b8 alarm posted"
    root = slack.messages[0]
    assert root.text.startswith("⛔ Kestrel beta 57.0b8 – regressed since 22 Nov 09:00 UTC")
    assert root.edits == 1


def test_a_mondays_message_says_what_the_years_verdicts_were_worth(catalog, slack):
    monday = NOON + 24 * HOUR
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR), an_audit_row(monday - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), a_release(as_of=monday)))
    run(NOON)
    run(monday)
    sunday_text, monday_text = (message.text for message in slack.messages if message.text.startswith("✔"))
    assert "In the last year none of 1 release alarmed." in monday_text
    assert "In the last year" not in sunday_text


def test_the_build_with_which_it_began_is_told_of_the_look_that_is_shown(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(regressed(NOON)))
    amounts = dict.fromkeys(("observed_crashes", "usage_hours", "delayed_crashes", "expected_crashes", "p_first_bad", "p_change"), 1.0)
    told = amounts | {"platform": "all", "measure": "main_crashes_capped", "audit_sequence": 1}
    an_hour_before = [replace(build, as_of=NOON - HOUR) for build in some_builds(1)]
    store(catalog, BUILD_HEALTH, [told | vars(build) for build in (*some_builds(3), *an_hour_before)])
    assert last_line(run(NOON)) == "#release-health: beta posted, 57.0b8 alarm posted"
    root, alarm = slack.messages[:2]
    assert "It began with build 20261121213012; 20261121093012 was still good." in root.text
    assert "It began with build 20261121213012" in alarm.text
    assert "https://code.example.com/kestrel-beta/changes?since=2026-11-21" in json.dumps(root.blocks)


def test_the_hour_before_midnight_belongs_to_its_day(catalog, slack):
    midnight = NOON + 12 * HOUR
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR), an_audit_row(midnight - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), a_release(as_of=midnight)))
    run(NOON)
    assert last_line(run(midnight)) == "#release-health: beta updated"
    assert "complete to 24:00 UTC" in slack.messages[0].text


def test_a_gate_that_failed_is_told_with_the_last_verdict(catalog, slack, tmp_path):
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON - HOUR)))
    store(catalog, DATA_QUALITY, [a_quality_row(checked_at=NOON, window_start=NOON - HOUR, window_end=NOON)])
    close_hour(tmp_path, NOON - HOUR)
    assert run(NOON).exit_code == 0
    text = slack.messages[0].text
    assert text.startswith("✖ Kestrel beta – no new figures since 11:00 UTC")
    assert "failed the quality gate (error_aggregates: main_crashes is at least 0, observed -3 in 2 rows)" in text
    assert "Last verdict, 11:00 UTC: ✔ Kestrel beta 57.0b8 – healthy" in text


def test_a_later_attempt_that_passed_makes_up_for_a_failed_one(catalog, slack):
    times = {"window_start": NOON - HOUR, "window_end": NOON}
    failed = a_quality_row(checked_at=NOON, attempt="1", **times)
    passed = a_quality_row(checked_at=NOON + timedelta(minutes=9), attempt="2", outcome="pass", **times)
    store(catalog, DATA_QUALITY, [failed, passed])
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    run(NOON)
    assert slack.messages[0].text.startswith("✔ Kestrel beta 57.0b8 – healthy")


def test_an_hour_that_never_closed_and_one_that_was_not_finished_are_told_apart(catalog, slack, tmp_path):
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON - HOUR)))
    run(NOON)
    assert "the landing zone cannot be listed" in slack.messages[0].text
    close_hour(tmp_path, NOON - 2 * HOUR)
    run(NOON)
    assert "the edge never closed the hour" in slack.messages[0].text
    close_hour(tmp_path, NOON - HOUR)
    run(NOON)
    assert "the run did not finish" in slack.messages[0].text


def test_without_any_table_it_still_speaks(catalog, slack):
    assert last_line(run(NOON)) == "#release-health: all posted"
    assert slack.messages[0].text.startswith("✖ Kestrel – no figures yet")


def test_simulated_data_is_called_so(catalog, slack, monkeypatch):
    monkeypatch.setenv("DATA_LABEL", "simulated data")
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    run(NOON)
    assert slack.messages[0].text.endswith("Simulated data.")


def test_only_today_and_yesterday_get_a_new_message(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    long_after = run(NOON, "--now", (NOON + 48 * HOUR).isoformat())
    assert last_line(long_after) == "#release-health: beta not created: too long ago"
    assert slack.messages == []


WITHOUT_SPARK = """
import sys
sys.modules["pyspark"] = sys.modules["py4j"] = None  # importing them fails
from jobs.post_health_digest import main
main()
"""


def run_without_spark(*more: str) -> str:
    """The entry point as a process of its own, in which Spark cannot be imported and no JVM be found."""
    window = ["--start", (NOON - HOUR).isoformat(), "--end", NOON.isoformat(), "--mode", "provisional", "--run-key", "key"]
    command = [sys.executable, "-c", WITHOUT_SPARK, *window, "--now", NOON.isoformat(), *more]
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | {"PATH": "/nonexistent"}
    return subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True, text=True).stdout


def a_look_with_its_past(as_of: datetime):
    """A regressed release at its last three looks, so that there is something to draw."""
    return [replace_hours(regressed(as_of), hours) for hours in (2, 1, 0)]


def replace_hours(release, before: int):
    at, age = release.verdict.as_of - before * HOUR, release.verdict.age_hours - before
    cells = tuple(replace(cell, as_of=at, age_hours=age) for cell in release.cells)
    return replace(release, verdict=replace(release.verdict, as_of=at, age_hours=age), cells=cells)


def test_a_preview_prints_the_digest_and_writes_it_for_the_block_kit_builder_without_sending(catalog, slack, tmp_path):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(*a_look_with_its_past(NOON), an_older_release(as_of=NOON)))
    folder = tmp_path / "preview"
    printed = run_without_spark("--preview", str(folder))
    headline = "⛔ Kestrel beta 57.0b8 – regressed since 22 Nov 09:00 UTC (6 h after release)"
    assert printed.startswith(f"{headline}\n57.0b8 crashes 1.52 times as often as it should")
    assert printed.endswith(f"6 messages for Slack's Block Kit Builder in {folder}; nothing was sent\n")
    files = sorted(path.name for path in folder.iterdir())
    messages = [f"beta-{n}-{name}.json" for n, name in enumerate(("root", "answer", "releases", "platforms", "data", "pictures"))]
    assert files == [*messages, "beta-rate.png", "beta-ratio.png", "beta-scores.png"]
    for name in messages:
        document = json.loads((folder / name).read_text())
        assert (list(document), check_blocks(document["blocks"])) == (["blocks"], [])
    assert (slack.messages, slack.stand_in.calls) == ([], [])


def test_a_preview_of_a_backfills_summary_is_not_sent_either(catalog, slack, tmp_path):
    preview = run(NOON, "--summary", "--preview", str(tmp_path / "preview"))
    assert last_line(preview) == f"1 message for Slack's Block Kit Builder in {tmp_path / 'preview'}; nothing was sent"
    assert "No verdict that was shown has changed." in preview.output
    assert (slack.messages, slack.stand_in.calls) == ([], [])


def archive_the_channel(slack, monkeypatch):
    slack.stand_in.store.put_channel(replace(CHANNEL, is_archived=True))


def take_a_scope_away(slack, monkeypatch):
    slack.stand_in.scopes_by_token[DEFAULT_TOKEN] = ALL_SCOPES - {"chat:write"}


def set_another_token(slack, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-another-workspace")


def set_no_token(slack, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")


def close_the_edit_window(slack, monkeypatch):
    assert run(NOON).exit_code == 0
    slack.fails("chat.update", "error", error="edit_window_closed")
    return 1  # the alarm does not wait for the root


def stop_the_ledger(slack, monkeypatch):
    monkeypatch.setenv("LEDGER_URI", "postgresql+psycopg2://me:secret@127.0.0.1:1/ledger")


@pytest.mark.parametrize(
    ("trouble", "fix"),
    [
        (
            archive_the_channel,
            "is_archived. The channel is archived: unarchive it, or name another in SLACK_CHANNEL or digest_routing.toml.",
        ),
        (take_a_scope_away, "missing_scope (needs chat:write, has channels:history,channels:read,files:write). Give the app the scopes of"),
        (set_another_token, "invalid_auth. SLACK_BOT_TOKEN is not valid for this workspace: copy the bot token from the app's page"),
        (set_no_token, "SLACK_BOT_TOKEN is not set; set it to the app's bot token, or use --preview"),
        (stop_the_ledger, "the ledger postgresql+psycopg2://me:***@127.0.0.1:1/ledger cannot be used ("),
        (
            close_the_edit_window,
            "edit_window_closed. The workspace lets messages be edited for a limited time: an admin can lift it for apps",
        ),
    ],
)
def test_a_refusal_ends_the_task_with_what_to_change(catalog, slack, monkeypatch, trouble, fix):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR), an_audit_row(NOON)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), regressed(NOON + HOUR)))
    alarms = trouble(slack, monkeypatch) or 0
    before = len(slack.messages)
    result = run(NOON + HOUR)
    assert (result.exit_code, len(slack.messages)) == (1, before + alarms)
    assert f"Error: {fix}" in re.sub(r"Slack refused [\w.]+: ", "", result.output)


def test_it_needs_no_spark(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(regressed(NOON), an_older_release(as_of=NOON)))
    run_without_spark()
    assert len(slack.messages) >= 1
