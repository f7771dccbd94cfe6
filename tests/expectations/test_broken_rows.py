"""Each critical expectation as a case: the change to the tiny window that breaks it, and what the gate says it saw."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from expectations.checks.declared_checks import declared_range
from expectations.gate.gate_results import CheckResult
from expectations.gate.gate_run import run_suite
from jobs.declarations.measures import MEASURES
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import INGEST_AUDIT, TOLD_BESIDE, WINDOW_TABLES, Column, Table
from jobs.declarations.windows import HOUR
from tests.expectations.conftest import counted_of, result_of, suite_for
from tests.expectations.tiny_window import HOUR_START, TABLE_BY_NAME, Rows, added, changed, reach_row, run_of, tiny_window

TABLES = [TABLE_BY_NAME[name] for name, rows in tiny_window().items() if rows]
"""client_reach_days has rows of whole days alone: test_reach_of_days.py."""


@dataclass(frozen=True)
class Case:
    table: str
    words: str
    breaks: Callable[[Rows], None]
    observed: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.words}"


def cases_of_declarations() -> Iterator[Case]:
    """The same for every table: keys, ranges, values, grain and time."""
    for table in TABLES:
        for column in table.columns:
            if not column.nullable:
                yield Case(table.name, f"{column.name} is never NULL", changed(table.name, **{column.name: None}))
            if column.type in ("int", "long"):
                yield Case(table.name, f"{column.name} >= 0", changed(table.name, **{column.name: -3}), "-3")
            if column.values:
                words = f"{column.name} is one of {', '.join(column.values)}"
                yield Case(table.name, words, changed(table.name, **{column.name: "another"}), "another")
            if column.type == "double":
                yield from (Case(table.name, range_words(column), changed(table.name, **{column.name: bad})) for bad in outside(column))
        grain = ", ".join(table.grain)
        yield Case(table.name, f"one row for each {grain}", lambda rows, table=table: rows[table.name].append(dict(rows[table.name][0])))
        for outside_window in (HOUR_START - timedelta(microseconds=1), HOUR_START + 2 * HOUR):
            yield Case(table.name, time_words(table), changed(table.name, **{table.time_column: outside_window}), f"{outside_window:%H:%M}")


def range_words(column: Column) -> str:
    least, greatest = declared_range(column)
    bounds = f"{least:g} <= {column.name} <= {greatest:g}" if greatest <= 100 else f"{column.name} >= {least:g}"
    return f"{bounds}, and a finite number"


def outside(column: Column) -> list[float]:
    least, greatest = declared_range(column)
    return [*([-0.5] if least == 0 else []), math.nan, math.inf, *([greatest + 0.5] if greatest <= 100 else [])]


def time_words(table: Table) -> str:
    if table.name in ("release_health", *(beside.name for beside in TOLD_BESIDE)):
        return "2026-11-22 11:00 <= as_of < 2026-11-22 11:00"
    return f"2026-11-22 10:00 <= {table.time_column} < 2026-11-22 11:00"


def cases_of_window_tables() -> Iterator[Case]:
    for table in (table for table in TABLES if table in (*WINDOW_TABLES, INGEST_AUDIT)):
        yield Case(table.name, "window_run_id is that of the attempt", changed(table.name, window_run_id="another"), "another")
        grid = {"window_start": "5 minutes", "hour_start": "an hour"}[table.time_column]
        off = HOUR_START + timedelta(minutes=3, seconds=7)
        yield Case(table.name, f"{table.time_column} begins {grid}", changed(table.name, **{table.time_column: off}), "187")


def cases_of_measures() -> Iterator[Case]:
    for table in ("error_aggregates", "experiment_error_aggregates", "release_totals"):
        for words, values, excess in (
            ("usage_hours <= 25 x (main_pings + core_pings)", {"usage_hours": 25.5, "main_pings": 1, "core_pings": None}, "0.5"),
            ("session_starts <= main_pings", {"session_starts": 3}, "2"),
            ("startup_crashes <= main_crashes", {"startup_crashes": 2}, "1"),
            ("main_crashes_capped <= main_crashes", {"main_crashes": None}, "1"),
            ("content_crashes_capped <= content_crashes", {"content_crashes_capped": 5}, "4"),
            ("main_crashes + content_crashes <= crash_pings", {"main_crashes": 4}, "1"),
            ("main_crashes + content_shutdown_crashes <= crash_pings", {"content_shutdown_crashes": 5}, "2"),
            ("startup_crashes + content_crashes <= crash_pings", {"startup_crashes": 6}, "3"),
            ("startup_crashes + content_shutdown_crashes <= crash_pings", {"startup_crashes": 6}, "3"),
            ("content_crashes + content_shutdown_crashes <= crash_pings", {"crash_pings": None}, "2"),
        ):
            yield Case(table, words, changed(table, **values), f"{excess} too many")


CASES_OF_VALUES = (
    Case("error_aggregates", "channel is release, esr, beta or nightly", changed("error_aggregates", channel="Beta"), "Beta"),
    Case("error_aggregates", "application is Firefox or Fennec", changed("error_aggregates", application="Focus"), "Focus"),
    Case("error_aggregates", "build_id is 14 digits", changed("error_aggregates", build_id="2017101618"), "2017101618"),
    Case("error_aggregates", "country is two upper-case letters or ??", changed("error_aggregates", country="de"), "de"),
    Case("usage_delays", "delay_hours <= 25", changed("usage_delays", delay_hours=26), "26"),
    Case("client_reach", "low <= estimate", changed("client_reach", low=31.0), "(30, 31)"),
    Case("client_reach", "estimate <= high", changed("client_reach", high=29.0), "(29, 30)"),
    Case("client_reach", "key_id is a fingerprint", changed("client_reach", key_id="c0ffee"), "c0ffee"),
    Case(
        "client_reach",
        "a sample of sketches can be read and hold as many clients as their rows say",
        changed("client_reach", estimate=29.0, low=29.0),
        "clients in it 30.0",
    ),
    Case(
        "client_reach",
        "a sample of sketches can be read and hold as many clients as their rows say",
        changed("client_reach", sketch=b"no sketch"),
        "clients in it",
    ),
    Case(
        "client_reach",
        "no more clients crashed than were active",
        lambda rows: rows["client_reach"].append(reach_row("crashed_content", range(40))),
        "crashed 40",
    ),
    Case("rejected_pings", "reason is a declared reject reason", changed("rejected_pings", reason="bad_mood"), "bad_mood"),
    Case("rejected_pings", "line_number >= 1", changed("rejected_pings", line_number=0), "0"),
    Case("ingest_audit", "mode is provisional", changed("ingest_audit", mode="settled"), "settled"),
    Case("ingest_audit", "accepted_less is False", changed("ingest_audit", accepted_less=True), "True"),
    Case("ingest_audit", "every hour had been closed when it was read", changed("ingest_audit", is_closed=False), "False"),
    Case("ingest_audit", "every hour of the window has one audit row", lambda rows: rows["ingest_audit"].clear(), "2026-11-22 10:00"),
    Case("ingest_audit", "every hour of the window has one audit row", added("ingest_audit"), "hour 2026-11-22 10:00, audit rows 2"),
)


def _cleared(table: str) -> Callable[[Rows], None]:
    return lambda rows: rows[table].clear()


def cases_of_reconciliation() -> Iterator[Case]:
    def case(words: str, breaks: Callable[[Rows], None], observed: str) -> Case:
        return Case("ingest_audit", words, breaks, observed)

    yield case("lines = accepted + duplicates + rejected", changed("ingest_audit", lines=9), "accepted + duplicates + rejected 8")
    yield case("rejected = rejects_by_reason added up", changed("ingest_audit", rejects_by_reason={"not_json": 2}), "added up 2")
    yield case("accepted = accepted_by_ping added up", changed("ingest_audit", accepted=7), "added up 6")
    for ping, kind, total in (("main", "main_pings", 1), ("core", "core_pings", 0), ("crash", "crash_pings", 4)):
        words = f"accepted_by_ping {ping} = {kind} in error_aggregates"
        yield case(words, changed("error_aggregates", **{kind: total + 2}), f"{kind} in error_aggregates {total + 2}")
    for table in WINDOW_TABLES:
        yield case(
            f"rows_by_table {table.name} = rows staged in {table.name}",
            changed("ingest_audit", rows_by_table={"client_reach_days": 1}) if table.name == "client_reach_days" else _cleared(table.name),
            f"rows staged in {table.name} 0",
        )
    for measure in MEASURES:
        words = f"{measure.name} in error_aggregates = {measure.name} in release_totals"
        yield case(words, changed("release_totals", **{measure.name: 77}), f"{measure.name} in release_totals 77")
    yield case(
        "usage_hours in error_aggregates = usage_hours in usage_delays", changed("usage_delays", usage_hours=0.99), "in usage_delays 1.99"
    )
    yield case("rows staged in rejected_pings <= rejected", added("rejected_pings", line_number=4), "rows staged in rejected_pings 2")
    yield case(
        "updates in error_aggregates <= accepted_by_ping update", changed("error_aggregates", updates=2), "updates in error_aggregates 2"
    )


CASES_OF_HEALTH = (
    Case(
        "release_health",
        "no chance of a state is above one",
        changed("release_health", state_chances=[{"hours_ahead": 6, "state": "healthy", "probability": 1.5}]),
        "chance above one: 0.5",
    ),
    Case("release_health", "ratio_low <= ratio", changed("release_health", ratio_low=1.2), "ratio_low above ratio: 0.1"),
    Case("release_health", "ratio <= ratio_high", changed("release_health", ratio_high=1.0), "ratio above ratio_high: 0.1"),
    Case(
        "release_health",
        "crash_free_users = 1 - crashed_clients / active_clients",
        changed("release_health", crashed_clients=100),
        "off by: 0.05",
    ),
    Case(
        "release_health",
        "crash_free_users_low <= crash_free_users <= crash_free_users_high",
        changed("release_health", crash_free_users_low=0.98),
        "bounds of crash_free_users crossed: 0.03",
    ),
    Case(
        "release_health",
        "usual_crash_free_users_low <= usual_crash_free_users <= usual_crash_free_users_high",
        changed("release_health", usual_crash_free_users_high=0.9),
        "usual crash_free_users crossed: 0.06",
    ),
    Case(
        "release_health",
        "active_clients are at most the channel's, but for what estimates are off",
        changed("release_health", channel_active_clients=500),
        "clients of the release beyond the channel's: 375",
    ),
    Case("release_health", "since <= as_of", changed("release_health", since=HOUR_START + 2 * HOUR), "3600"),
    Case(
        "release_health",
        "a cell with expected crashes has its ratio, interval, probabilities and score",
        changed("release_health", score=None, ratio=None),
        "2",
    ),
    Case("experiment_health", "ratio_low <= ratio", changed("experiment_health", ratio_low=1.2), "ratio_low above ratio: 0.1"),
    Case("experiment_health", "ratio <= ratio_high", changed("experiment_health", ratio_high=1.0), "ratio above ratio_high: 0.1"),
    Case("experiment_health", "guilty only on odds enough", changed("experiment_health", state="guilty"), "odds missing to guilty: 1198"),
    Case("experiment_health", "guilty_since <= as_of", changed("experiment_health", guilty_since=HOUR_START + 2 * HOUR), "3600"),
    Case("experiment_health", "audit_sequence is 7, that of the run", changed("experiment_health", audit_sequence=8), "8"),
    Case("build_health", "measure is a scored one", changed("build_health", measure="usage_hours"), "usage_hours"),
    Case("build_health", "p_first_bad <= p_change", changed("build_health", p_first_bad=0.98), "p_first_bad above p_change: 0.01"),
    Case("build_health", "suspects only where p_change is at least 0.95", changed("build_health", p_change=0.9), "0.05"),
    Case("build_health", "audit_sequence is 7, that of the run", changed("build_health", audit_sequence=8), "8"),
    Case(
        "release_health",
        "the next step of a rollout has a share and is to come",
        changed("release_health", next_step_at=HOUR_START, next_step_share=0.5),
        "seconds from next_step_at to as_of: 3600",
    ),
    Case("later_health", "ratio_low <= ratio", changed("later_health", ratio_low=1.65), "ratio_low above ratio: 0.05"),
    Case("later_health", "ratio <= ratio_high", changed("later_health", ratio_high=1.5), "ratio above ratio_high: 0.1"),
    Case("later_health", "nothing is worse in its first week", changed("later_health", age_hours=160.0), "8"),
    Case("later_health", "worse only with worse_since and figures", changed("later_health", worse_since=None), "1"),
    Case("later_health", "worse_since <= as_of", changed("later_health", worse_since=HOUR_START + 2 * HOUR), "3600"),
    Case("later_health", "audit_sequence is 7, that of the run", changed("later_health", audit_sequence=8), "8"),
    Case("release_health", "every verdict has its cells", lambda rows: rows["release_health"].pop(), "0"),
    Case("release_health", "every cell has its verdict", lambda rows: rows["release_health"].pop(0), "0"),
    Case("release_health", "audit_sequence is 7, that of the run", changed("release_health", audit_sequence=8), "8"),
)

CASES = (
    *cases_of_declarations(),
    *cases_of_window_tables(),
    *cases_of_measures(),
    *CASES_OF_VALUES,
    *cases_of_reconciliation(),
    *CASES_OF_HEALTH,
)


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_the_tiny_window_passes_everything(table: str) -> None:
    results = run_suite(suite_for(table, tiny_window(), run_of())).results
    assert {r.words: r.message for r in results if r.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)} == {}
    assert {r.severity for r in results if r.outcome is Outcome.NOT_APPLICABLE} <= {Severity.WARNING}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_rows_fail_their_expectation(case: Case) -> None:
    rows = tiny_window()
    case.breaks(rows)
    _is_said(case, counted_of(suite_for(case.table, rows, run_of()), case.words))


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_great_expectations_says_the_same(case: Case) -> None:
    rows = tiny_window()
    case.breaks(rows)
    _is_said(case, result_of(suite_for(case.table, rows, run_of()), case.words))


def _is_said(case: Case, result: CheckResult) -> None:
    assert (result.outcome, result.is_blocking) == (Outcome.FAIL, True), result
    assert result.unexpected_rows
    assert case.observed in str(result.observed)


LOSSES = {
    "lines >= 90% of those published",
    "accepted and duplicate pings >= 90% of those published",
    "every object of the published hour is still there",
    "pings are accepted, from >= 10% of the lines",
    "no folder has files without one ping object among them",
}
"""Broken by the cases of test_input_losses.py, against what was published before."""


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_every_critical_expectation_has_a_case_that_breaks_it(table: str) -> None:
    checks = suite_for(table, tiny_window(), run_of()).checks
    broken = {case.words for case in CASES if case.table == table} | (LOSSES if table == "ingest_audit" else set())
    assert {check.words for check in checks if check.severity is Severity.CRITICAL} == broken


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_an_empty_table_breaks_nothing_of_its_own(table: str) -> None:
    """A window without any ping is published as such; that rows are missing is for the reconciliation to say."""
    rows = tiny_window() | {table: []}
    rows_batch = suite_for(table, rows, run_of()).batches[0]
    results = run_suite(type(suite_for(table, rows, run_of()))(table, (rows_batch,))).results
    assert {result.outcome for result in results} == {Outcome.PASS}
