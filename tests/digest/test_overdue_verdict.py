"""The operators are told of an overdue verdict once, with why and what to do, and once that it is over; by the entry point, in Slack's stand-in."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import DATA_QUALITY, INGEST_AUDIT
from jobs.declarations.windows import HOUR
from jobs.deployment.settings import from_environment
from jobs.digest.slack.overdue_posting import VerdictWatch
from jobs.digest.slack.sent_ledger import Claim, SentLedger
from jobs.pings.landing_zone import hour_folder
from jobs.post_health_digest import connect
from jobs.post_overdue_alert import main
from jobs.tables.commits.publishing import publish_health
from jobs.tables.staged.staging_manifest import Looks
from local.slack_stand_in.message_store import Channel, Message
from tests.digest.facts_factory import NOON
from tests.digest.running_the_digest import last_line
from tests.digest.stored_rows import a_quality_row, an_audit_row, store
from tests.running_stand_in import RunningStandIn
from tests.tables.staged_runs import stage_looks

OPERATORS = Channel("C0OPERATOR", "operators")
DUE = NOON + 4 * HOUR


@pytest.fixture
def told(catalog: Catalog, slack: RunningStandIn, tmp_path: Path) -> "Told":
    slack.stand_in.store.put_channel(OPERATORS)
    (tmp_path / "routing.toml").write_text('operators = "operators"')
    return Told(catalog, slack, tmp_path)


class Told:
    """A deployment whose newest look is of noon, until `publish` says otherwise."""

    def __init__(self, catalog: Catalog, slack: RunningStandIn, folder: Path) -> None:
        self.catalog, self.slack, self.folder = catalog, slack, folder
        self.publish(NOON)
        self.close(NOON - HOUR)

    def publish(self, until: datetime, rows_a_look: int = 2) -> None:
        publish_health(self.catalog, stage_looks(str(self.folder / "staging"), Looks(until - HOUR, until, 5), 1, rows_a_look=rows_a_look))

    def close(self, hour_start: datetime) -> None:
        folder = self.folder / "landing" / hour_folder(hour_start)
        folder.mkdir(parents=True)
        (folder / "_SUCCESS").touch()

    @property
    def messages(self) -> list[Message]:
        """Everything that the operators' channel and its threads have."""
        return self.slack.stand_in.store.messages(OPERATORS)


def watch(now: datetime) -> Result:
    return CliRunner().invoke(main, ["--now", now.isoformat()])


def outcome(now: datetime) -> str:
    """What the watch did then."""
    return last_line(watch(now)).partition("; ")[2]


def test_a_verdict_in_time_is_not_told_of(told: Told) -> None:
    assert outcome(DUE - HOUR) == "in time"
    assert told.messages == []


def test_an_overdue_verdict_is_told_once_and_its_end_once(told: Told) -> None:
    assert [outcome(DUE), outcome(DUE + HOUR), outcome(DUE + 9 * HOUR)] == ["overdue: posted", "overdue: unchanged", "overdue: unchanged"]
    told.publish(NOON + HOUR)  # a crawl is not the end
    assert outcome(DUE + 9 * HOUR) == "overdue: unchanged"
    told.publish(DUE + 9 * HOUR)
    assert [outcome(DUE + 10 * HOUR), outcome(DUE + 11 * HOUR)] == ["in time again: posted", "in time"]
    alert, over = told.messages
    assert alert.text.startswith("✖ Kestrel: no new verdict for 4 h. The newest is of 22 Nov 12:00 UTC.")
    assert over.text.startswith(
        "✔ Kestrel: there are verdicts again, the newest of 23 Nov 01:00 UTC. There was none after 22 Nov 12:00 UTC."
    )
    assert (over.thread_ts, over.is_broadcast) == (alert.ts, True)


def test_the_next_overdue_verdict_is_told_anew(told: Told) -> None:
    outcome(DUE)
    told.publish(NOON + 5 * HOUR)
    outcome(NOON + 5 * HOUR)
    assert outcome(NOON + 9 * HOUR) == "overdue: posted"
    assert len(told.messages) == 3


def test_watches_that_look_at_once_tell_it_once(told: Told) -> None:
    with ThreadPoolExecutor(4) as watches:
        outcomes = list(watches.map(lambda _: _quietly_told(told), range(4)))
    assert sorted(outcomes) == ["overdue: posted", *["overdue: unchanged"] * 3]
    assert len(told.messages) == 1


def test_a_watch_that_died_before_slack_answered_tells_it_once_all_the_same(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(Claim, "note", lambda claim, **written: _die() if "ts" in written else _note(claim, **written))
        assert watch(DUE).exit_code == 9
    told.publish(NOON + HOUR)
    assert outcome(DUE + 2 * HOUR).startswith("overdue: ")
    assert len(told.messages) == 1


def test_a_look_without_a_release_is_a_verdict_too(told: Told) -> None:
    told.publish(DUE, rows_a_look=0)
    assert outcome(DUE) == "in time"


def test_scoring_the_past_again_takes_no_verdict_back(told: Told) -> None:
    told.publish(NOON - 5 * HOUR)
    assert [outcome(DUE - HOUR), outcome(DUE)] == ["in time", "overdue: posted"]


def test_a_watch_that_died_after_it_told_the_end_does_not_swallow_the_next(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome(DUE)
    told.publish(DUE)
    with monkeypatch.context() as dying:
        dying.setattr(
            Claim,
            "note",
            lambda claim, **written: _die() if "notes" in written and written["notes"].get("since", 1) is None else _note(claim, **written),
        )
        assert watch(DUE).exit_code == 9
    assert outcome(DUE + 4 * HOUR) == "overdue: posted"
    assert [each.text[:1] for each in told.messages] == ["✖", "✔", "✖"]


def test_an_end_is_told_also_where_the_alert_never_came_through(told: Told) -> None:
    told.slack.fails("chat.postMessage", "error", error="restricted_action", times=20)
    assert watch(DUE).exit_code == 1
    told.slack.stand_in.faults.clear()
    told.publish(DUE)
    assert outcome(DUE) == "in time again: posted"
    [over] = told.messages
    assert over.thread_ts is None


def test_how_long_is_too_long_is_a_setting(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERDICT_OVERDUE_HOURS", "12")
    assert outcome(NOON + 11 * HOUR) == "in time"
    assert outcome(NOON + 12 * HOUR) == "overdue: posted"


def test_before_the_first_look_nothing_is_overdue(catalog: Catalog) -> None:
    assert last_line(watch(DUE)) == "no look was ever published; nothing is overdue"


def test_an_hour_that_the_edge_has_not_closed(told: Told) -> None:
    assert "The ingestion edge has not closed the next hour. Look at the edge." in said(told)


def test_an_hour_that_is_closed_and_was_not_published(told: Told) -> None:
    told.close(NOON)
    assert "The next hour is closed, and no run has published it. Open the hourly DAG in Airflow: it is paused," in said(told)


def test_a_landing_zone_that_cannot_be_read(told: Told) -> None:
    shutil.rmtree(told.folder / "landing")
    assert "The landing zone cannot be listed, or nothing lies in it. Bring it back" in said(told)


def test_an_hour_whose_gate_failed(told: Told) -> None:
    window = {"window_start": NOON, "window_end": NOON + HOUR}
    store(told.catalog, DATA_QUALITY, [a_quality_row(checked_at=NOON + 2 * HOUR, **window)])
    assert "failed its quality gate. (error_aggregates: main_crashes is at least 0.) Nothing of it is published" in said(told)


def test_a_gate_that_passed_in_the_end_is_not_to_blame(told: Told) -> None:
    window = {"window_start": NOON, "window_end": NOON + HOUR}
    failed, passed = NOON + 2 * HOUR, NOON + 3 * HOUR
    rows = [a_quality_row(checked_at=failed, **window), a_quality_row(checked_at=passed, attempt="2", outcome="pass", **window)]
    store(told.catalog, DATA_QUALITY, rows)
    assert "The ingestion edge has not closed the next hour" in said(told)


def test_figures_that_are_published_and_not_scored(told: Told) -> None:
    store(told.catalog, INGEST_AUDIT, [an_audit_row(NOON)])
    assert "The hour's figures are published; its scores are not." in said(told)


def test_links_lead_where_the_settings_say(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_URL", "https://airflow.example")
    monkeypatch.setenv("RUNBOOK_URL", "https://example.org/runbook")
    outcome(DUE)
    assert {"https://airflow.example", "https://example.org/runbook"} <= set(
        re.findall(r'"url": "([^"]+)"', json.dumps(told.messages[0].blocks))
    )


def said(told: Told) -> str:
    """The alert as it is read."""
    assert outcome(DUE) == "overdue: posted"
    return " ".join(told.messages[-1].text.split())


_note = Claim.note


def _die() -> None:
    raise SystemExit(9)


def _quietly_told(told: Told) -> str:
    """As the entry point does, without its hold on the process's output."""
    settings = from_environment()
    watch = VerdictWatch(settings, told.catalog, connect(settings), SentLedger(settings.ledger_uri), {})
    return watch.tell("operators", NOON, DUE)
