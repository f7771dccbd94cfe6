"""Holes: what was never read, never settled or came too late is named, with one request for each stretch of days that mends it."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyiceberg.catalog import Catalog

from jobs.declarations.windows import HOUR, Mode, Window, hours_between
from jobs.maintain_tables import main as maintain_tables
from jobs.pings.landing_zone import LandedHour, LandedObject, list_hours
from jobs.plan_backfill import main as plan_backfill
from jobs.tables.commits.publishing import publish_window
from jobs.tables.upkeep.backfill_requests import cost_words, hole_lines, request_command
from jobs.tables.upkeep.hole_reading import read_holes
from jobs.tables.upkeep.input_holes import Holes, ReadHour, find_holes, gone_objects, late_objects
from tests.ping_factory import close_hour, land, main_ping
from tests.tables.staged_runs import DAY, TEN, provisional, settled, stage_run_of

pytestmark = pytest.mark.long

A_DAY = timedelta(days=1)
NOON = DAY + 10 * A_DAY + 12 * HOUR


def read(start: datetime, end: datetime, mode: Mode = Mode.SETTLED) -> dict[datetime, ReadHour]:
    return {hour: ReadHour(mode) for hour in hours_between(start, end)}


def hourly(start: datetime, end: datetime) -> dict[datetime, ReadHour]:
    return read(start, end, Mode.PROVISIONAL)


def landed(hours: Iterable[datetime], etag: str = "1") -> list[LandedHour]:
    """One object in each hour, `part` by its key."""
    return [LandedHour(h, True, h + HOUR, (LandedObject("part", "/part", etag, 10**9, h, False, h, "main"),), 0) for h in hours]


def test_nothing_is_missing_where_every_day_is_settled_and_the_last_hours_are_read() -> None:
    everything = read(DAY, DAY + 10 * A_DAY) | hourly(DAY + 10 * A_DAY, NOON - 3 * HOUR)
    assert not find_holes(everything, DAY, NOON)


def test_a_day_is_overdue_half_a_day_after_its_end_and_an_hour_three_hours_after_its_own() -> None:
    known = read(DAY, DAY + 9 * A_DAY) | hourly(DAY + 9 * A_DAY, NOON - 4 * HOUR)
    assert find_holes(known, DAY, NOON - HOUR) == Holes()
    assert find_holes(known, DAY, NOON) == Holes(unread_hours=(NOON - 4 * HOUR,), unsettled_days=(DAY + 9 * A_DAY,))


def test_hours_before_the_first_one_ever_read_are_no_holes_but_their_day_is_settled_as_others() -> None:
    assert find_holes(hourly(TEN, DAY + A_DAY), TEN, DAY + A_DAY + 11 * HOUR).unsettled_days == ()
    assert find_holes(hourly(TEN, DAY + A_DAY + 9 * HOUR), TEN, DAY + A_DAY + 12 * HOUR) == Holes(unsettled_days=(DAY,))


def test_a_day_of_which_nothing_lies_in_the_landing_zone_is_not_offered() -> None:
    listed = [*landed(hours_between(DAY, DAY + A_DAY)), *(LandedHour(h, False, None, (), 0) for h in hours_between(DAY + A_DAY, NOON))]
    holes = find_holes(hourly(DAY, DAY + 2 * A_DAY), DAY, DAY + 3 * A_DAY, listed)
    assert (holes.unsettled_days, holes.lost_days, holes.days_to_settle) == ((DAY, DAY + A_DAY), (DAY + A_DAY,), (DAY,))
    assert "nothing lies in the landing zone any more for 2017-11-21: what is published of them stays as it is" in hole_lines(holes, listed)


def test_an_object_that_came_or_changed_after_its_day_was_settled_is_late() -> None:
    was_read = {TEN: ReadHour(Mode.SETTLED, {"part": "1"})}
    assert late_objects(landed([TEN]), was_read) == {}
    assert late_objects(landed([TEN], etag="2"), was_read) == {DAY: ("part",)}
    assert late_objects(landed([TEN]), {TEN: ReadHour(Mode.SETTLED)}) == {DAY: ("part",)}
    assert late_objects(landed([TEN]), {TEN: ReadHour(Mode.PROVISIONAL)}) == {}, "settling is yet to come"
    assert late_objects(landed([TEN]), {TEN: ReadHour(Mode.SETTLED, {"part": "1", "gone": "1"})}) == {}


def test_objects_that_are_gone_are_counted_by_day() -> None:
    was_read = {TEN: ReadHour(Mode.SETTLED, {"part": "1", "a": "1", "b": "1"}), TEN + HOUR: ReadHour(Mode.SETTLED, {"part": "1"})}
    assert gone_objects(landed([TEN, TEN + HOUR]), was_read) == {DAY: 2}


def test_each_stretch_of_days_is_one_request() -> None:
    holes = Holes(unsettled_days=(DAY, DAY + A_DAY), late_objects={DAY + 5 * A_DAY: ("part",)})
    commands = [line.strip() for line in hole_lines(holes) if line.startswith("  ")]
    assert commands == [request_command(DAY, DAY + 2 * A_DAY), request_command(DAY + 5 * A_DAY, DAY + 6 * A_DAY)]


def test_the_cost_is_what_lies_there_decompressed() -> None:
    assert cost_words(landed([TEN, TEN + HOUR]), jobs=1) == "2 objects, 2.00 GB, about 1 minute on two cores"  # 1 + 2,000 / 12,000
    assert cost_words(landed(hours_between(DAY, DAY + A_DAY)), jobs=2) == "24 objects, 24.00 GB, about 4 minutes on two cores"  # 2 + 2


def test_after_an_outage_of_a_week_the_printed_request_covers_exactly_its_days(
    lake: dict[str, str], catalog: Catalog, staging: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    for name, location in (lake | {"LANDING": str(landing), "STAGING": staging}).items():
        monkeypatch.setenv(name, location)
    for day in range(11):
        land(landing, [main_ping({}, TEN + day * A_DAY)], hour_start=TEN + day * A_DAY)
        close_hour(landing, TEN + day * A_DAY)
    settle(catalog, staging, landing, settled(DAY, days=2))
    # In the middle of the third day nothing ran any more, for a week.
    publish_window(catalog, stage_run_of(staging, provisional(DAY + 2 * A_DAY, hours=13), {}))
    settle(catalog, staging, landing, settled(DAY + 9 * A_DAY))
    publish_window(catalog, stage_run_of(staging, provisional(DAY + 10 * A_DAY, hours=24), {}))

    said = CliRunner().invoke(maintain_tables, ["--end", f"{DAY + 11 * A_DAY:%Y-%m-%dT%H:%MZ}"])
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert "155 hours never read: 2017-11-22 13:00 to 2017-11-29 00:00" in lines  # 11 + 6 x 24
    assert "7 days never settled: 2017-11-22 to 2017-11-28" in lines
    assert lines[-1].startswith("to settle again: 2017-11-22 to 2017-11-28; deleted")
    [command] = [line for line in lines if "airflow dags trigger" in line]
    assert "to mend 2017-11-22 to 2017-11-28 (7 objects, 0.00 GB, about 1 minute on two cores):" in lines

    conf = json.loads(command.split("'")[1])
    planned = CliRunner().invoke(plan_backfill, ["--start", conf["start"], "--end", conf["end"], "--run-key", "cafe"])
    assert [job[1::2][:3] for job in json.loads(planned.output.splitlines()[-1])] == [["2017-11-22T00:00Z", "2017-11-29T00:00Z", "settled"]]

    settle(catalog, staging, landing, settled(DAY + 2 * A_DAY, days=7))
    assert read_holes(catalog, DAY + 11 * A_DAY, timedelta(days=35), str(landing))[0] == Holes()


def settle(catalog: Catalog, staging: str, landing: Path, window: Window) -> None:
    read_now = {hour.hour_start: [(landed.object_key, landed.etag) for landed in hour.objects] for hour in list_hours(str(landing), window)}
    publish_window(catalog, stage_run_of(staging, window, read_now))


def test_what_is_older_than_the_time_looked_at_makes_all_of_it_expected(catalog: Catalog, staging: str) -> None:
    publish_window(catalog, stage_run_of(staging, settled(DAY), {}))
    publish_window(catalog, stage_run_of(staging, settled(DAY + 5 * A_DAY), {}))
    holes, _ = read_holes(catalog, DAY + 7 * A_DAY, timedelta(days=4))
    assert holes.unsettled_days == (DAY + 3 * A_DAY, DAY + 4 * A_DAY)


def test_a_landing_zone_that_cannot_be_listed_fails_the_task_after_the_tables_are_tended(
    lake: dict[str, str], catalog: Catalog, staging: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, location in (lake | {"LANDING": str(tmp_path / "nowhere"), "STAGING": staging}).items():
        monkeypatch.setenv(name, location)
    publish_window(catalog, stage_run_of(staging, provisional(TEN), {}))
    said = CliRunner().invoke(maintain_tables, ["--end", f"{DAY + 2 * A_DAY:%Y-%m-%dT%H:%MZ}"])
    assert said.exit_code == 1
    assert "release_totals: 0 rows past their retention" in said.output
    assert "1 day never settled: 2017-11-20" in said.output
    assert "the tables are tended, but late objects could not be looked for: the landing zone" in said.output
