"""Each kind of bad line has its reason, and one reason only: the table is the specification."""

from datetime import timedelta
from typing import Any

import pytest

from jobs.pings.ping_extraction import PingExtraction, Reject
from jobs.pings.reject_reasons import RejectReason as Reason
from tests.kestrel import KestrelReason
from tests.ping_factory import ABSENT, HOUR, core_ping, crash_ping, histogram, line, main_ping, nanoseconds, update_ping
from tests.pings.reading import outcome

BUILD = "environment.build.buildId"
USAGE = "payload.info.subsessionLength"
SLOW_SCRIPTS = "payload.histograms.SLOW_SCRIPT_NOTICE_COUNT"
GPU_CRASHES = "payload.keyedHistograms.SUBPROCESS_CRASHES_WITH_DUMP.gpu"
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
    ("NaN where a number belongs", line(main_ping({"payload.info.x": float("nan")})), Reason.NOT_JSON),
    ("NUL between fields", line(main_ping()).replace(b",", b",\0", 1), Reason.NOT_JSON),
    ("UTF-16", line(main_ping()).decode().encode("utf-16"), Reason.NOT_JSON),
    ("100,000 lists in each other", b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.NESTED_TOO_DEEP),
    ("list", b"[1,2]\n", Reason.NOT_AN_OBJECT),
    ("number", b"57\n", Reason.NOT_AN_OBJECT),
    ("null", b"null\n", Reason.NOT_AN_OBJECT),
    # the envelope
    ("empty document", b"{}\n", Reason.NO_META),
    ("no meta", main("meta", ABSENT), Reason.NO_META),
    ("meta is a list", main("meta", []), Reason.NO_META),
    ("no document id", main("meta.documentId", ABSENT), Reason.NO_DOCUMENT_ID),
    ("empty document id", main("meta.documentId", ""), Reason.NO_DOCUMENT_ID),
    ("document id is a number", main("meta.documentId", 7), Reason.NO_DOCUMENT_ID),
    ("document id of 101 characters", main("meta.documentId", "d" * 101), Reason.INVALID_TEXT),
    ("document id with NUL", main("meta.documentId", "d\0"), Reason.INVALID_TEXT),
    ("document id is not UTF-8", raw("meta.documentId", b"d\xff"), Reason.INVALID_TEXT),
    ("document id with half a surrogate pair", raw("meta.documentId", rb"d\ud800"), Reason.INVALID_TEXT),
    ("no docType", main("meta.docType", ABSENT), Reason.UNKNOWN_DOC_TYPE),
    ("docType of another product", main("meta.docType", "new-profile"), Reason.UNKNOWN_DOC_TYPE),
    ("docType in capitals", main("meta.docType", "MAIN"), Reason.UNKNOWN_DOC_TYPE),
    ("docType is a list", main("meta.docType", ["main"]), Reason.UNKNOWN_DOC_TYPE),
    ("crash ping among main pings", line(crash_ping()), Reason.WRONG_FOLDER),
    ("no Timestamp", main("meta.Timestamp", ABSENT), Reason.INVALID_TIMESTAMP),
    ("Timestamp is text", main("meta.Timestamp", str(nanoseconds(HOUR))), Reason.INVALID_TIMESTAMP),
    ("Timestamp is a fraction", main("meta.Timestamp", float(nanoseconds(HOUR))), Reason.INVALID_TIMESTAMP),
    ("Timestamp is true", main("meta.Timestamp", True), Reason.INVALID_TIMESTAMP),
    ("Timestamp in milliseconds", main("meta.Timestamp", nanoseconds(HOUR) // 10**6), Reason.OUTSIDE_HOUR),
    ("Timestamp of 60 digits", main("meta.Timestamp", 10**60), Reason.OUTSIDE_HOUR),
    ("a nanosecond too early", main("meta.Timestamp", nanoseconds(HOUR) - ONE_NANOSECOND), Reason.OUTSIDE_HOUR),
    ("the next hour", line(main_ping(received_at=HOUR + timedelta(hours=1))), Reason.OUTSIDE_HOUR),
    # the dimensions
    ("channel in capitals", main("meta.normalizedChannel", "Release"), Reason.UNKNOWN_CHANNEL),
    ("channel esr52", main("meta.normalizedChannel", "esr52"), Reason.UNKNOWN_CHANNEL),
    ("channel of a town", main("meta.normalizedChannel", "Prefeitura"), Reason.UNKNOWN_CHANNEL),
    ("no channel", main("meta.normalizedChannel", ABSENT), Reason.UNKNOWN_CHANNEL),
    ("channel is a list", main("meta.normalizedChannel", ["release"]), Reason.UNKNOWN_CHANNEL),
    ("another application", main("meta.appName", "Thunderbird"), Reason.UNKNOWN_APPLICATION),
    ("no application", main("meta.appName", ABSENT), Reason.UNKNOWN_APPLICATION),
    ("version is a number", main("environment.build.version", 57), Reason.INVALID_VERSION),
    ("version is a path", main("environment.build.version", "../../etc/passwd"), Reason.INVALID_VERSION),
    ("version is Slack markup", main("environment.build.version", "<!channel> *57.0*"), Reason.INVALID_VERSION),
    ("version with a line break", main("environment.build.version", "57.0\n"), Reason.INVALID_VERSION),
    ("version in other digits", main("environment.build.version", "٥٧.٠"), Reason.INVALID_VERSION),
    ("display version is a word", main("application.displayVersion", "baddisplayversion"), Reason.INVALID_VERSION),
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
    ("no operating system", main("environment.system.os.name", ABSENT), Reason.NO_OS),
    ("operating system is a number", main("environment.system.os.name", 10), Reason.NO_OS),
    ("system is a list", main("environment.system", []), Reason.NO_OS),
    ("operating system of 101 characters", main("environment.system.os.name", "W" * 101), Reason.INVALID_TEXT),
    ("operating system with NUL", main("environment.system.os.name", "Linux\0"), Reason.INVALID_TEXT),
    ("operating system with an escape sequence", main("environment.system.os.name", "Linux\x1b[2J"), Reason.INVALID_TEXT),
    ("operating system with a forged line of a log", main("environment.system.os.name", "Linux\nall is well"), Reason.INVALID_TEXT),
    ("architecture that reads from right to left", main("environment.build.architecture", "x86\u202e46"), Reason.INVALID_TEXT),
    ("operating system is not UTF-8", raw("environment.system.os.name", b"Win\xffdows"), Reason.INVALID_TEXT),
    ("architecture with half a surrogate pair", raw("environment.build.architecture", rb"x86\udfff"), Reason.INVALID_TEXT),
    # the payload and the measures
    ("no payload", main("payload", ABSENT), Reason.NO_PAYLOAD),
    ("payload is a list", main("payload", [{"info": {}}]), Reason.NO_PAYLOAD),
    ("payload is null", main("payload", None), Reason.NO_PAYLOAD),
    ("empty payload", main("payload", {}), Reason.NO_USAGE),
    ("info is a list", main("payload.info", [3600]), Reason.NO_USAGE),
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
    ("crash without payload", "crash", crash("payload", ABSENT), Reason.NO_PAYLOAD),
    ("crash without environment: no usage to set it beside", "crash", crash("environment", ABSENT), Reason.NO_OS),
    (
        "crash without environment and application",
        "crash",
        line(crash_ping({"environment": ABSENT, "application": ABSENT})),
        Reason.NO_VERSION,
    ),
    ("crash of the gpu process", "crash", crash("payload.processType", "gpu"), KestrelReason.COUNTED_IN_MAIN_PING),
    ("crash of the plugin process", "crash", crash("payload.processType", "plugin"), KestrelReason.COUNTED_IN_MAIN_PING),
    ("crash of the gmplugin process", "crash", crash("payload.processType", "gmplugin"), KestrelReason.COUNTED_IN_MAIN_PING),
    ("crash of another process", "crash", crash("payload.processType", "vr"), Reason.UNKNOWN_PROCESS_TYPE),
    ("process type is empty", "crash", crash("payload.processType", ""), Reason.UNKNOWN_PROCESS_TYPE),
    ("process type is a number", "crash", crash("payload.processType", 2), Reason.UNKNOWN_PROCESS_TYPE),
    ("process type is an object", "crash", crash("payload.processType", {}), Reason.UNKNOWN_PROCESS_TYPE),
    ("update without payload", "update", line(update_ping({"payload": ABSENT})), Reason.NO_PAYLOAD),
    ("core ping of another system", "core", line(core_ping({"os": "iOS"})), KestrelReason.CORE_NOT_ANDROID),
    ("core ping without a system", "core", line(core_ping({"os": ABSENT})), Reason.NO_OS),
    ("core ping without a version", "core", line(core_ping({"displayVersion": ABSENT, "meta.appVersion": ABSENT})), Reason.NO_VERSION),
    ("core ping without a build", "core", line(core_ping({"meta.appBuildId": ABSENT})), Reason.INVALID_BUILD_ID),
    ("core ping without usage", "core", line(core_ping({"durations": ABSENT})), Reason.NO_USAGE),
    ("core ping's usage is text", "core", line(core_ping({"durations": "3600"})), Reason.INVALID_USAGE),
    ("main ping among crash pings", "crash", line(main_ping()), Reason.WRONG_FOLDER),
    ("main ping in a folder that is not ours", "event", line(main_ping()), Reason.WRONG_FOLDER),
    ("ping of another type in its folder", "event", line(main_ping({"meta.docType": "event"})), Reason.UNKNOWN_DOC_TYPE),
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
    ping = main_ping({"meta.documentId": "d-1", "meta.normalizedChannel": "Prefeitura"})

    assert PingExtraction("main", HOUR).extract(line(ping)) == Reject(Reason.UNKNOWN_CHANNEL, "d-1", "main")


def test_a_reject_names_no_document_that_cannot_be_stored() -> None:
    ping = main_ping({"meta.documentId": "d" * 101, "meta.docType": "x\0"})

    assert PingExtraction("main", HOUR).extract(line(ping)) == Reject(Reason.INVALID_TEXT, None, None)
