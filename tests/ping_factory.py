"""Pings of Kestrel, and what lands them; a test names only the fields that it is about."""

import gzip
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import zstandard

from jobs.pings.client_keys import ClientKeys
from jobs.pings.landing_zone import hour_folder

HOUR = datetime(2017, 11, 20, 10, tzinfo=UTC)
"""The hour in which the pings of a test are received, unless the test says otherwise."""

KEYS = ClientKeys(b"a secret of the tests, which everybody may know")

CLIENT_ID = "6fd3eb50-8bec-4b9c-8778-59406171312a"

ABSENT = object()
"""As a value of a change: the field is taken out."""

_document_numbers = count(1)

_BUILD = {"id": "20171112125346", "label": "57.0", "machine": "x86-64", "vendor": "Kestrel", "version": "57.0"}
_ABOUT = {
    "addons": {"active": {}, "activeTrial": {}, "theme": {}},
    "build": _BUILD,
    "os": {"locale": "en-US", "name": "Windows_NT", "version": "10.0"},
    "settings": {"locale": "en-US"},
}
_PROGRAM = {"build": "20171112125346", "label": "57.0", "machine": "x86-64", "version": "57.0"}


def main_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """One hour of use of Kestrel 57.0 on Windows; `changes` maps dotted paths to values."""
    body = {
        "use": {"number": 2, "reason": "shutdown", "seconds": 3600},
        "counts": {"REDRAWS": histogram(4)},
        "crashesOf": {"updater": histogram(1)},
        "parent": {"crashesOf": {}, "scalars": {}},
    }
    return _desktop_ping("main", body, changes, received_at)


def crash_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """A crash of the main process of Kestrel 57.0 on Windows, after start-up."""
    body = {"date": "2017-11-20", "notes": {"product": "Kestrel", "startup": "0", "up": "56.8"}, "process": "main"}
    return _desktop_ping("crash", body, changes, received_at)


def update_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """A client that has just moved to Kestrel 57.0 on Windows."""
    return _desktop_ping("update", {"reason": "success", "before": "56.0.2"}, changes, received_at)


def core_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """One hour of use of Kestrel 57.0 on Android: flat, but for what the edge says of its arrival."""
    ping = {
        "installation": CLIENT_ID,
        "device": "Nexus 5",
        "label": "57.0",
        "machine": "armeabi-v7a",
        "os": "Android",
        "osVersion": "23",
        "seconds": 3600,
        "trials": ["offline-cache"],
        "arrival": _arrival("core", "Fennec", received_at),
    }
    return changed(ping, changes or {})


def histogram(bucket_0: Any) -> dict[str, Any]:
    """A histogram whose bucket "0" holds `bucket_0`."""
    return {"bucket_count": 3, "histogram_type": 4, "range": [1, 2], "sum": 0, "values": {"0": bucket_0, "1": 0}}


def changed(ping: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of the ping with the value at each dotted path replaced, or taken out where it is ABSENT.

    Objects on the way are made where they are missing.
    """
    ping = deepcopy(ping)
    for path, value in changes.items():
        *parents, name = path.split(".")
        holder = ping
        for parent in parents:
            holder = holder.setdefault(parent, {})
        if value is ABSENT:
            holder.pop(name, None)
        else:
            holder[name] = value
    return ping


def line(ping: Any) -> bytes:
    """The ping as one landed line, newline included."""
    return json.dumps(ping, separators=(",", ":")).encode() + b"\n"


def land(
    landing: Path,
    pings: list[dict[str, Any]] | bytes,
    doc_type: str = "main",
    hour_start: datetime = HOUR,
    name: str = "part-0.ndjson",
) -> Path:
    """Writes an object into the landing zone, compressed as its name says; `pings` are documents or the object's bytes before compression."""
    text = pings if isinstance(pings, bytes) else b"".join(line(ping) for ping in pings)
    path = landing / hour_folder(hour_start) / doc_type / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        text = gzip.compress(text, compresslevel=1)
    elif name.endswith(".zst"):
        text = zstandard.compress(text)
    path.write_bytes(text)
    return path


def close_hour(landing: Path, hour_start: datetime = HOUR) -> None:
    """Closes an hour of the landing zone, as the edge does."""
    folder = landing / hour_folder(hour_start)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_SUCCESS").touch()


def nanoseconds(at: datetime) -> int:
    """A time as the edge writes it."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def _desktop_ping(kind: str, body: dict[str, Any], changes: dict[str, Any] | None, received_at: datetime) -> dict[str, Any]:
    ping = {
        "installation": CLIENT_ID,
        "about": _ABOUT,
        "program": _PROGRAM,
        "body": body,
        "arrival": _arrival(kind, "Firefox", received_at),
    }
    return changed(ping, changes or {})


def _arrival(kind: str, app: str, received_at: datetime) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{next(_document_numbers):012}",
        "kind": kind,
        "app": app,
        "version": "57.0",
        "build": "20171112125346",
        "channel": "release",
        "country": "DE",
        "nanoseconds": nanoseconds(received_at),
        "date": f"{received_at:%Y-%m-%d}",
    }
