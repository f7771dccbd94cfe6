"""How a measure is added up over pings or rows, and what its absence means."""

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.declarations.measures import MEASURES, PING_TYPES
from jobs.declarations.product import Measure

_MS_PER_HOUR = 3_600_000.0


def total(measure: Measure) -> Column:
    """The sum over those that carry the measure; NULL if none does.

    Hours are added as whole milliseconds: pings carry whole seconds, and a sum of whole numbers is the same in whatever order
    the rows come, to the last bit, so that a window computed again gives the same rows.
    """
    if measure.unit == "hours":
        return (F.sum(F.round(F.col(measure.name) * _MS_PER_HOUR).cast("long")) / _MS_PER_HOUR).alias(measure.name)
    return F.sum(measure.name).alias(measure.name)


def totals() -> list[Column]:
    """The sums of all declared measures."""
    return [total(measure) for measure in MEASURES]


def arrivals(pings: DataFrame) -> DataFrame:
    """For each 5-minute window, which types of ping were accepted in it at all (has_main, has_core, ...)."""
    return pings.groupBy("window_start").agg(*(F.bool_or(F.col("doc_type") == ping).alias(f"has_{ping}") for ping in PING_TYPES))


def fill_absent(window_totals: DataFrame, arrived: DataFrame, keys: Iterable[str]) -> DataFrame:
    """Totals by 5-minute window and `keys`: 0 for an absent measure whose absence means zero, where its pings arrived in that window."""
    return window_totals.join(F.broadcast(arrived), on=["window_start"], how="left").select(
        "window_start", *keys, *(_filled(measure) for measure in MEASURES)
    )


def _filled(measure: Measure) -> Column:
    if measure.absence == "unknown":
        return F.col(measure.name)
    has_arrived = F.greatest(*(F.col(f"has_{ping}") for ping in measure.pings), F.lit(False))
    return F.coalesce(F.col(measure.name), F.when(has_arrived, F.lit(0))).alias(measure.name)
