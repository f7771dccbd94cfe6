"""Each kind of bad line has its reason, and one reason only: the table is the specification."""

from datetime import timedelta
from typing import Any

import pytest

from jobs.pings.ping_extraction import PingExtraction, Reject
from jobs.pings.reject_reasons import RejectReason as Reason
from tests.kestrel import KestrelReason
from tests.ping_factory import ABSENT, HOUR, core_ping, crash_ping, histogram, line, main_ping, nanoseconds, update_ping
from tests.pings.reading import outcome

BUILD = "about.build.id"
USAGE = "body.use.seconds"
SLOW_SCRIPTS = "body.counts.SLOW_PAGES"
GPU_CRASHES = "body.crashesOf.gpu"
ONE_NANOSECOND = 1


def main(path: str, value: Any) -> bytes:
    return line(main_ping({path: value}))


def crash(path: str, value: Any) -> bytes:
    return line(crash_ping({path: value}))


def raw(path: str, written: bytes) -> bytes:
    """A main ping in which the bytes stand, as they are, between the quotes of the text at the path."""
    return line(main_ping({path: "WRITTEN"})).replace(b"WRITTEN", written)


MAIN_PING_LINES: list[tuple[str, bytes, Reason]] = [
    # the line
    ("empty line", b"\n", Reason.NOT_JSON),
    ("not JSON", b"GET / HTTP/1.1\n", Reason.NOT_JSON),
    ("cut off", line(main_ping())[:700], Reason.NOT_JSON),
    ("two documents", line(main_ping()).strip() * 2, Reason.NOT_JSON),
    ("NaN where a number belongs", line(main_ping({"body.use.x": float("nan")})), Reason.NOT_JSON),
    ("NUL between fields", line(main_ping()).replace(b",", b",\0", 1), Reason.NOT_JSON),
    ("UTF-16", line(main_ping()).decode().encode("utf-16"), Reason.NOT_JSON),
    ("100,000 lists in each other", b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.NESTED_TOO_DEEP),
    ("list", b"[1,2]\n", Reason.NOT_AN_OBJECT),
    ("number", b"57\n", Reason.NOT_AN_OBJECT),
    ("null", b"null\n", Reason.NOT_AN_OBJECT),
    # the envelope
    ("empty document", b"{}\n", Reason.NO_META),
    ("no word of the arrival", main("arrival", ABSENT), Reason.NO_META),
    ("arrival is a list", main("arrival", []), Reason.NO_META),
    ("no document id", main("arrival.id", ABSENT), Reason.NO_DOCUMENT_ID),
    ("empty document id", main("arrival.id", ""), Reason.NO_DOCUMENT_ID),
    ("document id is a number", main("arrival.id", 7), Reason.NO_DOCUMENT_ID),
    ("document id of 101 characters", main("arrival.id", "d" * 101), Reason.INVALID_TEXT),
    ("document id with NUL", main("arrival.id", "d\0"), Reason.INVALID_TEXT),
    ("document id is not UTF-8", raw("arrival.id", b"d\xff"), Reason.INVALID_TEXT),
    ("document id with half a surrogate pair", raw("arrival.id", rb"d\ud800"), Reason.INVALID_TEXT),
    ("no docType", main("arrival.kind", ABSENT), Reason.UNKNOWN_DOC_TYPE),
    ("docType of another product", main("arrival.kind", "new-profile"), Reason.UNKNOWN_DOC_TYPE),
    ("docType in capitals", main("arrival.kind", "MAIN"), Reason.UNKNOWN_DOC_TYPE),
    ("docType is a list", main("arrival.kind", ["main"]), Reason.UNKNOWN_DOC_TYPE),
    ("crash ping among main pings", line(crash_ping()), Reason.WRONG_FOLDER),
    ("no Timestamp", main("arrival.nanoseconds", ABSENT), Reason.INVALID_TIMESTAMP),
    ("Timestamp is text", main("arrival.nanoseconds", str(nanoseconds(HOUR))), Reason.INVALID_TIMESTAMP),
    ("Timestamp is a fraction", main("arrival.nanoseconds", float(nanoseconds(HOUR))), Reason.INVALID_TIMESTAMP),
    ("Timestamp is true", main("arrival.nanoseconds", True), Reason.INVALID_TIMESTAMP),
    ("Timestamp in milliseconds", main("arrival.nanoseconds", nanoseconds(HOUR) // 10**6), Reason.OUTSIDE_HOUR),
    ("Timestamp of 60 digits", main("arrival.nanoseconds", 10**60), Reason.OUTSIDE_HOUR),
    ("a nanosecond too early", main("arrival.nanoseconds", nanoseconds(HOUR) - ONE_NANOSECOND), Reason.OUTSIDE_HOUR),
    ("the next hour", line(main_ping(received_at=HOUR + timedelta(hours=1))), Reason.OUTSIDE_HOUR),
    # the dimensions
    ("channel in capitals", main("arrival.channel", "Release"), Reason.UNKNOWN_CHANNEL),
    ("channel esr52", main("arrival.channel", "esr52"), Reason.UNKNOWN_CHANNEL),
    ("channel of a town", main("arrival.channel", "Prefeitura"), Reason.UNKNOWN_CHANNEL),
    ("no channel", main("arrival.channel", ABSENT), Reason.UNKNOWN_CHANNEL),
    ("channel is a list", main("arrival.channel", ["release"]), Reason.UNKNOWN_CHANNEL),
    ("another application", main("arrival.app", "Thunderbird"), Reason.UNKNOWN_APPLICATION),
    ("no application", main("arrival.app", ABSENT), Reason.UNKNOWN_APPLICATION),
    ("version is a number", main("about.build.version", 57), Reason.INVALID_VERSION),
    ("version is a path", main("about.build.version", "../../etc/passwd"), Reason.INVALID_VERSION),
    ("version is Slack markup", main("about.build.version", "<!channel> *57.0*"), Reason.INVALID_VERSION),
    ("version with a line break", main("about.build.version", "57.0\n"), Reason.INVALID_VERSION),
    ("version in other digits", main("about.build.version", "٥٧.٠"), Reason.INVALID_VERSION),
    ("display version is a word", main("program.label", "baddisplayversion"), Reason.INVALID_VERSION),
    ("build id of 8 digits", main(BUILD, "20171112"), Reason.INVALID_BUILD_ID),
    ("build id of 10 digits", main(BUILD, "2017111212"), Reason.INVALID_BUILD_ID),
    ("build id of 15 digits", main(BUILD, "201711121253460"), Reason.INVALID_BUILD_ID),
    ("build id with letters", main(BUILD, "2017111212534x"), Reason.INVALID_BUILD_ID),
    ("build id of month 13", main(BUILD, "20171312125346"), Reason.INVALID_BUILD_ID),
    ("build id of 30 February", main(BUILD, "20170230125346"), Reason.INVALID_BUILD_ID),
    ("build id of year 0", main(BUILD, "00000101000000"), Reason.INVALID_BUILD_ID),
    ("build id is a number", main(BUILD, 20171112125346), Reason.INVALID_BUILD_ID),
    ("build of 1998", main(BUILD, "19980331000000"), Reason.BUILD_TOO_OLD),
    ("build 183 days and a second old", main(BUILD, f"{HOUR - timedelta(days=183, seconds=1):%Y%m%d%H%M%S}"), Reason.BUILD_TOO_OLD),
    ("build a day and a second ahead", main(BUILD, f"{HOUR + timedelta(days=1, seconds=1):%Y%m%d%H%M%S}"), Reason.BUILD_IN_FUTURE),
    ("build of 2099", main(BUILD, "20990101000000"), Reason.BUILD_IN_FUTURE),
    ("no operating system", main("about.os.name", ABSENT), Reason.NO_OS),
    ("operating system is a number", main("about.os.name", 10), Reason.NO_OS),
    ("system is a list", main("about.os", []), Reason.NO_OS),
    ("operating system of 101 characters", main("about.os.name", "W" * 101), Reason.INVALID_TEXT),
    ("operating system with NUL", main("about.os.name", "Linux\0"), Reason.INVALID_TEXT),
    ("operating system with an escape sequence", main("about.os.name", "Linux\x1b[2J"), Reason.INVALID_TEXT),
    ("operating system with a forged line of a log", main("about.os.name", "Linux\nall is well"), Reason.INVALID_TEXT),
    ("architecture that reads from right to left", main("about.build.machine", "x86\u202e46"), Reason.INVALID_TEXT),
    ("operating system is not UTF-8", raw("about.os.name", b"Win\xffdows"), Reason.INVALID_TEXT),
    ("architecture with half a surrogate pair", raw("about.build.machine", rb"x86\udfff"), Reason.INVALID_TEXT),
    # the payload and the measures
    ("no payload", main("body", ABSENT), Reason.NO_PAYLOAD),
    ("payload is a list", main("body", [{"info": {}}]), Reason.NO_PAYLOAD),
    ("payload is null", main("body", None), Reason.NO_PAYLOAD),
    ("empty payload", main("body", {}), Reason.NO_USAGE),
    ("info is a list", main("body.use", [3600]), Reason.NO_USAGE),
    ("no usage", main(USAGE, ABSENT), Reason.NO_USAGE),
    ("usage null", main(USAGE, None), Reason.NO_USAGE),
    ("usage is text", main(USAGE, "3600"), Reason.INVALID_USAGE),
    ("usage is a fraction", main(USAGE, 3600.5), Reason.INVALID_USAGE),
    ("usage is 3600.0", main(USAGE, 3600.0), Reason.INVALID_USAGE),
    ("usage is true", main(USAGE, True), Reason.INVALID_USAGE),
    ("bucket is negative", main(SLOW_SCRIPTS, histogram(-1)), Reason.INVALID_HISTOGRAM),
    ("bucket is text", main(SLOW_SCRIPTS, histogram("1")), Reason.INVALID_HISTOGRAM),
    ("bucket is a fraction", main(SLOW_SCRIPTS, histogram(1.5)), Reason.INVALID_HISTOGRAM),
    ("bucket is null", main(SLOW_SCRIPTS, histogram(None)), Reason.INVALID_HISTOGRAM),
    ("bucket is 2 to the 31st", main(SLOW_SCRIPTS, histogram(2**31)), Reason.INVALID_HISTOGRAM),
    ("histogram is a list", main(SLOW_SCRIPTS, [1]), Reason.INVALID_HISTOGRAM),
    ("histogram without values", main(SLOW_SCRIPTS, {"sum": 1}), Reason.INVALID_HISTOGRAM),
    ("keyed bucket is negative", main(GPU_CRASHES, histogram(-3)), Reason.INVALID_HISTOGRAM),
]

OTHER_LINES: list[tuple[str, str, bytes, Reason]] = [
    ("crash without payload", "crash", crash("body", ABSENT), Reason.NO_PAYLOAD),
    ("crash without environment: no usage to set it beside", "crash", crash("about", ABSENT), Reason.NO_OS),
    (
        "crash without environment and application",
        "crash",
        line(crash_ping({"about": ABSENT, "program": ABSENT})),
        Reason.NO_VERSION,
    ),
    ("crash of the gpu process", "crash", crash("body.process", "gpu"), KestrelReason.COUNTED_IN_MAIN_PING),
    ("crash of the plugin process", "crash", crash("body.process", "plugin"), KestrelReason.COUNTED_IN_MAIN_PING),
    ("crash of the gmplugin process", "crash", crash("body.process", "gmplugin"), KestrelReason.COUNTED_IN_MAIN_PING),
    ("crash of another process", "crash", crash("body.process", "vr"), Reason.UNKNOWN_PROCESS_TYPE),
    ("process type is empty", "crash", crash("body.process", ""), Reason.UNKNOWN_PROCESS_TYPE),
    ("process type is a number", "crash", crash("body.process", 2), Reason.UNKNOWN_PROCESS_TYPE),
    ("process type is an object", "crash", crash("body.process", {}), Reason.UNKNOWN_PROCESS_TYPE),
    ("update without payload", "update", line(update_ping({"body": ABSENT})), Reason.NO_PAYLOAD),
    ("core ping of another system", "core", line(core_ping({"os": "iOS"})), KestrelReason.CORE_NOT_ANDROID),
    ("core ping without a system", "core", line(core_ping({"os": ABSENT})), Reason.NO_OS),
    ("core ping without a version", "core", line(core_ping({"label": ABSENT, "arrival.version": ABSENT})), Reason.NO_VERSION),
    ("core ping without a build", "core", line(core_ping({"arrival.build": ABSENT})), Reason.INVALID_BUILD_ID),
    ("core ping without usage", "core", line(core_ping({"seconds": ABSENT})), Reason.NO_USAGE),
    ("core ping's usage is text", "core", line(core_ping({"seconds": "3600"})), Reason.INVALID_USAGE),
    ("main ping among crash pings", "crash", line(main_ping()), Reason.WRONG_FOLDER),
    ("main ping in a folder that is not ours", "event", line(main_ping()), Reason.WRONG_FOLDER),
    ("ping of another type in its folder", "event", line(main_ping({"arrival.kind": "event"})), Reason.UNKNOWN_DOC_TYPE),
]

_ELSEWHERE = {Reason.LINE_TOO_LONG, Reason.UNREADABLE_REST, Reason.INVALID_COUNT}
"""Reasons of objects, not of what a line says: test_landed_objects.py."""


@pytest.mark.parametrize(("landed", "reason"), [case[1:] for case in MAIN_PING_LINES], ids=[case[0] for case in MAIN_PING_LINES])
def test_a_line_among_main_pings_is_rejected(landed: bytes, reason: Reason) -> None:
    assert outcome(landed) == reason


@pytest.mark.parametrize(("folder", "landed", "reason"), [case[1:] for case in OTHER_LINES], ids=[case[0] for case in OTHER_LINES])
def test_a_line_of_another_folder_is_rejected(folder: str, landed: bytes, reason: Reason) -> None:
    assert outcome(landed, folder) == reason


def test_every_reason_is_in_the_specification() -> None:
    specified = {case[-1] for case in MAIN_PING_LINES} | {case[-1] for case in OTHER_LINES}

    assert specified | _ELSEWHERE == {*Reason, *KestrelReason}


def test_a_reject_names_the_document_where_it_could_be_read() -> None:
    ping = main_ping({"arrival.id": "d-1", "arrival.channel": "Prefeitura"})

    assert PingExtraction("main", HOUR).extract(line(ping)) == Reject(Reason.UNKNOWN_CHANNEL, "d-1", "main")


def test_a_reject_names_no_document_that_cannot_be_stored() -> None:
    ping = main_ping({"arrival.id": "d" * 101, "arrival.kind": "x\0"})

    assert PingExtraction("main", HOUR).extract(line(ping)) == Reject(Reason.INVALID_TEXT, None, None)
