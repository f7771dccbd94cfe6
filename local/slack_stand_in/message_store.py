"""What the workspace holds: channels, messages and files, in one SQLite file (and a folder of file contents) that survives a restart."""

import json
import sqlite3
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jobs.deployment.private_folders import make_private_folder

_SCHEMA = """
PRAGMA synchronous = OFF;  -- survives the end of the process, which is all that it has to
CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, name TEXT UNIQUE, is_archived INTEGER, is_member INTEGER);
CREATE TABLE IF NOT EXISTS messages (channel_id TEXT, ts TEXT, document TEXT, PRIMARY KEY (channel_id, ts));
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, document TEXT);
CREATE TABLE IF NOT EXISTS revision (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER);
INSERT OR IGNORE INTO revision VALUES (1, 0);
"""


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    is_archived: bool = False
    is_member: bool = True


@dataclass(frozen=True)
class Message:
    """`edits` counts changes since it was posted; `is_deleted` is the tombstone that keeps a thread together.

    `accepted_at`: seconds since 1970, later than `ts` where the call waited in a queue.
    """

    ts: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    is_broadcast: bool = False
    edited_ts: str | None = None
    edits: int = 0
    is_deleted: bool = False
    accepted_at: float = 0.0

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True)
class File:
    """`is_complete` once the upload was finished; contents lie beside the database under the id."""

    id: str
    name: str
    title: str
    alt_text: str
    bytes: int
    uploaded_at: float | None = None
    is_complete: bool = False
    is_deleted: bool = False


class MessageStore:
    """Every write is one transaction and raises the revision, which the page watches."""

    def __init__(self, folder: Path, channels: tuple[Channel, ...] = ()) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._database = sqlite3.connect(folder / "workspace.db", check_same_thread=False, isolation_level=None, timeout=30)
        self._database.executescript(_SCHEMA)
        for channel in channels:
            if self.channel_of(channel.name) is None:
                self.put_channel(channel)

    def close(self) -> None:
        self._database.close()

    @property
    def revision(self) -> int:
        return int(self._database.execute("SELECT number FROM revision").fetchone()[0])

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(statement, values)
            self._database.execute("UPDATE revision SET number = number + 1")
            self._database.execute("COMMIT")

    def channels(self) -> list[Channel]:
        rows = self._database.execute("SELECT id, name, is_archived, is_member FROM channels ORDER BY name").fetchall()
        return [Channel(row[0], row[1], bool(row[2]), bool(row[3])) for row in rows]

    def channel_of(self, id_or_name: str) -> Channel | None:
        name = id_or_name.removeprefix("#")
        return next((channel for channel in self.channels() if name in (channel.id, channel.name)), None)

    def put_channel(self, channel: Channel) -> None:
        self._write(
            "INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?)", (channel.id, channel.name, channel.is_archived, channel.is_member)
        )

    def free_ts(self, channel: Channel, at: float) -> str:
        """The time as Slack writes it, seconds since 1970 with six digits; a microsecond later for each that is taken in the channel."""
        microseconds = round(at * 1_000_000)
        while self.message_at(channel, ts := f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}") is not None:
            microseconds += 1
        return ts

    def put_message(self, channel: Channel, message: Message) -> None:
        self._write(
            "INSERT OR REPLACE INTO messages VALUES (?, ?, ?)", (channel.id, message.ts, json.dumps(message.__dict__, ensure_ascii=False))
        )

    def messages(self, channel: Channel) -> list[Message]:
        """All messages of a channel and its threads, oldest first."""
        rows = self._database.execute("SELECT document FROM messages WHERE channel_id = ? ORDER BY ts", (channel.id,)).fetchall()
        return [Message(**json.loads(row[0])) for row in rows]

    def message_at(self, channel: Channel, ts: str) -> Message | None:
        row = self._database.execute("SELECT document FROM messages WHERE channel_id = ? AND ts = ?", (channel.id, ts)).fetchone()
        return Message(**json.loads(row[0])) if row else None

    def delete_message(self, channel: Channel, ts: str) -> None:
        """A message with replies leaves a tombstone, as in Slack; any other is gone."""
        message = self.message_at(channel, ts)
        has_replies = any(other.thread_ts == ts and other.ts != ts for other in self.messages(channel))
        if message is not None and has_replies:
            self.put_message(channel, replace(message, text="This message was deleted.", blocks=[], metadata=None, is_deleted=True))
        else:
            self._write("DELETE FROM messages WHERE channel_id = ? AND ts = ?", (channel.id, ts))

    def put_file(self, file: File, content: bytes | None = None) -> None:
        if content is not None:
            (self._folder / file.id).write_bytes(content)
        self._write("INSERT OR REPLACE INTO files VALUES (?, ?)", (file.id, json.dumps(file.__dict__)))

    def file_of(self, file_id: str) -> File | None:
        row = self._database.execute("SELECT document FROM files WHERE id = ?", (file_id,)).fetchone()
        return File(**json.loads(row[0])) if row else None

    def files(self) -> list[File]:
        return [File(**json.loads(row[0])) for row in self._database.execute("SELECT document FROM files ORDER BY id").fetchall()]

    def file_content(self, file: File) -> bytes | None:
        path = self._folder / file.id
        return path.read_bytes() if path.exists() and not file.is_deleted else None
