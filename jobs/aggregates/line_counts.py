"""What became of each line: the counts behind ingest_audit."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass
class LineCounts:
    """`lines` is what the source read. The others come from what it made of them, so that a lost or doubled record shows as a difference."""

    lines: int = 0
    accepted_by_ping: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    rejects_by_reason: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        return sum(self.accepted_by_ping.values())

    @property
    def rejected(self) -> int:
        return sum(self.rejects_by_reason.values())


def count_lines(marked: DataFrame) -> DataFrame:
    """Lines by hour, kind of record, and what kind of ping or reject; a few dozen rows an hour."""
    return marked.groupBy("hour_start", "kind", "doc_type", "reason", "is_duplicate").agg(F.sum("line_count").alias("line_count"))


def counts_by_hour(line_counts: pa.Table) -> dict[datetime, LineCounts]:
    """The collected rows of `count_lines`, by hour; an hour without a record is not there."""
    counts: dict[datetime, LineCounts] = defaultdict(LineCounts)
    for row in line_counts.to_pylist():
        hour = counts[row["hour_start"].astimezone(UTC)]
        if row["kind"] == "lines":
            hour.lines += row["line_count"]
        elif row["kind"] == "reject":
            hour.rejects_by_reason[row["reason"]] += row["line_count"]
        elif row["is_duplicate"]:
            hour.duplicates += row["line_count"]
        else:
            hour.accepted_by_ping[row["doc_type"]] += row["line_count"]
    return dict(counts)


def sum_counts(hours: Iterable[LineCounts]) -> LineCounts:
    """The counts of all the hours together."""
    total = LineCounts()
    for hour in hours:
        total.lines += hour.lines
        total.accepted_by_ping += hour.accepted_by_ping
        total.duplicates += hour.duplicates
        total.rejects_by_reason += hour.rejects_by_reason
    return total
