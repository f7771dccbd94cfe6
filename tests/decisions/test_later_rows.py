"""From the lake's days to releases that are worse after their first week."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.declarations.tables import CHANNEL_DAYS, LATER_HEALTH
from jobs.declarations.windows import HOUR
from jobs.score_release_health import score_looks
from jobs.tables.commits.kept_rows import keep_rows
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema
from tests.scoring.small_channel import SmallChannel, lake_of

pytestmark = pytest.mark.long

AGE_HOURS = 480
BAD = SmallChannel(betas=1, last_hours=AGE_HOURS, ratio=2.5, bad_from_hour=AGE_HOURS - 60)
BROWSER, CONTENT = "main_crashes_capped", "content_crashes_capped"


@pytest.fixture(scope="module")
def bad_lake(tmp_path_factory):
    return lake_of(BAD, tmp_path_factory.mktemp("later"))


def later(catalog, channel, looks=1):
    scored = score_looks(catalog, channel.calendar, channel.end - looks * HOUR)
    return scored.told_beside[LATER_HEALTH].to_pylist()


def by_place(rows):
    return {(row["platform"], row["measure"]): row for row in rows}


def states(rows):
    return {place: row["state"] for place, row in by_place(rows).items()}


def test_what_is_bad_from_the_third_week_on_is_told_of_the_measure_and_the_platform_that_are(bad_lake):
    rows = later(bad_lake, BAD)
    worse = {place for place, state in states(rows).items() if state == "worse"}
    assert worse == {("all", BROWSER), ("Windows_NT", BROWSER)}
    assert len(rows) == 3 * 2
    for place in worse:
        browser = by_place(rows)[place]
        assert browser["release_version"] == "57.0b8"
        assert 24 * HOUR < BAD.end - browser["worse_since"] < 60 * HOUR
        assert browser["age_hours"] == AGE_HOURS
    assert {row["worse_since"] for row in rows if row["state"] == "quiet"} == {None}


def test_one_platform_is_told_of_while_all_together_are_quiet(tmp_path):
    channel = replace(BAD, bad_platform="Darwin", ratio=2.0)
    rows = by_place(later(lake_of(channel, tmp_path), channel))
    assert {place for place, row in rows.items() if row["state"] == "worse"} == {("Darwin", BROWSER)}
    assert rows["all", BROWSER]["ratio"] < 1.4 < rows["Darwin", BROWSER]["ratio_low"]


def test_platforms_add_up_to_the_whole(bad_lake):
    rows = by_place(later(bad_lake, BAD))
    for measure in (BROWSER, CONTENT):
        whole, *parts = (rows[platform, measure] for platform in ("all", "Windows_NT", "Darwin"))
        for amount in ("observed_crashes", "usage_hours", "delayed_crashes"):
            assert sum(part[amount] for part in parts) == pytest.approx(whole[amount])
        assert min(part["adoption"] for part in parts) <= whole["adoption"] <= max(part["adoption"] for part in parts)


def test_usage_pings_that_are_lost_on_one_platform_make_it_no_worse(tmp_path):
    channel = SmallChannel(betas=1, last_hours=AGE_HOURS)
    lost_from = channel.end - 36 * HOUR

    class Losing(SmallChannel):
        def _rows(self):
            for row in super()._rows():
                is_lost = row["os_name"] == "Darwin" and row["hour_start"] >= lost_from
                yield row | {"usage_hours": row["usage_hours"] * (0.55 if is_lost else 1.0)}

    losing = Losing(betas=1, last_hours=AGE_HOURS)
    found = states(later(lake_of(losing, tmp_path), losing))
    assert (found["Darwin", BROWSER], found["Windows_NT", BROWSER]) == ("not_judged", "quiet")


BEFORE_PLATFORMS = replace(
    CHANNEL_DAYS,
    grain=tuple(name for name in CHANNEL_DAYS.grain if name != "platform"),
    columns=tuple(column for column in CHANNEL_DAYS.columns if column.name != "platform"),
)


def keep_as_before_platforms(catalog, channel, before):
    """channel_days of the days before that time as they were kept before there were sums by platform."""
    made = pa.concat_tables(score_looks(catalog, channel.calendar, channel.end - HOUR).to_keep[CHANNEL_DAYS.name])
    old = made.filter(pc.field("platform").is_null() & (pc.field("day_start") < pa.scalar(before, made["day_start"].type)))
    ensure_table(catalog, BEFORE_PLATFORMS).append(old.drop_columns("platform").cast(arrow_schema(BEFORE_PLATFORMS)))


def test_days_that_were_kept_before_platforms_are_watched_all_together(tmp_path):
    catalog = lake_of(BAD, tmp_path)
    keep_as_before_platforms(catalog, BAD, BAD.end)
    scored = score_looks(catalog, BAD.calendar, BAD.end - HOUR)
    assert states(scored.told_beside[LATER_HEALTH].to_pylist()) == {("all", BROWSER): "worse", ("all", CONTENT): "quiet"}
    assert scored.to_keep[CHANNEL_DAYS.name] == [], "no day had to be summed up again"


def test_platforms_are_watched_once_three_days_of_them_are_kept(tmp_path):
    channel = replace(BAD, ratio=6.0, bad_platform="Darwin", bad_from_hour=AGE_HOURS - 40)
    catalog = lake_of(channel, tmp_path)
    keep_as_before_platforms(catalog, channel, channel.end - 6 * 24 * HOUR)
    scored = score_looks(catalog, channel.calendar, channel.end - HOUR)
    keep_rows(catalog, CHANNEL_DAYS, pa.concat_tables(scored.to_keep[CHANNEL_DAYS.name]))
    for rows in (scored.told_beside[LATER_HEALTH].to_pylist(), later(catalog, channel)):
        found = states(rows)
        assert (found["all", BROWSER], found["Darwin", BROWSER], found["Windows_NT", BROWSER]) == ("worse", "worse", "quiet")


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
