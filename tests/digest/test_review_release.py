"""People answer back: what they say of a release is kept, and the digest tells who said it."""

from datetime import datetime

from click.testing import CliRunner

from jobs import review_release
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH
from jobs.digest.facts.stored_facts import read_reviews
from jobs.review_release import main
from tests.digest.facts_factory import NOON, State, a_regressed_cell, a_release
from tests.digest.running_the_digest import HOUR, last_line, run
from tests.digest.stored_rows import an_audit_row, health_rows, store


def review(*options: str, version: str = "57.0b8"):
    return CliRunner().invoke(main, ["--channel", "beta", "--version", version, "--by", "jane", *options])


def regressed(as_of: datetime = NOON):
    return a_release(State.REGRESSED, (a_regressed_cell(as_of=as_of),), as_of=as_of, score=1.5)


def latest(catalog):
    last = max(read_reviews(catalog), key=lambda each: each.reviewed_at)
    return last.verdict, last.muted_until, last.note


def test_a_dismissed_release_raises_no_alarm_and_the_digest_says_who_said_so(catalog, slack):
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(regressed()))
    said = review("--dismiss", "--note", "A driver update, not us.")
    assert last_line(said) == "beta 57.0b8: dismissed, by jane; the next scoring and the next digest know"
    assert last_line(run(NOON)) == "#release-health: beta posted"
    assert "Answered: jane dismissed the alarm on " in slack.messages[0].text
    assert "“A driver update, not us.”" in slack.messages[0].text


def test_what_is_left_open_is_kept_from_before_and_reopening_forgets_it(catalog):
    store(catalog, RELEASE_HEALTH, health_rows(regressed()))
    review("--confirm", "--note", "Crash in the new compositor.")
    review("--mute-until", "2026-11-23T08:00Z")
    assert latest(catalog) == ("confirmed", datetime.fromisoformat("2026-11-23T08:00:00+00:00"), None)
    review("--reopen")
    assert latest(catalog) == ("open", None, None)


def test_of_two_people_who_answer_at_once_the_later_keeps_what_the_other_said(catalog, monkeypatch):
    store(catalog, RELEASE_HEALTH, health_rows(regressed()))
    review("--reopen")  # makes the table
    completed = review_release.updated_review

    def overtaken(*arguments):
        found = completed(*arguments)
        monkeypatch.setattr(review_release, "updated_review", completed)
        assert review("--confirm").exit_code == 0  # said after this one had looked, and before it was written
        return found

    monkeypatch.setattr(review_release, "updated_review", overtaken)
    assert review("--mute-until", "2026-11-23T08:00Z").exit_code == 0
    assert latest(catalog)[:2] == ("confirmed", datetime.fromisoformat("2026-11-23T08:00:00+00:00"))
    assert len(read_reviews(catalog)) == 3


def test_a_release_that_was_never_scored_is_named(catalog):
    store(catalog, RELEASE_HEALTH, health_rows(regressed()))
    result = review("--confirm", version="57.0b80")
    assert result.exit_code == 1
    assert "no release 57.0b80 was ever scored on beta; there are 57.0b8" in result.output
    assert read_reviews(catalog) == []


def test_saying_nothing_is_an_error(catalog):
    assert "add --confirm, --dismiss, --reopen or --mute-until" in review().output
