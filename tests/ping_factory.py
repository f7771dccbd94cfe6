"""Pings of the real shape, written by hand from the facts of Mozilla's schemas; a test names only the fields that it is about."""

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

_BUILD = {
    "applicationId": "{ec8030f7-c20a-464f-9b0e-13a3a9e97384}",
    "applicationName": "Firefox",
    "architecture": "x86-64",
    "buildId": "20171112125346",
    "displayVersion": "57.0",
    "platformVersion": "57.0",
    "vendor": "Mozilla",
    "version": "57.0",
    "xpcomAbi": "x86_64-msvc",
}
_ENVIRONMENT = {
    "addons": {"activeAddons": {}, "activeExperiment": {}, "theme": {}},
    "build": _BUILD,
    "partner": {"distributionId": None, "partnerNames": []},
    "profile": {"creationDate": 17000},
    "settings": {"locale": "en-US", "telemetryEnabled": True, "update": {"channel": "release", "enabled": True}},
    "system": {
        "cpu": {"count": 4, "vendor": "GenuineIntel"},
        "memoryMB": 8000,
        "os": {"locale": "en-US", "name": "Windows_NT", "version": "10.0", "windowsBuildNumber": 16299},
    },
}
_APPLICATION = {
    "architecture": "x86-64",
    "buildId": "20171112125346",
    "channel": "release",
    "displayVersion": "57.0",
    "name": "Firefox",
    "platformVersion": "57.0",
    "vendor": "Mozilla",
    "version": "57.0",
    "xpcomAbi": "x86_64-msvc",
}
_CLIENT_ID = CLIENT_ID


def main_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """One hour of use of Firefox 57.0 on Windows; `changes` maps dotted paths to values."""
    payload = {
        "ver": 4,
        "info": {
            "reason": "shutdown",
            "sessionId": "1c0a3b5e-7b80-4d8a-a64c-a2f0a54e3d50",
            "subsessionCounter": 2,
            "subsessionLength": 3600,
            "timezoneOffset": 60,
        },
        "histograms": {"GC_MS": histogram(4)},
        "keyedHistograms": {"SEARCH_COUNTS": {"google.urlbar": histogram(1)}},
        "processes": {"parent": {"scalars": {}, "keyedHistograms": {}}, "content": {"histograms": {}}},
    }
    return _desktop_ping("main", payload, changes, received_at)


def crash_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """A crash of the main process of Firefox 57.0 on Windows, after start-up."""
    payload = {
        "version": 1,
        "crashDate": "2017-11-20",
        "crashId": "f6ecb3b9-bcb7-4c65-ae77-255d79836cc6",
        "hasCrashEnvironment": True,
        "metadata": {"ProductName": "Firefox", "StartupCrash": "0", "UptimeTS": "56.8"},
        "processType": "main",
    }
    return _desktop_ping("crash", payload, changes, received_at)


def update_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """A client that has just moved to Firefox 57.0 on Windows."""
    payload = {"reason": "success", "previousVersion": "56.0.2", "previousBuildId": "20171024165158", "previousChannel": "release"}
    return _desktop_ping("update", payload, changes, received_at)


def core_ping(changes: dict[str, Any] | None = None, received_at: datetime = HOUR) -> dict[str, Any]:
    """One hour of use of Fennec 57.0 on Android."""
    ping = {
        "v": 10,
        "clientId": _CLIENT_ID,
        "seq": 21,
        "arch": "armeabi-v7a",
        "device": "LGE-Nexus 5",
        "displayVersion": "57.0",
        "durations": 3600,
        "experiments": ["offline-cache"],
        "locale": "en-US",
        "os": "Android",
        "osversion": "23",
        "meta": _meta("core", "Fennec", received_at),
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
    """`meta.Timestamp` of a time."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def _desktop_ping(doc_type: str, payload: dict[str, Any], changes: dict[str, Any] | None, received_at: datetime) -> dict[str, Any]:
    ping = {
        "type": doc_type,
        "version": 4,
        "clientId": _CLIENT_ID,
        "creationDate": f"{received_at:%Y-%m-%dT%H:%M:%S}.000Z",
        "application": _APPLICATION,
        "environment": _ENVIRONMENT,
        "payload": payload,
        "meta": _meta(doc_type, "Firefox", received_at),
    }
    return changed(ping, changes or {})


def _meta(doc_type: str, application: str, received_at: datetime) -> dict[str, Any]:
    return {
        "documentId": f"00000000-0000-4000-8000-{next(_document_numbers):012}",
        "docType": doc_type,
        "appName": application,
        "appVersion": "57.0",
        "appBuildId": "20171112125346",
        "normalizedChannel": "release",
        "geoCountry": "DE",
        "Timestamp": nanoseconds(received_at),
        "submissionDate": f"{received_at:%Y-%m-%d}",
    }
