"""Events as a small desktop application logs them: flat, without a build, a country or an envelope."""

import numpy as np

from simulation.ping_world.clients import Document, Envelope, iso_date
from simulation.ping_world.events import Crash, Kind
from simulation.ping_world.faults import Fault, drop_at, set_at
from simulation.ping_world.names import NAMES
from simulation.ping_world.world import Release

FOLDERS = {Kind.MAIN: "session_end", Kind.CORE: "session_end", Kind.CRASH: "crash"}
_ANY = (Kind.MAIN, Kind.CORE, Kind.CRASH)

FAULTS: tuple[Fault, ...] = (
    Fault("cut off", _ANY, mangle=lambda line: line[: len(line) // 2]),
    Fault("no event id", _ANY, damage=drop_at("event_id")),
    Fault("time as a number", _ANY, damage=set_at("ts", to=1_511_827_200)),
    Fault("unknown channel", _ANY, damage=set_at("channel", to="staging")),
    Fault("version of words", _ANY, damage=set_at("app_version", to="latest")),
    Fault("no operating system", _ANY, damage=drop_at("os")),
    Fault("use as text", (Kind.MAIN, Kind.CORE), damage=set_at("session_seconds", to="3600")),
)


def document(envelope: Envelope, ping: np.void, previous: Release) -> Document | None:
    """The event of a simulated ping; None for what this application does not log: updates, and crashes that leave it running."""
    event: Document = {
        "event_id": envelope.document_id,
        "ts": iso_date(envelope.received_ns),
        "app_version": envelope.release.display_version,
        "channel": NAMES.channel,
        "os": NAMES.system(envelope.client.machine.os_name),
        "user_id": envelope.client.client_id,
    }
    kind = Kind(ping["kind"])
    if kind is Kind.CRASH:
        return event if Crash(ping["crash"]) in (Crash.MAIN, Crash.STARTUP) else None
    return event | {"session_seconds": int(ping["use_seconds"])}
