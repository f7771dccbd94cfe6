"""How late usage hours come: each ping's usage, spread evenly over the subsession that ends when the server receives the ping."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.declarations.windows import HOUR_US

LONGEST_DELAY_HOURS = 25  # the longest subsession that a ping may report
_KEYS = ["hour_start", "channel", "os_name"]


def spread_usage(pings: DataFrame) -> DataFrame:
    """usage_delays: usage hours by whole hours between the hour of use and the hour of receipt; no row where there is none.

    Usage of 1.5 h received at 10:15 is 0.25 h of delay 0 (10:00-10:15), 1 h of delay 1 and 0.25 h of delay 2.
    Added as whole microseconds, so that the parts of a ping add up to its usage and the order of rows does not matter.
    """
    return (
        pings.where(F.col("usage_hours") > 0)
        .withColumn("usage_us", F.round(F.col("usage_hours") * HOUR_US).cast("long"))
        .withColumn("into_hour_us", F.pmod(F.expr("received_at_ns div 1000"), F.lit(HOUR_US)))
        .withColumn("earlier_us", F.greatest(F.col("usage_us") - F.col("into_hour_us"), F.lit(0)))
        .withColumn("delay_hours", F.explode(F.sequence(F.lit(0), _last_delay_hours())))
        .groupBy(*_KEYS, "delay_hours")
        .agg((F.sum(_part_us()) / float(HOUR_US)).alias("usage_hours"))
        .where(F.col("usage_hours") > 0)
    )


def _last_delay_hours() -> Column:
    return F.least(F.ceil(F.col("earlier_us") / HOUR_US), F.lit(LONGEST_DELAY_HOURS)).cast("int")


def _part_us() -> Column:
    """The part of the ping's usage that lies `delay_hours` before its hour of receipt; all that is left in the last one."""
    left_us = F.col("earlier_us") - (F.col("delay_hours") - 1) * HOUR_US
    return (
        F.when(F.col("delay_hours") == 0, F.least("usage_us", "into_hour_us"))
        .when(F.col("delay_hours") == LONGEST_DELAY_HOURS, left_us)
        .otherwise(F.least(left_us, F.lit(HOUR_US)))
    )
