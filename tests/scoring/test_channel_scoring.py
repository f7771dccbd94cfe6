"""From a channel's rows to verdicts: which releases are compared, what late or missing data does, what each state needs."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.declarations.policies import POLICY
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.baseline_selection import baselines_of, channel_releases
from jobs.scoring.inputs.release_reviews import Review
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.rows.health_rows import LookRange, health_rows
from jobs.verdicts.health_notes import Note, NoteCode, parse_note
from tests.scoring.records_in_memory import channel_records
from tests.scoring.small_channel import ORIGIN, SmallChannel

CHANNEL = SmallChannel(betas=5, last_hours=40)
ROWS = CHANNEL.rows()


CRASHES = ("crash_pings", "main_crashes_capped", "content_crashes_capped")


def rows_of(record, after, until, channel=CHANNEL):
    return [
        row for scored in score_releases(record, after, until, POLICY) for row in health_rows(scored, LookRange(after, until), 1, POLICY)
    ]


def verdicts(rows, version):
    return [row for row in rows if row["scope"] == "release" and row["release_version"] == version]


def baselines_before(record, version, excluded=()):
    release = next(release for release in record.releases if release.version == version)
    return [other.version for other in baselines_of(release, record.releases, record.totals, excluded, POLICY.baselines)]


def test_baselines_are_the_releases_before_newest_first_across_b9_and_b10():
    assert baselines_before(CHANNEL.record(ROWS), "57.0b12") == ["57.0b11", "57.0b10", "57.0b9", "57.0b8"]


def test_a_confirmed_regression_is_no_baseline_of_later_releases():
    record = CHANNEL.record(ROWS, reviews=(Review("beta", "57.0b10", ORIGIN + 20 * 24 * HOUR, "confirmed"),))
    rows = rows_of(record, CHANNEL.end - HOUR, CHANNEL.end)
    assert verdicts(rows, "57.0b12")[0]["baseline_versions"] == ["57.0b11", "57.0b9", "57.0b8"]


@pytest.mark.parametrize(
    ("verdict", "days"),
    [("dismissed", 20), ("open", 20), ("confirmed", 33)],
    ids=["dismissed", "open again", "confirmed when the release was out already"],
)
def test_other_reviews_leave_the_baselines_alone(verdict, days):
    earlier = Review("beta", "57.0b10", ORIGIN + 19 * 24 * HOUR, "confirmed" if days == 20 else "open")
    record = CHANNEL.record(ROWS, reviews=(earlier, Review("beta", "57.0b10", ORIGIN + days * 24 * HOUR, verdict)))
    rows = rows_of(record, CHANNEL.end - HOUR, CHANNEL.end)
    assert "57.0b10" in verdicts(rows, "57.0b12")[0]["baseline_versions"]


def test_without_a_calendar_a_release_begins_with_its_sustained_adoption():
    found = channel_releases(*[CHANNEL.record(ROWS, calendar={}).totals, {}])
    assert [release.version for release in found] == CHANNEL.versions
    for release, at in zip(found, CHANNEL.releases, strict=True):
        assert release.hour - at <= HOUR
        assert release.known_from == release.hour + 3 * HOUR


def test_a_beta_without_its_number_is_counted_and_not_scored():
    nameless = [row | {"release_version": "57.0"} if row["release_version"] == "57.0b12" else row for row in ROWS.to_pylist()]
    record = CHANNEL.record(pa.Table.from_pylist(nameless, schema=ROWS.schema), calendar={})
    assert "57.0" not in [release.version for release in channel_releases(record.totals, {})]


def test_a_look_is_the_same_whatever_came_later():
    at = CHANNEL.end - 10 * HOUR
    then = rows_of(CHANNEL.record(ROWS, end=at), at - HOUR, at)
    later = [row for row in rows_of(CHANNEL.record(ROWS), at - HOUR, CHANNEL.end) if row["as_of"] == at]
    assert then == later


def test_rows_in_any_order_give_the_same_looks():
    shuffled = ROWS.take(pa.array(range(ROWS.num_rows - 1, -1, -1)))
    last = (CHANNEL.end - HOUR, CHANNEL.end)
    for ours, theirs in zip(rows_of(CHANNEL.record(shuffled), *last), rows_of(CHANNEL.record(ROWS), *last), strict=True):
        assert ours["state"] == theirs["state"]
        assert ours["score"] == pytest.approx(theirs["score"], nan_ok=False) if ours["score"] is not None else theirs["score"] is None


def test_late_rows_give_what_all_rows_at_once_give():
    """A row of an old hour that comes late: the looks after it are those of a record that always had it."""
    late = ROWS.slice(ROWS.num_rows - 300, 20)
    without = pa.concat_tables([ROWS.slice(0, ROWS.num_rows - 300), ROWS.slice(ROWS.num_rows - 280)])
    last = (CHANNEL.end - HOUR, CHANNEL.end)
    assert rows_of(CHANNEL.record(without), *last) != rows_of(CHANNEL.record(ROWS), *last)
    assert rows_of(CHANNEL.record(pa.concat_tables([without, late]).sort_by("hour_start")), *last)[0]["score"] == pytest.approx(
        rows_of(CHANNEL.record(ROWS.sort_by("hour_start")), *last)[0]["score"]
    )


def test_a_first_release_is_compared_with_the_version_in_use_before():
    rows = verdicts(rows_of(CHANNEL.record(ROWS), ORIGIN, CHANNEL.end), "57.0b8")
    assert rows[-1]["baseline_versions"] == ["57.0b7"]
    assert Note(NoteCode.PROXY, {"instead_of_baselines": "version_before"}).stored in rows[-1]["notes"]
    assert rows[-1]["ratio"] == pytest.approx(1.0, abs=0.25)  # three days of it are recorded: the late hours of earlier ones come on top
    assert rows[-1]["acceptable_ratio"] == pytest.approx(math.exp(2 * 0.5), rel=0.01)  # only gross faults show


@pytest.mark.parametrize(("ratio", "is_regressed"), [(1.0, False), (6.0, True)])
def test_crashes_at_updating_are_no_fault_of_a_first_release(ratio, is_regressed):
    """Eight times the rate in the first hour, 1.3 times after a day: nothing past says that this is usual."""
    first = SmallChannel(betas=1, last_hours=72)
    rows = first.rows().to_pylist()
    for row in rows:
        age_hours = (row["hour_start"] - first.releases[0]) / HOUR + 1
        if row["release_version"] == first.versions[0]:
            row["main_crashes_capped"] = round(row["main_crashes_capped"] * ratio * (1 + 7 / age_hours))
    states = [
        row["state"] for row in verdicts(rows_of(first.record(pa.Table.from_pylist(rows, schema=ROWS.schema)), ORIGIN, first.end), "57.0b8")
    ]
    assert states[0] == "too_early"
    assert ("regressed" in states) is is_regressed


def test_a_first_release_in_a_record_that_begins_with_it_has_rates_and_no_verdict():
    alone = [row for row in ROWS.to_pylist() if row["release_version"] == "57.0b8"]
    rows = verdicts(rows_of(CHANNEL.record(pa.Table.from_pylist(alone, schema=ROWS.schema)), ORIGIN, CHANNEL.end), "57.0b8")
    assert {row["state"] for row in rows} == {"no_baseline"}
    assert rows[-1]["usage_hours"] > 0
    assert rows[-1]["ratio"] is None
    assert rows[-1]["score"] is None


def test_one_baseline_is_called_thin():
    rows = verdicts(rows_of(CHANNEL.record(ROWS), ORIGIN, CHANNEL.end), "57.0b9")
    assert Note(NoteCode.THIN_BASELINE, {"releases": 1}).stored in rows[-1]["notes"]


def test_an_hour_that_is_not_complete_is_a_data_problem_not_zeros():
    channel = replace(CHANNEL, missing_hours=(CHANNEL.hours - 5,))
    rows = verdicts(rows_of(channel.record(ROWS), ORIGIN, CHANNEL.end), "57.0b12")
    assert [row["state"] == "data_problem" for row in rows] == [False] * 35 + [True] * 5
    assert NoteCode.INCOMPLETE_HOURS in rows[-1]["notes"]


def test_a_measure_that_no_ping_of_the_version_carries_is_a_data_problem():
    is_last = pc.equal(ROWS["release_version"], "57.0b12")
    position = ROWS.schema.get_field_index("content_crashes_capped")
    silent = pc.if_else(is_last, pa.scalar(None, pa.int64()), ROWS["content_crashes_capped"])
    rows = rows_of(CHANNEL.record(ROWS.set_column(position, "content_crashes_capped", silent)), CHANNEL.end - HOUR, CHANNEL.end)
    content = [
        row for row in rows if row["measure"] == "content_crashes_capped" and row["scope"] == "platform" and row["platform"] == "all"
    ]
    assert content[-1]["state"] == "data_problem"
    assert NoteCode.SILENT_MEASURE in content[-1]["notes"]


@pytest.mark.parametrize(("ratio", "is_believed"), [(0.1, False), (0.6, True)], ids=["a third is reported", "truly better"])
def test_fewer_than_half_as_many_crashes_as_ever_are_a_data_problem_not_praise(ratio, is_believed):
    channel = replace(CHANNEL, ratio=ratio)
    rows = rows_of(channel.record(), channel.end - HOUR, channel.end)
    main = next(row for row in rows if (row["measure"], row["scope"], row["platform"]) == ("main_crashes_capped", "platform", "all"))
    assert (NoteCode.FEW_CRASH_REPORTS in main["notes"]) is not is_believed
    assert (main["state"] == "data_problem") is not is_believed


def test_a_platform_that_is_worse_than_the_rest_of_its_release_makes_it_regressed():
    channel = replace(CHANNEL, ratio=2.0, bad_platform="Darwin", last_hours=60)
    rows = rows_of(channel.record(), channel.end - HOUR, channel.end)
    regressed = {(row["scope"], row["platform"], row["stratum"]) for row in rows if row["state"] == "regressed"}
    assert {("release", "all", "all"), ("platform", "all", "all"), ("stratum", "all", "Darwin"), ("platform", "Darwin", "all")} <= regressed
    assert ("platform", "Windows_NT", "all") not in regressed
    (verdict,) = verdicts(rows, "57.0b12")
    told = parse_note(verdict["notes"][0]).parameters
    assert "Darwin" in (told["platform"], told["stratum"].split(" / ")[0])


def test_a_platform_is_not_regressed_for_what_the_whole_release_has():
    """1.35 times is less than betas differ by; a platform of its own would only add its false alarms."""
    channel = replace(CHANNEL, ratio=1.35, last_hours=60)
    (scored,) = score_releases(channel.record(), channel.end - HOUR, channel.end, POLICY)
    own = {cell.key.platform: {state.value for row in cell.states for state in row} for cell in scored.cells}
    assert all("regressed" not in states for states in own.values())


@pytest.mark.parametrize(("content_crashes_per_hour", "share"), [(0.5, 0.95), (0.0, 1.0)], ids=["two measures", "one that ever happened"])
def test_measures_that_decide_share_the_false_alarms_of_a_release(content_crashes_per_hour, share):
    channel = replace(CHANNEL, content_crashes_per_hour=content_crashes_per_hour)
    (scored,) = score_releases(channel.record(), channel.end - HOUR, channel.end, POLICY)
    alarms = [cell.alarm for cell in scored.cells if cell.key.measure == "main_crashes_capped"]
    assert [alarm.doubt for alarm in alarms] == pytest.approx([share * POLICY.alarm.doubt] * len(alarms))
    assert [alarm.chance_if_healthy for alarm in alarms] == pytest.approx([share * POLICY.alarm.chance_if_healthy] * len(alarms))


def test_a_measure_that_is_null_everywhere_is_no_baseline():
    rows = rows_of(CHANNEL.record(ROWS), CHANNEL.end - HOUR, CHANNEL.end)
    assert {row["state"] for row in rows if row["measure"] == "gpu_crashes"} == {"no_baseline"}


def test_hours_of_all_versions_falling_away_are_a_data_problem():
    last_hours = pc.greater_equal(ROWS["hour_start"], pa.scalar(CHANNEL.end - 3 * HOUR, ROWS.schema.field("hour_start").type))
    lost = pc.if_else(last_hours, pc.multiply(ROWS["usage_hours"], 0.3), ROWS["usage_hours"])
    position = ROWS.schema.get_field_index("usage_hours")
    rows = verdicts(rows_of(CHANNEL.record(ROWS.set_column(position, "usage_hours", lost)), CHANNEL.end - HOUR, CHANNEL.end), "57.0b12")
    assert rows[-1]["state"] == "data_problem"
    assert NoteCode.FEW_USAGE_HOURS in rows[-1]["notes"]


@pytest.mark.parametrize(("crashes_of_the_others", "state"), [(1.0, "data_problem"), (0.4, "regressed")])
def test_a_release_that_crashes_more_over_a_holiday_is_no_data_problem(crashes_of_the_others, state):
    """Less than half of the usage of all versions, and as many crashes of the release: out of step. Whether pings are lost the version before tells."""
    channel = replace(CHANNEL, crashes_per_hour=0.2, last_hours=44)
    used = np.where(np.arange(channel.hours) >= channel.hours - 24, 0.4, 1.0)
    versions = [f"57.0b{channel.first_beta - 1}", *channel.versions]
    shares = dict(zip(versions, channel.shares(), strict=True))
    usage, everyday = ({v: np.convolve(share * use, delay_kernel()) for v, share in shares.items()} for use in (used, 1.0))
    rows = channel.rows().to_pylist()
    for row in rows:
        version, hour = row["release_version"], int((row["hour_start"] - ORIGIN) / HOUR)
        row["usage_hours"] *= usage[version][hour] / everyday[version][hour]  # what was used in the days before still comes
        for measure in CRASHES if used[hour] < 1 and version != versions[-1] else ():
            row[measure] = round(row[measure] * crashes_of_the_others)
    record = channel.record(pa.Table.from_pylist(rows, channel.rows().schema))
    row = verdicts(rows_of(record, channel.end - HOUR, channel.end), channel.versions[-1])[-1]
    assert row["state"] == state, row["notes"]


def test_a_bad_platform_makes_a_bad_release_and_is_named():
    bad = replace(CHANNEL, ratio=2.5)
    row = verdicts(rows_of(bad.record(), bad.end - HOUR, bad.end), "57.0b12")[-1]
    assert row["state"] == "regressed"
    place = {"scope": "platform", "platform": "Windows_NT", "stratum": "all", "measure": "main_crashes_capped"}
    assert parse_note(row["notes"][0]) == Note(NoteCode.DECIDED_BY, place)
    assert row["ratio"] == pytest.approx(2.5, rel=0.15)
    assert row["since"] < bad.end


def test_the_first_release_of_a_channel_is_compared_with_its_betas():
    at = CHANNEL.releases[-1]
    as_release = [
        row | {"channel": "release", "release_version": "57.0"} for row in ROWS.to_pylist() if row["release_version"] == "57.0b12"
    ]
    table = pa.Table.from_pylist(as_release, schema=ROWS.schema)
    both = channel_records(pa.concat_tables([ROWS, table]), [], ORIGIN, CHANNEL.end, CHANNEL.calendar | {("release", "57.0"): at})
    record = replace(both["release"], stage_before=both["beta"])
    row = verdicts(rows_of(record, CHANNEL.end - HOUR, CHANNEL.end), "57.0")[-1]
    assert row["baseline_versions"] == ["57.0b11", "57.0b10", "57.0b9", "57.0b8"]
    assert row["between_release_scale"] == 0.5
    assert Note(NoteCode.PROXY, {"instead_of_baselines": "channel_before"}).stored in row["notes"]
