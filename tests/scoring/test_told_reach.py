"""What release_health tells of people, from a lake with sketches of clients: beside past releases at the same age, and unknown without them."""

import re

import numpy as np
import pytest

from jobs.declarations.tables import CLIENT_REACH, CLIENT_REACH_DAYS, INGEST_AUDIT, RELEASE_HEALTH, RELEASE_RECORDS
from jobs.declarations.windows import HOUR
from jobs.explain_release_health import explain
from jobs.history import lake_reach
from jobs.reach.sketches import united
from jobs.score_release_health import score_looks
from jobs.tables.commits.kept_rows import keep_rows, kept_in
from jobs.tables.lake.lake_catalog import ensure_table, identifier
from jobs.tables.lake.schemas import arrow_schema
from tests.reach.client_hours import hour_rows, reach_rows
from tests.scoring.small_channel import ORIGIN, SmallChannel, lake_of, table_of

pytestmark = pytest.mark.long

CHANNEL = SmallChannel(betas=4, last_hours=30)
CLIENTS = 6_000
CRASHING = {"57.0b8": 40, "57.0b9": 50, "57.0b10": 100, "57.0b11": 25}
"""One client in so many of those active in an hour crashes."""
CLIENT_COLUMNS = ("active_clients", "crashed_clients", "crash_free_users", "usual_crash_free_users", "adoption_by_people")


def clients_of(channel, hour):
    """Who is active in an hour, by version and platform: one client in six, each on one version and platform."""
    shares = np.cumsum(channel.shares()[::-1, hour])
    versions = [f"57.0b{channel.first_beta - 1}", *channel.versions][::-1]
    awake = np.arange(hour % 6, CLIENTS, 6)
    version_of = np.searchsorted(shares, (awake * 7919 % CLIENTS) / CLIENTS)
    for index, version in enumerate(versions):
        own = awake[version_of == index]
        for os_name, is_own in (("Windows_NT", own % 4 != 0), ("Darwin", own % 4 == 0)):
            yield version, os_name, own[is_own]


def client_rows(channel, first=0, key_id="key", offset=0):
    for hour in range(first, channel.hours):
        for version, os_name, active in clients_of(channel, hour):
            crashed = active[(active // 6 + hour // 6) % CRASHING.get(version, 60) == 0]
            place = {"version": version, "os_name": os_name, "key_id": key_id, "start": ORIGIN}
            yield from hour_rows(hour, {client + offset for client in active}, {client + offset for client in crashed}, **place)


def lake_with(folder, rows):
    catalog = lake_of(CHANNEL, folder)
    ensure_table(catalog, CLIENT_REACH).append(reach_rows(rows))
    ensure_table(catalog, CLIENT_REACH_DAYS)
    return catalog


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return lake_with(tmp_path_factory.mktemp("lake"), client_rows(CHANNEL))


@pytest.fixture(scope="module")
def looked(lake):
    """The last two looks, and their rows."""
    return looks_of(lake)


def looks_of(catalog, hours=2):
    scored = score_looks(catalog, CHANNEL.calendar, CHANNEL.end - hours * HOUR)
    return scored, scored.rows.to_pylist()


def verdict(rows, version="57.0b11", at=CHANNEL.end):
    return next(row for row in rows if (row["scope"], row["release_version"], row["as_of"]) == ("release", version, at))


def exact(version, platform, at_hour):
    """Active, crashed and the channel's active clients of the 24 hours before an hour."""
    active, crashed, channel = set(), set(), set()
    for hour in range(at_hour - 24, at_hour):
        for own, os_name, clients in clients_of(CHANNEL, hour):
            if platform in ("all", os_name):
                channel |= set(clients.tolist())
                if own == version:
                    active |= set(clients.tolist())
                    crashed |= set(clients[(clients // 6 + hour // 6) % CRASHING[version] == 0].tolist())
    return len(active), len(crashed), len(channel)


@pytest.mark.parametrize("platform", ["all", "Windows_NT", "Darwin"])
def test_a_platform_s_rows_tell_the_people_of_its_last_day(looked, platform):
    _, rows = looked
    active, crashed, channel = exact("57.0b11", platform, CHANNEL.hours)
    told = [row for row in rows if row["scope"] == "platform" and row["platform"] == platform and row["as_of"] == CHANNEL.end]
    assert told
    for row in told:
        assert row["adoption_by_people"] == pytest.approx(active / channel, rel=0.03)
        if active < 1_000:
            assert row["active_clients"] is row["crash_free_users"] is row["usual_crash_free_users"] is None
            continue
        assert row["active_clients"] == pytest.approx(active, rel=0.03)
        assert row["crashed_clients"] == crashed
        assert (
            row["crash_free_users_low"]
            <= row["crash_free_users"]
            == 1 - row["crashed_clients"] / row["active_clients"]
            <= row["crash_free_users_high"]
        )


def test_the_platforms_of_the_example_lie_on_both_sides_of_a_thousand():
    assert exact("57.0b11", "Darwin", CHANNEL.hours)[0] < 1_000 < exact("57.0b11", "Windows_NT", CHANNEL.hours)[0]


def test_beside_it_stand_the_past_releases_at_the_same_age(looked):
    """Of three past releases all have had their week: their own figures at 30 hours, from hours long past."""
    _, rows = looked
    row = verdict(rows)
    past = []
    for index, version in enumerate(["57.0b8", "57.0b9", "57.0b10"]):
        active, crashed, _ = exact(version, "all", 72 + 168 * index + CHANNEL.last_hours)
        past.append(1 - crashed / active)
    assert row["usual_crash_free_users"] == pytest.approx(float(np.median(past)), abs=1e-3)
    assert row["usual_crash_free_users_low"] == pytest.approx(min(past), abs=1e-3)
    assert row["usual_crash_free_users_high"] == pytest.approx(max(past), abs=1e-3)


def test_parts_of_a_platform_have_no_figures_of_people(looked):
    _, rows = looked
    parts = [row for row in rows if row["scope"] in ("trailing", "stratum")]
    assert parts
    assert all(row[column] is None for row in parts for column in CLIENT_COLUMNS)


def test_once_kept_the_past_is_not_read_again(lake, looked, monkeypatch):
    """Later runs read the day before their first look and no more, and tell the same."""
    scored, rows = looked
    for table, kept in kept_in(scored.to_keep):
        keep_rows(lake, table, kept)
    read = []
    whole = lake_reach._hours_by_key
    monkeypatch.setattr(lake_reach, "_hours_by_key", lambda pinned, tell: read.append(pinned.hours) or whole(pinned, tell))
    again, rows_again = looks_of(lake)
    assert not again.to_keep[RELEASE_RECORDS.name]
    assert [len(hours) for hours in read] == [25]
    assert [{**row, "audit_sequence": 0} for row in rows_again] == [{**row, "audit_sequence": 0} for row in rows]


def test_many_looks_at_once_tell_what_two_looks_tell(lake, looked):
    """A rescored window is read in parts."""
    _, rows = looks_of(lake, hours=100)
    _, last = looked
    assert [verdict(rows)[column] for column in CLIENT_COLUMNS] == [verdict(last)[column] for column in CLIENT_COLUMNS]
    before = CHANNEL.end - 60 * HOUR
    active, crashed, _ = exact("57.0b10", "all", CHANNEL.hours - 60)
    assert verdict(rows, "57.0b10", before)["crashed_clients"] == crashed
    assert verdict(rows, "57.0b10", before)["active_clients"] == pytest.approx(active, rel=0.03)


def test_without_sketches_everything_is_as_before_and_unknown(tmp_path):
    """Older lakes, and products whose pings name no client."""
    catalog = lake_of(CHANNEL, tmp_path)
    _, rows = looks_of(catalog)
    assert verdict(rows)["state"] is not None
    assert all(row[column] is None for row in rows for column in CLIENT_COLUMNS)


def test_verdicts_do_without_tables_of_people_that_were_dropped(tmp_path, capsys):
    """As after a leak of the secret: the audit counts rows that are not there any more."""
    catalog = lake_of(CHANNEL, tmp_path)
    audit = catalog.load_table(identifier(INGEST_AUDIT))
    rows = [row | {"rows_by_table": {CLIENT_REACH.name: 5}} for row in audit.scan().to_arrow().to_pylist()]
    audit.overwrite(table_of(INGEST_AUDIT, rows).cast(arrow_schema(INGEST_AUDIT)))
    _, rows = looks_of(catalog)
    assert verdict(rows)["state"] is not None and verdict(rows)["crash_free_users"] is None
    told = capsys.readouterr().out
    assert "nothing is told of people; until its hours are past, if client_reach was dropped on purpose" in told
    assert "else mend it: client_reach does not hold the rows that ingest_audit counts" in told


def test_past_hours_that_were_dropped_leave_their_days(tmp_path):
    """Hours go two weeks after their day settled; a record that is made anew then has what whole days tell."""
    rows = list(client_rows(CHANNEL))
    old = ORIGIN + (CHANNEL.hours - 72) * HOUR
    catalog = lake_with(tmp_path, [row for row in rows if row["hour_start"] >= old])
    days = {}
    for row in rows:
        day = (row["hour_start"].replace(hour=0), row["release_version"], row["os_name"], row["population"])
        days.setdefault(day, []).append(row)
    ensure_table(catalog, CLIENT_REACH_DAYS).append(reach_rows(map(_whole_day, days.values()), CLIENT_REACH_DAYS))
    _, told = looks_of(catalog)
    row = verdict(told)
    # The releases came at midnight: at 30 hours of age the day that ended at 24 hours is the last that is known.
    past = [exact(version, "all", 72 + 168 * index + 24)[:2] for index, version in enumerate(["57.0b8", "57.0b9", "57.0b10"])]
    assert row["usual_crash_free_users"] == pytest.approx(float(np.median([1 - crashed / active for active, crashed in past])), abs=1e-3)


def _whole_day(rows):
    return rows[0] | {"hour_start": rows[0]["hour_start"].replace(hour=0), "sketch": united(row["sketch"] for row in rows)}


def test_a_rotation_of_the_key_loses_no_figure(tmp_path, looked):
    """Both keys are written for a while: the figures are those of one key alone."""
    turn = CHANNEL.hours - 40
    old = [row for row in client_rows(CHANNEL) if row["hour_start"] < ORIGIN + (CHANNEL.hours - 10) * HOUR]
    catalog = lake_with(tmp_path, [*old, *client_rows(CHANNEL, turn, "a younger key", offset=1_000_000)])
    _, rows = looks_of(catalog)
    _, expected = looked
    for column in ("crashed_clients", "usual_crash_free_users"):
        assert verdict(rows)[column] == verdict(expected)[column]
    assert verdict(rows)["active_clients"] == pytest.approx(verdict(expected)["active_clients"], rel=0.05)


def test_explain_computes_them_again(lake, looked):
    scored, rows = looked
    ensure_table(lake, RELEASE_HEALTH).append(scored.rows)
    text = explain(lake, CHANNEL.calendar, "beta", "57.0b11", None)
    assert "each is the same" in text
    told = re.findall(r"([\d,]+) active, ([\d,]+) of them crashed: 1 - \2 / \1 = ([\d.]+)", text)
    assert len(told) == 2  # all platforms and Windows
    for active, crashed, free in told:
        assert 100 * (1 - int(crashed.replace(",", "")) / int(active.replace(",", ""))) == pytest.approx(float(free), abs=0.005)
    assert "macOS: fewer than 1,000 active" in text
    wrong = [row | {"crashed_clients": 7} if row["crashed_clients"] else row for row in rows]
    lake.drop_table(identifier(RELEASE_HEALTH))
    ensure_table(lake, RELEASE_HEALTH).append(table_of(RELEASE_HEALTH, wrong).cast(arrow_schema(RELEASE_HEALTH)))
    with pytest.raises(ValueError, match="crashed_clients: stored 7, now"):
        explain(lake, CHANNEL.calendar, "beta", "57.0b11", None)
