"""Errors and usage by 5-minute window, by experiment and by release."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.aggregates.measure_totals import fill_absent, totals
from jobs.declarations.dimensions import COUNTRY_GROUPS, DIMENSIONS, OTHER_COUNTRIES, STRATUM_COLUMNS, StratumColumn

_DIMENSION_NAMES = [dimension.name for dimension in DIMENSIONS]
_EXPERIMENT_KEYS = ["channel", "version", "os_name", "experiment", "branch"]
_RELEASE_KEYS = ["hour_start", "channel", "release_version", *(stratum.name for stratum in STRATUM_COLUMNS)]


def total_errors(pings: DataFrame, arrived: DataFrame) -> DataFrame:
    """error_aggregates of accepted pings: every measure by 5-minute window and all dimensions."""
    window_totals = pings.groupBy("window_start", *_DIMENSION_NAMES).agg(*totals())
    return fill_absent(window_totals, arrived, _DIMENSION_NAMES)


def total_experiments(pings: DataFrame, arrived: DataFrame) -> DataFrame:
    """experiment_error_aggregates: every measure by hour, experiment and branch. A ping counts once in each of its branches."""
    enrolled = pings.withColumn("enrolment", F.explode(F.array_distinct("experiments"))).select("*", "enrolment.*")
    window_totals = enrolled.groupBy("window_start", *_EXPERIMENT_KEYS).agg(*totals())
    hourly = fill_absent(window_totals, arrived, _EXPERIMENT_KEYS).withColumn("hour_start", _hour_start())
    return hourly.groupBy("hour_start", *_EXPERIMENT_KEYS).agg(*totals())


def total_releases(error_totals: DataFrame) -> DataFrame:
    """release_totals: error_aggregates rolled up to the hour and to what scoring makes its strata of."""
    return (
        error_totals.withColumn("hour_start", _hour_start())
        .withColumns({stratum.name: _stratum(stratum) for stratum in STRATUM_COLUMNS})
        .groupBy(*_RELEASE_KEYS)
        .agg(*totals())
    )


def _hour_start() -> Column:
    return F.date_trunc("hour", "window_start")


def _stratum(stratum: StratumColumn) -> Column:
    value = F.col(stratum.dimension.name)
    if stratum.made_by == "first_part":
        return _first_part(value)
    return _country_group(value) if stratum.made_by == "country_group" else value


def _first_part(version: Column) -> Column:
    return F.substring_index(version, ".", 1)


def _country_group(country: Column) -> Column:
    group = F.lit(OTHER_COUNTRIES)
    for name, countries in COUNTRY_GROUPS:
        group = F.when(country.isin(*countries), F.lit(name)).otherwise(group)
    return group
