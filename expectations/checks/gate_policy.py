"""The numbers at which the gate warns, or takes an hour's input for lost, each with its reason."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class GatePolicy:
    """Thresholds of the warnings, and of the critical rules about input that is less than it was."""

    smallest_lines_share: float = 0.9
    """Of the lines that are published. An hour delivered anew may lose its broken lines, a few in a hundred; a lost object is more."""
    smallest_kept_share: float = 0.1
    """Of an hour's lines, whatever was usual before: healthy hours reject a few in a hundred, a broken edge or reader nearly all."""
    min_pings_before: int = 100
    """Of a type in the hour before: even of half as many, none at all would not be chance."""

    weeks_compared: int = 8
    """The same hour of as many weeks before: a season is longer, a holiday shorter."""
    min_weeks: int = 4
    """Of three values the median absolute deviation is that of one neighbour."""
    largest_volume_z: float = 6.0
    """24 hours a day are compared: at 6 robust standard deviations a healthy year warns about never, and half the volume of a steady hour does."""
    smallest_volume_spread: float = 0.05
    """Of the median. Weeks that agree to the ping would otherwise make a ping more an outlier."""

    reject_history: timedelta = timedelta(days=7)
    """A whole week, so that weekends are in it."""
    min_history_hours: int = 24
    min_rejects: int = 20
    """Fewer lines of a reason are a handful of clients."""
    reject_share_factor: float = 3.0
    """A new client build that sends something broken multiplies its reason; days differ by less than 2."""
    smallest_reject_share: float = 0.001
    """Of all lines: a reason below one line in a thousand moves no figure."""

    known_values_history: timedelta = timedelta(days=7)
    silent_measure_doubt: float = 1e-6
    """A version is called silent if the other versions' share of rows with a value makes its silence less likely than this."""
    largest_late_share: float = 0.01
    """One late object in a hundred: provisional figures are then short by about a per cent."""
    max_unnamed_share: float = 0.05
    """Usage of a channel whose version names none of its releases (57.0 instead of 57.0b8) is missing from their scores."""
    calendar_grace: timedelta = timedelta(hours=24)
    """A release reaches its first users within hours, but its throttle may start a day late."""


POLICY = GatePolicy()
