"""The Iceberg catalog, configured pyiceberg's way, and the declared tables in it."""

from pathlib import Path

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException, NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.table import Table as IcebergTable
from pyiceberg.utils.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from jobs.settings import CATALOG, NAMESPACE, ROOT, from_environment, s3_access
from jobs.table_declarations import Table
from jobs.tables.schemas import iceberg_schema, partition_spec

TABLE_PROPERTIES = {
    # Publishing looks at ingest_audit between loading a table and committing to it; pyiceberg's own retry would commit to a
    # newer snapshot without that look (docs/decisions/publishing.md).
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",  # a commit an hour: 100 manifests in four days, and each read opens them all
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}
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
    return (NAMESPACE, table.name)


@_retry_races
def ensure_table(catalog: Catalog, table: Table) -> IcebergTable:
    """The table, created if it is missing, with newly declared columns added. Any number of processes may do so at once."""
    try:
        existing = catalog.load_table(identifier(table))
    except NoSuchTableError:
        catalog.create_namespace_if_not_exists(NAMESPACE)
        return catalog.create_table(
            identifier(table), iceberg_schema(table), partition_spec=partition_spec(table), properties=TABLE_PROPERTIES
        )
    _add_new_columns(existing, table)
    _set_properties(existing)
    return existing


def _add_new_columns(existing: IcebergTable, table: Table) -> None:
    present = set(existing.schema().column_names)
    missing = [column for column in table.columns if column.name not in present]
    if not missing:
        return
    declared = iceberg_schema(table)
    with existing.update_schema() as update:
        for column in missing:
            # Rows that are there already have no value for it, whatever is declared for new ones.
            update.add_column(column.name, declared.find_type(column.name), doc=declared.find_field(column.name).doc, required=False)
            position = table.column_names.index(column.name)
            if position > 0:
                update.move_after(column.name, table.column_names[position - 1])
            else:
                update.move_first(column.name)


def _set_properties(existing: IcebergTable) -> None:
    changed = {name: value for name, value in TABLE_PROPERTIES.items() if existing.properties.get(name) != value}
    if changed:
        with existing.transaction() as transaction:
            transaction.set_properties(changed)


def _configured_properties() -> dict[str, str] | None:
    configured = {**(Config().get_catalog_config(CATALOG) or {}), **from_environment().catalog}
    return {name: str(value) for name, value in configured.items()} or None


def _local_properties() -> dict[str, str]:
    local = ROOT / ".local"
    Path(local).mkdir(exist_ok=True)
    return {"type": "sql", "uri": f"sqlite:///{local / 'catalog.db'}", "warehouse": f"file://{local / 'warehouse'}"}


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
