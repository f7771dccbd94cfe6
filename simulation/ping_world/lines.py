"""From a simulated ping to the line that the ingestion edge writes for it."""

from functools import cached_property

import msgspec
import numpy as np

from jobs.products.chosen import PRODUCT
from simulation.ping_world import firefox_documents, glean_documents, harbor_documents
from simulation.ping_world.clients import BRANCHES, Client, Document, Envelope
from simulation.ping_world.population import COUNTRIES, MACHINES, Users
from simulation.ping_world.world import PingWorld

_PINGS = {"glean": glean_documents, "harbor": harbor_documents}.get(PRODUCT.name, firefox_documents)
FOLDERS = _PINGS.FOLDERS
"""The folder of each kind of ping; a kind that has none is not sent by this product."""
FAULTS = _PINGS.FAULTS
_VERSION_4_MASK, _VERSION_4 = 0xFFFFFFFFFFFF0FFF, 0x4000


class LineWriter:
    """Encodes pings of one world; the same ping gives the same bytes."""

    def __init__(self, world: PingWorld, users: Users) -> None:
        self._world = world
        self._users = users

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

    def line(self, ping: np.void) -> bytes | None:
        """The ping's line, damaged as its fault says, without the newline; None where the product sends no such ping."""
        document = self._document(ping)
        if document is None:
            return None
        if not ping["fault"]:
            return msgspec.json.encode(document)
        fault = FAULTS[ping["fault"] - 1]
        if fault.damage is not None:
            fault.damage(document)
        line = msgspec.json.encode(document)
        return line if fault.mangle is None else fault.mangle(line)

    def _document(self, ping: np.void) -> Document | None:
        high, low = int(ping["id_high"]), int(ping["id_low"])
        digits = f"{high & _VERSION_4_MASK | _VERSION_4:016x}{low:016x}"
        envelope = Envelope(
            client=self._clients[int(ping["user"])],
            release=self._world.releases[int(ping["release"])],
            document_id=f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
            created_ns=int(ping["created_ns"]),
            received_ns=int(ping["received_ns"]),
            noise=low,
        )
        document: Document | None = _PINGS.document(envelope, ping, self._world.releases[ping["previous_release"]])
        return document
