"""From a table as it is to a table as it is declared: what Iceberg can change in place, and what it can't."""

from dataclasses import dataclass, field

from pyiceberg.exceptions import ResolveError
from pyiceberg.schema import promote
from pyiceberg.table import Table as IcebergTable
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, PrimitiveType, StructType

from jobs.declarations.tables import Table
from jobs.tables.lake.schemas import iceberg_schema, partition_spec

Path = tuple[str, ...]
_PROPERTIES = {
    # Publishing looks at the claims between loading a table and committing to it; pyiceberg's own retry would commit to a newer snapshot
    # without that look (docs/decisions/publishing.md).
    "commit.retry.num-retries": "0",
    # A commit an hour adds a manifest; merged, but never beyond what is read in a moment, so that a commit reads as much in every year.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "24",
    "commit.manifest.target-size-bytes": str(64 * 1024),
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    # Bounds of forty columns that no file is found by would only make each manifest entry ten times as large.
    "write.metadata.metrics.default": "none",
}


def table_properties(table: Table) -> dict[str, str]:
    """How a table of ours is written."""
    return _PROPERTIES | {f"write.metadata.metrics.column.{name}": "full" for name in (table.time_column, *table.found_by)}


class SchemaConflictError(RuntimeError):
    """A table in the catalog can't be made what is declared."""


@dataclass
class TableChanges:
    """`conflicts` are sentences; the others name fields by their path, such as ("objects", "element", "etag")."""

    additions: list[tuple[Path, NestedField]] = field(default_factory=list)
    promotions: list[tuple[Path, PrimitiveType]] = field(default_factory=list)
    loosened: list[Path] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)

    @property
    def has_columns(self) -> bool:
        return bool(self.additions or self.promotions or self.loosened)

    @property
    def is_any(self) -> bool:
        return self.has_columns or bool(self.properties)


def table_changes(existing: IcebergTable, table: Table) -> TableChanges:
    """What it takes to write rows as declared into the table as it is. Columns that are no longer declared stay, and may be NULL."""
    changes = TableChanges()
    _compare_structs(existing.schema().as_struct(), iceberg_schema(table).as_struct(), (), changes)
    (declared,) = partition_spec(table).fields
    stands = [(existing.schema().find_column_name(part.source_id), str(part.transform)) for part in existing.spec().fields]
    if stands != [(table.time_column, str(declared.transform))]:
        changes.conflicts.append(f"it is partitioned by {stands}, declared is the {table.partition} of {table.time_column}")
    wanted = table_properties(table)
    changes.properties = {name: value for name, value in wanted.items() if existing.properties.get(name) != value}
    return changes


def refuse_conflicts(changes_by_table: dict[str, TableChanges]) -> None:
    """SchemaConflictError that names every conflict of every table; nothing has been changed then."""
    conflicts = [f"{name}: {conflict}" for name, changes in changes_by_table.items() for conflict in changes.conflicts]
    if conflicts:
        raise SchemaConflictError(
            f"nothing was published, since tables can't be changed to what this code declares: {'; '.join(conflicts)}. Deploy the code that "
            "wrote them again, or declare the column under a new name (jobs/declarations/tables.py): the old one stays readable"
        )


def apply_changes(existing: IcebergTable, table: Table, changes: TableChanges) -> None:
    """Commit them. What is added may be NULL, whatever is declared: rows that are there have no value for it."""
    if changes.properties:
        with existing.transaction() as transaction:
            transaction.set_properties(changes.properties)
    if not changes.has_columns:
        return
    with existing.update_schema() as update:
        for path, added in changes.additions:
            update.add_column(_update_path(path), added.field_type, doc=added.doc, required=False)
        for path, wider in changes.promotions:
            update.update_column(path, field_type=wider)
        for path in changes.loosened:
            update.make_column_optional(path)
        for (*parents, name), _ in changes.additions:
            if parents:
                continue
            position = table.column_names.index(name)
            if position > 0:
                update.move_after(name, table.column_names[position - 1])
            else:
                update.move_first(name)


def _update_path(path: Path) -> str | Path:
    return path[0] if len(path) == 1 else (".".join(path[:-1]), path[-1])


def _compare_structs(stands: StructType, declared: StructType, path: Path, changes: TableChanges) -> None:
    existing = {part.name: part for part in stands.fields}
    for part in declared.fields:
        if part.name in existing:
            _compare(existing[part.name], part, (*path, part.name), changes)
        else:
            changes.additions.append(((*path, part.name), part))
    names = {part.name for part in declared.fields}
    changes.loosened += [(*path, part.name) for part in stands.fields if part.required and part.name not in names]


def _compare(stands: NestedField, declared: NestedField, path: Path, changes: TableChanges) -> None:
    if stands.required and not declared.required:
        changes.loosened.append(path)
    _compare_types(stands.field_type, declared.field_type, path, changes)


def _compare_types(stands: IcebergType, declared: IcebergType, path: Path, changes: TableChanges) -> None:
    if isinstance(stands, StructType) and isinstance(declared, StructType):
        _compare_structs(stands, declared, path, changes)
    elif isinstance(stands, ListType) and isinstance(declared, ListType):
        _compare(stands.element_field, declared.element_field, (*path, "element"), changes)
    elif isinstance(stands, MapType) and isinstance(declared, MapType):
        _compare(stands.value_field, declared.value_field, (*path, "value"), changes)
        if stands.key_type != declared.key_type:
            changes.conflicts.append(f"keys of {'.'.join(path)} are {stands.key_type}, declared is {declared.key_type}")
    elif stands != declared:
        if isinstance(declared, PrimitiveType) and _widens(stands, declared):
            changes.promotions.append((path, declared))
        elif not _widens(declared, stands):
            changes.conflicts.append(f"column {'.'.join(path)} is {stands}, declared is {declared}")


def _widens(narrow: IcebergType, wide: IcebergType) -> bool:
    try:
        return promote(narrow, wide) == wide
    except ResolveError:
        return False
