"""Time as this host has it, in one place that a test can replace: a simulated week passes in seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class HostClock:
    """`now`: seconds since 1970, which may differ from Slack's and from another host's. `elapsed`: seconds that only ever rise."""

    now: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
