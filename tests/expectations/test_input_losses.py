"""Input that is less than what it would replace: what counts as lost, what is said of it, and what `--accept-less` lifts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expectations.checks.audited_run import PublishedHour, Unread
from jobs.commands.exit_codes import FAILED_EXPECTATIONS
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import DATA_QUALITY, ERROR_AGGREGATES, INGEST_AUDIT
from jobs.declarations.windows import HOUR, Mode, Window
from tests.expectations.conftest import result_of, suite_for
from tests.expectations.test_audit_aggregates import audit, stage, stored
from tests.expectations.tiny_window import HOUR_START, Rows, changed, run_of, tiny_window

pytestmark = pytest.mark.long

GONE = "every object of the published hour is still there"
LINES = "lines >= 90% of those published"
PINGS = "accepted and duplicate pings >= 90% of those published"
REJECTED = "pings are accepted, from >= 10% of the lines"
UNREAD = "no folder has files without one ping object among them"
IGNORED = "every file of the hour is a ping object"
MISSING = "no type of ping is missing that the hour before had"
HOUR_FOLDER = "submission_date=2026-11-22/submission_hour=10"


def published(keys: tuple[str, ...] = ("a.ndjson",), lines: int = 8, pings: int = 7, mode: Mode = Mode.PROVISIONAL) -> dict[Any, Any]:
    """The tiny window's hour as it was published before; 8 lines, 6 of them accepted and 1 a duplicate, are in it now."""
    return {HOUR_START: PublishedHour(mode, frozenset(keys), lines, pings, {"main": pings})}


def observed(words: str, rows: Rows, **of_run: Any) -> tuple[Severity, str | None]:
    """Severity, and what was seen; None where the check passes."""
    found = result_of(suite_for("ingest_audit", rows, run_of(**of_run)), words)
    assert found.outcome is (Outcome.FAIL if found.observed else Outcome.PASS)
    return found.severity, found.observed


@pytest.mark.parametrize(
    ("words", "before", "said"),
    [
        (GONE, published(("a.ndjson",)), None),
        (GONE, published(("a.ndjson", "b.ndjson", "c.ndjson")), "gone 2 of 3, such as b.ndjson"),
        (GONE, published(("b.ndjson",), mode=Mode.SETTLED), None),
        (LINES, published(lines=8), None),
        (LINES, published(lines=9), "lines 8, published 9"),
        (PINGS, published(pings=7), None),
        (PINGS, published(pings=8), "pings 7, published 8"),
        (GONE, {}, None),
    ],
    ids=["same object", "objects gone", "settled rows stay anyway", "lines", "fewer lines", "pings", "fewer pings", "first time"],
)
def test_an_hour_is_not_replaced_by_less(words: str, before: dict[Any, Any], said: str | None) -> None:
    expected = said and f"hour 2026-11-22 10:00, {said}"
    assert observed(words, tiny_window(), published=before) == (Severity.CRITICAL, expected)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"lines": 1, "accepted": 0, "duplicates": 0, "rejects_by_reason": {"not_json": 1}}, "rejected 1 of 1 lines, not_json 1"),
        (
            {"lines": 30, "accepted": 2, "duplicates": 0, "rejects_by_reason": {"no_meta": 20, "no_os": 8}},
            "rejected 28 of 30 lines, no_meta 20",
        ),
        ({"lines": 30, "accepted": 3, "duplicates": 0}, None),
        ({"lines": 19, "accepted": 1, "duplicates": 0}, None),
        ({"lines": 5, "accepted": 0, "duplicates": 5}, None),
        ({"lines": 0, "accepted": 0, "duplicates": 0}, None),
    ],
    ids=["all of one", "nearly all", "a tenth is accepted", "few lines", "all copies of another hour's", "empty"],
)
def test_an_hour_of_which_nothing_can_be_used_is_not_published(counts: dict[str, Any], said: str | None) -> None:
    rows = tiny_window()
    changed("ingest_audit", **counts)(rows)
    assert observed(REJECTED, rows) == (Severity.CRITICAL, said and f"hour 2026-11-22 10:00, {said}")


@pytest.mark.parametrize(
    ("objects", "ignored", "unread"),
    [
        (["main/a.ndjson"], ["crash/a.json.gz"], "crash/a.json.gz"),
        ([], ["main/a.json.gz", "main/b.json.gz"], "main/a.json.gz, {folder}/main/b.json.gz"),
        ([], ["part-0.ndjson"], "part-0.ndjson"),
        (["main/a.ndjson"], ["main/b.json.gz"], None),
        (["main/a.ndjson"], ["manifest.json"], None),
        (["main/a.ndjson"], ["crash/_never_finished.ndjson"], None),
    ],
    ids=["a type's folder", "the whole hour", "outside of a type's folder", "beside objects", "of the hour", "hidden"],
)
def test_files_that_are_no_ping_objects_are_named(objects: list[str], ignored: list[str], unread: str | None) -> None:
    rows = tiny_window()
    landed = rows["ingest_audit"][0]["objects"][0]
    changed("ingest_audit", objects=[landed | {"object_key": f"{HOUR_FOLDER}/{key}"} for key in objects])(rows)
    changed("ingest_audit", ignored_objects=5, ignored_keys=[f"{HOUR_FOLDER}/{key}" for key in ignored])(rows)
    said = unread and f"hour 2026-11-22 10:00, unread {HOUR_FOLDER}/{unread.format(folder=HOUR_FOLDER)}"
    assert observed(UNREAD, rows) == (Severity.CRITICAL, said)
    named = f"hour 2026-11-22 10:00, ignored 5, such as {HOUR_FOLDER}/{ignored[0]}"
    assert observed(IGNORED, rows) == (Severity.WARNING, named)


@pytest.mark.parametrize(
    ("before", "said"),
    [({"main": 100, "core": 99}, None), ({"core": 100}, "hour 2026-11-22 10:00, missing core (100 in the hour before)")],
    ids=["a rare one", "a usual one"],
)
def test_a_type_of_ping_that_falls_silent_is_named(before: dict[str, int], said: str | None) -> None:
    hour_before = {HOUR_START - HOUR: PublishedHour(Mode.PROVISIONAL, frozenset(), 100, 100, before)}
    assert observed(MISSING, tiny_window(), published=hour_before) == (Severity.WARNING, said)


def test_less_is_only_warned_of_where_the_run_was_told_to_accept_it() -> None:
    rows = tiny_window()
    changed("ingest_audit", accepted_less=True)(rows)
    told = {"published": published(("gone.ndjson",)), "accepts_less": True}
    assert observed(GONE, rows, **told) == (Severity.WARNING, "hour 2026-11-22 10:00, gone 1 of 1, such as gone.ndjson")


def test_without_knowing_what_is_published_nothing_is_replaced() -> None:
    suite = suite_for("ingest_audit", tiny_window(), run_of(published=Unread("ingest_audit could not be read: timed out")))
    found = result_of(suite, GONE)
    assert (found.outcome, found.is_blocking, found.message) == (Outcome.ERROR, True, "ingest_audit could not be read: timed out")
    assert result_of(suite, REJECTED).outcome is Outcome.PASS


def of_other_objects(**counts: Any) -> Callable[[Rows], None]:
    landed = {"object_key": "b.ndjson", "etag": "1", "bytes": 100, "modified_at": HOUR_START, "is_late": False}
    return changed("ingest_audit", objects=[landed], **counts)


def test_a_later_run_of_less_changes_no_row_until_that_is_accepted(home: Path) -> None:
    stage(home, tiny_window())
    assert audit().exit_code == 0

    def rows_of_less(*, accepted: bool) -> Rows:
        rows = tiny_window()
        for table in ("error_aggregates", "release_totals"):
            changed(table, session_starts=0)(rows)
        of_other_objects(accepted_less=accepted)(rows)
        return rows

    stage(home, rows_of_less(accepted=False), run_key="less", later=HOUR)
    refused = audit(run_key="less")
    assert refused.exit_code == FAILED_EXPECTATIONS
    assert f"ingest_audit: critical expectation failed: {GONE}: hour 2026-11-22 10:00, gone 1 of 1, such as a.ndjson" in refused.output
    assert "--accept-less" in refused.output
    assert [row["session_starts"] for row in stored(ERROR_AGGREGATES)] == [1]
    assert [row["objects"][0]["object_key"] for row in stored(INGEST_AUDIT)] == ["a.ndjson"]

    assert audit(run_key="less", accept_less=True).exit_code == FAILED_EXPECTATIONS, "the audit row would not say so"
    stage(home, rows_of_less(accepted=True), run_key="accepted", later=2 * HOUR)
    assert audit(run_key="accepted").exit_code == FAILED_EXPECTATIONS, "the gate was not told"
    assert audit(run_key="accepted", accept_less=True).exit_code == 0
    assert [row["session_starts"] for row in stored(ERROR_AGGREGATES)] == [0]
    assert [(row["objects"][0]["object_key"], row["accepted_less"]) for row in stored(INGEST_AUDIT)] == [("b.ndjson", True)]
    [said] = [row for row in stored(DATA_QUALITY) if row["run_key"] == "accepted" and row["expectation"] == GONE][-1:]
    assert (said["severity"], said["outcome"]) == ("warning", "fail")


def test_a_settled_window_compares_each_of_its_hours() -> None:
    rows = tiny_window()
    changed("ingest_audit", mode="settled")(rows)
    rows["ingest_audit"].append(rows["ingest_audit"][0] | {"hour_start": HOUR_START + HOUR, "objects": []})
    before = published() | {HOUR_START + HOUR: PublishedHour(Mode.SETTLED, frozenset({"c.ndjson"}), 8, 7, {})}
    day = Window(HOUR_START.replace(hour=0), HOUR_START.replace(day=23, hour=0), Mode.SETTLED)
    assert observed(GONE, rows, window=day, published=before)[1] == "hour 2026-11-22 11:00, gone 1 of 1, such as c.ndjson"
