"""Clients that crash for the first time on their day, from the sketches of client_reach: whoever crashes all day is one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from datasketches import update_theta_sketch
from pyiceberg.expressions import NotEqualTo

from jobs.declarations.tables import CLIENT_REACH, INGEST_AUDIT, RELEASE_RECORDS, RELEASE_TOTALS, USAGE_DELAYS
from jobs.declarations.windows import HOUR
from jobs.score_release_health import score_looks
from jobs.scoring.inputs.cell_counts import CellKey, CellStrata, ReleaseLife, release_counts
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.crashed_clients import crashed_clients
from jobs.scoring.inputs.record_rows import RecordKey, record_rows, records_of
from jobs.scoring.inputs.release_calendar import release_by_calendar
from jobs.scoring.inputs.release_record import HourlyCounts, ReleaseRecord
from jobs.scoring.method.strata import Strata
from jobs.tables.commits.kept_rows import keep_rows, kept_in
from jobs.tables.lake.lake_catalog import ensure_table, identifier
from jobs.tables.lake.schemas import arrow_schema
from jobs.verdicts.health_notes import NoteCode, parse_note
from tests.scoring.small_channel import ORIGIN, SmallChannel, complete_audit, empty_lake, table_of

pytestmark = pytest.mark.long

RELEASED = datetime(2026, 11, 2, 22, tzinfo=UTC)  # two hours before midnight
RELEASE = release_by_calendar("beta", "57.0b8", RELEASED)
MAIN, CONTENT = "main_crashes_capped", "content_crashes_capped"


def reach_row(hour, clients, population="crashed", os_name="Windows_NT", key_id="k1", version="57.0b8", released=RELEASED):
    """Of the clients with these numbers."""
    sketch = update_theta_sketch(12)
    for client in clients:
        sketch.update(client)
    count = float(len(clients))
    return {
        "hour_start": released + timedelta(hours=hour),
        "channel": "beta",
        "release_version": version,
        "os_name": os_name,
        "population": population,
        "key_id": key_id,
        "sketch": sketch.compact().serialize(),
        "estimate": count,
        "low": count,
        "high": count,
        "window_run_id": "run",
    }


def counted(rows, hours=6):
    return crashed_clients(table_of(CLIENT_REACH, rows), RELEASE, hours)


def test_a_client_counts_in_the_first_hour_of_its_day_and_again_after_midnight():
    found = counted([reach_row(0, [1, 2]), reach_row(1, [2, 3]), reach_row(2, [2, 3]), reach_row(4, [2, 4])])
    assert found.by_measure[MAIN][0, [0, 1, 2, 4]].tolist() == [2, 1, 2, 1]


def test_hours_in_which_a_group_is_too_small_for_a_row_are_not_known_and_those_without_a_crash_are_zero():
    found = counted([reach_row(1, [1] * 3), reach_row(1, range(30), "active"), reach_row(3, range(30), "active")], hours=4)
    assert np.array_equal(found.by_measure[MAIN][0], [np.nan, 1, np.nan, 0], equal_nan=True)
    assert np.array_equal(found.by_measure[CONTENT][0], [np.nan, 0, np.nan, 0], equal_nan=True)


def test_whoever_is_in_rows_of_two_keys_counts_once_and_days_may_have_keys_of_their_own():
    rotated = [reach_row(hour, [1], key_id="new") for hour in (1, 2, 3)] + [reach_row(hour, [1], key_id="old") for hour in (0, 1)]
    assert counted(rotated).by_measure[MAIN][0, :4].tolist() == [1, 0, 1, 0]


def test_rows_of_others_are_not_the_releases():
    rows = [reach_row(0, [1], version="57.0b7"), reach_row(0, [2], os_name="other"), reach_row(-1, [3]), reach_row(9, [4])]
    assert counted(rows) is None


def test_ten_thousand_clients_of_a_day_are_counted_as_well_as_a_sketch_can():
    rows = [reach_row(hour, range(hour * 1000, hour * 1000 + 2000)) for hour in range(2, 12)]
    assert np.nansum(counted(rows, hours=12).by_measure[MAIN]) == pytest.approx(11_000, rel=0.05)


def test_crashes_without_known_clients_are_left_out_of_what_is_compared_with_them():
    fine = (("Darwin", "16", "x86-64", "other"), ("Windows_NT", "10", "x86-64", "other"))
    hours = np.ones((2, 3))
    own = HourlyCounts(fine, {"usage_hours": hours, "updates": hours, MAIN: np.array([[5.0, 6.0, 7.0], [50.0, 60.0, 70.0]])})
    clients = HourlyCounts((("Windows_NT", "", "", ""),), {MAIN: np.array([[np.nan, 40.0, 30.0]])})
    totals = ChannelTotals("beta", RELEASED, np.ones(3, dtype=bool), {}, {"Darwin": np.ones(3), "Windows_NT": np.ones(3)}, np.ones(3))
    strata = CellStrata(Strata(("all",), np.zeros(2, dtype=np.intp), ("all",)), dict.fromkeys(fine, 0))

    def of(platform, record):
        return release_counts(totals, ReleaseLife(RELEASE, 3, None), record, CellKey(MAIN, platform), strata).crashing

    whole = of(None, ReleaseRecord(own, None, clients=clients))
    assert whole.crashes.tolist() == [0, 60, 70] and whole.clients.tolist() == [0, 40, 30]
    assert of("Darwin", ReleaseRecord(own, None, clients=clients)) is None
    assert of(None, ReleaseRecord(own, None)) is None


def test_what_is_kept_of_a_finished_release_has_its_clients_and_an_older_record_none():
    fine = (("Windows_NT", "10", "x86-64", "other"),)
    week = np.ones((1, 168))
    measures = [name for name in RELEASE_RECORDS.column_names if isinstance(arrow_schema(RELEASE_RECORDS).field(name).type, pa.ListType)]
    own = HourlyCounts(fine, dict.fromkeys([name for name in measures if name not in ("share_by_delay", "crash_free_users")], week))
    clients = HourlyCounts((("Windows_NT", "", "", ""),), {MAIN: week * 4, CONTENT: np.full((1, 168), np.nan)})
    for given in (clients, None):
        rows = record_rows(RELEASE, ReleaseRecord(own, None, {}, clients=given), "digest", arrow_schema(RELEASE_RECORDS))
        _, kept = records_of(rows)[RecordKey.of(RELEASE)]
        assert (kept.clients is None) is (given is None)
        assert given is None or np.array_equal(kept.clients.by_measure[MAIN], week * 4)


CHANNEL = SmallChannel(betas=5, last_hours=60)
STORM_HOURS = range(30, 54)
STORMY = CHANNEL.versions[-1]


def rows_of_storm():
    """Rows of release_totals in which the last release has 40 crashes an hour more on Windows, for a day; and of client_reach, without more clients."""
    totals, reach = CHANNEL.rows().to_pylist(), []
    number = 0
    by_group = {}
    for row in totals:
        by_group.setdefault((row["hour_start"], row["release_version"], row["os_name"]), []).append(row)
    for (hour, version, os_name), rows in by_group.items():
        crashes = sum(row["main_crashes_capped"] for row in rows)
        place = {"os_name": os_name, "version": version, "released": hour}
        reach.append(reach_row(0, range(1), "active", **place))
        if crashes:
            reach.append(reach_row(0, range(number, number + crashes), **place))
        number += crashes
        if version == STORMY and os_name == "Windows_NT" and (hour - CHANNEL.releases[-1]) // HOUR in STORM_HOURS:
            rows[0]["main_crashes_capped"] += 40
    return table_of(RELEASE_TOTALS, totals), table_of(CLIENT_REACH, reach)


def last_verdict(catalog):
    """The last look's verdict on the release, and what the run would keep."""
    scored = score_looks(catalog, CHANNEL.calendar, CHANNEL.end - HOUR)
    verdicts = [row for row in scored.rows.to_pylist() if row["scope"] == "release" and row["release_version"] == STORMY]
    return verdicts[-1], scored.to_keep


@pytest.fixture(scope="module")
def storm():
    return rows_of_storm()


def stormy_lake(folder, totals):
    catalog = empty_lake(folder)
    ensure_table(catalog, RELEASE_TOTALS).append(totals.cast(arrow_schema(RELEASE_TOTALS)))
    ensure_table(catalog, USAGE_DELAYS)
    hours = [ORIGIN + hour * HOUR for hour in range(CHANNEL.hours)]
    ensure_table(catalog, INGEST_AUDIT).append(complete_audit(hours).cast(arrow_schema(INGEST_AUDIT)))
    return catalog


def test_a_storm_of_few_clients_is_watched_and_said_where_client_reach_counts_them(tmp_path, storm):
    totals, reach = storm
    catalog = stormy_lake(tmp_path, totals)
    untold, _ = last_verdict(catalog)
    assert untold["state"] == "regressed"
    assert str(NoteCode.CLIENTS_NOT_COUNTED) in untold["notes"], "whoever reads the alarm is told what counts alone cannot tell"
    ensure_table(catalog, CLIENT_REACH).append(reach.cast(arrow_schema(CLIENT_REACH)))
    told, kept = last_verdict(catalog)
    assert told["state"] == "watch"
    assert any(parse_note(note).code is NoteCode.FEW_CLIENTS for note in told["notes"])
    assert str(NoteCode.CLIENTS_NOT_COUNTED) not in told["notes"]

    # Hours of client_reach go after two weeks; what past releases had stays with their records.
    for table, rows in kept_in({RELEASE_RECORDS.name: kept[RELEASE_RECORDS.name]}):
        keep_rows(catalog, table, rows)
    catalog.load_table(identifier(CLIENT_REACH)).delete(NotEqualTo("release_version", STORMY))
    later, _ = last_verdict(catalog)
    assert {name: later[name] for name in ("state", "score", "delayed_crashes")} == {
        name: told[name] for name in ("state", "score", "delayed_crashes")
    }
