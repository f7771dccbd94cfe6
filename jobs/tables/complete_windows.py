"""Read a table's rows of complete hours only: those whose window_run_id is that of the hour's complete audit row. No Spark."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import ALWAYS_TRUE, BooleanExpression

from jobs.table_declarations import Table


@dataclass(frozen=True)
class CompleteRows:
    """`incomplete_hours` have no complete audit row, or changed hands while they were read; `rows` holds nothing of them.

    `audit_sequence` is the sequence number of the ingest_audit snapshot that this rests on; 0 before the first.
    """

    rows: pa.Table
    incomplete_hours: list[datetime]
    audit_sequence: int


def read_complete(
    catalog: Catalog,
    table: Table,
    start: datetime,
    end: datetime,
    row_filter: BooleanExpression = ALWAYS_TRUE,
    columns: tuple[str, ...] | None = None,
) -> CompleteRows:
    """The rows of the whole hours in [start, end) that match the filter, with the columns asked for (all, unless said), in no particular order."""
