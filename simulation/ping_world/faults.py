"""What goes wrong on the way: a few pings in a thousand are damaged, some arrive twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from simulation.ping_world.events import NANOSECONDS_PER_HOUR, Kind, Pings
from simulation.ping_world.world import PingWorld

DAMAGED_SHARE = 0.004
REPEATED_SHARE = 0.004

Document = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """`damage` changes the document in place, `mangle` its encoded line."""

    name: str
    kinds: tuple[Kind, ...]
    damage: Callable[[Document], None] | None = None
    mangle: Callable[[bytes], bytes] | None = None


def _set(*path: str, to: object) -> Callable[[Document], None]:
    def damage(document: Document) -> None:
        _parent(document, path)[path[-1]] = to

    return damage


def _drop(*path: str) -> Callable[[Document], None]:
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


def _postdate(document: Document) -> None:
    document["meta"]["Timestamp"] += 2 * NANOSECONDS_PER_HOUR


def _age_build(document: Document) -> None:
    _set("environment", "build", "buildId", to="20150101030208")(document)


_ANY = (Kind.MAIN, Kind.CORE, Kind.CRASH, Kind.UPDATE)
_NEGATIVE_HISTOGRAM = {"range": [1, 2], "bucket_count": 3, "histogram_type": 4, "values": {"0": -3}, "sum": 0}

FAULTS: tuple[Fault, ...] = (
    Fault("cut off", _ANY, mangle=lambda line: line[: len(line) // 2]),
    Fault("in a list", _ANY, mangle=lambda line: b"[" + line + b"]"),
    Fault("no document id", _ANY, damage=_drop("meta", "documentId")),
    Fault("no meta", _ANY, damage=_drop("meta")),
    Fault("unknown channel", _ANY, damage=_set("meta", "normalizedChannel", to="Prefeitura")),
    Fault("unknown application", _ANY, damage=_set("meta", "appName", to="Waterfox")),
    Fault("unknown type", _ANY, damage=_set("meta", "docType", to="heartbeat")),
    Fault("stamped two hours later", _ANY, damage=_postdate),
    Fault("in the folder of another type", (Kind.MAIN, Kind.CORE), damage=_set("meta", "docType", to="crash")),
    Fault("built in 2015", (Kind.MAIN, Kind.CRASH), damage=_age_build),
    Fault("build id of words", (Kind.MAIN, Kind.CRASH), damage=_set("environment", "build", "buildId", to="unknown")),
    Fault("no operating system", (Kind.MAIN, Kind.CRASH), damage=_drop("environment", "system", "os")),
    Fault("use as text", (Kind.MAIN,), damage=_set("payload", "info", "subsessionLength", to="3600")),
    Fault("no use", (Kind.MAIN,), damage=_drop("payload", "info", "subsessionLength")),
    Fault("negative use", (Kind.MAIN,), damage=_set("payload", "info", "subsessionLength", to=-7)),
    Fault("negative count", (Kind.MAIN,), damage=_set("payload", "histograms", "SLOW_SCRIPT_NOTICE_COUNT", to=_NEGATIVE_HISTOGRAM)),
    Fault("core ping of iOS", (Kind.CORE,), damage=_set("os", to="iOS")),
    Fault("crash of the GPU process", (Kind.CRASH,), damage=_set("payload", "processType", to="gpu")),
    Fault("crash of an unknown process", (Kind.CRASH,), damage=_set("payload", "processType", to="vr")),
)


def add_faults(world: PingWorld, pings: Pings) -> Pings:
    """The pings in their order, some damaged (`fault` is one more than the index in `FAULTS`) and some received a second time later."""
    rng = np.random.default_rng([world.seed, 5])
    pings = pings.copy()
    is_damaged = rng.random(pings.size) < DAMAGED_SHARE
    for kind in Kind:
        choices = [number for number, fault in enumerate(FAULTS, start=1) if kind in fault.kinds]
        of_kind = np.flatnonzero(is_damaged & (pings["kind"] == kind))
        pings["fault"][of_kind] = rng.choice(choices, of_kind.size)
    again = pings[(rng.random(pings.size) < REPEATED_SHARE) & ~is_damaged].copy()
    again["received_ns"] += np.round(rng.exponential(0.7, again.size) * NANOSECONDS_PER_HOUR).astype(np.int64)
    both = np.concatenate([pings, again])
    return both[np.argsort(both["received_ns"], kind="stable")]
