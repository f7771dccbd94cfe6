"""What lies in the landing zone for each hour of a window, in a local folder or on S3.

Layout: `LANDING/submission_date=YYYY-MM-DD/submission_hour=HH/<docType>/<any>.ndjson[.gz|.zst]`, and `_SUCCESS` in the hour's folder
once the edge has closed it. Files of other names, hidden files (`.x`, `_x`: being written, by convention) and files outside a docType
folder are not objects; they are counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from urllib.parse import urlsplit

from jobs.windows import Window

OBJECT_SUFFIXES = (".ndjson", ".ndjson.gz", ".ndjson.zst")
CLOSED_MARKER = "_SUCCESS"


class LandingZoneError(Exception):
    """The landing zone cannot be listed or read as it was listed; the message says what to do."""


@dataclass(frozen=True)
class LandedObject:
    """`object_key` is below the landing zone, `location` the path or s3:// URL; `bytes` as stored."""

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
    """One hour's folder. An hour that was never closed has `closed_at` None, and none of its objects is late."""

    hour_start: datetime
    is_closed: bool
    closed_at: datetime | None
    objects: tuple[LandedObject, ...]
    ignored_objects: int


@dataclass(frozen=True)
class _StoredFile:
    key_in_hour: str
    location: str
    etag: str
    bytes: int
    modified_at: datetime


def list_hours(landing: str, window: Window) -> list[LandedHour]:
    """The hours of the window in order, each with its objects in order of their keys; an hour without a folder has none.

    `landing` is a folder or an `s3://bucket/prefix` URL. Raises LandingZoneError where it does not exist or cannot be listed.
    """
    hourly_files = _files_on_s3(landing, window) if landing.startswith("s3://") else _files_in_folder(Path(landing), window)
    return [_landed_hour(hour_start, files) for hour_start, files in hourly_files]


def hour_folder(hour_start: datetime) -> str:
    """The folder of an hour below the landing zone."""
    return f"{hour_start.astimezone(UTC):submission_date=%Y-%m-%d/submission_hour=%H}"


def _landed_hour(hour_start: datetime, files: Iterable[_StoredFile]) -> LandedHour:
    files = sorted(files, key=lambda file: file.key_in_hour)
    closed_at = next((file.modified_at for file in files if file.key_in_hour == CLOSED_MARKER), None)
    objects = tuple(_landed_object(file, hour_start, closed_at) for file in files if _is_ping_object(file.key_in_hour))
    markers = 0 if closed_at is None else 1
    return LandedHour(hour_start, closed_at is not None, closed_at, objects, len(files) - len(objects) - markers)


def _landed_object(file: _StoredFile, hour_start: datetime, closed_at: datetime | None) -> LandedObject:
    return LandedObject(
        # A name that is not UTF-8 is shown with escapes: tables hold the key.
        object_key=f"{hour_folder(hour_start)}/{file.key_in_hour}".encode("utf-8", "backslashreplace").decode(),
        location=file.location,
        etag=file.etag,
        bytes=file.bytes,
        modified_at=file.modified_at,
        is_late=closed_at is not None and file.modified_at > closed_at,
        hour_start=hour_start,
        doc_type=PurePosixPath(file.key_in_hour).parts[0],
    )


def _is_ping_object(key_in_hour: str) -> bool:
    parts = PurePosixPath(key_in_hour).parts
    is_hidden = any(part.startswith((".", "_")) for part in parts)
    return len(parts) > 1 and not is_hidden and parts[-1].endswith(OBJECT_SUFFIXES)


def local_etag(bytes_stored: int, modified_at_ns: int) -> str:
    """Stands for the content of a local file, as a store's etag does."""
    return f"{bytes_stored}-{modified_at_ns}"


def _files_in_folder(landing: Path, window: Window) -> Iterator[tuple[datetime, list[_StoredFile]]]:
    if not landing.is_dir():
        raise LandingZoneError(f"the landing zone {landing} is not a folder; set LANDING to a folder or an s3:// URL")
    for hour_start in window.hours:
        folder = landing / hour_folder(hour_start)
        files = (_local_file(path, folder) for path in folder.rglob("*"))
        yield hour_start, [file for file in files if file is not None]


def _local_file(path: Path, folder: Path) -> _StoredFile | None:
    try:
        stat = path.stat()
    except FileNotFoundError:  # renamed by its writer a moment ago
        return None
    if not S_ISREG(stat.st_mode):
        return None
    return _StoredFile(
        key_in_hour=path.relative_to(folder).as_posix(),
        location=str(path.absolute()),
        etag=local_etag(stat.st_size, stat.st_mtime_ns),
        bytes=stat.st_size,
        # Whole microseconds, rounded down: a float of seconds since 1970 is off by up to 0.2 of them.
        modified_at=datetime.fromtimestamp(stat.st_mtime_ns // 10**9, UTC).replace(microsecond=stat.st_mtime_ns % 10**9 // 1000),
    )


def _files_on_s3(landing: str, window: Window) -> Iterator[tuple[datetime, list[_StoredFile]]]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    url = urlsplit(landing)
    root = url.path.strip("/")
    pages = boto3.client("s3").get_paginator("list_objects_v2")
    for hour_start in window.hours:
        prefix = f"{root}/{hour_folder(hour_start)}/".lstrip("/")
        try:
            listed = [entry for page in pages.paginate(Bucket=url.netloc, Prefix=prefix) for entry in page.get("Contents", [])]
        except (BotoCoreError, ClientError) as error:
            raise LandingZoneError(f"cannot list s3://{url.netloc}/{prefix}: {error}; check LANDING and the AWS variables") from error
        yield (
            hour_start,
            [
                _StoredFile(
                    key_in_hour=entry["Key"].removeprefix(prefix),
                    location=f"s3://{url.netloc}/{entry['Key']}",
                    etag=entry["ETag"].strip('"'),
                    bytes=entry["Size"],
                    modified_at=entry["LastModified"].astimezone(UTC),
                )
                for entry in listed
                if not entry["Key"].endswith("/")  # how consoles store an empty folder
            ],
        )
