"""The ping source: the one place where Python meets raw bytes.

The cost of the pipeline is reading JSON of which nearly nothing is wanted. Spark's own reader builds rows of what it parses in the JVM and
cannot name why a line is bad; msgspec skips what is not declared, at about 1 GB/s and core (docs/decisions/ has the figures). The driver plans
byte-balanced splits; each task reads one with `mapInArrow` and hands Arrow batches to the JVM, so nothing below it knows JSON.
"""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.pings.byte_splits import Split, plan_splits
from jobs.pings.client_keys import ClientKeys
from jobs.pings.landing_zone import LandedHour
from jobs.pings.ping_records import PING_RECORD_SCHEMA
from jobs.pings.split_reader import read_split


def read_records(spark: SparkSession, hours: Iterable[LandedHour], keys: ClientKeys) -> DataFrame:
    """The ping records of the hours' objects, columns as in PING_RECORD_SCHEMA; read again by each action, so persist what is used twice.

    An action raises where an object is no longer what was listed (LandingZoneError in its cause).
    """
    objects = [landed for hour in hours for landed in hour.objects]
    splits = plan_splits(objects, spark.sparkContext.defaultParallelism)
    split_numbers = spark.range(0, len(splits), 1, numPartitions=max(len(splits), 1))
    return split_numbers.mapInArrow(_reader_of(splits, keys), record_schema())


def record_schema() -> T.StructType:
    """PING_RECORD_SCHEMA as Spark has it."""
    return from_arrow_schema(PING_RECORD_SCHEMA)


def _reader_of(splits: list[Split], keys: ClientKeys) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def read(split_numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in split_numbers:
            for number in batch.column(0).to_pylist():
                yield from read_split(splits[number], keys)

    return read
