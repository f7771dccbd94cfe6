"""Pings as Glean's clients send them, with what ingestion adds: baseline pings of use, crash pings, and a metrics ping after each update."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from simulation.ping_world.clients import EXPERIMENT, Document, Envelope, iso_date
from simulation.ping_world.events import Crash, Kind
from simulation.ping_world.faults import Fault, drop_at, set_at
from simulation.ping_world.names import NAMES
from simulation.ping_world.world import Release

FOLDERS = {Kind.MAIN: "baseline", Kind.CORE: "baseline", Kind.CRASH: "crash", Kind.UPDATE: "metrics"}
_ANY = (Kind.MAIN, Kind.CORE, Kind.CRASH, Kind.UPDATE)
_USE = (Kind.MAIN, Kind.CORE)
_DURATION = ("metrics", "timespan", "glean.baseline.duration")
_ARCHITECTURES = {"x86-64": "x86_64", "x86": "x86"}

FAULTS: tuple[Fault, ...] = (
    Fault("cut off", _ANY, mangle=lambda line: line[: len(line) // 2]),
    Fault("in a list", _ANY, mangle=lambda line: b"[" + line + b"]"),
    Fault("no document id", _ANY, damage=drop_at("document_id")),
    Fault("no client_info", _ANY, damage=drop_at("client_info")),
    Fault("unknown channel", _ANY, damage=set_at("normalized_channel", to="Other")),
    Fault("unknown application", _ANY, damage=set_at("normalized_app_name", to="Focus")),
    Fault("unknown type", _ANY, damage=set_at("document_type", to="heartbeat")),
    Fault("in the folder of another type", _USE, damage=set_at("document_type", to="crash")),
    Fault("built in 2015", _USE, damage=set_at("client_info", "build_date", to="2015-01-01T03:02:08+00:00")),
    Fault("build of words", _USE, damage=set_at("client_info", "build_date", to="yesterday")),
    Fault("use in fortnights", _USE, damage=set_at(*_DURATION, to={"time_unit": "fortnight", "value": 1})),
    Fault("use as text", _USE, damage=set_at(*_DURATION, to={"time_unit": "second", "value": "3600"})),
    Fault("crash of the GPU process", (Kind.CRASH,), damage=set_at("metrics", "string", "crash.process_type", to="gpu")),
    Fault("crash of an unknown process", (Kind.CRASH,), damage=set_at("metrics", "string", "crash.process_type", to="pluto")),
)


def document(envelope: Envelope, ping: np.void, previous: Release) -> Document:
    """The ping of a simulated one. Durations come in several units, as clients differ."""
    kind = Kind(ping["kind"])
    if kind is Kind.CRASH:
        crash = Crash(ping["crash"])
        process = "main" if crash in (Crash.MAIN, Crash.STARTUP) else "content"
        metrics: dict[str, Any] = {"string": {"crash.process_type": process}, "boolean": {"crash.startup": crash is Crash.STARTUP}}
        return _ping(envelope, FOLDERS[kind], "crash", metrics)
    if kind is Kind.UPDATE:
        return _ping(envelope, FOLDERS[kind], "upgrade", {"counter": {"glean.validation.pings_submitted": 1 + envelope.noise % 40}})
    seconds = int(ping["use_seconds"])
    duration = ("millisecond", seconds * 1000) if envelope.client.number % 3 == 0 else ("second", seconds)
    timespan = {"glean.baseline.duration": {"time_unit": duration[0], "value": duration[1]}}
    return _ping(envelope, FOLDERS[kind], "active" if ping["subsession"] == 1 else "inactive", {"timespan": timespan})


def _ping(envelope: Envelope, name: str, reason: str, metrics: dict[str, Any]) -> Document:
    client, machine = envelope.client, envelope.client.machine
    is_android = machine.os_name == "Android"
    built_at = datetime.strptime(envelope.release.build_id, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    created = iso_date(envelope.created_ns)
    return {
        "document_id": envelope.document_id,
        "document_type": name,
        "document_namespace": "org-mozilla-firefox-beta" if is_android else "firefox-desktop",
        "document_version": "1",
        "submission_timestamp": iso_date(envelope.received_ns),
        "normalized_channel": NAMES.channel,
        "normalized_app_name": "Fenix" if is_android else "Firefox",
        "normalized_country_code": client.country.code or "??",
        "normalized_os": NAMES.system(machine.os_name),
        "client_info": {
            "client_id": client.client_id,
            "app_build": f"20{envelope.release.build_id[2:10]}" if is_android else envelope.release.build_id,
            "build_date": built_at.isoformat(),
            "app_display_version": envelope.release.display_version,
            "app_channel": NAMES.channel,
            "architecture": _ARCHITECTURES.get(machine.architecture, machine.architecture),
            "first_run_date": "2025-02-03+01:00",
            "locale": client.country.locale,
            "os": NAMES.system(machine.os_name),
            "os_version": machine.os_version,
            "telemetry_sdk_build": "65.2.2",
        },
        "ping_info": {
            "seq": envelope.noise % 4000,
            "start_time": created,
            "end_time": created,
            "reason": reason,
            "experiments": {EXPERIMENT: {"branch": client.branch, "extra": {"type": "nimbus-nimbus"}}} if client.branch else {},
        },
        "metrics": metrics,
    }
