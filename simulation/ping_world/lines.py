"""From a simulated ping to the line that the ingestion edge writes for it."""

from functools import cached_property, lru_cache

import msgspec
import numpy as np

from simulation.ping_world.client_documents import BRANCHES, Client, Document, Envelope, environment
from simulation.ping_world.documents import core_ping, crash_ping, main_ping, update_ping
from simulation.ping_world.events import Crash, Kind
from simulation.ping_world.faults import FAULTS
from simulation.ping_world.population import COUNTRIES, MACHINES, Users
from simulation.ping_world.world import PingWorld

FOLDERS = {Kind.MAIN: "main", Kind.CORE: "core", Kind.CRASH: "crash", Kind.UPDATE: "update"}
_CRASHES: dict[Crash, tuple[str, dict[str, str]]] = {
    Crash.MAIN: ("main", {"StartupCrash": "0"}),
    Crash.STARTUP: ("main", {"StartupCrash": "1"}),
    Crash.CONTENT: ("content", {}),
    Crash.SHUTDOWN_KILL: ("content", {"ipc_channel_error": "ShutDownKill"}),
}
_VERSION_4_MASK, _VERSION_4 = 0xFFFFFFFFFFFF0FFF, 0x4000


class LineWriter:
    """Encodes pings of one world; the same ping gives the same bytes."""

    def __init__(self, world: PingWorld, users: Users) -> None:
        self._world = world
        self._users = users
        self._environment = lru_cache(maxsize=20_000)(self._environment_of)

    @cached_property
    def _clients(self) -> list[Client]:
        users = self._users
        return [
            Client(
                number=number,
                machine=MACHINES[users.machine[number]],
                country=COUNTRIES[users.country[number]],
                hides_display_version=bool(users.hides_display_version[number]),
                branch=(None, *BRANCHES)[users.experiment_branch[number]],
            )
            for number in range(users.machine.size)
        ]

    def _environment_of(self, user: int, release: int) -> msgspec.Raw:
        return environment(self._clients[user], self._world.releases[release])

    def line(self, ping: np.void) -> bytes:
        """The ping's line, damaged as its fault says, without the newline."""
        document = self._document(ping)
        if not ping["fault"]:
            return msgspec.json.encode(document)
        fault = FAULTS[ping["fault"] - 1]
        if fault.damage is not None:
            fault.damage(document)
        line = msgspec.json.encode(document)
        return line if fault.mangle is None else fault.mangle(line)

    def _document(self, ping: np.void) -> Document:
        user, release = int(ping["user"]), int(ping["release"])
        high, low = int(ping["id_high"]), int(ping["id_low"])
        digits = f"{high & _VERSION_4_MASK | _VERSION_4:016x}{low:016x}"
        envelope = Envelope(
            client=self._clients[user],
            release=self._world.releases[release],
            document_id=f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
            created_ns=int(ping["created_ns"]),
            received_ns=int(ping["received_ns"]),
            noise=low,
        )
        kind = Kind(ping["kind"])
        if kind is Kind.CORE:
            return core_ping(envelope, int(ping["use_seconds"]), int(ping["subsession"]))
        block = self._environment(user, release)
        if kind is Kind.CRASH:
            return crash_ping(envelope, block, *_CRASHES[Crash(ping["crash"])])
        if kind is Kind.UPDATE:
            return update_ping(envelope, block, self._world.releases[ping["previous_release"]])
        subprocess_crashes = {name: int(ping[name]) for name in ("gpu", "plugin", "gmplugin")}
        return main_ping(envelope, block, int(ping["use_seconds"]), int(ping["subsession"]), subprocess_crashes)
