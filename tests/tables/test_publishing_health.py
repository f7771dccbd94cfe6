"""Publishing looks at releases, and the outcomes of expectations."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import DATA_QUALITY, RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from jobs.tables.commits import publishing
from jobs.tables.commits.publishing import publish_health, replace_quality_results
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.staged.staging_manifest import Looks
from tests.tables.publisher_processes import publish_at_once
from tests.tables.staged_runs import TEN, figures, made_up_rows, stage_looks

pytestmark = pytest.mark.long

ELEVEN, NOON, ONE = TEN + HOUR, TEN + 2 * HOUR, TEN + 3 * HOUR


def looks_of(catalog: Catalog) -> dict[datetime, list[float]]:
    return figures(catalog, RELEASE_HEALTH)


def test_the_looks_of_a_run_begin_after_its_start_and_end_with_the_last(catalog: Catalog, staging: str) -> None:
    outcome = publish_health(catalog, stage_looks(staging, Looks(TEN, ONE, audit_sequence=5), figure=1))
    assert outcome.published_hours == (ELEVEN, NOON, ONE)
    assert looks_of(catalog) == {ELEVEN: [1, 1], NOON: [1, 1], ONE: [1, 1]}


def test_looks_outside_of_a_run_stay(catalog: Catalog, staging: str) -> None:
    publish_health(catalog, stage_looks(staging, Looks(TEN, ONE, audit_sequence=5), figure=1))
    publish_health(catalog, stage_looks(staging, Looks(ELEVEN, NOON, audit_sequence=6), figure=2))
    assert looks_of(catalog) == {ELEVEN: [1, 1], NOON: [2, 2], ONE: [1, 1]}


def test_hour_by_hour_the_look_at_the_later_audit_stays(catalog: Catalog, staging: str) -> None:
    publish_health(catalog, stage_looks(staging, Looks(ELEVEN, NOON, audit_sequence=9), figure=9))
    outcome = publish_health(catalog, stage_looks(staging, Looks(TEN, ONE, audit_sequence=5), figure=5))
    assert looks_of(catalog) == {ELEVEN: [5, 5], NOON: [9, 9], ONE: [5, 5]}
    assert outcome.published_hours == (ELEVEN, ONE)
    assert outcome.superseded_hours == {NOON: "scored from ingest_audit snapshot 9, later than 5"}
    assert outcome.rows_by_table == {"release_health": 4}


def test_the_same_audit_scored_again_replaces_its_looks(catalog: Catalog, staging: str) -> None:
    for figure in (1, 2):
        publish_health(catalog, stage_looks(staging, Looks(TEN, NOON, audit_sequence=5), figure))
    assert looks_of(catalog) == {ELEVEN: [2, 2], NOON: [2, 2]}


def test_a_run_without_a_release_takes_the_earlier_looks_away(catalog: Catalog, staging: str) -> None:
    publish_health(catalog, stage_looks(staging, Looks(TEN, NOON, audit_sequence=5), figure=1))
    publish_health(catalog, stage_looks(staging, Looks(TEN, ELEVEN, audit_sequence=6), figure=2, rows_a_look=0))
    assert looks_of(catalog) == {NOON: [1, 1]}


def test_a_run_that_looked_at_no_hour_publishes_none(catalog: Catalog, staging: str) -> None:
    outcome = publish_health(catalog, stage_looks(staging, Looks(TEN, TEN, audit_sequence=0), figure=1))
    assert not outcome.is_published


def test_many_looks_are_published_in_pieces(catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MAX_ROWS_AT_ONCE", 3)
    publish_health(catalog, stage_looks(staging, Looks(ELEVEN, NOON, audit_sequence=9), figure=9))
    outcome = publish_health(catalog, stage_looks(staging, Looks(TEN, ONE, audit_sequence=5), figure=5))
    assert looks_of(catalog) == {ELEVEN: [5, 5], NOON: [9, 9], ONE: [5, 5]}
    assert list(outcome.superseded_hours) == [NOON]


def test_scoring_runs_at_once_leave_the_latest_audit_of_each_look(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    spans = {1: (TEN, ONE), 2: (ELEVEN, ONE), 3: (TEN, ELEVEN)}
    publish_at_once(lake, [stage_looks(staging, Looks(*span, audit_sequence=sequence), sequence) for sequence, span in spans.items()])
    assert looks_of(catalog) == {ELEVEN: [3, 3], NOON: [2, 2], ONE: [2, 2]}


CHECKED_AT = datetime(2017, 11, 21, 6, tzinfo=UTC)


def quality_rows(run_key: str, attempt: str, outcome: str, checked_at: datetime = CHECKED_AT) -> pa.Table:
    marks = {"run_key": run_key, "attempt": attempt, "outcome": outcome, "unexpected_rows": 1}
    return made_up_rows(DATA_QUALITY, [checked_at], 2, 1, marks)


def test_quality_results_replace_those_of_the_same_attempt(catalog: Catalog) -> None:
    for run_key, attempt, outcome in (("a", "1", "fail"), ("a", "2", "fail"), ("b", "1", "fail"), ("a", "1", "pass")):
        replace_quality_results(catalog, quality_rows(run_key, attempt, outcome), since=CHECKED_AT)
    rows = catalog.load_table(identifier(DATA_QUALITY)).scan().to_arrow().to_pylist()
    assert {(row["run_key"], row["attempt"], row["outcome"]) for row in rows} == {
        ("a", "1", "pass"),
        ("a", "2", "fail"),
        ("b", "1", "fail"),
    }
    assert len(rows) == 3 * 2


def test_quality_results_are_replaced_without_a_look_at_earlier_days(catalog: Catalog) -> None:
    replace_quality_results(catalog, quality_rows("a", "1", "pass", CHECKED_AT - timedelta(days=2)), since=CHECKED_AT - timedelta(days=2))
    [of_earlier_day] = catalog.load_table(identifier(DATA_QUALITY)).scan().plan_files()
    Path(of_earlier_day.file.file_path.removeprefix("file://")).unlink()  # whoever opens it fails
    for outcome in ("fail", "pass"):
        replace_quality_results(catalog, quality_rows("b", "1", outcome), since=CHECKED_AT - timedelta(days=1))
    files = [task.file for task in catalog.load_table(identifier(DATA_QUALITY)).scan().plan_files()]
    assert [file.record_count for file in files] == [2, 2]
