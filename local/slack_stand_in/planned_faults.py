"""Faults on demand: what goes wrong, with which call, how often. They hit before or after the stand-in has accepted the call."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["drop", "status", "rate_limit", "slow", "error", "late"]
Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """`drop` closes the connection, `status` answers that HTTP status, `rate_limit` 429 with Retry-After, `slow` is held back, `error` answers ok=false.

    A `slow` call is held for so many seconds, or until `FaultPlan.let_go`. `late` closes the connection and accepts the call all the same, so many seconds later: as of then, or, with `moment` "before", with the
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
    """The faults still to come, of which each call takes at most one, and the calls that are held back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[list[int | Fault]] = []
        self._held = 0
        self._is_let_go = threading.Event()

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

    def will_hold(self, method: str) -> bool:
        """Whether the next call of a method is held back."""
        with self._lock:
            waiting = [(skip, fault) for times, skip, fault in self._left if times and isinstance(fault, Fault)]
        due = next(((skip, fault) for skip, fault in waiting if fault.method in (method, "*")), None)
        return due is not None and due[0] == 0 and due[1].kind == "slow"

    @contextmanager
    def holding(self, fault: Fault | None) -> Iterator[None]:
        """Counts a call of this fault among those held back, until the end of the block."""
        is_held = int(fault is not None and fault.kind == "slow")
        with self._lock:
            self._held += is_held
        try:
            yield
        finally:
            with self._lock:
                self._held -= is_held

    async def wait(self, seconds: float) -> None:
        """So long, or until calls are let go."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_let_go.is_set():
            await asyncio.sleep(0.005)

    def let_go(self) -> None:
        """Lets the calls that are held back go on, and returns when they have ended; from another thread than the server's."""
        self._is_let_go.set()
        while self._held:
            time.sleep(0.005)
        self._is_let_go.clear()


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
