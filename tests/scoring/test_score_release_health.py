"""The entry point, from tables to staged rows: which looks it stages, and that runs in any order end with the same rows."""

from datetime import timedelta
from itertools import permutations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, RELEASE_TOTALS, USAGE_DELAYS
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.score_release_health import score_window
from jobs.tables.commits.publishing import publish_health
from jobs.tables.lake.lake_catalog import ensure_table, identifier
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.staged.staging import read_staged
from jobs.tables.staged.staging_manifest import read_manifest
from tests.scoring.small_channel import ORIGIN, SmallChannel, complete_audit, empty_lake, lake_of

pytestmark = pytest.mark.long

CHANNEL = SmallChannel(betas=4, last_hours=30, ratio=3.0)
CALENDAR = CHANNEL.calendar


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return lake_of(CHANNEL, tmp_path_factory.mktemp("lake"))


def staged_rows(catalog, start, staging, run_key="run"):
    line = score_window(catalog, CALENDAR, Window(start, start + HOUR, Mode.PROVISIONAL), run_key, str(staging))
    manifest = read_manifest(str(staging), run_key, "health")
    return line, manifest, read_staged(manifest, RELEASE_HEALTH)


def test_an_hourly_run_stages_the_looks_after_its_start(catalog, tmp_path):
    start = CHANNEL.end - HOUR
    line, manifest, rows = staged_rows(catalog, start, tmp_path)
    assert set(rows["as_of"].to_pylist()) == {CHANNEL.end}
    assert (manifest.looks.after, manifest.looks.until) == (start, CHANNEL.end)
    verdicts = rows.filter(pc.field("scope") == "release").to_pylist()
    assert {row["release_version"]: row["state"] for row in verdicts}["57.0b11"] == "regressed"
    assert line.startswith("1 release (1 regressed), 1 look")


def test_a_run_over_old_hours_replaces_all_later_looks_by_the_same_rows(catalog, tmp_path):
    _, _, latest = staged_rows(catalog, CHANNEL.end - HOUR, tmp_path / "one")
    _, _, all_looks = staged_rows(catalog, ORIGIN, tmp_path / "all")
    again = all_looks.filter(pc.field("as_of") == CHANNEL.end)
    order = [("measure", "ascending"), ("platform", "ascending"), ("scope", "ascending"), ("stratum", "ascending")]
    assert again.sort_by(order).equals(latest.sort_by(order))


@pytest.mark.parametrize("order", permutations(range(3)), ids=str)
def test_days_settled_in_any_order_end_with_the_scores_of_one_job(tmp_path, one_job, order):
    """Twelve days in three jobs, each scored and published when its totals are."""
    in_parts = empty_lake(tmp_path)
    for number, part in enumerate(order):
        add_hours(in_parts, range(96 * part, 96 * (part + 1)))
        publish_scores(in_parts, ORIGIN + 96 * part * HOUR, tmp_path, f"run-{number}")
    assert published_scores(in_parts) == one_job


TWELVE_DAYS = SmallChannel(betas=2, last_hours=48)


@pytest.fixture(scope="module")
def one_job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one_job")
    catalog = lake_of(TWELVE_DAYS, folder)
    publish_scores(catalog, ORIGIN, folder, "run")
    scores = published_scores(catalog)
    assert len(scores) > 1000
    return scores


def add_hours(catalog, hours):
    start, end = (pa.scalar(ORIGIN + hour * HOUR) for hour in (hours.start, hours.stop))
    rows = TWELVE_DAYS.rows().cast(arrow_schema(RELEASE_TOTALS))
    ensure_table(catalog, RELEASE_TOTALS).append(rows.filter((pc.field("hour_start") >= start) & (pc.field("hour_start") < end)))
    ensure_table(catalog, USAGE_DELAYS)
    audit = complete_audit([ORIGIN + hour * HOUR for hour in hours])
    ensure_table(catalog, INGEST_AUDIT).append(audit.cast(arrow_schema(INGEST_AUDIT)))


def publish_scores(catalog, start, staging, run_key):
    score_window(catalog, TWELVE_DAYS.calendar, Window(start, start + 96 * HOUR, Mode.SETTLED), run_key, str(staging))
    publish_health(catalog, read_manifest(str(staging), run_key, "health"))


def published_scores(catalog):
    """Every row but for the snapshot that it was computed from, by its key."""
    rows = catalog.load_table(identifier(RELEASE_HEALTH)).scan().to_arrow().drop_columns("audit_sequence").to_pylist()
    return {tuple(row[column] for column in RELEASE_HEALTH.grain): row for row in rows}


def test_rows_fit_the_declared_table(catalog, tmp_path):
    _, _, rows = staged_rows(catalog, ORIGIN, tmp_path)
    rows.cast(arrow_schema(RELEASE_HEALTH)).validate(full=True)
    grain = rows.select(list(RELEASE_HEALTH.grain))
    assert grain.group_by(list(RELEASE_HEALTH.grain)).aggregate([]).num_rows == rows.num_rows


def test_no_figure_is_nan(catalog, tmp_path):
    _, _, rows = staged_rows(catalog, ORIGIN, tmp_path)
    for column in RELEASE_HEALTH.columns:
        if column.type == "double":
            assert not pc.any(pc.is_nan(rows[column.name])).as_py(), column.name


def test_no_totals_at_all_stage_no_rows(tmp_path):
    catalog = empty_lake(tmp_path)
    line, manifest, rows = staged_rows(catalog, ORIGIN + timedelta(days=1), tmp_path)
    assert rows.num_rows == 0
    assert manifest.looks.until == manifest.looks.after
    assert line == "0 releases (none to score), 0 looks, 0 rows staged"
