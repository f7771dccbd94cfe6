"""How late usage hours come: a ping's usage is spread over the subsession that ends when the ping is received."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.aggregates.usage_delays import spread_usage
from tests.aggregates.ping_record_factory import TEN, accepted, crash_ping, main_ping, rows_of

pytestmark = pytest.mark.spark

QUARTER_PAST = TEN + timedelta(minutes=15)


def delays(spark: SparkSession, records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return rows_of(spread_usage(accepted(spark, records)), "os_name", "delay_hours", "usage_hours")


def test_usage_is_spread_back_from_receipt_over_the_hours_of_the_clock(spark: SparkSession) -> None:
    assert delays(spark, [main_ping(1.5, QUARTER_PAST)]) == [("Windows_NT", 0, 0.25), ("Windows_NT", 1, 1.0), ("Windows_NT", 2, 0.25)]


def test_usage_within_the_hour_of_receipt_has_no_delay(spark: SparkSession) -> None:
    assert delays(spark, [main_ping(0.25, QUARTER_PAST)]) == [("Windows_NT", 0, 0.25)]


def test_usage_received_on_the_hour_lies_in_the_hours_before(spark: SparkSession) -> None:
    assert delays(spark, [main_ping(2.0, TEN)]) == [("Windows_NT", 1, 1.0), ("Windows_NT", 2, 1.0)]


def test_the_longest_subsession_reaches_back_25_hours(spark: SparkSession) -> None:
    half_past = TEN + timedelta(minutes=30)
    assert delays(spark, [main_ping(25.0, half_past)]) == sorted(
        [("Windows_NT", 0, 0.5), *(("Windows_NT", hour, 1.0) for hour in range(1, 25)), ("Windows_NT", 25, 0.5)], key=repr
    )


def test_pings_add_up_by_channel_and_system_and_those_without_usage_leave_no_row(spark: SparkSession) -> None:
    pings = [main_ping(0.25, QUARTER_PAST), main_ping(0.5, QUARTER_PAST), main_ping(0.125, QUARTER_PAST, os_name="Linux")]
    without_usage = [crash_ping(at=QUARTER_PAST), main_ping(0.0, QUARTER_PAST, os_name="Darwin")]
    assert delays(spark, pings + without_usage) == [("Linux", 0, 0.125), ("Windows_NT", 0, 0.25 + 0.25), ("Windows_NT", 1, 0.25)]


@given(st.lists(st.tuples(st.integers(0, 25 * 3600), st.integers(0, 3599)), min_size=1, max_size=200))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_no_usage_is_lost_or_made_whatever_the_pings(spark: SparkSession, seconds: list[tuple[int, int]]) -> None:
    pings = [main_ping(usage / 3600, TEN + timedelta(seconds=into), os_name=str(i % 40)) for i, (usage, into) in enumerate(seconds)]
    reported: dict[str, int] = defaultdict(int)
    for i, (usage, _) in enumerate(seconds):
        reported[str(i % 40)] += usage
    spread: dict[str, float] = defaultdict(float)
    for os_name, delay_hours, usage_hours in delays(spark, pings):
        assert 0 <= delay_hours <= 25
        spread[os_name] += usage_hours
    assert {name: round(hours * 3600, 6) for name, hours in spread.items()} == {name: usage for name, usage in reported.items() if usage}
