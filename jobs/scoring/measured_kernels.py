"""Delay kernels as measured: from usage_delays by reverse-time hazard, two weeks at a time (scoring 3.1)."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.policies import HORIZON_HOURS, DelayPolicy, Policy
from jobs.scoring.data_guard import DataProblem, kernel_drift
from jobs.scoring.delay_matching import kernel_from_triangle
from jobs.scoring.release_counts import Array
from jobs.windows import HOUR

_LATELY_DAYS = 2
DELAY_COLUMNS = ("hour_start", "channel", "os_name", "delay_hours", "usage_hours")


@dataclass(frozen=True)
class UsageDelays:
    """Usage hours of a channel by hour of receipt (from `origin`), delay in hours, and platform."""

    origin: datetime
    received: NDArray[np.int64]
    delay: NDArray[np.int64]
    platform: NDArray[np.str_]
    usage_hours: Array


def usage_delays(rows: pa.Table, channel: str, origin: datetime) -> UsageDelays:
    rows = rows.filter(pc.field("channel") == channel)
    start_us = int(origin.timestamp()) * 1_000_000
    return UsageDelays(
        origin=origin,
        received=(rows["hour_start"].cast(pa.int64()).to_numpy() - start_us) // 3_600_000_000,
        delay=rows["delay_hours"].to_numpy().astype(np.int64),
        platform=np.array(rows["os_name"].to_pylist(), dtype=str),
        usage_hours=rows["usage_hours"].to_numpy().astype(np.float64),
    )


def measured_kernel(delays: UsageDelays, platform: str | None, end: datetime, policy: DelayPolicy) -> Array | None:
    """f(d) of the two weeks received before `end`, for one platform or (None) for all; None where they hold too little usage."""
    last = int((end - delays.origin) / HOUR)
    first = last - 24 * policy.triangle_days
    used_at = delays.received - delays.delay
    is_used = (delays.received < last) & (used_at >= first) & (delays.delay < HORIZON_HOURS) & (delays.delay >= 0)
    if platform is not None:
        is_used &= delays.platform == platform
    if delays.usage_hours[is_used].sum() < policy.least_usage_hours:
        return None
    start = max(first, int(delays.received[is_used].min()))
    is_used &= used_at >= start  # hours of use from before the record began are cut short: they would look punctual
    rows = last - start
    triangle = np.zeros((rows, HORIZON_HOURS))
    np.add.at(triangle, (used_at[is_used] - start, delays.delay[is_used]), delays.usage_hours[is_used])
    is_to_come = np.arange(rows)[:, None] + np.arange(HORIZON_HOURS)[None, :] >= rows
    triangle[is_to_come] = np.nan
    return kernel_from_triangle(triangle)


def baseline_kernel(delays: UsageDelays | None, platform: str | None, known_until: datetime, policy: DelayPolicy) -> Array | None:
    """The kernel of a past release: that of the two weeks up to the end of its life; None: the default serves."""
    return None if delays is None else measured_kernel(delays, platform, known_until, policy)


def daily_kernels(delays: UsageDelays | None, platform: str | None, released: datetime, hours: int, policy: DelayPolicy) -> Array | None:
    """One kernel for each day of a release, (days, delays), from the two weeks before that day; None where the first has no measure."""
    if delays is None:
        return None
    kernels: list[Array] = []
    for day in range((hours + 23) // 24):
        measured = measured_kernel(delays, platform, released + 24 * day * HOUR, policy)
        if measured is None and not kernels:
            return None
        kernels.append(kernels[-1] if measured is None else measured)
    return np.array(kernels)


def kernel_drift_problem(delays: UsageDelays | None, released: datetime, hours: int, policy: Policy) -> list[DataProblem]:
    """Whether the delays of the last days are still those of the two weeks whose kernel is in use; nothing where neither is measured."""
    in_use = daily_kernels(delays, None, released, hours, policy.delays)
    if delays is None or in_use is None:
        return []
    lately = replace(policy.delays, triangle_days=_LATELY_DAYS)
    measured = [measured_kernel(delays, None, released + 24 * day * HOUR, lately) for day in range(len(in_use))]
    return [kernel_drift(list(in_use), measured, hours, policy.data_guard)]
