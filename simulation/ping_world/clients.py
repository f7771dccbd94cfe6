"""What every ping of the demo's world has in common, whatever the product: who sent it, when, from which release."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulation.ping_world.population import Country, Machine
from simulation.ping_world.world import Release

Document = dict[str, Any]

EXPERIMENT = "pref-flip-quantum-compositor-1404915"
BRANCHES = ("control", "treatment")


@dataclass(frozen=True)
class Client:
    """What the documents need to know of a user."""

    number: int
    machine: Machine
    country: Country
    hides_display_version: bool
    branch: str | None

    @property
    def client_id(self) -> str:
        return f"c0ffee00-{self.number:04x}-4000-8000-{self.number * 2_654_435_761 % 2**48:012x}"


@dataclass(frozen=True)
class Envelope:
    """One ping on its way: who sent what when, and when it came in."""

    client: Client
    release: Release
    document_id: str
    created_ns: int
    received_ns: int
    noise: int
    """Random bits for the values that nobody counts."""


def at_time(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)


def iso_date(nanoseconds: int) -> str:
    at = at_time(nanoseconds)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03d}Z"
