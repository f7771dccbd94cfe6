"""Folders and `s3://` URLs as pyarrow filesystems, on the driver and in Spark's Python workers alike."""

import uuid
from collections.abc import Mapping
from pathlib import Path

from pyarrow import fs

from jobs.deployment.settings import s3_access


def filesystem_of(location: str) -> tuple[fs.FileSystem, str]:
    """The filesystem of a folder or `s3://` URL, and the path in it. S3 is configured by the usual AWS variables."""
    if not location.startswith("s3://"):
        return fs.LocalFileSystem(), absolute_location(location)
    access = s3_access()
    # pyarrow takes keys and profiles from the usual places, but knows no AWS_ENDPOINT_URL.
    return fs.S3FileSystem(endpoint_override=access.endpoint_url, region=access.region), location.removeprefix("s3://").rstrip("/")


def absolute_location(location: str) -> str:
    """The same place from any working directory; an `s3://` URL without its last slash."""
    if location.startswith("s3://"):
        return location.rstrip("/")
    return str(Path(location.removeprefix("file://")).absolute())


def write_atomically(location: str, content: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Put a small file in place: a reader sees one writer's content, never a part, however many write at once.

    A bucket serves the object with these headers; a folder has no place for them.
    """
    filesystem, path = filesystem_of(location)
    folder, _, name = path.rpartition("/")
    if isinstance(filesystem, fs.LocalFileSystem):
        filesystem.create_dir(folder)
        unfinished = f"{folder}/.{name}.{uuid.uuid4().hex}"
        Path(unfinished).write_bytes(content)
        filesystem.move(unfinished, path)
        return
    with filesystem.open_output_stream(path, metadata=dict(headers or {})) as stream:  # S3 shows an object once its upload is complete
        stream.write(content)


def read_bytes(location: str) -> bytes:
    """The file's content; FileNotFoundError if there is none."""
    filesystem, path = filesystem_of(location)
    with filesystem.open_input_stream(path) as stream:
        return bytes(stream.read())


def file_names(folder: str) -> list[str]:
    """Names of the files in the folder itself, none if there is no such folder."""
    filesystem, path = filesystem_of(folder)
    found = filesystem.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return [info.base_name for info in found if info.type is fs.FileType.File]
