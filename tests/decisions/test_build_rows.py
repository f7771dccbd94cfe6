"""From the lake's builds to the one with which a release turned bad, and how it is told."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from jobs.declarations.tables import BUILD_DAYS, BUILD_HEALTH, ERROR_AGGREGATES, RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from jobs.explain_release_health import explain
from jobs.history import kept_builds
from jobs.score_release_health import score_looks
from jobs.tables.commits.kept_rows import keep_rows
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema
from tests.scoring.small_channel import SmallChannel, lake_of, table_of

pytestmark = pytest.mark.long

BUILD_EVERY_HOURS = 12


def build_id(hour):
    return f"{hour:%Y%m%d%H%M%S}"


@dataclass(frozen=True)
class ChannelWithBuilds(SmallChannel):
    """The last beta gets a new build every twelve hours, which three users in four have at once, the others half a day later.

    Builds from number `first_bad` on crash four times as often.
    """

    first_bad: int | None = None

    def by_build(self):
        """Rows of the last beta, one for each build, as of error_aggregates."""
        rng = np.random.default_rng(self.seed)
        for row in super()._rows():
            if row["release_version"] != self.versions[-1]:
                continue
            newest = (row["hour_start"] - self.releases[-1]) // HOUR // BUILD_EVERY_HOURS
            for build, share in ((newest, 0.75 if newest else 1.0), *([(newest - 1, 0.25)] if newest else [])):
                is_bad = self.first_bad is not None and build >= self.first_bad
                usage_hours = row["usage_hours"] * share
                crashes = int(rng.poisson(usage_hours * self.crashes_per_hour * (4.0 if is_bad else 1.0)))
                yield row | {
                    "window_start": row["hour_start"] + timedelta(minutes=5),
                    "build_id": build_id(self.releases[-1] + int(build) * BUILD_EVERY_HOURS * HOUR),
                    "usage_hours": usage_hours,
                    "crash_pings": crashes,
                    "main_crashes_capped": crashes,
                    "content_crashes_capped": int(rng.poisson(usage_hours * self.content_crashes_per_hour)),
                }

    def _rows(self):
        """All betas; of the last one the builds together."""
        yield from (row for row in super()._rows() if row["release_version"] != self.versions[-1])
        together: dict[tuple, dict] = {}
        for row in self.by_build():
            key = tuple(row[name] for name in ("hour_start", "os_name", "os_version_major", "architecture", "country_group"))
            total = together.setdefault(
                key, {name: value for name, value in row.items() if name not in ("window_start", "build_id")} | NOTHING
            )
            for name in NOTHING:
                total[name] += row[name]
        yield from together.values()


NOTHING = {"usage_hours": 0.0, "crash_pings": 0, "main_crashes_capped": 0, "content_crashes_capped": 0}
BAD = ChannelWithBuilds(betas=4, last_hours=60, first_bad=3)
HEALTHY = ChannelWithBuilds(betas=4, last_hours=60)


def with_builds(channel, folder):
    catalog = lake_of(channel, folder)
    given = {"application": "Firefox", "version": "57.0", "country": "DE", "window_run_id": "run"}
    declared = [{name: row.get(name) for name in ERROR_AGGREGATES.column_names} | given for row in channel.by_build()]
    ensure_table(catalog, ERROR_AGGREGATES).append(table_of(ERROR_AGGREGATES, declared).cast(arrow_schema(ERROR_AGGREGATES)))
    return catalog


@pytest.fixture(scope="module")
def bad_lake(tmp_path_factory):
    return with_builds(BAD, tmp_path_factory.mktemp("bad"))


@pytest.fixture(scope="module")
def bad(bad_lake):
    return score_looks(bad_lake, BAD.calendar, BAD.end - 2 * HOUR)


def builds_of(scored, as_of=None):
    return [row for row in scored.told_beside[BUILD_HEALTH].to_pylist() if as_of in (None, row["as_of"])]


def test_the_build_with_which_it_began_is_suspected_and_no_other(bad):
    rows = builds_of(bad, BAD.end)
    assert [row["build_id"] for row in rows] == [build_id(BAD.releases[-1] + hours * HOUR) for hours in (0, 12, 24, 36, 48)]
    assert [row["build_id"] for row in rows if row["is_suspect"]] == [build_id(BAD.releases[-1] + 36 * HOUR)]
    assert {row["release_version"] for row in rows} == {"57.0b11"}


def test_builds_have_together_what_the_release_has(bad):
    rows = builds_of(bad, BAD.end)
    place = {"scope": "platform", "stratum": "all", "platform": rows[0]["platform"], "measure": rows[0]["measure"]}
    release = next(
        row
        for row in bad.rows.to_pylist()
        if (row["release_version"], row["as_of"]) == ("57.0b11", BAD.end) and all(row[name] == value for name, value in place.items())
    )
    for name in ("observed_crashes", "usage_hours", "delayed_crashes", "expected_crashes"):
        assert sum(row[name] for row in rows) == pytest.approx(release[name], rel=1e-6)


def test_a_look_says_the_same_whenever_it_is_scored(bad_lake, bad):
    alone = score_looks(bad_lake, BAD.calendar, BAD.end - HOUR)
    assert builds_of(alone) == builds_of(bad, BAD.end)


def test_of_a_release_that_nothing_speaks_against_no_build_is_even_read(tmp_path, monkeypatch):
    catalog = with_builds(HEALTHY, tmp_path)

    def must_not(*_):
        raise AssertionError("read")

    monkeypatch.setattr(kept_builds.KeptBuilds, "__call__", must_not)
    assert builds_of(score_looks(catalog, HEALTHY.calendar, HEALTHY.end - HOUR)) == []


def test_hours_that_were_kept_are_not_read_again_and_say_the_same(tmp_path, monkeypatch):
    catalog = with_builds(BAD, tmp_path)
    read = []
    add = kept_builds._add
    monkeypatch.setattr(kept_builds, "_add", lambda laid, rows, day: read.append(rows.num_rows) or add(laid, rows, day))

    def scored():
        read.clear()
        found = score_looks(catalog, BAD.calendar, BAD.end - HOUR)
        return builds_of(found), found.to_keep[BUILD_DAYS.name]

    first, kept = scored()
    assert sum(read) == len(list(BAD.by_build()))
    keep_rows(catalog, BUILD_DAYS, pa.concat_tables(kept))
    assert scored() == (first, [])
    assert sum(read) == 0


def test_from_an_hour_on_that_another_run_has_settled_the_day_is_read_again(tmp_path, monkeypatch):
    catalog = with_builds(BAD, tmp_path)
    first = score_looks(catalog, BAD.calendar, BAD.end - HOUR)
    kept = pa.concat_tables(first.to_keep[BUILD_DAYS.name])
    as_if_other = [
        [f"{run}-before" if run and place >= 5 else run for place, run in enumerate(runs)] for runs in kept["window_run_ids"].to_pylist()
    ]
    column = kept.column_names.index("window_run_ids")
    wrong = [[value * 9 if place >= 5 else value for place, value in enumerate(series)] for series in kept["usage_hours"].to_pylist()]
    stale = kept.set_column(column, kept.schema.field(column), pa.array(as_if_other, kept.schema.field(column).type))
    usage = kept.column_names.index("usage_hours")
    keep_rows(catalog, BUILD_DAYS, stale.set_column(usage, kept.schema.field(usage), pa.array(wrong, kept.schema.field(usage).type)))
    assert builds_of(score_looks(catalog, BAD.calendar, BAD.end - HOUR)) == builds_of(first)


def test_a_release_whose_builds_are_not_kept_any_more_has_none(tmp_path):
    assert builds_of(score_looks(lake_of(BAD, tmp_path), BAD.calendar, BAD.end - HOUR)) == []


def test_the_explanation_shows_each_build(bad_lake, bad):
    ensure_table(bad_lake, RELEASE_HEALTH).append(bad.rows)
    ensure_table(bad_lake, BUILD_HEALTH).append(bad.told_beside[BUILD_HEALTH])
    lines = explain(bad_lake, BAD.calendar, "beta", "57.0b11", None).splitlines()
    suspects = [line for line in lines if line.endswith("<- suspect")]
    assert len(suspects) == 1
    assert build_id(BAD.releases[-1] + 36 * HOUR) in suspects[0]
