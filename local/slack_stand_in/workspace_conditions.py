"""How this workspace behaves where Slack's differ, or have bad days: lags, windows, clocks, and what it will not take."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Conditions:
    """Seconds, and None where there is no limit; `/control/conditions` sets them while the stand-in runs.

    `history_lag_seconds`: how long an accepted message is left out by the listing methods. `edit_window_seconds`: how long a message may be
    edited. `clock_ahead_seconds`: how far Slack's clock is ahead of ours. `file_processing_seconds`: how long a finished upload cannot be
    shown yet. `hides_metadata`: the listing methods leave out what a message's metadata holds. `refuses_parts`: what `invalid_blocks`
    answers to: `table`, `slack_file`, `unaligned` (a column setting without `align`).
    """

    history_lag_seconds: float = 0.0
    edit_window_seconds: float | None = None
    clock_ahead_seconds: float = 0.0
    file_processing_seconds: float = 0.2
    hides_metadata: bool = False
    refuses_parts: tuple[str, ...] = ()
    clock: Callable[[], float] = time.time

    def now(self) -> float:
        """Seconds since 1970 by Slack's clock."""
        return self.clock() + self.clock_ahead_seconds
