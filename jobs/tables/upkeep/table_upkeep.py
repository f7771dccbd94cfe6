"""What keeps the tables and the staging folder from growing without end. Each function says what it removed, or would remove."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyarrow import fs
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression, LessThan
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.tables import TABLES, Table
from jobs.declarations.windows import hours_between
from jobs.deployment.object_store import filesystem_of
from jobs.tables.commits.row_replacement import Replacement, replace_rows
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading.stored_rows import DROPPED_BEFORE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_DAY = timedelta(days=1)
_STAGED_BY_US = re.compile(
    rf"[^/]+/(?:(?:aggregates|health)(?:\.[^/]+)?\.manifest\.json|[^/]+/(?:{'|'.join(table.name for table in TABLES)})/[0-9a-f]{{32}}\.parquet)"
)
"""Manifests, and the files that attempts write, of which no manifest may name those of an attempt that died."""


@dataclass(frozen=True)
class Removed:
    """Files or folders, and their bytes."""

    count: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(self.count + other.count, self.size_bytes + other.size_bytes)


def drop_rows_before(catalog: Catalog, table: Table, cutoff: datetime, is_dry_run: bool) -> int:
    """Delete the rows whose time is before the cutoff; how many."""
    is_old = LessThan(table.time_column, cutoff.isoformat())
    old_rows = catalog.load_table(identifier(table)).scan(is_old).count()
    if old_rows and not is_dry_run:
        replace_rows(catalog, table, lambda _: Replacement(is_old, (), {DROPPED_BEFORE: cutoff.isoformat()}))
    return old_rows


def merge_daily_files(catalog: Catalog, table: Table, midnight: datetime, is_dry_run: bool) -> int:
    """Write the rows of each day before `midnight` that stand in several files into one; how many files fewer that makes.

    For a table partitioned by day. Old files go once no snapshot names them any more.
    """
    stored = catalog.load_table(identifier(table))
    files_by_day = Counter(_EPOCH + timedelta(days=task.file.partition[0]) for task in stored.scan().plan_files())
    days = sorted(day for day, files in files_by_day.items() if files > 1 and day < midnight)
    if not is_dry_run:
        for day in days:
            _write_anew(catalog, table, hours_filter(table.time_column, hours_between(day, day + _A_DAY)))
    return sum(files_by_day[day] - 1 for day in days)


def _write_anew(catalog: Catalog, table: Table, where: BooleanExpression) -> None:
    replace_rows(catalog, table, lambda loaded: Replacement(where, (loaded.scan(where).to_arrow(),)))


def delete_unreferenced_files(catalog: Catalog, table: Table, cutoff: datetime, is_dry_run: bool) -> Removed:
    """Delete the files below the table's location that no snapshot names and that were last modified before the cutoff."""
    stored = catalog.load_table(identifier(table))
    filesystem, folder = _place(stored, stored.location())
    files = _files_below(filesystem, folder)
    # The references are read after the listing: a file that was written since is not on the list.
    referenced = {_place(stored, location)[1] for location in _referenced_locations(catalog.load_table(identifier(table)))}
    unreferenced = [file for file in files if file.path not in referenced and file.mtime < cutoff]
    if not is_dry_run:
        for file in unreferenced:
            filesystem.delete_file(file.path)
    return Removed(len(unreferenced), sum(file.size for file in unreferenced))


def delete_old_staging(staging: str, cutoff: datetime, is_dry_run: bool) -> Removed:
    """Delete what runs have staged that wrote nothing since the cutoff. Whatever else lies there stays: only files named as ours go."""
    filesystem, root = filesystem_of(staging)
    files_by_run: dict[str, list[fs.FileInfo]] = defaultdict(list)
    for file in _files_below(filesystem, root):
        within = file.path.removeprefix(f"{root}/")
        if _STAGED_BY_US.fullmatch(within):
            files_by_run[within.split("/")[0]].append(file)
    removed = Removed()
    for run_key, files in files_by_run.items():
        if max(file.mtime for file in files) < cutoff:
            removed += Removed(1, sum(file.size for file in files))
            if not is_dry_run:
                for file in files:
                    filesystem.delete_file(file.path)
                _delete_empty_folders(filesystem, f"{root}/{run_key}")
    return removed


def _delete_empty_folders(filesystem: fs.FileSystem, folder: str) -> None:
    """The folder and those in it that hold no file; an object store has none."""
    found = filesystem.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    in_use = {file.path for file in found if file.type is fs.FileType.File}
    folders = [info.path for info in found if info.type is fs.FileType.Directory]
    for path in (*folders, folder):
        if not any(file.startswith(f"{path}/") for file in in_use) and filesystem.get_file_info(path).type is fs.FileType.Directory:
            filesystem.delete_dir(path)


def _files_below(filesystem: fs.FileSystem, folder: str) -> list[fs.FileInfo]:
    found = filesystem.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    return [info for info in found if info.type is fs.FileType.File]


def _place(stored: IcebergTable, location: str) -> tuple[fs.FileSystem, str]:
    """The location as pyiceberg reaches it: filesystem and path."""
    if not isinstance(stored.io, PyArrowFileIO):
        raise TypeError(
            f"{type(stored.io).__name__} cannot list files; set py-io-impl of the catalog to pyiceberg.io.pyarrow.PyArrowFileIO"
        )
    scheme, netloc, path = PyArrowFileIO.parse_location(location, stored.io.properties)
    return stored.io.fs_by_scheme(scheme, netloc), path


def _referenced_locations(stored: IcebergTable) -> Iterable[str]:
    metadata = stored.metadata
    yield stored.metadata_location
    yield from (entry.metadata_file for entry in metadata.metadata_log)
    yield from (statistics.statistics_path for statistics in metadata.statistics)
    yield from (statistics.statistics_path for statistics in metadata.partition_statistics)
    manifests: dict[str, ManifestFile] = {}
    for snapshot in metadata.snapshots:
        yield snapshot.manifest_list
        manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(stored.io)}
    for path, manifest in manifests.items():
        yield path
        yield from (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(stored.io, discard_deleted=True))
