"""Pings that lie in Parquet, a row each: only the declared columns are read, row group by row group.

A path is a column of that whole name (`client_info.client_id`), else it leads from a column into the structs and maps inside it. A piece of
an object, cut by bytes as all plain objects are, owns the row groups that begin in it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.deployment.object_store import filesystem_of
from jobs.pings.byte_splits import ObjectPiece
from jobs.pings.client_values import path_names
from jobs.pings.document_values import Values, value_at
from jobs.pings.line_pieces import UnreadableRestError
from jobs.pings.object_blocks import unusable
from jobs.pings.stored_files import bucket_and_key, is_on_s3, local_etag

_ROWS_AT_ONCE = 4096
_SUFFIX = ".parquet"


def is_parquet(object_key: str) -> bool:
    return object_key.endswith(_SUFFIX)


def row_values(piece: ObjectPiece, paths: Sequence[str], required: Sequence[str]) -> Iterator[tuple[Values, frozenset[str]]]:
    """Of each row the values at `paths`, in their order, and which `required` objects it lacks.

    Raises LandingZoneError where the object is not what was listed, and UnreadableRestError after the last row that can be read.
    """
    with _opened(piece) as file:
        parquet = _parquet_file(file)
        if parquet is None:
            if piece.start:  # one line for the whole object, and its first piece tells it
                return
            raise UnreadableRestError("no Parquet file")
        try:
            groups = [number for number in range(parquet.num_row_groups) if piece.start <= _first_byte(parquet, number) < piece.end]
            columns = _Columns(parquet.schema_arrow.names, paths, required)
            for batch in parquet.iter_batches(_ROWS_AT_ONCE, row_groups=groups, columns=list(columns.wanted)) if groups else ():
                # Without a column pyarrow gives no rows, so that they are counted by the batch.
                rows = batch.to_pylist(maps_as_pydicts="lossy") if batch.num_columns else [{}] * batch.num_rows
                yield from map(columns.of_row, rows)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise UnreadableRestError(str(error)) from error


class _Columns:
    """Where the values at paths stand in a file with these columns."""

    def __init__(self, names: Sequence[str], paths: Sequence[str], required: Sequence[str]) -> None:
        known = set(names)
        self._steps = [(path,) if path in known else path_names(path) for path in paths]
        self.wanted = tuple(dict.fromkeys(steps[0] for steps in self._steps if steps[0] in known))
        flat = {name.partition(".")[0] for name in names if "." in name}
        self._nested_required = [name for name in required if name in known]
        self._absent = frozenset(name for name in required if name not in known and name not in flat)

    def of_row(self, row: dict[str, Any]) -> tuple[Values, frozenset[str]]:
        missing = self._absent.union(name for name in self._nested_required if name in row and row[name] is None)
        return tuple(value_at(row, steps) for steps in self._steps), missing


def _parquet_file(file: Any) -> pq.ParquetFile | None:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        return None


def _first_byte(parquet: pq.ParquetFile, group: int) -> int:
    column = parquet.metadata.row_group(group).column(0)
    return int(column.dictionary_page_offset or column.data_page_offset)


@contextmanager
def _opened(piece: ObjectPiece) -> Iterator[Any]:
    try:
        if is_on_s3(piece.location):
            _require_etag(piece)
            filesystem, path = filesystem_of(piece.location)
            file = filesystem.open_input_file(path)
        else:
            stat = Path(piece.location).stat()
            if local_etag(stat.st_size, stat.st_mtime_ns) != piece.etag:
                raise unusable(piece.location, "it has changed since it was listed")
            file = pa.OSFile(piece.location, "rb")
    except OSError as error:
        raise unusable(piece.location, str(error)) from error
    with file:
        yield file


def _require_etag(piece: ObjectPiece) -> None:
    """Nothing but a new name is safe from being overwritten while it is read: writers of Parquet give each file one."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = bucket_and_key(piece.location)
    try:
        boto3.client("s3").head_object(Bucket=bucket, Key=key, IfMatch=piece.etag)
    except (BotoCoreError, ClientError) as error:
        raise unusable(piece.location, str(error)) from error
