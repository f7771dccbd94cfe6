"""Pings as clients of 2017 sent them, reduced to a few of their many histograms: nested documents of 1 to 3 kB.

Everything that could be read or skipped by mistake is there: the same version in three places, subprocess crashes under two paths, experiments
in the old and the new form, histograms that nobody asked for.
"""

from functools import lru_cache

import msgspec
import numpy as np

from simulation.ping_world.clients import Document, Envelope, iso_date
from simulation.ping_world.events import Crash, Kind
from simulation.ping_world.firefox_clients import application_of, client_document, environment, meta_block
from simulation.ping_world.firefox_faults import FAULTS as FAULTS
from simulation.ping_world.names import NAMES
from simulation.ping_world.world import Release

VERSION = NAMES.build_version
FIRST_WITH_PROCESSES = "57.0b6"
"""From this beta on the parent process's keyed histograms stand under payload.processes.parent."""


FOLDERS = {Kind.MAIN: "main", Kind.CORE: "core", Kind.CRASH: "crash", Kind.UPDATE: "update"}
_CRASHES: dict[Crash, tuple[str, dict[str, str]]] = {
    Crash.MAIN: ("main", {"StartupCrash": "0"}),
    Crash.STARTUP: ("main", {"StartupCrash": "1"}),
    Crash.CONTENT: ("content", {}),
    Crash.SHUTDOWN_KILL: ("content", {"ipc_channel_error": "ShutDownKill"}),
}
_environment = lru_cache(maxsize=20_000)(environment)


def document(envelope: Envelope, ping: np.void, previous: Release) -> Document:
    """The document of a simulated ping; `previous` is the release that an updated client came from."""
    kind = Kind(ping["kind"])
    if kind is Kind.CORE:
        return core_ping(envelope, int(ping["use_seconds"]), int(ping["subsession"]))
    block = _environment(envelope.client, envelope.release)
    if kind is Kind.CRASH:
        return crash_ping(envelope, block, *_CRASHES[Crash(ping["crash"])])
    if kind is Kind.UPDATE:
        return update_ping(envelope, block, previous)
    subprocess_crashes = {name: int(ping[name]) for name in ("gpu", "plugin", "gmplugin")}
    return main_ping(envelope, block, int(ping["use_seconds"]), int(ping["subsession"]), subprocess_crashes)


def main_ping(
    envelope: Envelope, environment_block: msgspec.Raw, use_seconds: int, subsession: int, subprocess_crashes: Document
) -> Document:
    """A main ping; `subprocess_crashes` counts the crashes of gpu, plugin and gmplugin processes, where there were any."""
    noise = envelope.noise
    document = client_document(envelope, "main", environment_block)
    started = iso_date(envelope.created_ns - use_seconds * 1_000_000_000)
    crashes = {kind: _count_histogram(count) for kind, count in subprocess_crashes.items() if count}
    keyed: Document = {"SEARCH_COUNTS": {"google.urlbar": _count_histogram(noise % 9)}}
    parent: Document = {
        "scalars": {"browser.engagement.total_uri_count": noise % 900, "browser.engagement.tab_open_event_count": noise % 40}
    }
    if crashes and envelope.release.display_version >= FIRST_WITH_PROCESSES:
        parent["keyedHistograms"] = {"SUBPROCESS_CRASHES_WITH_DUMP": crashes}
    elif crashes:
        keyed["SUBPROCESS_CRASHES_WITH_DUMP"] = crashes
    document["payload"] = {
        "ver": 4,
        "simpleMeasurements": {"totalTime": use_seconds, "firstPaint": 400 + noise % 5000, "activeTicks": use_seconds // 11, "uptime": 1},
        "processes": {
            "parent": parent,
            "content": {"histograms": {"GC_MS": _linear_histogram(noise >> 8)}},
        },
        "histograms": _histograms(noise),
        "keyedHistograms": keyed,
        "info": {
            "reason": "shutdown" if subsession == 1 else "environment-change",
            "revision": "https://hg.mozilla.org/releases/mozilla-beta/rev/" + envelope.release.build_id,
            "timezoneOffset": envelope.client.country.utc_offset_hours * 60,
            "sessionId": f"5e551011-{noise & 0xFFFF:04x}-4000-8000-{noise & 0xFFFFFFFFFFFF:012x}",
            "subsessionId": f"5b5e5510-{noise & 0xFFFF:04x}-4000-8000-{noise & 0xFFFFFFFFFFFF:012x}",
            "subsessionCounter": subsession,
            "profileSubsessionCounter": 100 + noise % 1000,
            "subsessionStartDate": started,
            "sessionLength": use_seconds * subsession,
            "subsessionLength": use_seconds,
        },
        "slowSQL": {"mainThread": {}, "otherThreads": {}},
    }
    return document


def crash_ping(envelope: Envelope, environment_block: msgspec.Raw, process_type: str, annotations: dict[str, str]) -> Document:
    """A crash ping; the main process leaves `processType` out every other time, as older clients did."""
    document = client_document(envelope, "crash", environment_block)
    payload: Document = {
        "version": 1,
        "crashDate": iso_date(envelope.created_ns)[:10],
        "crashTime": iso_date(envelope.created_ns)[:14] + "00:00.000Z",
        "crashId": envelope.document_id,
        "hasCrashEnvironment": True,
        "minidumpSha256Hash": f"{envelope.noise:064x}",
        "processType": process_type,
        "metadata": {
            "ProductName": application_of(envelope.client),
            "Version": VERSION,
            "BuildID": envelope.release.build_id,
            "ReleaseChannel": "beta",
            "CrashTime": str(envelope.created_ns // 1_000_000_000),
            "SecondsSinceLastCrash": str(envelope.noise % 900_000),
            "AvailablePhysicalMemory": str(envelope.noise % 2**31),
        }
        | annotations,
        "stackTraces": {
            "status": "OK",
            "crash_info": {"type": "EXCEPTION_ACCESS_VIOLATION_READ", "address": f"0x{envelope.noise % 2**32:08x}", "crashing_thread": 0},
            "main_module": 0,
            "modules": [{"filename": "firefox.exe", "version": VERSION, "base_addr": "0x0000", "end_addr": "0xffff"}],
            "threads": [
                {"frames": [{"module_index": 0, "ip": f"0x{(envelope.noise >> n) % 2**32:08x}", "trust": "cfi"} for n in range(4)]}
            ],
        },
    }
    if process_type == "main" and envelope.noise % 2:
        del payload["processType"]
    document["payload"] = payload
    return document


def update_ping(envelope: Envelope, environment_block: msgspec.Raw, previous: Release) -> Document:
    """An update ping of a client that has just started the new version."""
    document = client_document(envelope, "update", environment_block)
    document["payload"] = {
        "reason": "success",
        "targetChannel": "beta",
        "previousChannel": "beta",
        "previousVersion": VERSION,
        "previousBuildId": previous.build_id,
    }
    return document


def core_ping(envelope: Envelope, use_seconds: int, sequence: int) -> Document:
    """A core ping of Fennec; it has no environment."""
    client = envelope.client
    document: Document = {
        "v": 10,
        "clientId": client.client_id,
        "seq": sequence,
        "locale": client.country.locale,
        "os": "Android",
        "osversion": client.machine.os_version,
        "device": "LGE-Nexus 5",
        "arch": client.machine.architecture,
        "profileDate": 16500 + client.number % 900,
        "created": iso_date(envelope.created_ns)[:10],
        "tz": client.country.utc_offset_hours * 60,
        "sessions": 1,
        "durations": use_seconds,
        "defaultSearch": "google",
        "searches": {"google.actionbar": envelope.noise % 7},
        "displayVersion": envelope.release.display_version,
        "experiments": ["activity-stream", "offline-cache"],
        "fennec": {
            "new_tab": {"top_sites_clicked": envelope.noise % 5, "pocket_stories_clicked": 0},
            "settings_privacy": {"do_not_track": False, "master_password": False},
        },
        "meta": meta_block(envelope, "core"),
    }
    if client.hides_display_version:
        del document["displayVersion"]
    return document


def _histograms(noise: int) -> Document:
    histograms: Document = {
        "GC_MS": _linear_histogram(noise),
    }
    if noise % 11 == 0:
        histograms["SLOW_SCRIPT_NOTICE_COUNT"] = _count_histogram(1 + noise % 3)
        histograms["SLOW_SCRIPT_PAGE_COUNT"] = _count_histogram(1)
    if noise % 997 == 0:
        histograms["BROWSER_SHIM_USAGE_BLOCKED"] = _count_histogram(1)
        histograms["PERMISSIONS_SQL_CORRUPTED"] = _count_histogram(1)
        histograms["DEFECTIVE_PERMISSIONS_SQL_REMOVED"] = _count_histogram(1)
    return histograms


def _count_histogram(count: int) -> Document:
    return {"range": [1, 2], "bucket_count": 3, "histogram_type": 4, "values": {"0": count, "1": 0}, "sum": count}


def _linear_histogram(noise: int) -> Document:
    values = {"0": 0, "1": noise % 50, "2": noise % 31, "5": noise % 17, "14": 0}
    return {"range": [1, 10000], "bucket_count": 50, "histogram_type": 0, "values": values, "sum": noise % 31 * 2 + noise % 50}
