"""What goes wrong on the way: a few pings in a thousand are damaged, some arrive twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from simulation.ping_world.clients import Document
from simulation.ping_world.events import NANOSECONDS_PER_HOUR, Kind, Pings
from simulation.ping_world.world import PingWorld

DAMAGED_SHARE = 0.004
REPEATED_SHARE = 0.004


@dataclass(frozen=True)
class Fault:
    """`damage` changes the document in place, `mangle` its encoded line."""

    name: str
    kinds: tuple[Kind, ...]
    damage: Callable[[Document], None] | None = None
    mangle: Callable[[bytes], bytes] | None = None


def set_at(*path: str, to: object) -> Callable[[Document], None]:
    def damage(document: Document) -> None:
        _parent(document, path)[path[-1]] = to

    return damage


def drop_at(*path: str) -> Callable[[Document], None]:
    def damage(document: Document) -> None:
        del _parent(document, path)[path[-1]]

    return damage


def _parent(document: Document, path: tuple[str, ...]) -> Document:
    """The object that holds the last part of `path`; an encoded block on the way becomes a dictionary of its own."""
    for name in path[:-1]:
        if isinstance(document[name], msgspec.Raw):
            document[name] = msgspec.json.decode(document[name])
        document = document[name]
    return document


def add_faults(world: PingWorld, pings: Pings, faults: Sequence[Fault]) -> Pings:
    """The pings in their order, some damaged (`fault` is one more than the index in `faults`) and some received a second time later."""
    rng = np.random.default_rng([world.seed, 5])
    pings = pings.copy()
    is_damaged = rng.random(pings.size) < DAMAGED_SHARE
    for kind in Kind:
        choices = [number for number, fault in enumerate(faults, start=1) if kind in fault.kinds]
        of_kind = np.flatnonzero(is_damaged & (pings["kind"] == kind))
        if choices:
            pings["fault"][of_kind] = rng.choice(choices, of_kind.size)
    again = pings[(rng.random(pings.size) < REPEATED_SHARE) & ~is_damaged].copy()
    again["received_ns"] += np.round(rng.exponential(0.7, again.size) * NANOSECONDS_PER_HOUR).astype(np.int64)
    both = np.concatenate([pings, again])
    return both[np.argsort(both["received_ns"], kind="stable")]
