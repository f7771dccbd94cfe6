"""What is told of people: clients, crash-free users, adoption, each with its bounds, and rounded. Counts come from unions of sketches alone.

Only these figures leave the restricted namespace. Clients are told to three digits: a sketch is off by 1.6 % (one standard deviation) from 4,096
clients on, so that more digits would be noise, and would tell one client's coming and going where the sketch is exact.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from jobs.reach.sketches import ClientCount

MIN_ACTIVE_CLIENTS = 1_000
"""Below, one client who crashes moves crash-free users by more than a tenth of a percentage point: nothing is told."""
_DIGITS = 3


@dataclass(frozen=True)
class Share:
    """A share of clients with its bounds at 95 %, all in [0, 1]. The bounds are those of the sketches and of rounding: everybody is counted."""

    share: float
    low: float
    high: float


def told_clients(count: ClientCount) -> ClientCount:
    """To three digits; the bounds outwards, so that they hold what the unrounded ones hold."""
    return ClientCount(_rounded(count.estimate, round), _rounded(count.low, math.floor), _rounded(count.high, math.ceil))


def crash_free_users(active: ClientCount, crashed: ClientCount) -> Share | None:
    """1 - crashed/active of told clients; None before enough are active.

    Both are unions: an intersection of a small set with a large one would be off by a fifth (18 % of the crashed, measured at 1,500 of 300,000).
    The errors of the two are added as if they were independent. They err in the same direction, if at all, so that the bounds are wide.
    """
    if active.estimate < MIN_ACTIVE_CLIENTS:
        return None
    crashed_share = _ratio(crashed, active)
    return Share(1 - crashed_share.share, 1 - crashed_share.high, 1 - crashed_share.low)


def adoption_by_people(active: ClientCount, channel_active: ClientCount) -> float | None:
    """The told active clients of a release as a share of its channel's; None before enough are active in the channel."""
    return None if channel_active.estimate < MIN_ACTIVE_CLIENTS else min(active.estimate / channel_active.estimate, 1.0)


def _ratio(part: ClientCount, whole: ClientCount) -> Share:
    share = min(part.estimate / whole.estimate, 1.0)
    if part.estimate <= 0:
        return Share(0.0, 0.0, min(part.high / whole.low, 1.0))
    down = math.hypot(_log_step(part.estimate, part.low), _log_step(whole.high, whole.estimate))
    up = math.hypot(_log_step(part.high, part.estimate), _log_step(whole.estimate, whole.low))
    return Share(share, share * math.exp(-down), min(share * math.exp(up), 1.0))


def _log_step(upper: float, lower: float) -> float:
    return math.log(upper / lower) if lower > 0 else math.inf


def _rounded(clients: float, towards: Callable[[float], int]) -> float:
    if clients <= 0:
        return 0.0
    step = 10.0 ** max(math.floor(math.log10(clients)) + 1 - _DIGITS, 0)
    return float(towards(clients / step)) * step
