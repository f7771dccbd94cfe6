"""A document id counts once, and one client's crashes of an hour count up to a limit."""

from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.aggregates.ping_copies import accepted_pings, mark_pings
from jobs.declarations.windows import HOUR, Mode
from tests.aggregates.ping_record_factory import TEN, accepted, crash_ping, frame_of, main_ping, rows_of, update_ping

pytestmark = pytest.mark.spark

ELEVEN = TEN + HOUR
TEN_TOMORROW = TEN + 24 * HOUR
SECOND = timedelta(seconds=1)


def counted(spark: SparkSession, records: list[dict[str, Any]], mode: Mode, column: str = "usage_hours") -> list[Any]:
    return [row[0] for row in rows_of(accepted(spark, records, mode), column)]


def test_the_first_copy_by_the_servers_clock_counts(spark: SparkSession) -> None:
    copies = [main_ping(usage, TEN + after, document_id="d") for usage, after in ((2.0, 9 * SECOND), (1.0, 5 * SECOND), (3.0, 7 * SECOND))]
    assert counted(spark, copies, Mode.PROVISIONAL) == [1.0]


def test_ties_go_to_the_first_object_then_to_the_first_line(spark: SparkSession) -> None:
    places = [("b", 0, 1), ("a", 500, 1), ("a", 0, 12), ("a", 0, 3)]
    copies = [
        main_ping(float(usage), document_id="d", object_key=key, split_start=start, line_in_split=line)
        for usage, (key, start, line) in enumerate(places)
    ]
    assert counted(spark, copies, Mode.PROVISIONAL) == [3.0]


def test_a_document_id_counts_once_whatever_its_type(spark: SparkSession) -> None:
    copies = [main_ping(1.0, TEN, document_id="d"), update_ping(TEN + SECOND, document_id="d")]
    assert counted(spark, copies, Mode.PROVISIONAL, "doc_type") == ["main"]


@pytest.mark.parametrize(
    ("mode", "usage_that_counts"),
    [(Mode.PROVISIONAL, [1.0, 2.0, 3.0]), (Mode.SETTLED, [1.0, 3.0])],
)
def test_copies_are_looked_for_in_the_hour_or_when_settled_in_the_day(
    spark: SparkSession, mode: Mode, usage_that_counts: list[float]
) -> None:
    copies = [main_ping(usage, at, document_id="d") for usage, at in ((1.0, TEN), (2.0, ELEVEN), (3.0, TEN_TOMORROW))]
    assert counted(spark, copies, mode) == usage_that_counts


def test_a_duplicate_stays_in_the_hour_of_its_own_folder(spark: SparkSession) -> None:
    marked = mark_pings(frame_of(spark, [main_ping(1.0, at, document_id="d") for at in (TEN, ELEVEN)]), Mode.SETTLED)
    assert rows_of(marked, "received_at_ns", "is_duplicate") == [
        (int(TEN.timestamp()) * 10**9, False),
        (int(ELEVEN.timestamp()) * 10**9, True),
    ]
    assert [row[0].hour for row in rows_of(marked.where("is_duplicate"), "hour_start")] == [11]


def capped(spark: SparkSession, records: list[dict[str, Any]]) -> int:
    return sum(row[0] for row in rows_of(accepted(spark, records), "main_crashes_capped"))


def test_a_client_adds_at_most_five_crashes_in_an_hour(spark: SparkSession) -> None:
    looping = [crash_ping(at=TEN + i * SECOND, client_key=7) for i in range(7)]
    looping_on = [crash_ping(at=ELEVEN + i * SECOND, client_key=7) for i in range(6)]
    other = [crash_ping(at=TEN + i * SECOND, client_key=8) for i in range(2)]
    assert capped(spark, looping + looping_on + other) == 5 + 5 + 2


def test_four_hundred_crashes_of_one_client_in_a_day_are_at_most_five_an_hour(spark: SparkSession) -> None:
    midnight = TEN.replace(hour=0)
    assert capped(spark, [crash_ping(at=midnight + i * 216 * SECOND, client_key=7) for i in range(400)]) == 24 * 5


def test_ten_thousand_pings_of_one_client_in_an_hour_all_count(spark: SparkSession) -> None:
    """A client that comes back online sends weeks of subsessions at once."""
    returned = [main_ping(0.5, at=TEN + timedelta(milliseconds=300 * i), client_key=9) for i in range(10_000)]
    assert sum(counted(spark, returned, Mode.PROVISIONAL)) == 10_000 * 0.5


def test_the_first_crashes_of_the_hour_are_those_that_count(spark: SparkSession) -> None:
    crashes = [crash_ping(at=TEN + (9 - i) * SECOND, client_key=7, build_id=str(9 - i)) for i in range(7)]
    first = rows_of(accepted(spark, crashes).where("main_crashes_capped = 1"), "build_id")
    assert first == [("3",), ("4",), ("5",), ("6",), ("7",)]


def test_crashes_without_a_client_are_not_capped(spark: SparkSession) -> None:
    assert capped(spark, [crash_ping(at=TEN + i * SECOND, client_key=None) for i in range(8)]) == 8


def test_a_copy_does_not_use_up_the_limit(spark: SparkSession) -> None:
    copies = [crash_ping(at=TEN + i * SECOND, client_key=9, document_id="d") for i in range(5)]
    others = [crash_ping(at=TEN + (10 + i) * SECOND, client_key=9) for i in range(4)]
    assert capped(spark, copies + others) == 1 + 4


def test_kinds_of_crashes_have_a_limit_each_and_other_pings_carry_neither(spark: SparkSession) -> None:
    crashes = [crash_ping(main_crashes=i % 2, at=TEN + i * SECOND, client_key=9) for i in range(14)]
    columns = ("main_crashes_capped", "content_crashes_capped")
    assert sum(row[0] for row in rows_of(accepted(spark, crashes), columns[0])) == 5
    assert sum(row[0] for row in rows_of(accepted(spark, crashes), columns[1])) == 5
    assert rows_of(accepted(spark, [main_ping(client_key=9)]), *columns) == [(None, None)]


def test_windows_are_five_minutes_of_the_servers_clock(spark: SparkSession) -> None:
    times = [TEN, TEN + timedelta(minutes=4, seconds=59, microseconds=999_999), TEN + timedelta(minutes=5), TEN + timedelta(minutes=59)]
    marked = mark_pings(frame_of(spark, [main_ping(at=at) for at in times]), Mode.PROVISIONAL)
    assert [row[0].minute for row in rows_of(accepted_pings(marked), "window_start")] == [0, 0, 5, 55]
