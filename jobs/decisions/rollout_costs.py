"""What a release costs: crashes beyond the usual so far, and those to be expected of each way to go on."""

from dataclasses import dataclass

DAY_HOURS = 24.0
SHARES = (0.25, 0.50, 1.0)
"""Of the channel's users, to which a rollout may be widened."""


@dataclass(frozen=True)
class Excess:
    """Crashes beyond the usual, with a 90 % interval; below 0 where there were fewer."""

    crashes: float
    low: float
    high: float


def excess_so_far(observed_crashes: float, ratio: float, ratio_low: float, ratio_high: float) -> Excess:
    """Of the crashes received, those that the usual rate would not have had: at a ratio r that is 1 - 1/r of them."""
    return Excess(*(observed_crashes * (1 - 1 / r) for r in (ratio, ratio_low, ratio_high)))


def usual_crashes_per_day(usual_crashes: float, hours: float) -> float:
    """From what the last hours, at most 24, would usually have had."""
    return usual_crashes * DAY_HOURS / max(min(hours, DAY_HOURS), 1.0)


def excess_next_day(usual_per_day: float, expected_excess: float, growth: float = 1.0) -> float:
    """Crashes beyond the usual in the next 24 hours, with `growth` times the users of the last 24.

    `usual_per_day` are crashes, `expected_excess` is the mean share by which the ratio exceeds one.
    """
    return usual_per_day * expected_excess * growth
