"""What verdicts were worth: counted from what was said, with what nobody said counted as unknown."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from jobs import describe_track_record
from jobs.decisions.track_record import ToldShare, VerdictLook, track_records
from jobs.decisions.track_record_words import record_line, record_lines
from jobs.declarations.states import State
from jobs.declarations.tables import RELEASE_HEALTH, RELEASE_REVIEWS
from jobs.declarations.windows import HOUR
from tests.digest.facts_factory import NOON, a_release
from tests.digest.stored_rows import health_rows, store
from tests.scoring.small_channel import empty_lake

START = datetime(2026, 1, 5, tzinfo=UTC)
REGRESSED, HEALTHY, WATCH, TOO_EARLY = State.REGRESSED, State.HEALTHY, State.WATCH, State.TOO_EARLY


def a_life(version, *states, score=95.0, advice=None, channel="beta"):
    """Looks at ages of 1, 12, 24, 72 and 168 hours, in as many states as given; `advice` by age."""
    for age, state in zip((1, 12, 24, 72, 168), states, strict=False):
        yield VerdictLook(channel, version, START + age * HOUR, float(age), state, score, (advice or {}).get(age))


def record_of(*lives, **said):
    looks = [look for life in lives for look in life]
    return track_records(looks, {("beta", version): verdict for version, verdict in said.items()})[0]


ALARMED = (TOO_EARLY, REGRESSED, REGRESSED, REGRESSED, REGRESSED)
FINE = (TOO_EARLY, HEALTHY, HEALTHY, HEALTHY, HEALTHY)


def test_alarms_that_nobody_answered_count_neither_for_nor_against():
    record = record_of(
        a_life("a", *ALARMED), a_life("b", *ALARMED), a_life("c", *ALARMED), a_life("d", *FINE), a="confirmed", b="dismissed"
    )
    assert (record.releases, record.alarms, record.unanswered) == (4, 3, 1)
    assert record.precision == ToldShare(1, 1 + 1)


def test_a_confirmed_regression_without_an_alarm_was_missed():
    record = record_of(a_life("a", *ALARMED), a_life("b", *FINE), a="confirmed", b="confirmed")
    assert record.recall == ToldShare(1, 2)
    assert record.precision == ToldShare(1, 1)


def test_an_alarm_counts_though_it_was_taken_back():
    assert record_of(a_life("a", TOO_EARLY, REGRESSED, HEALTHY, HEALTHY, HEALTHY)).alarms == 1


def test_hours_run_from_the_first_look_to_the_first_alarm():
    record = record_of(a_life("a", *ALARMED), a_life("b", TOO_EARLY, WATCH, REGRESSED), a_life("c", REGRESSED), c="dismissed")
    assert record.hours_to_alarm == ((12 - 1) + (24 - 1)) / 2


def test_only_finished_releases_tell_what_became_of_a_first_day():
    record = record_of(a_life("a", *FINE), a_life("b", TOO_EARLY, WATCH, WATCH, HEALTHY, REGRESSED), a_life("c", *FINE[:4]))
    assert record.last_by_first_state == {HEALTHY: {HEALTHY: 1}, WATCH: {REGRESSED: 1}}


def test_scores_come_true_where_the_release_was_neither_regressed_nor_confirmed():
    record = record_of(a_life("a", *FINE), a_life("b", *FINE), a_life("c", *ALARMED, score=3.0), b="confirmed")
    assert record.acceptable_by_score == {(90.0, 100.0): ToldShare(1, 2), (0.0, 50.0): ToldShare(0, 1)}


def test_go_saves_the_hours_until_the_first_good_verdict_and_may_be_wrong():
    early = a_life("a", TOO_EARLY, TOO_EARLY, HEALTHY, advice={1: "go"})
    wrong = a_life("b", TOO_EARLY, REGRESSED, advice={1: "go"})
    late = a_life("c", TOO_EARLY, HEALTHY, HEALTHY, advice={24: "go"})
    record = record_of(early, wrong, late)
    assert (record.go_hours_saved, record.gone_and_regressed) == (24 - 1, 1)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Jeffreys' interval, from tables: R's binom.confint(7, 8, method="bayes", type="central", conf.level=.9), and likewise
    [(7, 8, 0.604, 0.978), (0, 8, 0.0, 0.204), (8, 8, 0.796, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_of_a_share(count, of, low, high):
    assert ToldShare(count, of).interval == pytest.approx((low, high), abs=0.02)


def test_the_line_says_what_is_unknown():
    record = record_of(
        *(a_life(version, *ALARMED) for version in "abc"), *(a_life(version, *FINE) for version in "de"), a="confirmed", d="confirmed"
    )
    line = record_line(record, "the last year").replace("\u00a0", " ")
    assert line == (
        "In the last year 3 of 5 releases alarmed; people confirmed 1 of 1 answered alarm (90 % interval 23–100 %); 2 alarms were never answered; "
        "1 confirmed regression did not alarm."
    )


def test_a_channel_without_alarms_is_said_so():
    assert record_line(record_of(a_life("a", *FINE)), "the last year") == "In the last year none of 1 release alarmed."
    assert "none of 0" in record_lines(record_of(a_life("a", *FINE)), "last year")[1]


@pytest.fixture
def told(tmp_path, monkeypatch):
    catalog = empty_lake(tmp_path)
    alarmed = a_release(State.REGRESSED, as_of=NOON, age_hours=10.0)
    begun_before = a_release(State.REGRESSED, as_of=NOON - 29 * 24 * HOUR, age_hours=100.0, release_version="57.0b4")
    store(catalog, RELEASE_HEALTH, health_rows(alarmed, begun_before))
    review = {"channel": "beta", "release_version": "57.0b8", "reviewed_at": NOON, "reviewed_by": "jane", "verdict": "confirmed"}
    store(catalog, RELEASE_REVIEWS, [review | {"muted_until": None, "note": None}])
    monkeypatch.setattr(describe_track_record, "open_catalog", lambda: catalog)
    return lambda *arguments: CliRunner().invoke(describe_track_record.main, [*arguments, "--days", "30", "--until", NOON.isoformat()])


def test_the_command_counts_releases_that_came_out_in_these_days(told):
    result = told()
    assert result.exit_code == 0, result.output
    assert "beta, last 30 days: 1 release, 1 alarm" in result.output
    assert "confirmed: 1 of 1" in result.output


def test_a_channel_that_had_no_release_is_told_with_those_that_had(told):
    result = told("--channel", "esr")
    assert result.exit_code == 1
    assert "no release came out on esr in these 30 days; channels with some: beta" in result.output
