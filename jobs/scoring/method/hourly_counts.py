"""What scoring is given: counts of one release and one measure as plain arrays, hour by hour since release."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array

KERNEL_AGES_HOURS = (0, 1, 2, 4, 6, 9, 12, 18, 24, 36, 48, 72, 96, 120, 144)
"""From these hours since release on a kernel may be another: delays may change with a release, and show within its first day."""
MATURE_START_HOUR = 72
"""From the fourth day on, a release's users and habits are those it keeps: M, the mature window."""


@dataclass(frozen=True)
class PreviousVersion:
    """The release that the users came from: crashes and received hours of all strata, from 72 h before to the hour of the look; where they
    are known also by stratum, in the order of the release's (strata, hours)."""

    crashes: Array
    usage_hours: Array
    crashes_by_stratum: Array | None = None
    usage_by_stratum: Array | None = None

    def __post_init__(self) -> None:
        if self.crashes.shape != self.usage_hours.shape or self.crashes.ndim != 1:
            raise ValueError(
                f"previous version: crashes {self.crashes.shape} and usage hours {self.usage_hours.shape} must be one series each"
            )
        for name in ("crashes", "usage_hours", "crashes_by_stratum", "usage_by_stratum"):
            _require_amounts(f"previous version: {name}", getattr(self, name))


@dataclass(frozen=True)
class CrashingClients:
    """Crashes of all strata, and clients whose crash was the first on their UTC day, by hour since release; both 0 where clients are not known."""

    crashes: Array
    clients: Array

    def __post_init__(self) -> None:
        if self.crashes.shape != self.clients.shape or self.crashes.ndim != 1:
            raise ValueError(f"crashes {self.crashes.shape} and their clients {self.clients.shape} must be one series each")
        for name in ("crashes", "clients"):
            _require_amounts(f"crashing clients: {name}", getattr(self, name))

    def first(self, hours: int) -> "CrashingClients":
        """Of so many hours, zeros where there are fewer."""
        return CrashingClients(*(np.pad(series[:hours], (0, max(hours - series.size, 0))) for series in (self.crashes, self.clients)))


@dataclass(frozen=True)
class ReleaseCounts:
    """Received counts of one release: `crashes` and `usage_hours` by stratum (rows) and hour since release (columns).

    `channel_hours` are the received hours of all versions of the channel in the same hours. `updates`: people who moved to this version.
    `delay_triangle`: usage hours by hour of use (rows) and delay in hours, NaN where yet to come; or `delay_kernel`, f(d) as measured from one,
    or one row for each of KERNEL_AGES_HOURS. `is_known` is False for hours that are not complete: their counts are
    no zeros, they are left out. `release_type` tells dot releases from majors ("major" or "dot"). `crashing` tells how few clients
    have the crashes; None where they are not counted. `release_hour` is that of the week, from Monday's midnight UTC; None: weekends are not told.
    """

    crashes: Array
    usage_hours: Array
    channel_hours: Array
    updates: Array | None = None
    delay_kernel: Array | None = None
    delay_triangle: Array | None = None
    previous: PreviousVersion | None = None
    is_known: NDArray[np.bool_] | None = None
    version: str = ""
    release_type: str = "major"
    crashing: CrashingClients | None = None
    release_hour: int | None = None

    def __post_init__(self) -> None:
        shape = self.crashes.shape
        if len(shape) != 2 or self.usage_hours.shape != shape or self.channel_hours.shape != shape[1:]:
            raise ValueError(
                f"release {self.version!r}: crashes {shape} and usage_hours {self.usage_hours.shape} must both be (strata, hours), "
                f"channel_hours {self.channel_hours.shape} (hours,)"
            )
        if self.updates is not None and self.updates.shape != shape:
            raise ValueError(f"release {self.version!r}: updates {self.updates.shape} must be shaped as crashes {shape}")
        for name in ("crashes", "usage_hours", "channel_hours", "updates", "delay_kernel"):
            _require_amounts(f"release {self.version!r}: {name}", getattr(self, name))
        if self.delay_triangle is not None:  # NaN where hours are yet to come
            _require_amounts(f"release {self.version!r}: delay_triangle", np.nan_to_num(self.delay_triangle, nan=0.0))

    @property
    def has_measured_delays(self) -> bool:
        return self.delay_kernel is not None or self.delay_triangle is not None

    @property
    def hours(self) -> int:
        return int(self.crashes.shape[1])

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.ones(self.hours, dtype=bool) if self.is_known is None else self.is_known

    @property
    def mature(self) -> NDArray[np.bool_]:
        """The known hours of the mature window."""
        return (np.arange(self.hours) >= MATURE_START_HOUR) & self.known


def _require_amounts(what: str, amounts: Array | None) -> None:
    """ValueError, with the first place, for amounts below 0 or that are no numbers: they would read as too early, not as an error."""
    if amounts is None:
        return
    is_wrong = ~(np.isfinite(amounts) & (amounts >= 0))
    if is_wrong.any():
        at = np.argwhere(is_wrong)[0]
        axes = ("hour",) if amounts.ndim == 1 else ("row", "hour")
        where = ", ".join(f"{axis} {index}" for axis, index in zip(axes, at, strict=True))
        raise ValueError(
            f"{what} must be numbers of at least 0, but {int(is_wrong.sum())} are not, the first at {where} (from 0): {amounts[tuple(at)]}; "
            "give 0 for nothing, and name hours that are not known in is_known"
        )


def adoption(release_hours: Array, channel_hours: Array) -> Array:
    """Share of the channel's received hours in the trailing 24 h, cut at the release; 0 where nothing was received."""
    ours, all_versions = trailing_sum(release_hours, 24), trailing_sum(channel_hours, 24)
    return np.divide(ours, all_versions, out=np.zeros_like(ours), where=all_versions > 0)


def trailing_sum(hourly: Array, window_hours: int) -> Array:
    """Sum of the last `window_hours` hours along the last axis, cut at the start."""
    cumulative = np.cumsum(hourly, axis=-1)
    trailing = cumulative.copy()
    trailing[..., window_hours:] -= cumulative[..., :-window_hours]
    return trailing
