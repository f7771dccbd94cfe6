"""Replace rows of an Iceberg table on the very snapshot that the decision was made on; after a lost race, decide anew.

The one way in which this project writes its tables.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, ValidationException
from pyiceberg.expressions import And, BooleanExpression, GreaterThanOrEqual, LessThan, Or
from pyiceberg.table import Table as IcebergTable
from sqlalchemy.exc import OperationalError
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from jobs.table_declarations import Table
from jobs.tables.lake_catalog import identifier
from jobs.tables.schemas import arrow_schema
from jobs.windows import HOUR

# A commit whose outcome is unknown is repeated too: replacing rows twice gives the same rows as replacing them once.
LOST_RACES = (CommitFailedException, ValidationException, CommitStateUnknownException, OperationalError)
_GIVE_UP_AFTER_SECONDS = 300  # six publishers of one day were through in 8 s


class PublishingContendedError(RuntimeError):
    """Every attempt to commit to a table was overtaken by another writer."""


@dataclass(frozen=True)
class Replacement:
    """Delete the rows that match `where` and add `rows`, in one commit."""

    where: BooleanExpression
    rows: pa.Table


def replace_rows(catalog: Catalog, table: Table, decide: Callable[[IcebergTable], Replacement | None]) -> IcebergTable:
    """Commit what `decide` says of the table as loaded, on that snapshot; nothing if it says None. Returns the table after it.

    `decide` is called again, with the table loaded again, whenever another writer came first. PublishingContendedError after five minutes.
    A replacement without any effect is committed all the same: the new snapshot is what makes a slower writer's commit fail.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(LOST_RACES),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        stop=stop_after_delay(_GIVE_UP_AFTER_SECONDS),
    )
    try:
        return retrying(_replace_once, catalog, table, decide)
    except RetryError as contended:
        raise PublishingContendedError(
            f"{table.name} was not changed: other writers came first for {_GIVE_UP_AFTER_SECONDS} s "
            f"({contended.last_attempt.exception()}); run the task again once they are done"
        ) from contended.last_attempt.exception()


def _replace_once(catalog: Catalog, table: Table, decide: Callable[[IcebergTable], Replacement | None]) -> IcebergTable:
    loaded = catalog.load_table(identifier(table))
    replacement = decide(loaded)
    if replacement is not None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Delete operation did not match any records")
            loaded.overwrite(replacement.rows.cast(arrow_schema(table)), overwrite_filter=replacement.where)
    return loaded


def hours_filter(time_column: str, hours: Iterable[datetime]) -> BooleanExpression:
    """Rows whose time lies in one of the hours, as few ranges as possible. There must be one."""
    ranges: list[list[datetime]] = []
    for hour in sorted(hours):
        if ranges and ranges[-1][1] == hour:
            ranges[-1][1] = hour + HOUR
        else:
            ranges.append([hour, hour + HOUR])
    terms = [And(GreaterThanOrEqual(time_column, start.isoformat()), LessThan(time_column, end.isoformat())) for start, end in ranges]
    return terms[0] if len(terms) == 1 else Or(*terms)
