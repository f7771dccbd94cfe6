"""A clock that moves only when somebody sleeps or a test says so: hours pass at once, and Slack, digests and ledger agree on the time."""

from jobs.digest.slack.host_clock import HostClock


class VirtualClock:
    """Seconds since 1970; `as_host` is the clock of a host that is ahead (or behind) by so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def as_host(self, ahead_seconds: float = 0.0) -> HostClock:
        return HostClock(now=lambda: self.seconds + ahead_seconds, elapsed=self.now, sleep=self.sleep)
