"""Replace rows of an Iceberg table on the very snapshot that the decision was made on; after a lost race, decide anew.

The one way in which this project writes its tables.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, ValidationException
from pyiceberg.expressions import BooleanExpression
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import RemoveSnapshotsUpdate
from sqlalchemy.exc import OperationalError
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from jobs.declarations.tables import INGEST_AUDIT, WINDOW_TABLES, Table
from jobs.tables.audit.open_claims import read_claims
from jobs.tables.lake.kept_snapshots import expendable_snapshots
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.lake.schemas import arrow_schema

# A commit whose outcome is unknown is repeated too: replacing rows twice gives the same rows as replacing them once.
LOST_RACES = (CommitFailedException, ValidationException, CommitStateUnknownException, OperationalError)
_GIVE_UP_AFTER_SECONDS = 300  # six publishers of one day were through in 8 s; a catalog that restarts needs two minutes


class PublishingContendedError(RuntimeError):
    """Every attempt to commit to a table was overtaken by another writer, or found no catalog."""


@dataclass(frozen=True)
class Replacement:
    """Delete the rows that match `where` (none, if None), add `rows` part by part, and set table properties: all in one commit.

    `rows` may read each part as it is asked for; memory is then that of one part.
    """

    where: BooleanExpression | None
    rows: Iterable[pa.Table]
    properties: Mapping[str, str] = field(default_factory=dict)


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
            f"{table.name} was not changed: for {_GIVE_UP_AFTER_SECONDS} s other writers came first or the catalog did not answer "
            f"({contended.last_attempt.exception()}); run the task again"
        ) from contended.last_attempt.exception()


class _ThriftyTransaction(Transaction):
    """pyiceberg 0.12 copies the whole metadata, all snapshots included, whenever it looks at it: thirty times a commit, most of its cost."""

    _seen: tuple[object, object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        if self._seen is None or self._seen[0] is not self._table.metadata or self._seen[1] is not self._updates:
            self._seen = (self._table.metadata, self._updates, super().table_metadata)
        return self._seen[2]


def _replace_once(catalog: Catalog, table: Table, decide: Callable[[IcebergTable], Replacement | None]) -> IcebergTable:
    loaded = catalog.load_table(identifier(table))
    replacement = decide(loaded)
    if replacement is None:
        return loaded
    expendable = _expendable(catalog, table, loaded)
    loaded_location = loaded.metadata_location
    try:
        with _ThriftyTransaction(loaded) as transaction:
            _stage(transaction, table, replacement, expendable)
    except ValueError as error:
        # What was to go is gone: another writer let go of the same snapshots, which moves no branch.
        if catalog.load_table(identifier(table)).metadata_location != loaded_location:
            raise CommitFailedException(str(error)) from error
        raise
    return loaded


def _stage(transaction: Transaction, table: Table, replacement: Replacement, expendable: list[int]) -> None:
    if replacement.where is not None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Delete operation did not match any records")
            transaction.delete(replacement.where)
    schema = arrow_schema(table)
    has_rows = False
    for rows in replacement.rows:
        if rows.num_rows:
            transaction.append(rows.cast(schema))
            has_rows = True
    if not has_rows:
        transaction.append(schema.empty_table())
    if replacement.properties:
        transaction.set_properties(dict(replacement.properties))
    if expendable:
        # pyiceberg's ExpireSnapshots copies the whole metadata twice for each snapshot.
        transaction._apply((RemoveSnapshotsUpdate(snapshot_ids=expendable),))  # type: ignore[call-arg]


def expire_snapshots(catalog: Catalog, table: Table, is_dry_run: bool) -> int:
    """Let go of the snapshots that are past keeping, in bounded slices; how many. For tables that nobody writes to.

    This changes the metadata only: their files are left to `delete_unreferenced_files`.
    """
    expired = 0
    while True:
        loaded = catalog.load_table(identifier(table))
        expendable = _expendable(catalog, table, loaded)
        expired += len(expendable)
        if is_dry_run or not expendable:
            return expired
        with _ThriftyTransaction(loaded) as transaction:
            transaction._apply((RemoveSnapshotsUpdate(snapshot_ids=expendable),))  # type: ignore[call-arg]


def _expendable(catalog: Catalog, table: Table, loaded: IcebergTable) -> list[int]:
    now = datetime.now(UTC)
    if not expendable_snapshots(loaded, now):
        return []
    return expendable_snapshots(loaded, now, claimed_snapshots(catalog, table))


def claimed_snapshots(catalog: Catalog, table: Table) -> set[int]:
    """The snapshots of a table that readers of hours under an open claim still need."""
    if table not in WINDOW_TABLES or not catalog.table_exists(identifier(INGEST_AUDIT)):
        return set()
    claims = read_claims(catalog.load_table(identifier(INGEST_AUDIT)))
    return {claim.snapshots_before[table.name] for claim in claims if table.name in claim.snapshots_before}
