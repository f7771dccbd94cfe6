"""A desktop application without content processes: a measure of which nothing ever happened takes no part in the verdict."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.declarations.policies import POLICY
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.rows.health_rows import LookRange, health_rows
from jobs.verdicts.health_notes import NoteCode
from tests.scoring.small_channel import SmallChannel

pytestmark = pytest.mark.long

CONTENT = "content_crashes_capped"
NEVER = (CONTENT, "content_shutdown_crashes")
# 11 releases, about 170,000 hours of use and 34,000 crashes: 200,000 events.
DESKTOP = SmallChannel(betas=11, last_hours=168, usage_hours_per_hour=90.0, crashes_per_hour=0.2, content_crashes_per_hour=0.0)


def all_rows(channel, rows=None, releases=1):
    """The rows of the last releases."""
    looks = LookRange(channel.releases[-releases], channel.end)
    scored = score_releases(channel.record(rows), looks.after, looks.until, POLICY)
    return [row for release in scored for row in health_rows(release, looks, 1, POLICY)]


def with_column(totals, measure, counts):
    return totals.set_column(totals.schema.get_field_index(measure), measure, counts)


@pytest.fixture(scope="module")
def totals():
    rows = DESKTOP.rows()
    rows = with_column(rows, "startup_crashes", pc.divide(rows["main_crashes_capped"], 3))
    return with_column(rows, "content_shutdown_crashes", pc.multiply(rows[CONTENT], 0))


@pytest.fixture(scope="module")
def rows(totals):
    return all_rows(DESKTOP, totals, releases=11)


def verdicts(rows, version=None):
    return [row for row in rows if row["scope"] == "release" and version in (None, row["release_version"])]


def test_the_world_is_as_large_as_said(totals):
    events = pc.sum(totals["usage_hours"]).as_py() + pc.sum(totals["main_crashes_capped"]).as_py()
    assert 150_000 < events < 250_000


def test_no_release_is_too_early_after_two_days(rows):
    assert {row["state"] for row in verdicts(rows) if row["age_hours"] > 48} & {"too_early", "no_baseline"} == set()
    last = [row["state"] for row in verdicts(rows) if row["age_hours"] == 168]
    assert last.count("healthy") >= 8


def test_a_bad_release_is_regressed_and_a_good_one_before_it_is_not():
    bad = replace(DESKTOP, ratio=2.5)
    rows = all_rows(bad, releases=2)
    assert verdicts(rows, bad.versions[-1])[-1]["state"] == "regressed"
    assert verdicts(rows, bad.versions[-2])[-1]["state"] == "healthy"


def test_cells_without_events_change_no_figure_of_the_others(totals, rows):
    """The same pings of a client that can't count content crashes at all. Twelve cells would be enough to learn tau0 from; six are not."""
    unknown = totals
    for measure in NEVER:
        unknown = with_column(unknown, measure, pa.nulls(totals.num_rows, pa.int64()))
    without = [row for row in all_rows(DESKTOP, unknown) if row["measure"] not in NEVER]
    last = [row for row in rows if row["release_version"] == DESKTOP.versions[-1]]
    assert [row for row in last if row["measure"] not in NEVER] == without


def test_the_measure_says_that_it_is_left_out_and_has_no_figures(rows):
    content = [row for row in rows if row["measure"] == CONTENT]
    assert {row["scope"] for row in content} == {"platform"}
    assert {(row["ratio"], row["evidence"], row["score"]) for row in content} == {(None, None, None)}
    assert all(NoteCode.NO_EVENT in row["notes"] for row in content)


@pytest.mark.parametrize("events", [1, 40])
def test_it_counts_from_its_first_event_on(totals, events):
    """A single event decides nothing; many, where no release before had any, are a regression."""
    in_last_week = pc.and_(pc.equal(totals["release_version"], DESKTOP.versions[-1]), pc.equal(totals["os_name"], "Darwin"))
    hours = totals["hour_start"].to_pylist()
    first, last = (DESKTOP.releases[-1] + at * (DESKTOP.end - DESKTOP.releases[-1]) for at in (0.5, 0.6))
    counts = [events * (is_last and first <= hour < last) for is_last, hour in zip(in_last_week.to_pylist(), hours, strict=True)]
    if events == 1:
        counts = [count if count and not any(counts[:i]) else 0 for i, count in enumerate(counts)]
    rows = all_rows(DESKTOP, with_column(totals, CONTENT, pa.array(counts, pa.int64())))
    content = [row for row in rows if (row["measure"], row["platform"], row["scope"]) == (CONTENT, "all", "platform")]
    by_age = {row["age_hours"]: row for row in content if row["release_version"] == DESKTOP.versions[-1]}
    assert by_age[50]["ratio"] is None
    assert by_age[168]["ratio"] is not None
    assert verdicts(rows, DESKTOP.versions[-1])[-1]["state"] == ("healthy" if events == 1 else "regressed")


def test_an_application_in_which_nothing_ever_went_wrong_is_too_early_to_judge():
    quiet = replace(DESKTOP, betas=5, crashes_per_hour=0.0)
    row = verdicts(all_rows(quiet), quiet.versions[-1])[-1]
    assert (row["state"], row["score"]) == ("too_early", None)
    assert NoteCode.NO_EVENT in row["notes"]
