"""Faults on demand: what goes wrong, with which call, how often. They hit before or after the stand-in has accepted the call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["drop", "status", "rate_limit", "slow", "error", "late"]
Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """`drop` closes the connection, `status` answers that HTTP status, `rate_limit` 429 with Retry-After, `slow` waits, `error` answers ok=false.

    `late` closes the connection and accepts the call all the same, so many seconds later: as of then, or, with `moment` "before", with the
    time stamp of when it was sent, so that it precedes what was sent after it. `method` is a Web API method, `upload`, or `*`; `skip` lets
    that many calls pass first.
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


@dataclass(frozen=True)
class LateCall:
    """A call that is accepted at `due_at` seconds since 1970; `act` does what the call asked for."""

    due_at: float
    act: Callable[[], object]


class LateCalls:
    """Calls that wait in Slack's queue."""

    def __init__(self) -> None:
        self._waiting: list[LateCall] = []

    def add(self, call: LateCall) -> None:
        self._waiting.append(call)

    def accept_until(self, now: float) -> None:
        """Accepts those that are due, oldest first."""
        due = sorted((call for call in self._waiting if call.due_at <= now), key=lambda call: call.due_at)
        self._waiting = [call for call in self._waiting if call.due_at > now]
        for call in due:
            call.act()
