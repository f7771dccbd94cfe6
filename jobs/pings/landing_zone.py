"""What lies in the landing zone for each hour of a window, in a local folder or on S3.

Layout: `LANDING/submission_date=YYYY-MM-DD/submission_hour=HH/<ping type>/<any>.ndjson[.gz|.zst]` or `.parquet`, and `_SUCCESS` in the hour's
folder once the edge has closed it, unless the product declares other folders, or that an hour is closed some time after its end. Files of other names, hidden files (`.x`, `_x`: being written, by convention) and files outside a docType
folder are not objects; they are counted, and some of those that may have been meant as objects are named.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from jobs.declarations.windows import HOUR, Window
from jobs.pings.stored_files import LandingZoneError as LandingZoneError
from jobs.pings.stored_files import StoredFile, files_by_folder
from jobs.products.chosen import PRODUCT

OBJECT_SUFFIXES = (".ndjson", ".ndjson.gz", ".ndjson.zst", ".parquet")
_LAYOUT = PRODUCT.landing
MOST_IGNORED_KEYS = 3  # of each folder: examples


@dataclass(frozen=True)
class LandedObject:
    """`object_key` is below the landing zone, in printable characters; `location` the path or s3:// URL; `bytes` as stored."""

    object_key: str
    location: str
    etag: str
    bytes: int
    modified_at: datetime
    is_late: bool
    hour_start: datetime
    doc_type: str


@dataclass(frozen=True)
class LandedHour:
    """One hour's folder. An hour that was never closed has `closed_at` None, and none of its objects is late.

    `ignored_keys` names a few of the files that are no objects although they may have been meant to be, of each folder that has some.
    """

    hour_start: datetime
    is_closed: bool
    closed_at: datetime | None
    objects: tuple[LandedObject, ...]
    ignored_objects: int
    ignored_keys: tuple[str, ...] = ()


def list_hours(landing: str, window: Window) -> list[LandedHour]:
    """The hours of the window in order, each with its objects in order of their keys; an hour without a folder has none.

    `landing` is a folder or an `s3://bucket/prefix` URL. Raises LandingZoneError where it does not exist, has no day at all or cannot be
    listed, in whole or in part.
    """
    files_by_hour = files_by_folder(landing, map(hour_folder, window.hours))
    return [_landed_hour(hour_start, files) for hour_start, files in zip(window.hours, files_by_hour, strict=True)]


def hour_folder(hour_start: datetime) -> str:
    """The folder of an hour below the landing zone."""
    return f"{hour_start.astimezone(UTC):{_LAYOUT.hour_path}}"


_HOUR_PATH = re.compile(
    re.escape(_LAYOUT.hour_path)
    .replace("%Y", r"(?P<Y>\d{4})")
    .replace("%m", r"(?P<m>\d\d)")
    .replace("%d", r"(?P<d>\d\d)")
    .replace("%H", r"(?P<H>\d\d)")
    + r"/(?P<ping_type>[^/]+)/"
)


def folder_of(path: str) -> tuple[datetime, str] | None:
    """The hour and the type of ping whose folder a path leads through; None where it leads through none."""
    found = _HOUR_PATH.search(path)
    if found is None:
        return None
    try:
        return datetime(*(int(found[name]) for name in "YmdH"), tzinfo=UTC), found["ping_type"]  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def ping_type_of(object_key: str) -> str | None:
    """The type of ping whose folder an object lies in, by its key below the landing zone; None of a file that lies in no such folder."""
    parts = PurePosixPath(object_key).parts
    above = len(PurePosixPath(_LAYOUT.hour_path).parts)
    return parts[above] if len(parts) > above + 1 else None


def _landed_hour(hour_start: datetime, files: Iterable[StoredFile]) -> LandedHour:
    files = sorted(files, key=lambda file: file.key)
    closed_at = _closed_at(hour_start, files)
    objects = tuple(_landed_object(file, hour_start, closed_at) for file in files if _is_ping_object(file.key))
    ignored = [file.key for file in files if not _is_ping_object(file.key) and file.key != _LAYOUT.closed_marker]
    return LandedHour(hour_start, closed_at is not None, closed_at, objects, len(ignored), _named(ignored, hour_start))


def _closed_at(hour_start: datetime, files: Iterable[StoredFile]) -> datetime | None:
    if _LAYOUT.closed_marker is not None:
        return next((file.modified_at for file in files if file.key == _LAYOUT.closed_marker), None)
    closing = hour_start + HOUR + timedelta(minutes=_LAYOUT.closed_after_minutes)
    return closing if closing <= datetime.now(UTC) else None


def _landed_object(file: StoredFile, hour_start: datetime, closed_at: datetime | None) -> LandedObject:
    return LandedObject(
        object_key=_printable(f"{hour_folder(hour_start)}/{file.key}"),
        location=file.location,
        etag=file.etag,
        bytes=file.bytes,
        modified_at=file.modified_at,
        is_late=closed_at is not None and file.modified_at > closed_at,
        hour_start=hour_start,
        doc_type=PurePosixPath(file.key).parts[0],
    )


def _is_ping_object(key: str) -> bool:
    return len(PurePosixPath(key).parts) > 1 and not _is_hidden(key) and key.endswith(OBJECT_SUFFIXES)


def _is_hidden(key: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(key).parts)


def _named(ignored: Iterable[str], hour_start: datetime) -> tuple[str, ...]:
    """Hidden files are named only if they look like an object that was never finished; markers and checksums of writers do not."""
    named = []
    by_folder: Counter[str] = Counter()
    for key in ignored:
        folder = PurePosixPath(key).parts[0]
        if (not _is_hidden(key) or key.endswith(OBJECT_SUFFIXES)) and by_folder[folder] < MOST_IGNORED_KEYS:
            by_folder[folder] += 1
            named.append(_printable(f"{hour_folder(hour_start)}/{key}"))
    return tuple(named)


def _printable(key: str) -> str:
    """The key as tables and messages hold it: what is not UTF-8, a line break or another control character is escaped, as is a backslash."""
    return "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in key)
