"""The Iceberg catalog, configured pyiceberg's way, and the declared tables in it."""

from collections.abc import Iterable

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException, NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.table import Table as IcebergTable
from pyiceberg.utils.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from jobs.declarations.tables import Table
from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import CATALOG, LOCAL, NAMESPACE, RESTRICTED_NAMESPACE, from_environment, s3_access
from jobs.tables.lake.schemas import iceberg_schema, partition_spec
from jobs.tables.lake.table_changes import TableChanges, apply_changes, refuse_conflicts, table_changes, table_properties

_SQLITE_BUSY_SECONDS = 60  # SQLite lets one writer in at a time; its default gives up after 5 s

_retry_races = retry(
    retry=retry_if_exception_type(
        (DBAPIError, NamespaceAlreadyExistsError, TableAlreadyExistsError, CommitFailedException),
    ),
    wait=wait_random_exponential(multiplier=0.05, max=2),
    stop=stop_after_attempt(10),
    reraise=True,
)


def open_catalog() -> Catalog:
    """The catalog `lake` of the settings or of `.pyiceberg.yaml`; unless configured, a SQLite file and a folder in the checkout."""
    properties = _configured_properties() or _local_properties()
    if properties.get("uri", "").startswith("sqlite"):
        properties["uri"] = _patient_sqlite(properties["uri"])
    return _load(_with_s3(properties))


def identifier(table: Table) -> tuple[str, str]:
    """Where a declared table stands in the catalog."""
    return (RESTRICTED_NAMESPACE if table.is_restricted else NAMESPACE, table.name)


def stored_table(catalog: Catalog, table: Table) -> IcebergTable | None:
    """A declared table as it stands now; None where nothing has made it yet."""
    try:
        return catalog.load_table(identifier(table))
    except NoSuchTableError:
        return None


def ensure_tables(catalog: Catalog, tables: Iterable[Table]) -> None:
    """Create what is missing and bring what is there to what is declared. Any number of processes may do so at once.

    SchemaConflictError, before any table is changed, for those that can't be brought there.
    """
    changes_by_table = {table: _changes(catalog, table) for table in tables}
    refuse_conflicts({table.name: changes for table, changes in changes_by_table.items() if changes})
    for table, changes in changes_by_table.items():
        if changes is None or changes.is_any:
            ensure_table(catalog, table)


@_retry_races
def ensure_table(catalog: Catalog, table: Table) -> IcebergTable:
    """The table, created if it is missing, else brought to what is declared. SchemaConflictError if that can't be."""
    existing = stored_table(catalog, table)
    if existing is None:
        catalog.create_namespace_if_not_exists(identifier(table)[0])
        return catalog.create_table(
            identifier(table), iceberg_schema(table), partition_spec=partition_spec(table), properties=table_properties(table)
        )
    changes = table_changes(existing, table)
    refuse_conflicts({table.name: changes})
    apply_changes(existing, table, changes)
    return existing


@_retry_races
def _changes(catalog: Catalog, table: Table) -> TableChanges | None:
    existing = stored_table(catalog, table)
    return None if existing is None else table_changes(existing, table)


def _configured_properties() -> dict[str, str] | None:
    configured = {**(Config().get_catalog_config(CATALOG) or {}), **from_environment().catalog}
    return {name: str(value) for name, value in configured.items()} or None


def _local_properties() -> dict[str, str]:
    make_private_folder(LOCAL)
    return {"type": "sql", "uri": f"sqlite:///{LOCAL / 'catalog.db'}", "warehouse": f"file://{LOCAL / 'warehouse'}"}


def _patient_sqlite(uri: str) -> str:
    url = make_url(uri)
    if "timeout" not in url.query:
        url = url.update_query_dict({"timeout": str(_SQLITE_BUSY_SECONDS)})
    return url.render_as_string(hide_password=False)


def _with_s3(properties: dict[str, str]) -> dict[str, str]:
    access = s3_access()
    found = {"s3.endpoint": access.endpoint_url, "s3.region": access.region}
    return {name: value for name, value in found.items() if value} | properties


@_retry_races
def _load(properties: dict[str, str]) -> Catalog:
    return load_catalog(CATALOG, **properties)
