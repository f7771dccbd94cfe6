"""Sets of clients as theta sketches: what Spark writes, Python unites and counts.

Trimmed to 4,096 hashes, so that a set has the same sketch in whatever order, how often and from however many parts its clients come.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from datasketches import compact_theta_sketch, theta_union

LG_NOMINAL_ENTRIES = 12
_STANDARD_DEVIATIONS = 2  # 95 %


@dataclass(frozen=True)
class ClientCount:
    """How many clients a sketch holds: the estimate, and its bounds at 95 %. All three are equal up to 4,096 clients."""

    estimate: float
    low: float
    high: float


def count_clients(sketch: bytes) -> ClientCount:
    """RuntimeError or ValueError where the bytes are no theta sketch."""
    read = compact_theta_sketch.deserialize(sketch)
    return ClientCount(read.get_estimate(), read.get_lower_bound(_STANDARD_DEVIATIONS), read.get_upper_bound(_STANDARD_DEVIATIONS))


def united(sketches: Iterable[bytes]) -> bytes:
    """The sketch of all clients that are in any of the sketches, which are of one key."""
    union = theta_union(LG_NOMINAL_ENTRIES)
    for sketch in sketches:
        union.update(compact_theta_sketch.deserialize(sketch))
    return bytes(union.get_result().serialize())


def growing_counts(sketches: Iterable[bytes]) -> Iterator[float]:
    """Clients in the first sketch, in the first two together, and so on; never fewer than before."""
    union, most = theta_union(LG_NOMINAL_ENTRIES), 0.0
    for sketch in sketches:
        union.update(compact_theta_sketch.deserialize(sketch))
        most = max(most, union.get_result().get_estimate())
        yield most
