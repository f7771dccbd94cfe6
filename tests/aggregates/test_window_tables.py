"""What holds of all tables of a window together, for pings of every kind."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.aggregates.ping_copies import mark_pings
from jobs.aggregates.window_tables import frames_by_table, window_sums
from jobs.declarations.tables import WINDOW_TABLES
from jobs.declarations.windows import HOUR, Mode
from tests.aggregates.ping_record_factory import TEN, Record, crash_ping, frame_of, lines, main_ping, reject, update_ping

pytestmark = pytest.mark.spark


def pings_of_two_hours(seed: int) -> list[Record]:
    """A few clients and groups with many pings of each kind; usage in odd seconds, whose hours no double holds exactly."""
    chance = random.Random(seed)

    def one() -> Record:
        make = chance.choice([lambda **c: main_ping(chance.randrange(90_000) / 3600, **c), crash_ping, crash_ping, update_ping])
        return make(
            at=TEN + chance.randrange(2) * HOUR + timedelta(microseconds=chance.randrange(300_000_000)),
            client_key=chance.choice([1, 2, 3, None]),
            country=chance.choice(["DE", "US"]),
            os_version=chance.choice(["10.0", None]),
            experiments=chance.choice([None, [], [{"experiment": "e", "branch": "on"}]]),
        )

    return [one() for _ in range(150)]


KEY_IDS = ["00c0ffee"]


def tables(marked: DataFrame) -> dict[str, list[str]]:
    """The rows of each table, sorted; in text, so that the last bit of a double counts."""
    frames = frames_by_table(marked, window_sums(marked, KEY_IDS), Mode.SETTLED, "run")
    return {table.name: sorted(map(repr, frames[table.name].select(*table.column_names).toArrow().to_pylist())) for table in WINDOW_TABLES}


def test_neither_order_nor_partitions_nor_a_second_copy_change_a_row(spark: SparkSession) -> None:
    pings = pings_of_two_hours(seed=57)
    others = [lines(9), reject(3), reject(5, "no_meta")]
    second_copies = [ping | {"object_key": "z", "received_at_ns": ping["received_at_ns"] + 1} for ping in pings]
    shuffled = pings + second_copies + others
    random.Random(1).shuffle(shuffled)
    once = tables(mark_pings(frame_of(spark, pings + others), Mode.SETTLED))
    assert all(once.values())
    with other_partitions(spark):
        assert tables(mark_pings(frame_of(spark, shuffled).repartition(5), Mode.SETTLED)) == once


@contextmanager
def other_partitions(spark: SparkSession) -> Iterator[None]:
    """Marking sorts the pings, so that in partitions like those before each sum would take its terms in the same order again."""
    changes = {"spark.sql.shuffle.partitions": "7", "spark.sql.adaptive.enabled": "false"}
    before = {name: spark.conf.get(name) for name in changes}
    for name, value in changes.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


def test_every_table_has_its_declared_columns_and_says_who_wrote_it(spark: SparkSession) -> None:
    marked = mark_pings(frame_of(spark, [main_ping()]), Mode.SETTLED)
    frames = frames_by_table(marked, window_sums(marked, KEY_IDS), Mode.SETTLED, "run-7")
    assert {name: set(frame.columns) for name, frame in frames.items()} == {table.name: set(table.column_names) for table in WINDOW_TABLES}
    assert frames["error_aggregates"].select("window_run_id").toArrow().to_pydict() == {"window_run_id": ["run-7"]}


def test_a_day_without_a_ping_gives_tables_without_rows(spark: SparkSession) -> None:
    nothing = mark_pings(frame_of(spark, []), Mode.SETTLED)
    assert tables(nothing) == {table.name: [] for table in WINDOW_TABLES}


def test_the_tables_agree_with_each_other(spark: SparkSession) -> None:
    marked = mark_pings(frame_of(spark, pings_of_two_hours(seed=58)), Mode.PROVISIONAL)
    frames = frames_by_table(marked, window_sums(marked, KEY_IDS), Mode.SETTLED, "run")
    columns = ["usage_hours", "main_pings", "crash_pings", "main_crashes", "main_crashes_capped", "updates"]

    def sums(name: str, columns: list[str]) -> dict[str, float]:
        rows: pa.Table = frames[name].select(*columns).toArrow()
        return {column: pytest.approx(sum(value or 0 for value in rows[column].to_pylist())) for column in columns}

    assert sums("release_totals", columns) == sums("error_aggregates", columns)
    assert sums("usage_delays", ["usage_hours"]) == sums("error_aggregates", ["usage_hours"])
