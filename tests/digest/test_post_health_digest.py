"""The entry point: from rows in the lake to the message in Slack, and what it says when there is nothing to say."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyiceberg.catalog import Catalog

from jobs.post_health_digest import main
from jobs.table_declarations import DATA_QUALITY, INGEST_AUDIT, RELEASE_HEALTH
from jobs.tables.lake_catalog import open_catalog
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import NOON, State, a_regressed_cell, a_release, an_older_release
from tests.digest.stored_rows import a_quality_row, an_audit_row, health_rows, lake_environment, store
from tests.running_stand_in import RunningStandIn, running_stand_in

HOUR = timedelta(hours=1)


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[RunningStandIn]:
    with running_stand_in(tmp_path / "slack") as running:
        yield running


@pytest.fixture
def catalog(tmp_path: Path, slack: RunningStandIn, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """An empty lake, landing zone and ledger, and Slack's stand-in, by the environment."""
    (tmp_path / "landing").mkdir()
    settings = {
        "LANDING": str(tmp_path / "landing"),
        "LEDGER_URI": f"sqlite:///{tmp_path / 'ledger.db'}",
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": DEFAULT_TOKEN,
        "DIGEST_ROUTING": str(tmp_path / "none.toml"),
    }
    for name, value in (lake_environment(tmp_path) | settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATA_LABEL", raising=False)
    return open_catalog()


def run(end: datetime, *more: str, start: datetime | None = None, mode: str = "provisional") -> Result:
    window = ["--start", (start or end - HOUR).isoformat(), "--end", end.isoformat(), "--mode", mode, "--run-key", "key"]
    return CliRunner().invoke(main, [*window, "--now", end.isoformat(), *more])


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
    assert (first.exit_code, first.output.splitlines()[-1]) == (0, "#release-health: beta posted")
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), regressed(NOON + HOUR), an_older_release(as_of=NOON + HOUR)))
    assert run(NOON + HOUR).output.splitlines()[-1] == "#release-health: beta updated, 57.0b8 alarm posted"
    root = slack.messages[0]
    assert root.text.startswith("⛔ Firefox beta 57.0b8 – regressed – 2/100 after 9 h")
    assert root.edits == 1


def test_the_hour_before_midnight_belongs_to_its_day(catalog, slack):
    midnight = NOON + 12 * HOUR
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR), an_audit_row(midnight - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON), a_release(as_of=midnight)))
    run(NOON)
    assert run(midnight).output.splitlines()[-1] == "#release-health: beta updated"
    assert "complete to 24:00 UTC" in slack.messages[0].text


def test_a_gate_that_failed_is_told_with_the_last_verdict(catalog, slack, tmp_path):
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON - HOUR)))
    store(catalog, DATA_QUALITY, [a_quality_row(checked_at=NOON, window_start=NOON - HOUR, window_end=NOON)])
    close_hour(tmp_path, NOON - HOUR)
    assert run(NOON).exit_code == 0
    text = slack.messages[0].text
    assert text.startswith("✖ Firefox beta – no new figures since 11:00 UTC")
    assert "failed the quality gate (error_aggregates: main_crashes is at least 0, observed -3 in 2 rows)" in text
    assert "Last verdict, 11:00 UTC: ✔ Firefox beta 57.0b8 – healthy" in text


def test_a_later_attempt_that_passed_makes_up_for_a_failed_one(catalog, slack):
    times = {"window_start": NOON - HOUR, "window_end": NOON}
    failed = a_quality_row(checked_at=NOON, attempt="1", **times)
    passed = a_quality_row(checked_at=NOON + timedelta(minutes=9), attempt="2", outcome="pass", **times)
    store(catalog, DATA_QUALITY, [failed, passed])
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    run(NOON)
    assert slack.messages[0].text.startswith("✔ Firefox beta 57.0b8 – healthy")


def test_an_hour_that_never_closed_and_one_that_was_not_finished_are_told_apart(catalog, slack, tmp_path):
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON - HOUR)))
    run(NOON)
    assert "the edge never closed the hour" in slack.messages[0].text
    close_hour(tmp_path, NOON - HOUR)
    run(NOON)
    assert "the run did not finish" in slack.messages[0].text


def test_without_any_table_it_still_speaks(catalog, slack):
    assert run(NOON).output.splitlines()[-1] == "#release-health: all posted"
    assert slack.messages[0].text.startswith("✖ Firefox – no figures yet")


def test_simulated_data_is_called_so(catalog, slack, monkeypatch):
    monkeypatch.setenv("DATA_LABEL", "simulated data")
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    run(NOON)
    assert slack.messages[0].text.endswith("Simulated data")


def test_only_today_and_yesterday_get_a_new_message(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    long_after = run(NOON, "--now", (NOON + 48 * HOUR).isoformat())
    assert long_after.output.splitlines()[-1] == "#release-health: beta not created: too long ago"
    assert slack.messages == []


def test_a_preview_sends_nothing(catalog, slack, tmp_path):
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    assert "57.0b8" in run(NOON, "--preview", str(tmp_path / "preview")).output
    assert slack.messages == []


def test_a_refusal_ends_the_task_with_what_to_change(catalog, slack):
    slack.fails("chat.postMessage", "error", error="is_archived")
    result = run(NOON)
    assert result.exit_code == 1
    assert "unarchive it" in result.output


def test_it_takes_under_five_seconds_without_a_jvm(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(regressed(NOON), an_older_release(as_of=NOON)))
    window = ["--start", (NOON - HOUR).isoformat(), "--end", NOON.isoformat(), "--mode", "provisional", "--run-key", "key"]
    program = "import sys; from jobs.post_health_digest import main; main(standalone_mode=False); assert 'pyspark' not in sys.modules"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program, *window, "--now", NOON.isoformat()], check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Seconds of processor time: a machine that is busy with other tests takes longer by the clock.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert len(slack.messages) >= 1
