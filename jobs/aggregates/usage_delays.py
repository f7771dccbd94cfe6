"""How late usage hours come: each ping's usage, spread evenly over the subsession that ends when the server receives the ping."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LONGEST_DELAY_HOURS = 25  # the longest subsession that a ping may report
_HOUR_US = 3_600_000_000
_KEYS = ["hour_start", "channel", "os_name"]


def spread_usage(pings: DataFrame) -> DataFrame:
    """usage_delays: usage hours by whole hours between the hour of use and the hour of receipt; no row where there is none.

    Usage of 1.5 h received at 10:15 is 0.25 h of delay 0 (10:00-10:15), 1 h of delay 1 and 0.25 h of delay 2.
    Added as whole microseconds, so that the parts of a ping add up to its usage and the order of rows does not matter.
    """
    parts_us = [F.sum(_part_us(delay)).alias(str(delay)) for delay in range(LONGEST_DELAY_HOURS + 1)]
    by_delay = F.posexplode(F.array(*(F.col(str(delay)) for delay in range(LONGEST_DELAY_HOURS + 1)))).alias("delay_hours", "usage_us")
    return (
        pings.where(F.col("usage_hours") > 0)
        .groupBy(*_KEYS)
        .agg(*parts_us)
        .select(*_KEYS, by_delay)
        .where(F.col("usage_us") > 0)
        .select(*_KEYS, "delay_hours", (F.col("usage_us") / float(_HOUR_US)).alias("usage_hours"))
    )


def _part_us(delay_hours: int) -> Column:
    """The part of the ping's usage that lies in the hour `delay_hours` before its hour of receipt; all that is left in the last one."""
    usage_us = F.round(F.col("usage_hours") * _HOUR_US).cast("long")
    into_hour_us = F.pmod(F.expr("received_at_ns div 1000"), F.lit(_HOUR_US))
    if delay_hours == 0:
        return F.least(usage_us, into_hour_us)
    before_us = F.greatest(usage_us - into_hour_us - F.lit((delay_hours - 1) * _HOUR_US), F.lit(0))
    return before_us if delay_hours == LONGEST_DELAY_HOURS else F.least(before_us, F.lit(_HOUR_US))
