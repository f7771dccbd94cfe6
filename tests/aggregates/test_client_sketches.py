"""People are counted once, however much, however often and in whatever order they send."""

import random
from datetime import timedelta

import pytest
from pyspark.sql import SparkSession

from jobs.aggregates.client_sketches import reach_by_day, reach_by_hour, sketch_clients
from jobs.declarations.windows import HOUR
from jobs.reach.sketches import count_clients, united
from tests.aggregates.ping_record_factory import TEN, Record, accepted, crash_ping, main_ping, rows_of, update_ping

pytestmark = pytest.mark.spark

KEY, KEY_BEFORE = "00c0ffee", "0badcafe"
COUNTS = ("hour_start", "release_version", "os_name", "population", "estimate")


def by_hour(spark: SparkSession, records: list[Record]) -> list[tuple[object, ...]]:
    return rows_of(reach_by_hour(sketch_clients(accepted(spark, records), [KEY])), *COUNTS)


def many(at: object = TEN, clients: range = range(100, 130), **columns: object) -> list[Record]:
    return [main_ping(1.0, at=at, client_key=client, **columns) for client in clients]  # type: ignore[arg-type]


def test_a_client_counts_once_in_each_population_it_belongs_to(spark: SparkSession) -> None:
    crashing = [crash_ping(client_key=100) for _ in range(40)] + [crash_ping(0, client_key=101), crash_ping(0, client_key=100)]
    updating = [update_ping(client_key=client) for client in range(200, 225)] + [update_ping(client_key=101, updates=0)]
    assert by_hour(spark, many() + many() + crashing + updating + [main_ping(client_key=None)]) == [
        (TEN, "57.0", "Windows_NT", "active", 30.0),
        (TEN, "57.0", "Windows_NT", "crashed", 1.0),
        (TEN, "57.0", "Windows_NT", "crashed_content", 2.0),
        (TEN, "57.0", "Windows_NT", "updated", 25.0),
    ]


def test_whoever_crashed_was_active(spark: SparkSession) -> None:
    rows = by_hour(spark, [*many(), crash_ping(client_key=1), crash_ping(0, client_key=2)])
    assert (TEN, "57.0", "Windows_NT", "active", 32.0) in rows


def test_small_groups_of_a_channel_are_one(spark: SparkSession) -> None:
    small = many(clients=range(1, 13), release_version="58.0") + many(clients=range(13, 25), os_name="Darwin")
    rows = by_hour(spark, many() + small + many(clients=range(7), channel="beta", release_version="58.0b1"))
    assert [row for row in rows if row[3] == "active"] == [
        (TEN, "57.0", "Windows_NT", "active", 30.0),
        (TEN, "other", "other", "active", 24.0),
        (TEN, "other", "other", "active", 7.0),
    ]


def test_small_systems_of_a_release_stay_its_clients(spark: SparkSession) -> None:
    small = [many(clients=range(10 * number, 10 * number + 12), os_name=os_name) for number, os_name in enumerate(("Darwin", "Linux"))]
    assert by_hour(spark, [*many(), *small[0], *small[1]]) == [
        (TEN, "57.0", "Windows_NT", "active", 30.0),
        (TEN, "57.0", "other", "active", 22.0),
    ]


def test_a_day_is_the_union_of_its_hours(spark: SparkSession) -> None:
    midnight = TEN.replace(hour=0)
    pings = many(TEN) + many(TEN + HOUR, range(120, 160)) + many(TEN + 2 * HOUR, range(3)) + many(TEN + 24 * HOUR)
    days = rows_of(reach_by_day(sketch_clients(accepted(spark, pings), [KEY])), *COUNTS)
    assert [row for row in days if row[3] == "active"] == [
        # Those three are too few for a row of their hour, not for their day.
        (midnight, "57.0", "Windows_NT", "active", 63.0),
        (midnight + 24 * HOUR, "57.0", "Windows_NT", "active", 30.0),
    ]


def test_order_copies_and_cut_change_no_sketch(spark: SparkSession) -> None:
    chance = random.Random(57)
    pings = [
        main_ping(
            at=TEN + timedelta(seconds=chance.randrange(7200)), client_key=chance.getrandbits(63), release_version=chance.choice("ab")
        )
        for _ in range(15_000)
    ]
    shuffled = pings + [ping | {"document_id": f"{ping['document_id']}-again"} for ping in pings]
    chance.shuffle(shuffled)

    def sketches(records: list[Record], partitions: int) -> list[tuple[object, ...]]:
        frame = sketch_clients(accepted(spark, records).repartition(partitions), [KEY])
        return rows_of(reach_by_hour(frame), *COUNTS, "sketch", "low", "high") + rows_of(reach_by_day(frame), *COUNTS, "sketch")

    once = sketches(pings, 1)
    assert sketches(shuffled, 7) == once
    assert sketches(pings[::-1], 3) == once
    hours = [bytes(row[5]) for row in once if row[0] != TEN.replace(hour=0)]  # type: ignore[arg-type]
    assert len(hours) == 4
    assert count_clients(united(hours)).low < 15_000 < count_clients(united(hours)).high


def test_while_one_secret_follows_another_both_keys_are_counted_apart(spark: SparkSession) -> None:
    rotating = [ping | {"client_key_before": ping["client_key"] + 10**6} for ping in many()]
    late = many(clients=range(300, 325))  # read before the old secret was given along
    frame = reach_by_hour(sketch_clients(accepted(spark, rotating + late), [KEY, KEY_BEFORE]))
    assert rows_of(frame, "key_id", "population", "estimate") == [(KEY, "active", 55.0), (KEY_BEFORE, "active", 30.0)]
