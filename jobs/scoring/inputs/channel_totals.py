"""A channel's received hours, hour by hour: what its list of releases, their adoption and the volume of its data are told from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.windows import HOUR
from jobs.scoring.method.arrays import Array

Flags = NDArray[np.bool_]
VersionOnPlatform = tuple[str, str | None]


@dataclass(frozen=True)
class ChannelTotals:
    """Amounts by hour from `origin` on, (hours,). `is_complete` says which hours count; nothing is known of the others.

    `usage_by_version` holds the hours of use of each version on all platforms, `usage_by_platform` those of all versions, `crash_pings` those of
    all versions and platforms. A version's series may begin later than `origin` and end sooner: `first` hour, and its amounts.
    `by_version_and_platform` holds the usage hours and crashes of each critical measure, by what they are, then by version and platform; None is
    all platforms. On one platform a version is known on days on which it had users enough (day_totals), and has zeros between.
    """

    channel: str
    origin: datetime
    is_complete: Flags
    usage_by_version: Mapping[str, tuple[int, Array]]
    usage_by_platform: Mapping[str, Array]
    crash_pings: Array
    crash_pings_by_platform: Mapping[str, Array] = field(default_factory=dict)
    by_version_and_platform: Mapping[str, Mapping[VersionOnPlatform, tuple[int, Array]]] = field(default_factory=dict)

    @property
    def hours(self) -> int:
        return self.is_complete.size

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted(self.usage_by_version))

    @property
    def platforms(self) -> tuple[str, ...]:
        return tuple(sorted(self.usage_by_platform))

    @cached_property
    def usage_hours(self) -> Array:
        """Of all versions and platforms."""
        return np.asarray(sum((self.usage_by_platform[platform] for platform in self.platforms), start=np.zeros(self.hours)))

    def usage_on(self, platform: str | None) -> Array:
        """Of all versions on one platform, or on all for None."""
        return self.usage_hours if platform is None else self.usage_by_platform.get(platform, np.zeros(self.hours))

    def crash_pings_on(self, platform: str | None) -> Array:
        """Of all versions on one platform, or on all for None."""
        return self.crash_pings if platform is None else self.crash_pings_by_platform.get(platform, np.zeros(self.hours))

    def platforms_of(self, version: str) -> tuple[str, ...]:
        """Where a version is known by platform."""
        known = self.by_version_and_platform["usage_hours"]
        return tuple(sorted(platform for of, platform in known if of == version and platform is not None))

    def usage_of(self, version: str, first: int, hours: int) -> float:
        """Sum of a version's hours of use in the hours [first, first + hours)."""
        begins, amounts = self.usage_by_version[version]
        return float(amounts[max(first - begins, 0) : max(first + hours - begins, 0)].sum())

    def hour_of(self, at: datetime) -> int:
        return int((at - self.origin) // HOUR)
