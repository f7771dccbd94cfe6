"""Which pings count: a document id counts once, and one client's crashes of an hour count up to a limit.

Usage has no such limit: a client that comes back online sends weeks of subsessions at once, each of which is clamped to a day.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.declarations.measures import MEASURES
from jobs.declarations.product import CappedPerClientHour
from jobs.declarations.windows import Mode

_FIRST_COME = ("received_at_ns", "object_key", "split_start", "line_in_split")
_WINDOW_US = 300_000_000  # five minutes

_CAPS: dict[str, CappedPerClientHour] = {
    measure.name: measure.source for measure in MEASURES if isinstance(measure.source, CappedPerClientHour)
}


def mark_pings(records: DataFrame, mode: Mode) -> DataFrame:
    """Ping records with `is_duplicate`, `window_start` and the capped measures. Rejects and line counts pass through.

    Each of the two steps shuffles the records once; persist the result, since every table is made from it.
    """
    return (
        records.transform(lambda rows: _mark_duplicates(rows, mode))
        .transform(_cap_per_client_hour)
        .withColumn("window_start", _window_start())
    )


def accepted_pings(marked: DataFrame) -> DataFrame:
    """The pings that are aggregated."""
    return marked.where((F.col("kind") == "ping") & ~F.col("is_duplicate"))


def _mark_duplicates(records: DataFrame, mode: Mode) -> DataFrame:
    """The first copy by the server's clock counts: of its hour in a provisional run, of its submission date in a settled one."""
    period = F.col("hour_start") if mode is Mode.PROVISIONAL else F.date_trunc("day", "hour_start")
    identity = F.when(F.col("kind") == "ping", F.col("document_id")).otherwise(_place())
    copies = Window.partitionBy("kind", period, identity).orderBy(*_FIRST_COME)
    return records.withColumn("is_duplicate", (F.col("kind") == "ping") & (F.row_number().over(copies) > 1))


def _cap_per_client_hour(records: DataFrame) -> DataFrame:
    """What each ping adds to a capped measure: all of it until its client has reached the limit in this hour, then nothing."""
    place_without_client = F.when(F.col("client_key").isNull(), _place())
    client_hour = Window.partitionBy("hour_start", "is_duplicate", "client_key", place_without_client).orderBy(*_FIRST_COME)
    until_now = client_hour.rowsBetween(Window.unboundedPreceding, Window.currentRow)

    def capped(cap: CappedPerClientHour) -> Column:
        own = F.col(cap.of)
        return _within_limit(F.sum(own).over(until_now), own, F.lit(cap.limit))

    return records.withColumns({name: capped(cap) for name, cap in _CAPS.items()})


def _within_limit(total_until_now: Column, own: Column, limit: Column) -> Column:
    added = F.least(limit, total_until_now) - F.least(limit, total_until_now - own)
    return F.when(own.isNotNull(), added)  # least() skips NULLs


def _place() -> Column:
    """Unique to a record."""
    return F.concat_ws("\n", "object_key", "split_start", "line_in_split", "reason")


def _window_start() -> Column:
    received_us = F.expr("received_at_ns div 1000")  # whole numbers: a double cannot tell nanoseconds since 1970 apart
    return F.timestamp_micros(received_us - F.pmod(received_us, F.lit(_WINDOW_US)))
