"""Firefox's pings, written by hand from the facts of Mozilla's schemas; a test names only the fields that it is about."""

from datetime import datetime
from itertools import count
from typing import Any

from tests.ping_factory import CLIENT_ID, HOUR, changed, histogram, nanoseconds

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
        "clientId": CLIENT_ID,
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


def _desktop_ping(doc_type: str, payload: dict[str, Any], changes: dict[str, Any] | None, received_at: datetime) -> dict[str, Any]:
    ping = {
        "type": doc_type,
        "version": 4,
        "clientId": CLIENT_ID,
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
