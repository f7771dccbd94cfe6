"""Faults on demand: what goes wrong, with which call, how often. They hit before or after the stand-in has accepted the call."""

import threading
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["drop", "status", "rate_limit", "slow", "error"]
Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """`drop` closes the connection, `status` answers that HTTP status, `rate_limit` 429 with Retry-After, `slow` waits, `error` answers ok=false.

    `method` is a Web API method, `upload`, or `*`; `skip` lets that many calls pass first.
    """

    method: str
    kind: FaultKind
    moment: Moment = "before"
    status: int = 500
    seconds: float = 1.0
    error: str = "internal_error"
    times: int = 1
    skip: int = 0


class FaultPlan:
    """The faults still to come; each call takes at most one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[list[int | Fault]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._left.append([fault.times, fault.skip, fault])

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def take(self, method: str) -> Fault | None:
        with self._lock:
            for entry in self._left:
                times, skip, fault = entry
                if not isinstance(fault, Fault) or fault.method not in (method, "*"):
                    continue
                if isinstance(skip, int) and skip > 0:
                    entry[1] = skip - 1
                    return None
                if isinstance(times, int) and times > 0:
                    entry[0] = times - 1
                    return fault
        return None
