"""Flat events without an envelope, a build or a country become the same columns as any product's pings."""

from typing import Any

from tests.products.judging import judged

SESSION = {
    "event_id": "e-1",
    "ts": "2026-11-23T10:20:30.5Z",
    "app_version": "4.12.0",
    "channel": "preview",
    "os": "Windows",
    "session_seconds": 5400,
    "user_id": "u-17",
}
CRASH = {name: value for name, value in SESSION.items() if name != "session_seconds"}


def without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != name}


def test_a_session_and_a_crash_are_counted() -> None:
    [session] = judged("harbor", "session_end", [SESSION])
    assert session == {
        "document_id": "e-1",
        "doc_type": "session_end",
        "received_at_ns": 1_795_429_230_500_000_000,
        "client_id": "u-17",
        "experiments": [],
        "channel": "preview",
        "release_version": "4.12.0",
        "os_name": "Windows",
        "application": "Harbor",
        "version": "4.12.0",
        "country": "??",
        "usage_hours": 1.5,
        "sessions": 1,
    }
    [crash] = judged("harbor", "crash", [CRASH])
    assert (crash["crash_pings"], "usage_hours" in crash) == (1, False)


def test_builds_of_a_version_are_one_release_and_early_ones_are_releases_of_their_own() -> None:
    versions = ["4.12.0+77", "4.12.0-rc.1", "4.12.0-rc.1+8", "4.12"]
    accepted = judged("harbor", "crash", [CRASH | {"app_version": version} for version in versions])
    assert [ping["release_version"] for ping in accepted] == ["4.12.0", "4.12.0-rc.1", "4.12.0-rc.1", "4.12"]


def test_each_mistake_has_its_reason() -> None:
    events = [
        without(SESSION, "event_id"),
        SESSION | {"ts": 1_763_891_230},
        SESSION | {"ts": "this morning"},
        SESSION | {"ts": "2026-11-23T11:00:00Z"},
        SESSION | {"channel": "staging"},
        SESSION | {"app_version": "latest"},
        without(SESSION, "os"),
        without(SESSION, "session_seconds"),
        SESSION | {"session_seconds": "5400"},
    ]
    assert judged("harbor", "session_end", events) == [
        "no_document_id",
        "invalid_timestamp",
        "invalid_timestamp",
        "outside_hour",
        "unknown_channel",
        "invalid_version",
        "no_os",
        "no_usage",
        "invalid_usage",
    ]
