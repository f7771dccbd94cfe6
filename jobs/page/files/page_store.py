"""The page's folder, or its place on S3: what is there, what is written, in which order, and what goes.

A state's files are written first and never change; last the pointer is replaced. Whoever took the pointer reads one state to its end.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from pyarrow import fs

from jobs.declarations.windows import HOUR
from jobs.deployment.object_store import file_names, filesystem_of, read_bytes, write_atomically
from jobs.page.contents.kept_looks import KEPT_DAYS, KEPT_RELEASE, KeptDays, KeptRelease
from jobs.page.contents.page_contents import KEPT_HOURS, Contents, Known
from jobs.page.documents.page_documents import Pointer, StateDocument
from jobs.page.documents.series_documents import LookSeries
from jobs.page.files.client_files import ClientFiles
from jobs.page.files.file_headers import POINTER, file_headers
from jobs.page.series.clock_series import CLOCK_HOURS, HourSums

KEPT_FOR = timedelta(days=1)
"""A state is readable for so long after the next one, for pages that stay open."""
SUMS_KEPT_FOR = CLOCK_HOURS * HOUR + KEPT_FOR
"""An hour's sums are of use for as long as the hour is shown."""
STATES = "data/states"
_WORKERS = 16


_Kind = TypeVar("_Kind")


class OtherAudienceError(Exception):
    """The folder holds a page for other readers than this one's, or one of which that cannot be known."""


@dataclass(frozen=True)
class Published:
    """The state that the pointer names."""

    pointer: Pointer
    state: StateDocument


@dataclass(frozen=True)
class PageStore:
    """`place` is a folder or `s3://bucket/prefix`."""

    place: str

    def path(self, name: str) -> str:
        return f"{self.place}/{name}"

    def published(self) -> Published | None:
        """The latest state; None before the first, or where an earlier version of this code wrote it.

        OtherAudienceError where its files are damaged: whom they are for stands in them alone.
        """
        try:
            pointer = msgspec.json.decode(read_bytes(self.path(POINTER)), type=Pointer)
            state = msgspec.json.decode(read_bytes(self.path(pointer.state)), type=StateDocument)
        except (FileNotFoundError, msgspec.ValidationError):
            return None
        except msgspec.DecodeError as error:
            raise OtherAudienceError(
                f"{self.path(POINTER)}, or the state that it names, is damaged ({error}), so that nobody knows whom the page there is for. If it "
                f"is for the readers that this one is for, delete {POINTER} and publish again"
            ) from error
        return Published(pointer, state)

    def known(self, published: Published | None) -> Known:
        """What need not be made again."""
        sums = self._read_kept((f"{KEPT_HOURS}/{name}" for name in file_names(self.path(KEPT_HOURS)) if _is_packed(name)), HourSums)
        folders = frozenset(published.state.folders) if published is not None else frozenset[str]()
        days = self._read_kept((path for path in folders if path.startswith(f"{KEPT_DAYS}/")), KeptDays)
        releases = self._read_kept((f"{path}/{KEPT_RELEASE}" for path in folders if path.startswith("data/releases/")), KeptRelease)
        return Known(
            folders=folders,
            sums={posixpath.basename(path): kept for path, kept in sums.items()},
            days=next(iter(days.values()), KeptDays()),
            releases={posixpath.dirname(path): kept for path, kept in releases.items()},
            series_in=self._series_in,
        )

    def _read_kept(self, paths: Iterable[str], kind: type[_Kind]) -> dict[str, _Kind]:
        """By path; nothing where one is not there, is cut off or was written by an earlier version of this code: all are made again."""
        paths = list(paths)
        try:
            with ThreadPoolExecutor(_WORKERS) as readers:
                stored = list(readers.map(lambda path: read_bytes(self.path(path)), paths))
            return {
                path: (msgspec.msgpack if _is_packed(path) else msgspec.json).decode(content, type=kind)
                for path, content in zip(paths, stored, strict=True)
            }
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _series_in(self, folder: str) -> Sequence[LookSeries]:
        paths = [path for path in self._files_below(folder) if posixpath.dirname(path) != folder]
        return list(self._read_kept(paths, LookSeries).values())

    def refuse_other_audience(self, published: Published | None, is_public: bool) -> None:
        """OtherAudienceError where a page for everybody would lie among files that are not, or the other way round."""
        if published is not None and published.state.is_public is not is_public:
            there = "a page for everybody" if published.state.is_public else "a page that is not for everybody"
            raise OtherAudienceError(f"{self.place} holds {there}; give this one a folder of its own (PAGES)")

    def write_client(self, client: ClientFiles) -> None:
        """The client's files, those that are there already left alone; index.html last, since it names the others."""
        there = set(file_names(self.place))
        for name in client.names:
            if name not in there:
                self._write(name, client.content(name))
        if "index.html" not in there or read_bytes(self.path("index.html")) != client.index:
            self._write("index.html", client.index)

    def write_state(self, contents: Contents, read_at: datetime) -> Pointer | None:
        """Write the state and let the pointer name it; None where a state of a later reading is there by now, which stays."""
        folder = f"{STATES}/{contents.state_id}"
        of_state = {f"{folder}/{name}": document for name, document in contents.of_state.items()}
        self._write_all({**contents.lasting, **of_state})
        pointer = Pointer(
            state_id=contents.state_id, state=f"{folder}/state.json", read_at=read_at, health_sequence=contents.health_sequence
        )
        there = self.published()
        if there is not None and there.pointer.health_sequence > pointer.health_sequence:
            return None
        self._write(POINTER, msgspec.json.encode(pointer))
        return pointer

    def _write(self, name: str, content: bytes) -> None:
        write_atomically(self.path(name), content, file_headers(name))

    def _write_all(self, documents: Mapping[str, msgspec.Struct]) -> None:
        def write(item: tuple[str, msgspec.Struct]) -> None:
            self._write(item[0], (msgspec.msgpack if _is_packed(item[0]) else msgspec.json).encode(item[1]))

        with ThreadPoolExecutor(_WORKERS) as writers:
            list(writers.map(write, documents.items()))

    def drop_old(self, before: Published | None, now: datetime) -> int:
        """Delete what no state of the last day rests on; how many files. The state before this one stays, however old it is."""
        files = self._files_below("data")
        newest: dict[str, datetime] = {}
        for name, at in files.items():
            folder = _folder_of(name)
            newest[folder] = max(newest.get(folder, at), at)
        old = {folder for folder, at in newest.items() if now - at > (SUMS_KEPT_FOR if folder.startswith(f"{KEPT_HOURS}/") else KEPT_FOR)}
        states = {folder for folder in newest if folder.startswith(f"{STATES}/")}
        current = self.published()
        named = {posixpath.dirname(published.pointer.state) for published in (before, current) if published is not None}
        old -= named
        kept = set().union(*(self._rests_on(state) for state in (states - old) | named))
        gone = [name for name in files if _folder_of(name) in old and not _is_kept(name, kept)]
        filesystem, root = filesystem_of(self.place)
        for name in gone:
            filesystem.delete_file(f"{root}/{name}")
        return len(gone)

    def _rests_on(self, state: str) -> Iterable[str]:
        try:
            return msgspec.json.decode(read_bytes(self.path(f"{state}/state.json")), type=StateDocument).folders
        except (FileNotFoundError, msgspec.DecodeError):  # being written, damaged, or of an earlier version of this code
            return ()

    def _files_below(self, folder: str) -> dict[str, datetime]:
        filesystem, root = filesystem_of(self.place)
        found = filesystem.get_file_info(fs.FileSelector(f"{root}/{folder}", recursive=True, allow_not_found=True))
        return {
            info.path.removeprefix(f"{root}/"): info.mtime.astimezone(UTC)
            for info in found
            if info.type is fs.FileType.File and info.mtime is not None and not info.path.endswith(POINTER)
        }


def _is_packed(name: str) -> bool:
    """Whether a file is kept for publications alone: all others are JSON."""
    return name.endswith(".msgpack")


def _folder_of(name: str) -> str:
    """The part of a file's name that goes or stays as one: its state, the folder of a release or of 48 hours; kept sums are each for themselves."""
    parts = name.split("/")
    depth = {"states": 3, "releases": 5, "clock": 3}.get(parts[1], len(parts))
    return "/".join(parts[:depth])


def _is_kept(name: str, kept: set[str]) -> bool:
    return _folder_of(name) in kept
