"""From the lake's days to releases that are worse after their first week."""

import pyarrow as pa
import pytest

from jobs.declarations.tables import CHANNEL_DAYS, LATER_HEALTH
from jobs.declarations.windows import HOUR
from jobs.score_release_health import score_looks
from jobs.tables.commits.kept_rows import keep_rows
from tests.scoring.small_channel import SmallChannel, lake_of

pytestmark = pytest.mark.long

AGE_HOURS = 480
BAD = SmallChannel(betas=1, last_hours=AGE_HOURS, ratio=2.5, bad_from_hour=AGE_HOURS - 60)


@pytest.fixture(scope="module")
def bad_lake(tmp_path_factory):
    return lake_of(BAD, tmp_path_factory.mktemp("later"))


def later(catalog, channel, looks=1):
    scored = score_looks(catalog, channel.calendar, channel.end - looks * HOUR)
    return scored.told_beside[LATER_HEALTH].to_pylist()


def test_what_is_bad_from_the_third_week_on_is_told_of_the_measure_that_is(bad_lake):
    browser, content = later(bad_lake, BAD)
    assert (browser["release_version"], browser["measure"], browser["state"]) == ("57.0b8", "main_crashes_capped", "worse")
    assert 24 * HOUR < BAD.end - browser["worse_since"] < 60 * HOUR
    assert browser["age_hours"] == AGE_HOURS
    assert (content["measure"], content["state"], content["worse_since"]) == ("content_crashes_capped", "quiet", None)


def test_a_look_says_the_same_whenever_it_is_scored(bad_lake):
    assert later(bad_lake, BAD) == [row for row in later(bad_lake, BAD, looks=30) if row["as_of"] == BAD.end]


def test_it_says_the_same_from_days_that_were_kept(bad_lake):
    before = score_looks(bad_lake, BAD.calendar, BAD.end - HOUR)
    keep_rows(bad_lake, CHANNEL_DAYS, pa.concat_tables(before.to_keep[CHANNEL_DAYS.name]))
    assert later(bad_lake, BAD) == before.told_beside[LATER_HEALTH].to_pylist()


def test_the_first_week_is_left_to_its_verdicts_and_few_users_to_nobody(tmp_path):
    channel = SmallChannel(betas=3, last_hours=72)
    rows = later(lake_of(channel, tmp_path), channel, looks=150)
    assert {row["release_version"] for row in rows if row["as_of"] == channel.end} == {"57.0b9"}, (
        "57.0b8 has few users left, 57.0b10 is young"
    )
    assert {row["release_version"] for row in rows} == {"57.0b8", "57.0b9"}
    assert min(row["adoption"] for row in rows) >= 0.05
    assert min(row["age_hours"] for row in rows) > 168


def test_a_release_as_it_was_is_quiet_and_its_rows_are_as_declared(tmp_path):
    channel = SmallChannel(betas=1, last_hours=AGE_HOURS)
    rows = later(lake_of(channel, tmp_path), channel)
    assert {row["state"] for row in rows} == {"quiet"}
    assert set(rows[0]) == set(LATER_HEALTH.column_names)
