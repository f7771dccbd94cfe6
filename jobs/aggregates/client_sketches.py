"""Whom the pings came from, as sketches of sets: by hour for now, by settled day for good."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.declarations.populations import MIN_GROUP_CLIENTS, OTHER_GROUP, POPULATIONS
from jobs.declarations.product import Population
from jobs.reach.sketches import LG_NOMINAL_ENTRIES, count_clients

_GROUP = ("hour_start", "channel", "release_version", "os_name", "key_id")
_KEYS = ("client_key", "client_key_before")
_COUNTED_DDL = (
    "hour_start timestamp, channel string, release_version string, os_name string, key_id string, population string, sketch binary, "
    "estimate double, low double, high double"
)


def sketch_clients(pings: DataFrame, key_ids: Sequence[str]) -> DataFrame:
    """For each hour, release, system and key, a sketch of the clients of each population; the finest groups, which no table has.

    `key_ids` are the fingerprints of the secrets by which the keys were made, the present one first.
    """
    of_secrets = [F.struct(F.lit(key_id).alias("key_id"), F.col(key).alias("key")) for key_id, key in zip(key_ids, _KEYS, strict=False)]
    keyed = pings.withColumn("keyed", F.explode(F.array(*of_secrets))).select("*", "keyed.*").where(F.col("key").isNotNull())
    return keyed.groupBy(*_GROUP).agg(*(_sketch_of(population).alias(population.name) for population in POPULATIONS))


def reach_by_hour(sketches: DataFrame) -> DataFrame:
    """client_reach without window_run_id, from `sketch_clients`."""
    large_enough = _folded(sketches)
    by_population = F.array(*(F.struct(F.lit(p.name).alias("population"), F.col(p.name).alias("sketch")) for p in POPULATIONS))
    rows = large_enough.select(*_GROUP, F.explode(by_population).alias("row")).select(*_GROUP, "row.*")
    return rows.where(F.theta_sketch_estimate("sketch") > 0).mapInArrow(_with_counts, _COUNTED_DDL)


def reach_by_day(sketches: DataFrame) -> DataFrame:
    """client_reach_days without window_run_id, from `sketch_clients` of whole days."""
    days = sketches.withColumn("hour_start", F.date_trunc("day", "hour_start"))
    return reach_by_hour(days.groupBy(*_GROUP).agg(*_unions()))


def _sketch_of(population: Population) -> Column:
    belongs = F.greatest(*(F.col(name) for name in population.measures), F.lit(0)) > 0
    return F.theta_sketch_agg(F.when(belongs, F.col("key")), LG_NOMINAL_ENTRIES)


def _folded(sketches: DataFrame) -> DataFrame:
    """The same, small systems of a release united into one, and what is small even so with others of its channel."""
    return _small_as_other(_small_as_other(sketches, "os_name"), "release_version")


def _small_as_other(sketches: DataFrame, name: str) -> DataFrame:
    clients = F.greatest(*(F.theta_sketch_estimate(population.name) for population in POPULATIONS), F.lit(0))
    fold = F.when(clients < MIN_GROUP_CLIENTS, F.lit(OTHER_GROUP)).otherwise(F.col(name))
    return sketches.withColumn(name, fold).groupBy(*_GROUP).agg(*_unions())


def _unions() -> Iterable[Column]:
    return (F.theta_union_agg(population.name, LG_NOMINAL_ENTRIES).alias(population.name) for population in POPULATIONS)


def _with_counts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Adds the estimates and their bounds, of which Spark knows only the former."""
    for batch in batches:
        counts = [count_clients(sketch) for sketch in batch.column("sketch").to_pylist()]
        by_name = {name: pa.array([getattr(count, name) for count in counts], pa.float64()) for name in ("estimate", "low", "high")}
        yield pa.RecordBatch.from_arrays([*batch.columns, *by_name.values()], names=[*batch.schema.names, *by_name])
