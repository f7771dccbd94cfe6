"""Delay kernels as measured: from usage_delays by reverse-time hazard, two weeks at a time (docs/method.md#delay-matching)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.policies import HORIZON_HOURS, DelayPolicy, Policy
from jobs.declarations.windows import HOUR
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.data_guard import DataProblem, kernel_drift
from jobs.scoring.method.delay_matching import kernel_from_triangle
from jobs.scoring.method.hourly_counts import KERNEL_AGES_HOURS
from jobs.scoring.method.young_kernel import led_by_own_hours

_LATELY_DAYS = 2
DELAY_COLUMNS = ("hour_start", "channel", "os_name", "delay_hours", "usage_hours")


@dataclass(frozen=True)
class UsageDelays:
    """Usage hours of a channel by hour of receipt from `origin` (rows) and delay in hours (columns), by platform."""

    origin: datetime
    by_platform: Mapping[str, Array]

    @cached_property
    def whole(self) -> Array:
        """Of all platforms."""
        return np.asarray(sum(self.by_platform[platform] for platform in sorted(self.by_platform)))


def usage_delays(rows: pa.Table, channel: str, origin: datetime, hours: int) -> UsageDelays:
    """From rows of usage_delays received in the `hours` hours from `origin` on; longer delays than a release is looked at for are left out."""
    rows = rows.filter(pc.field("channel") == channel)
    received = (rows["hour_start"].cast(pa.int64()).to_numpy() - int(origin.timestamp()) * 1_000_000) // 3_600_000_000
    delay = rows["delay_hours"].to_numpy().astype(np.int64)
    is_used = (received >= 0) & (received < hours) & (delay >= 0) & (delay < HORIZON_HOURS)
    usage_hours = rows["usage_hours"].to_numpy().astype(np.float64)
    by_platform = {}
    for platform in sorted(rows["os_name"].unique().to_pylist()):
        own = is_used & pc.equal(rows["os_name"], platform).to_numpy()
        laid = np.zeros((hours, HORIZON_HOURS))
        laid[received[own], delay[own]] = usage_hours[own]  # one row an hour, platform and delay: the table's grain
        by_platform[platform] = laid
    return UsageDelays(origin, by_platform)


def measured_kernel(delays: UsageDelays, platform: str | None, end: datetime, policy: DelayPolicy) -> Array | None:
    """f(d) of the two weeks received before `end`, for one platform or (None) for all; None where they hold too little usage."""
    received = delays.whole if platform is None else delays.by_platform.get(platform)
    if received is None or received.ndim != 2:
        return None
    last = int((end - delays.origin) / HOUR)
    first = last - 24 * policy.triangle_days
    delay = np.arange(HORIZON_HOURS)
    at = np.arange(first, last)[:, None] + delay[None, :]  # by hour of use and delay, the hour of receipt
    is_known = (at >= 0) & (at < min(last, len(received)))
    triangle = np.where(is_known, received[np.clip(at, 0, len(received) - 1), delay], 0.0)
    if triangle.sum() < policy.min_usage_hours:
        return None
    first_received = int(at[triangle > 0].min())
    # Hours of use from before the record began are cut short: they would look punctual.
    triangle = np.where(at < last, triangle, np.nan)[max(first_received - first, 0) :]
    return kernel_from_triangle(triangle)


def kernels_by_age(delays: UsageDelays | None, platform: str | None, released: datetime, hours: int, policy: DelayPolicy) -> Array | None:
    """One kernel for each of KERNEL_AGES_HOURS that a release has reached, (ages, delays), from what was received before that age; None where
    the first has no measure.

    Each is that of the two weeks before its day, led by the hours of use since the release as far as these tell.
    """
    if delays is None:
        return None
    kernels: list[Array] = []
    of_channel: Array | None = None
    for age in (age for age in KERNEL_AGES_HOURS if age < hours):
        if age % 24 == 0:
            measured = measured_kernel(delays, platform, released + age * HOUR, policy)
            of_channel = of_channel if measured is None else measured
        if of_channel is None:
            return None
        kernels.append(led_by_own_hours(of_channel, _since_release(delays, platform, released, age), policy))
    return np.array(kernels)


def _since_release(delays: UsageDelays, platform: str | None, released: datetime, age: int) -> Array:
    """Usage hours by hour of use and delay of the `age` hours since release."""
    received = delays.whole if platform is None else delays.by_platform[platform]
    delay = np.arange(HORIZON_HOURS)
    at = np.arange(age)[:, None] + delay
    first = int((released - delays.origin) / HOUR)
    return np.where(at < age, received[np.minimum(first + at, len(received) - 1), delay], np.nan)


def kernel_drift_problem(delays: UsageDelays | None, released: datetime, hours: int, policy: Policy) -> list[DataProblem]:
    """Whether the delays of the last days are still those of the two weeks whose kernel is in use; nothing where neither is measured."""
    in_use = kernels_by_age(delays, None, released, hours, policy.delays)
    if delays is None or in_use is None:
        return []
    lately = replace(policy.delays, triangle_days=_LATELY_DAYS)
    days = [place for place, age in enumerate(KERNEL_AGES_HOURS[: len(in_use)]) if age % 24 == 0]
    measured = [measured_kernel(delays, None, released + KERNEL_AGES_HOURS[place] * HOUR, lately) for place in days]
    return [kernel_drift([in_use[place] for place in days], measured, hours, policy.data_guard)]
