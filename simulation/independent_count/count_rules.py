"""What a line of the landing zone counts for, written down a second time from its description; shares no code with the pipeline's ping source."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

CHANNELS = {"release", "esr", "beta", "aurora", "nightly"}
OTHER_HISTOGRAMS = (
    "BROWSER_SHIM_USAGE_BLOCKED",
    "PERMISSIONS_SQL_CORRUPTED",
    "DEFECTIVE_PERMISSIONS_SQL_REMOVED",
    "SLOW_SCRIPT_NOTICE_COUNT",
    "SLOW_SCRIPT_PAGE_COUNT",
)
WINDOW_SECONDS = 300
HOUR = timedelta(hours=1)

Document = dict[str, Any]
Counts = Counter[str]
"""Usage hours among them, which are no whole number."""
Key = tuple[datetime, str, str, str]
"""Start of the 5-minute window, channel, version, operating system."""


class Rejected(Exception):
    """The line does not count."""


@dataclass(frozen=True)
class Ping:
    document_id: str
    order: tuple[int, str, int]
    """Which of several with the same id counts: the first by the server's clock, then by object and line."""
    key: Key
    counts: Counts
    client_id: str | None = None


def read_ping(line: bytes | None, object_key: str, line_number: int, hour: datetime) -> Ping:
    """The ping of a line (None: unreadable) in the folder of `hour`; `object_key` is below that folder. Raises Rejected."""
    if line is None:
        raise Rejected
    try:
        ping = json.loads(line)
    except ValueError as error:
        raise Rejected from error
    meta = _object(_object(ping).get("meta"))
    document_id, doc_type, received_ns = _text(meta.get("documentId")), _text(meta.get("docType")), _whole_number(meta.get("Timestamp"))
    _require(doc_type in COUNTERS and doc_type == object_key.split("/")[0])
    received = datetime.fromtimestamp(received_ns // 10**9, UTC)
    _require(hour <= received < hour + HOUR)
    _require(meta.get("appName") in ("Firefox", "Fennec"))
    channel = _channel(meta.get("normalizedChannel"))
    named, build_id, os_name = _core_build(ping, meta) if doc_type == "core" else _client_build(ping, meta)
    version = _text(named)
    _require(re.match(r"\d+\.", version))
    _check_build_id(_text(build_id), received)
    counts = COUNTERS[doc_type](ping)
    window = datetime.fromtimestamp(received_ns // 10**9 // WINDOW_SECONDS * WINDOW_SECONDS, UTC)
    return Ping(document_id, (received_ns, object_key, line_number), (window, channel, version, os_name), counts, _client_id(ping))


def _client_id(ping: Document) -> str | None:
    client_id = ping.get("clientId")
    is_counted = isinstance(client_id, str) and 0 < len(client_id) <= 100 and client_id.isprintable()
    return client_id if is_counted else None


def _require(holds: object) -> None:
    if not holds:
        raise Rejected


def _object(candidate: object) -> Document:
    if not isinstance(candidate, dict):
        raise Rejected
    return candidate


def _text(candidate: object) -> str:
    if not isinstance(candidate, str) or not candidate:
        raise Rejected
    return candidate


def _whole_number(candidate: object) -> int:
    if not isinstance(candidate, int):
        raise Rejected
    return candidate


def _channel(named: object) -> str:
    name = _text(named)
    if name.startswith("nightly-cck-"):
        return "nightly"
    channel = "beta" if name.startswith("beta") else name
    _require(channel in CHANNELS)
    return channel


def _client_build(ping: Document, meta: Document) -> tuple[object, object, str]:
    environment, application = ping.get("environment") or {}, ping.get("application") or {}
    build = environment.get("build") or {}
    os_name = _text(((environment.get("system") or {}).get("os") or {}).get("name"))
    if meta["appName"] == "Fennec" and os_name == "Linux":
        os_name = "Android"
    return build.get("version") or application.get("version"), build.get("buildId") or application.get("buildId"), os_name


def _core_build(ping: Document, meta: Document) -> tuple[object, object, str]:
    _require(ping.get("os") == "Android")
    return meta.get("appVersion"), meta.get("appBuildId"), "Android"


def _check_build_id(build_id: str, received: datetime) -> None:
    _require(re.fullmatch(r"\d{14}", build_id))
    try:
        built = datetime.strptime(build_id, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Rejected from error
    _require(received - timedelta(days=183) <= built <= received + timedelta(days=1))


def _hours_of(seconds: object) -> float:
    _require(not isinstance(seconds, bool))
    return min(max(_whole_number(seconds) / 3600, 0.0), 25.0)


def _bucket_0(histogram: object) -> int:
    if not isinstance(histogram, dict):
        return 0
    count = _whole_number((histogram.get("values") or {}).get("0", 0))
    _require(count >= 0)
    return count


def _count_main(ping: Document) -> Counts:
    payload = _object(ping.get("payload"))
    counts = _with_hours("main_pings", _object(payload.get("info")).get("subsessionLength"))
    for name in OTHER_HISTOGRAMS:
        _bucket_0((payload.get("histograms") or {}).get(name))
    older = (payload.get("keyedHistograms") or {}).get("SUBPROCESS_CRASHES_WITH_DUMP") or {}
    parent = (payload.get("processes") or {}).get("parent") or {}
    later = (parent.get("keyedHistograms") or {}).get("SUBPROCESS_CRASHES_WITH_DUMP") or {}
    for kind in ("gpu", "plugin", "gmplugin"):
        counts[f"{kind}_crashes"] = _bucket_0(older.get(kind) or later.get(kind))
    return counts


def _count_core(ping: Document) -> Counts:
    return _with_hours("core_pings", ping.get("durations"))


def _with_hours(kind: str, seconds: object) -> Counts:
    counts = Counter({kind: 1})
    counts["usage_hours"] = _hours_of(seconds)  # type: ignore[assignment]
    return counts


def _count_update(ping: Document) -> Counts:
    return Counter(updates=int(_object(ping.get("payload")).get("reason") == "success"))


def _count_crash(ping: Document) -> Counts:
    payload = _object(ping.get("payload"))
    process, annotations = payload.get("processType") or "main", payload.get("metadata") or {}
    _require(process in ("main", "content"))
    if process == "main":
        return Counter(crash_pings=1, main_crashes=1, startup_crashes=int(annotations.get("StartupCrash") == "1"))
    is_shutdown = annotations.get("ipc_channel_error") == "ShutDownKill"
    return Counter(crash_pings=1, content_crashes=int(not is_shutdown), content_shutdown_crashes=int(is_shutdown))


COUNTERS = {"main": _count_main, "core": _count_core, "update": _count_update, "crash": _count_crash}
