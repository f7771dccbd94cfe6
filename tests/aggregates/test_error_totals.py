"""Sums of measures, what their absence means, and the roll-ups to releases and experiments."""

from datetime import timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.aggregates.error_totals import total_errors, total_experiments, total_releases
from jobs.aggregates.measure_totals import arrivals
from tests.aggregates.ping_record_factory import TEN, Record, accepted, carried, crash_ping, main_ping, rows_of, update_ping

pytestmark = pytest.mark.spark

FIVE_PAST = TEN + timedelta(minutes=5)
NO_CRASHES = {
    "crash_pings": 0,
    "main_crashes": 0,
    "startup_crashes": 0,
    "content_crashes": 0,
    "content_shutdown_crashes": 0,
    "main_crashes_capped": 0,
    "content_crashes_capped": 0,
}
ONE_CRASH = NO_CRASHES | {"crash_pings": 1, "main_crashes": 1, "main_crashes_capped": 1}
NO_USE = {"usage_hours": 0.0, "main_pings": 0, "session_starts": 0}


def totalled(spark: SparkSession, records: list[Record]) -> DataFrame:
    pings = accepted(spark, records)
    return total_errors(pings, arrivals(pings))


def errors(spark: SparkSession, records: list[Record]) -> list[Record]:
    return totalled(spark, records).orderBy("window_start", "country", "os_name").toArrow().to_pylist()


def test_measures_are_summed_by_window_and_dimensions(spark: SparkSession) -> None:
    rows = errors(spark, [main_ping(1.5), main_ping(2.25), main_ping(4.0, country="US"), main_ping(8.0, FIVE_PAST)])
    assert [(row["window_start"], row["country"], row["usage_hours"], row["main_pings"]) for row in rows] == [
        (TEN, "DE", 1.5 + 2.25, 2),
        (TEN, "US", 4.0, 1),
        (FIVE_PAST, "DE", 8.0, 1),
    ]


def test_a_missing_dimension_is_a_group_like_any_other(spark: SparkSession) -> None:
    rows = errors(spark, [main_ping(1.0, os_version=None, architecture=None), main_ping(2.0, os_version=None, architecture=None)])
    assert [(row["os_version"], row["architecture"], row["usage_hours"]) for row in rows] == [(None, None, 3.0)]


def test_no_crash_ping_of_the_group_means_zero_crashes_where_crash_pings_arrived(spark: SparkSession) -> None:
    germans, americans = errors(spark, [main_ping(1.0), crash_ping(country="US")])
    assert carried(germans) == {"usage_hours": 1.0, "main_pings": 1, "session_starts": 0} | NO_CRASHES
    assert carried(americans) == NO_USE | ONE_CRASH


def test_no_crash_ping_at_all_in_a_window_means_that_crashes_are_unknown(spark: SparkSession) -> None:
    at_ten, at_five_past = errors(spark, [main_ping(1.0), main_ping(1.0, FIVE_PAST), crash_ping(at=FIVE_PAST, country="AA")])[0::2]
    assert carried(at_ten) == {"usage_hours": 1.0, "main_pings": 1, "session_starts": 0}
    assert carried(at_five_past) == carried(at_ten) | NO_CRASHES


def test_a_copy_that_does_not_count_has_not_arrived(spark: SparkSession) -> None:
    (row,) = errors(spark, [main_ping(1.0, document_id="d"), crash_ping(at=TEN + timedelta(minutes=1), document_id="d")])
    assert carried(row) == {"usage_hours": 1.0, "main_pings": 1, "session_starts": 0}


def test_values_inside_main_pings_are_unknown_unless_a_ping_of_the_group_carries_them(spark: SparkSession) -> None:
    germans, americans = errors(spark, [main_ping(gpu_crashes=2), main_ping(), main_ping(gpu_crashes=3), main_ping(country="US")])
    assert (germans["gpu_crashes"], germans["plugin_crashes"]) == (2 + 3, None)
    assert americans["gpu_crashes"] is None


def test_a_value_that_is_carried_as_zero_is_zero(spark: SparkSession) -> None:
    (row,) = errors(spark, [main_ping(slow_script_notice_count=0)])
    assert row["slow_script_notice_count"] == 0


def releases(spark: SparkSession, records: list[Record], *columns: str) -> list[tuple[object, ...]]:
    return rows_of(total_releases(totalled(spark, records)), *columns)


def test_releases_are_totalled_by_hour_major_os_version_and_country_group(spark: SparkSession) -> None:
    pings = [
        main_ping(1.0, os_name="Darwin", os_version="10.12.6", country="DE"),
        main_ping(2.0, FIVE_PAST, os_name="Darwin", os_version="10.13", country="FR", build_id="20171110000000"),
        main_ping(4.0, os_name="Darwin", os_version=None, country="US"),
        main_ping(8.0, os_name="Darwin", os_version="9", country="??"),
    ]
    assert releases(spark, pings, "hour_start", "os_version_major", "country_group", "usage_hours") == [
        (TEN, "10", "western_europe", 1.0 + 2.0),
        (TEN, "9", "other", 8.0),
        (TEN, None, "north_america", 4.0),
    ]


def test_a_release_total_is_unknown_only_if_it_is_in_all_its_windows(spark: SparkSession) -> None:
    pings = [main_ping(), main_ping(at=FIVE_PAST), crash_ping(at=FIVE_PAST, country="US")]
    assert releases(spark, pings, "country_group", "main_crashes", "updates") == [("north_america", 1, None), ("western_europe", 0, None)]


def experiments(spark: SparkSession, records: list[Record], *columns: str) -> list[tuple[object, ...]]:
    pings = accepted(spark, records)
    return rows_of(total_experiments(pings, arrivals(pings)), *columns)


def enrolled(*branches: tuple[str, str]) -> list[dict[str, str]]:
    return [{"experiment": experiment, "branch": branch} for experiment, branch in branches]


def test_a_ping_counts_once_in_each_of_its_experiments(spark: SparkSession) -> None:
    pings = [
        main_ping(1.0, experiments=enrolled(("a", "control"), ("b", "on"))),
        main_ping(2.0, FIVE_PAST, experiments=enrolled(("a", "control"), ("a", "control"))),
        main_ping(4.0, experiments=enrolled(("a", "treatment"))),
        main_ping(8.0),
        main_ping(16.0, experiments=None),
    ]
    assert experiments(spark, pings, "hour_start", "experiment", "branch", "usage_hours") == [
        (TEN, "a", "control", 1.0 + 2.0),
        (TEN, "a", "treatment", 4.0),
        (TEN, "b", "on", 1.0),
    ]


def test_crash_pings_outside_of_an_experiment_show_that_crashes_arrived(spark: SparkSession) -> None:
    pings = [main_ping(experiments=enrolled(("a", "control"))), crash_ping(), update_ping(at=FIVE_PAST)]
    assert experiments(spark, pings, "main_crashes", "updates") == [(0, None)]
