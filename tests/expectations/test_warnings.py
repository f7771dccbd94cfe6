"""Warnings never stop publishing: what they fail on, what they say, and when there is too little to compare with."""

from datetime import UTC, datetime, timedelta

import pytest

from expectations.checks.audited_run import AuditedHour, History, Unread
from expectations.gate.gate_results import CheckResult
from expectations.suites.ingest_figures import robust_z
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.windows import HOUR, Mode, Window
from tests.expectations.conftest import result_of, suite_for
from tests.expectations.tiny_window import HOUR_START, Rows, added, changed, run_of, tiny_window

VOLUME = "accepted pings lie within 6 robust deviations of the same weekday's hour"
REJECTS = "no reason rejects more than 3 x its usual share of lines"
LATE = "late objects <= 1%"
SILENT = "no measure is silent for a whole version"
UNNAMED = "beta usage without a beta number <= 5%"
CALENDAR = "the newest version of the release calendar has been seen"
NEW_OS = "os_name has no value that was not there before"
CLOSED = "every hour had been closed when it was read"
WEEK = timedelta(days=7)
NO_VALUES: dict[str, frozenset[str]] = {}


def weeks_before(*accepted: int) -> tuple[AuditedHour, ...]:
    """The window's hour one, two, three ... weeks earlier."""
    return tuple(AuditedHour(HOUR_START - week * WEEK, 1000, count, {}) for week, count in enumerate(accepted, start=1))


def hours_before(hours: int, lines: int, rejects: dict[str, int]) -> tuple[AuditedHour, ...]:
    return tuple(AuditedHour(HOUR_START - hour * HOUR, lines, lines, rejects) for hour in range(1, hours + 1))


def warning(table: str, words: str, rows: Rows, run=None) -> CheckResult:
    result = result_of(suite_for(table, rows, run or run_of()), words)
    assert result.severity is Severity.WARNING
    assert not result.is_blocking
    return result


@pytest.mark.parametrize(
    ("accepted", "weeks", "outcome", "said"),
    [
        (1000, (990, 1010, 1000, 1005), Outcome.PASS, None),
        (400, (990, 1010, 1000, 1005), Outcome.FAIL, "2026-11-22 10:00: 400 accepted pings, usually 1002.5"),
        (1000, (500, 1500, 200, 1900), Outcome.PASS, None),
        (0, (9, 8, 7, 9), Outcome.PASS, None),
        (0, (990, 1010, 1000), Outcome.NOT_APPLICABLE, "no hour of the window has 4 weeks of the same weekday before it"),
    ],
    ids=["as usual", "half of a steady hour", "an hour that varies", "a handful", "three weeks"],
)
def test_volume_is_compared_with_the_same_hour_of_other_weeks(
    accepted: int, weeks: tuple[int, ...], outcome: Outcome, said: str | None
) -> None:
    rows = tiny_window()
    changed("ingest_audit", accepted=accepted)(rows)
    found = warning("ingest_audit", VOLUME, rows, run_of(History(weeks_before(*weeks), NO_VALUES)))
    assert (found.outcome, found.observed or (found.message if outcome is Outcome.NOT_APPLICABLE else None)) == (outcome, said)


def test_deviations_count_at_least_the_noise_of_counting() -> None:
    # median 100, MAD 0: the spread is the square root of 100
    assert robust_z(130, [100, 100, 100, 100], smallest_spread=0.05) == (130 - 100) / 10


@pytest.mark.parametrize(
    ("rejects", "outcome", "said"),
    [
        ({"not_json": 20}, Outcome.PASS, None),
        ({"not_json": 40}, Outcome.FAIL, "not_json 4.00% of lines, usually 1.00%"),
        ({"no_meta": 25}, Outcome.FAIL, "no_meta 2.50% of lines, usually 0.00%"),
        ({"no_meta": 19}, Outcome.PASS, None),
    ],
    ids=["twice the share", "four times", "a new reason", "fewer than 20 lines"],
)
def test_rejects_are_compared_with_the_week_before(rejects: dict[str, int], outcome: Outcome, said: str | None) -> None:
    rows = tiny_window()
    changed("ingest_audit", lines=1000, rejects_by_reason=rejects)(rows)
    history = History(hours_before(24, lines=1000, rejects={"not_json": 10}), NO_VALUES)
    found = warning("ingest_audit", REJECTS, rows, run_of(history))
    assert (found.outcome, found.observed) == (outcome, said)


def test_rejects_need_a_day_of_history() -> None:
    history = History(hours_before(23, lines=1000, rejects={}), NO_VALUES)
    found = warning("ingest_audit", REJECTS, tiny_window(), run_of(history))
    assert (found.outcome, found.message) == (Outcome.NOT_APPLICABLE, "only 23 complete hours in the 7 days before the window")


def test_late_objects() -> None:
    rows = tiny_window()
    landed = rows["ingest_audit"][0]["objects"][0]
    changed("ingest_audit", objects=[landed] * 24 + [landed | {"is_late": True}], late_objects=1)(rows)
    assert warning("ingest_audit", LATE, rows).observed == "4%, 1 of 25"
    changed("ingest_audit", objects=[])(rows)
    assert warning("ingest_audit", LATE, rows).outcome is Outcome.NOT_APPLICABLE


def test_a_settled_hour_that_was_never_closed_is_published_and_flagged() -> None:
    rows = tiny_window()
    changed("ingest_audit", is_closed=False, mode="settled")(rows)
    day = Window(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), Mode.SETTLED)
    found = warning("ingest_audit", CLOSED, rows, run_of(window=day))
    assert (found.outcome, found.unexpected_rows) == (Outcome.FAIL, 1)


def with_versions(**rows_by_version: tuple[int, int]) -> Rows:
    """Rows with main pings of each version, and how many of them carry gpu_crashes."""
    rows = tiny_window()
    row = rows["error_aggregates"][0]
    rows["error_aggregates"] = [
        row | {"release_version": version, "gpu_crashes": 1 if number < carrying else None, "build_id": f"{number:014}"}
        for version, (count, carrying) in rows_by_version.items()
        for number in range(count)
    ]
    return rows


@pytest.mark.parametrize(
    ("versions", "outcome"),
    [
        ({"57.0b7": (100, 50), "57.0b8": (30, 0)}, Outcome.FAIL),  # 30 x 50 % = 15 rows were to be expected
        ({"57.0b7": (100, 50), "57.0b8": (30, 1)}, Outcome.PASS),
        ({"57.0b7": (100, 50), "57.0b8": (20, 0)}, Outcome.PASS),  # 10 expected: none of them happens once in 22,000 windows
    ],
    ids=["silent", "carried once", "too few rows"],
)
def test_a_measure_that_a_version_no_longer_sends(versions: dict[str, tuple[int, int]], outcome: Outcome) -> None:
    found = warning("error_aggregates", SILENT, with_versions(**versions))
    assert found.outcome is outcome
    if outcome is Outcome.FAIL:
        assert found.observed == "gpu_crashes of beta 57.0b8: none of 30 rows where 15 were to be expected"


def test_another_channel_may_send_what_this_one_does_not() -> None:
    """Many probes are sent by pre-release channels alone."""
    rows = with_versions(**{"57.0b7": (100, 50), "57.0b8": (100, 50), "56.0": (30, 0)})
    for row in rows["error_aggregates"]:
        row["channel"] = "release" if row["release_version"] == "56.0" else "beta"
    assert warning("error_aggregates", SILENT, rows).outcome is Outcome.PASS


def test_silence_needs_other_versions_of_the_channel() -> None:
    rows = with_versions(**{"57.0b7": (100, 50)})
    for row in rows["error_aggregates"]:
        row["slow_script_notice_count"] = None
    assert warning("error_aggregates", SILENT, rows).outcome is Outcome.NOT_APPLICABLE


def test_beta_usage_that_belongs_to_no_beta() -> None:
    rows = tiny_window()
    added("error_aggregates", release_version="57.0", usage_hours=0.5)(rows)  # 0.5 / (2 + 0.5)
    assert warning("error_aggregates", UNNAMED, rows).observed == "20.0%"
    changed("error_aggregates", usage_hours=9.5)(rows)  # 0.5 / (9.5 + 0.5) is the limit itself
    assert warning("error_aggregates", UNNAMED, rows).outcome is Outcome.PASS


def test_a_value_that_was_never_published() -> None:
    known = History((), {"os_name": frozenset({"Darwin"})})
    found = warning("error_aggregates", NEW_OS, tiny_window(), run_of(known))
    assert (found.outcome, found.observed, found.unexpected_rows) == (Outcome.FAIL, "Windows_NT", 1)


def test_without_published_values_none_is_new() -> None:
    assert warning("error_aggregates", NEW_OS, tiny_window()).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("calendar", "outcome", "said"),
    [
        ({("beta", "57.0b8"): -48}, Outcome.PASS, None),
        ({("beta", "57.0b8"): -96, ("beta", "57.0b9"): -24}, Outcome.FAIL, "beta 57.0b9 of 2026-11-21: no ping"),
        ({("beta", "57.0b8"): -96, ("beta", "57.0b9"): -23}, Outcome.PASS, None),
        ({("release", "56.0"): -48}, Outcome.NOT_APPLICABLE, None),
    ],
    ids=["seen", "missing", "out for less than a day", "a channel without pings"],
)
def test_the_newest_version_of_the_calendar(calendar: dict[tuple[str, str], int], outcome: Outcome, said: str | None) -> None:
    times = {release: HOUR_START + hours * HOUR for release, hours in calendar.items()}
    found = warning("release_totals", CALENDAR, tiny_window(), run_of(calendar=times))
    assert (found.outcome, found.observed) == (outcome, said)


def test_a_nightly_of_the_calendar_is_seen_in_any_of_its_weeks() -> None:
    rows = tiny_window()
    changed("release_totals", channel="nightly", release_version="61.0a1 2018-04-09")(rows)
    calendar = {("nightly", "61.0a1"): HOUR_START - 48 * HOUR}
    assert warning("release_totals", CALENDAR, rows, run_of(calendar=calendar)).outcome is Outcome.PASS


def test_a_channel_of_the_calendar_that_does_not_exist_is_named() -> None:
    calendar = {("Nightly", "61.0a1"): HOUR_START - 48 * HOUR}
    found = warning("release_totals", CALENDAR, tiny_window(), run_of(calendar=calendar))
    assert found.outcome is Outcome.FAIL
    assert found.observed is not None and "'Nightly' in the calendar is none of the channels release, esr" in found.observed


@pytest.mark.parametrize(("table", "words"), [("ingest_audit", VOLUME), ("ingest_audit", REJECTS), ("error_aggregates", NEW_OS)])
def test_a_history_that_cannot_be_read_is_an_error_not_a_pass(table: str, words: str) -> None:
    found = warning(table, words, tiny_window(), run_of(Unread("the published tables could not be read: timed out")))
    assert (found.outcome, found.message) == (Outcome.ERROR, "the published tables could not be read: timed out")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("error_aggregates", "display_version"),
        ("error_aggregates", "architecture"),
        ("error_aggregates", "os_version"),
        ("release_totals", "os_version_major"),
        ("release_totals", "architecture"),
        ("rejected_pings", "document_id"),
        ("rejected_pings", "doc_type"),
    ],
)
def test_an_unknown_text_is_null_rather_than_empty(table: str, column: str) -> None:
    rows = tiny_window()
    changed(table, **{column: ""})(rows)
    found = warning(table, f"{column} is NULL rather than empty", rows)
    assert (found.outcome, found.unexpected_rows) == (Outcome.FAIL, 1)
    changed(table, **{column: None})(rows)
    assert warning(table, f"{column} is NULL rather than empty", rows).outcome is Outcome.PASS
