"""What an accepted ping becomes, and which odd pings are accepted by which rule."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ping_factory import ABSENT, HOUR, core_ping, crash_ping, histogram, line, main_ping, nanoseconds, update_ping
from tests.pings.reading import outcome

DIMENSIONS_OF_57 = {
    "channel": "release",
    "application": "Firefox",
    "release_version": "57.0",
    "version": "57.0",
    "display_version": "57.0",
    "build_id": "20171112125346",
    "architecture": "x86-64",
    "os_name": "Windows_NT",
    "os_version": "10.0",
    "country": "DE",
}
ENVELOPE = {
    "document_id": "d-1",
    "received_at_ns": nanoseconds(HOUR),
    "client_id": "6fd3eb50-8bec-4b9c-8778-59406171312a",
    "experiments": [],
}
ID = {"arrival.id": "d-1"}


def accepted(landed: dict[str, Any] | bytes, folder: str = "main") -> dict[str, Any]:
    columns = outcome(landed, folder)
    assert isinstance(columns, dict), columns
    return columns


def test_a_main_ping() -> None:
    assert accepted(main_ping(ID)) == ENVELOPE | DIMENSIONS_OF_57 | {
        "doc_type": "main",
        "usage_hours": 1.0,
        "main_pings": 1,
        "session_starts": 0,
    }


def test_a_main_ping_with_everything() -> None:
    ping = main_ping(
        ID
        | {
            "body.use.number": 1,
            "body.crashesOf": {"gpu": histogram(1), "plugin": histogram(2)},
            "body.parent.crashesOf": {"gmplugin": histogram(3)},
            "body.counts.SLOW_PAGES": histogram(7),
        }
    )

    assert accepted(ping) == ENVELOPE | DIMENSIONS_OF_57 | {
        "doc_type": "main",
        "usage_hours": 1.0,
        "main_pings": 1,
        "session_starts": 1,
        "gpu_crashes": 1,
        "plugin_crashes": 2,
        "gmplugin_crashes": 3,
        "slow_script_notice_count": 7,
    }


def test_a_crash_ping() -> None:
    assert accepted(crash_ping(ID), "crash") == ENVELOPE | DIMENSIONS_OF_57 | {
        "doc_type": "crash",
        "crash_pings": 1,
        "main_crashes": 1,
        "startup_crashes": 0,
        "content_crashes": 0,
        "content_shutdown_crashes": 0,
    }


def test_a_core_ping() -> None:
    fennec = {"application": "Fennec", "architecture": "armeabi-v7a", "os_name": "Android", "os_version": "23"}
    assert accepted(core_ping(ID), "core") == ENVELOPE | DIMENSIONS_OF_57 | fennec | {
        "doc_type": "core",
        "usage_hours": 1.0,
        "core_pings": 1,
    }


def test_an_update_ping() -> None:
    assert accepted(update_ping(ID), "update") == ENVELOPE | DIMENSIONS_OF_57 | {"doc_type": "update", "updates": 1}
    assert accepted(update_ping({"body.reason": "ready"}), "update")["updates"] == 0


@pytest.mark.parametrize(
    ("seconds", "hours"),
    [
        (0, 0.0),
        (1800, 0.5),
        (-7200, 0.0),
        (25 * 3600, 25.0),
        (25 * 3600 + 1, 25.0),
        (3 * 365 * 24 * 3600, 25.0),
        (10**30, 25.0),
    ],
)
def test_usage_is_clamped_to_a_local_day(seconds: int, hours: float) -> None:
    assert accepted(main_ping({"body.use.seconds": seconds}))["usage_hours"] == hours
    assert accepted(core_ping({"seconds": seconds}), "core")["usage_hours"] == hours


CRASH_MEASURES = ("main_crashes", "startup_crashes", "content_crashes", "content_shutdown_crashes")


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"process": "main"}, (1, 0, 0, 0)),
        ({"process": ABSENT}, (1, 0, 0, 0)),
        ({"process": None}, (1, 0, 0, 0)),
        ({"notes": ABSENT}, (1, 0, 0, 0)),
        ({"notes.startup": "1"}, (1, 1, 0, 0)),
        ({"notes.startup": "0"}, (1, 0, 0, 0)),
        # a flag as a number or a boolean means what its text means
        ({"notes.startup": 1}, (1, 1, 0, 0)),
        ({"notes.startup": True}, (1, 1, 0, 0)),
        ({"notes.startup": False}, (1, 0, 0, 0)),
        ({"notes.startup": ["1"]}, (1, 0, 0, 0)),
        ({"notes.startup": "yes"}, (1, 0, 0, 0)),
        ({"notes": ["startup"]}, (1, 0, 0, 0)),
        ({"process": "content"}, (0, 0, 1, 0)),
        ({"process": "content", "notes.startup": "1"}, (0, 0, 1, 0)),
        ({"process": "content", "notes.killed": "ShutDownKill"}, (0, 0, 0, 1)),
        ({"process": "content", "notes.killed": "Broken"}, (0, 0, 1, 0)),
        ({"notes.killed": "ShutDownKill"}, (1, 0, 0, 0)),
    ],
)
def test_the_kinds_of_crashes(changes: dict[str, Any], counts: tuple[int, ...]) -> None:
    columns = accepted(crash_ping({f"body.{path}": value for path, value in changes.items()}), "crash")

    assert tuple(columns[name] for name in CRASH_MEASURES) == counts


def test_the_first_of_a_session_by_number_or_by_text() -> None:
    for first in (1, "1"):
        assert accepted(main_ping({"body.use.number": first}))["session_starts"] == 1
    for other in (ABSENT, None, 0, 3, 1.5, [1]):
        assert accepted(main_ping({"body.use.number": other}))["session_starts"] == 0


def test_a_histogram_without_the_bucket_counted_nothing_and_one_that_is_absent_is_not_carried() -> None:
    empty_bucket = main_ping({"body.counts.SLOW_PAGES": {"values": {"1": 4}}})

    assert accepted(empty_bucket)["slow_script_notice_count"] == 0
    for nothing in (ABSENT, None):
        assert "slow_script_notice_count" not in accepted(main_ping({"body.counts.SLOW_PAGES": nothing}))


def test_where_an_object_belongs_and_something_else_stands_nothing_is_below_it() -> None:
    for not_an_object in ([], None, "histograms", 5):
        ping = main_ping({"body.counts": not_an_object, "body.processes": not_an_object, "about.addons": not_an_object})
        assert accepted(ping)["usage_hours"] == 1.0


@pytest.mark.parametrize("client_id", [ABSENT, None, "", 12, [], "c\0", "c" * 101])
def test_a_ping_without_a_client_id_that_can_be_stored_is_counted_without_one(client_id: Any) -> None:
    assert "client_id" not in accepted(crash_ping({"installation": client_id}), "crash")


def test_a_crash_ping_without_its_build_takes_it_from_the_application() -> None:
    ping = crash_ping({"about.build": ABSENT, "program.version": "56.0", "program.build": "20170926190823"})

    assert accepted(ping, "crash")["version"] == "56.0"
    assert accepted(ping, "crash")["build_id"] == "20170926190823"


@pytest.mark.parametrize(
    ("landed", "channel"),
    [("esr", "esr"), ("nightly-cck-mozilla", "nightly"), ("beta-cck-yahoo", "beta"), ("betatest", "beta")],
)
def test_channels(landed: str, channel: str) -> None:
    assert accepted(main_ping({"arrival.channel": landed}))["channel"] == channel


@pytest.mark.parametrize(
    ("changes", "release_version"),
    [
        ({"program.label": "57.0b8", "about.build.label": "57.0b9"}, "57.0b8"),
        ({"program.label": ABSENT, "about.build.label": "57.0b10"}, "57.0b10"),
        # a beta that does not say which one
        ({"program.label": ABSENT, "about.build.label": ABSENT}, "57.0"),
        ({"program.label": "", "about.build.label": None}, "57.0"),
        # a release candidate or a release on the beta channel: counted under the channel and the version that the ping names
        ({"program.label": "57.0.4"}, "57.0.4"),
        ({"program.label": "9.0b1"}, "9.0b1"),
        ({"program.label": "100.0b10"}, "100.0b10"),
    ],
)
def test_the_release_of_a_beta(changes: dict[str, Any], release_version: str) -> None:
    assert accepted(main_ping({"arrival.channel": "beta"} | changes))["release_version"] == release_version


@pytest.mark.parametrize(
    ("build_id", "week"), [("20171113000000", "2017-11-13"), ("20171119235959", "2017-11-13"), ("20171120000000", "2017-11-20")]
)
def test_the_release_of_a_nightly_is_its_version_and_the_monday_of_its_build(build_id: str, week: str) -> None:
    nightly = {"arrival.channel": "nightly-cck-x", "program.label": "59.0a1", "about.build.id": build_id}

    assert accepted(main_ping(nightly))["release_version"] == f"59.0a1 {week}"


def test_the_oldest_and_the_newest_build() -> None:
    for age in (timedelta(days=183), timedelta(days=-1)):
        accepted(main_ping({"about.build.id": f"{HOUR - age:%Y%m%d%H%M%S}"}))


@pytest.mark.parametrize(
    ("landed", "os_version"),
    [("10.2.42-hello", "10.2.42"), ("10.2.42.7", "10.2.42"), ("6.1", "6.1"), ("10.", "10"), ("4.13.0-16-generic", "4.13.0")],
)
def test_an_operating_systems_version_has_at_most_three_numeric_parts(landed: str, os_version: str) -> None:
    assert accepted(main_ping({"about.os.version": landed}))["os_version"] == os_version


@pytest.mark.parametrize("landed", ["Vista", "", ".1", "٣.١", "1" * 101, 10, None, ABSENT, [], "v10\0"])
def test_any_other_operating_systems_version_is_null(landed: Any) -> None:
    assert "os_version" not in accepted(main_ping({"about.os.version": landed}))


def test_fennec_on_linux_is_android() -> None:
    assert accepted(main_ping({"arrival.app": "Fennec", "about.os.name": "Linux"}))["os_name"] == "Android"
    assert accepted(main_ping({"about.os.name": "Linux"}))["os_name"] == "Linux"


@pytest.mark.parametrize("landed", ["de", "DEU", "D", "", "??", "ÄÖ", None, ABSENT, 49, "DE\n"])
def test_any_other_country_is_unknown(landed: Any) -> None:
    assert accepted(main_ping({"arrival.country": landed}))["country"] == "??"


@pytest.mark.parametrize("landed", [ABSENT, None, 64, []])
def test_an_architecture_that_is_no_text_is_null(landed: Any) -> None:
    ping = main_ping({"about.build.machine": landed, "program.machine": landed})

    assert "architecture" not in accepted(ping)


def test_experiments_with_their_branches() -> None:
    ping = main_ping(
        {
            "about.trials": {
                "flip": {"branch": "control"},
                "no-branch": {},
                "number": {"branch": 1},
                "list": [],
                "nul": {"branch": "a\0"},
                "x" * 101: {"branch": "a"},
            },
            "about.addons.activeTrial": {"id": "older", "branch": "treatment"},
        }
    )

    assert accepted(ping)["experiments"] == [{"experiment": "flip", "branch": "control"}, {"experiment": "older", "branch": "treatment"}]


def test_an_experiment_counts_once_and_no_ping_has_more_than_fifty() -> None:
    twice = {"about.trials": {"flip": {"branch": "a"}}, "about.addons.activeTrial": {"id": "flip", "branch": "b"}}
    many = {"about.trials": {f"e{i}": {"branch": "a"} for i in range(500)}}

    assert accepted(main_ping(twice))["experiments"] == [{"experiment": "flip", "branch": "a"}]
    assert len(accepted(main_ping(many))["experiments"]) == 50


def test_experiments_that_are_no_objects_are_none() -> None:
    for nothing in (["flip"], "flip", 5, None):
        ping = main_ping({"about.trials": nothing, "about.addons.activeTrial": nothing})
        assert accepted(ping)["experiments"] == []
    assert accepted(main_ping({"about.addons.activeTrial": {"id": ["x"], "branch": {}}}))["experiments"] == []


@pytest.mark.parametrize("written", [b"\xff\xfe", rb"\ud800", b"naive \xe9", rb"\u0000"])
def test_bad_text_that_nobody_reads_does_no_harm(written: bytes) -> None:
    landed = line(main_ping({"about.addons.theme.name": "WRITTEN", "body.use.addons": "WRITTEN"})).replace(b"WRITTEN", written)

    assert accepted(landed)["usage_hours"] == 1.0


@pytest.mark.parametrize("year", ["1970", "2099"])
def test_the_clients_clock_is_not_asked(year: str) -> None:
    ping = main_ping({"creationDate": f"{year}-01-01T00:00:00.000Z", "body.use.began": f"{year}-01-01T00:00:00.0+00:00"})

    assert accepted(ping)["received_at_ns"] == nanoseconds(HOUR)


def test_the_last_of_two_equal_names_counts() -> None:
    landed = line(main_ping()).replace(b'"seconds":3600', b'"seconds":3600,"seconds":7200')
    by_the_slow_walk = landed.replace(b'"counts":{', b'"counts":null,"x":{')

    assert accepted(landed)["usage_hours"] == accepted(by_the_slow_walk)["usage_hours"] == 2.0


def test_windows_line_ends() -> None:
    assert accepted(line(main_ping())[:-1] + b"\r\n")["main_pings"] == 1
