"""The files of a landing zone, in a local folder or on S3. What cannot be listed is an error: it must never look like an empty folder."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any

from jobs.products.chosen import PRODUCT

_LAYOUT = PRODUCT.landing
DAY_FOLDER = _LAYOUT.day_folder.partition("%")[0]
"""How the name of a day's folder begins."""


class LandingZoneError(Exception):
    """The landing zone cannot be listed or read as it was listed; the message says what to do."""


@dataclass(frozen=True)
class StoredFile:
    """`key` is below the folder that was listed, `location` the path or s3:// URL; `bytes` as stored."""

    key: str
    location: str
    etag: str
    bytes: int
    modified_at: datetime


def is_on_s3(location: str) -> bool:
    return location.startswith("s3://")


def bucket_and_key(location: str) -> tuple[str, str]:
    """Of an s3:// URL. A key may hold any character: what is a query or a fragment elsewhere is part of it here."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def local_etag(bytes_stored: int, modified_at_ns: int) -> str:
    """Stands for the content of a local file, as a store's etag does."""
    return f"{bytes_stored}-{modified_at_ns}"


def files_by_folder(landing: str, folders: Iterable[str]) -> Iterator[list[StoredFile]]:
    """All files below each of these folders of the landing zone, in no particular order; none where there is no such folder.

    Links to folders are followed. LandingZoneError where something cannot be listed, and where there is no day's folder at all: the mount
    point of a disk that is not mounted is an empty folder.
    """
    root = landing.rstrip("/")
    if is_on_s3(landing):
        import boto3

        s3 = boto3.client("s3")
        has_a_day = any(page.get("Contents") for page in _pages(s3, f"{root}/{DAY_FOLDER}", PaginationConfig={"MaxItems": 1}))
    else:
        s3, has_a_day = None, _has_a_day(root)
    if not has_a_day:
        raise LandingZoneError(
            f"nothing lies in the landing zone {landing}, no folder such as {datetime.now(UTC):{_LAYOUT.day_folder}}; is it mounted, and is LANDING right?"
        )
    for folder in folders:
        yield _files_in_folder(f"{root}/{folder}") if s3 is None else _files_on_s3(s3, f"{root}/{folder}/")


def _has_a_day(landing: str) -> bool:
    try:
        with os.scandir(landing):
            pass
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LandingZoneError(
            f"the landing zone {landing} is not a folder; is it mounted? Else set LANDING to a folder or an s3:// URL"
        ) from error
    except OSError as error:
        raise _cannot_list(landing, error) from error
    folder, _, beginning = DAY_FOLDER.rpartition("/")
    try:
        with os.scandir(Path(landing, folder)) as entries:
            return any(entry.name.startswith(beginning) for entry in entries)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _cannot_list(landing, error) from error


def _files_in_folder(folder: str) -> list[StoredFile]:
    try:
        files = [_local_file(path, Path(folder)) for path in _paths_below(folder)]
    except OSError as error:
        raise _cannot_list(folder, error) from error
    return [file for file in files if file is not None]


def _paths_below(folder: str) -> Iterator[Path]:
    try:
        with os.scandir(folder) as scanned:
            entries = list(scanned)
    except FileNotFoundError:  # there is none, or its writer has renamed it a moment ago
        return
    for entry in entries:
        if entry.is_dir():
            yield from _paths_below(entry.path)
        else:
            yield Path(entry.path)


def _local_file(path: Path, folder: Path) -> StoredFile | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise LandingZoneError(f"{path} is a link that leads nowhere; bring back what it leads to, or take it away") from None
        return None  # renamed by its writer a moment ago
    if not S_ISREG(stat.st_mode):
        return None
    return StoredFile(
        key=path.relative_to(folder).as_posix(),
        location=str(path.absolute()),
        etag=local_etag(stat.st_size, stat.st_mtime_ns),
        bytes=stat.st_size,
        # Whole microseconds, rounded down: a float of seconds since 1970 is off by up to 0.2 of them.
        modified_at=datetime.fromtimestamp(stat.st_mtime_ns // 10**9, UTC).replace(microsecond=stat.st_mtime_ns % 10**9 // 1000),
    )


def _files_on_s3(s3: Any, folder: str) -> list[StoredFile]:
    bucket, prefix = bucket_and_key(folder)
    return [
        StoredFile(
            key=entry["Key"].removeprefix(prefix),
            location=f"s3://{bucket}/{entry['Key']}",
            etag=entry["ETag"].strip('"'),
            bytes=entry["Size"],
            modified_at=entry["LastModified"].astimezone(UTC),
        )
        for page in _pages(s3, folder)
        for entry in page.get("Contents", [])
        if not entry["Key"].endswith("/")  # how consoles store an empty folder
    ]


def _pages(s3: Any, location: str, **limits: Any) -> Iterator[dict[str, Any]]:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, prefix = bucket_and_key(location)
    try:
        yield from s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **limits)
    except (BotoCoreError, ClientError) as error:
        raise LandingZoneError(f"cannot list {location}: {error}; check LANDING and the AWS variables") from error


def _cannot_list(folder: str, error: OSError) -> LandingZoneError:
    return LandingZoneError(
        f"cannot list {error.filename or folder}: {error.strerror}; is the landing zone mounted, and may this user read it?"
    )
