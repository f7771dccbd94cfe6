"""Plain arrays for the scorer's tests: releases whose counts are exactly what the model says, or drawn from a seed."""

import numpy as np

from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.hourly_counts import ReleaseCounts

HOURS = 168
USERS = np.array([0.5, 0.3, 0.2])
CRASHES_PER_HOUR = np.array([0.001, 0.002, 0.004])


def used_hours(scale=20_000.0, speed=1.0, shares=USERS):
    """Usage as it happens: adoption over the week, by stratum."""
    adoption = 1 - np.exp(-speed * (np.arange(HOURS) + 1) / 38)
    return np.asarray(shares)[:, None] * scale * adoption


def received(usage_hours, kernel=None):
    """Usage as it is received."""
    kernel = delay_kernel() if kernel is None else kernel
    return np.array([np.convolve(row, kernel)[: usage_hours.shape[1]] for row in usage_hours])


def release(ratio=1.0, hours=HOURS, seed=None, version="", **shape):
    """Crashes at `ratio` x the usual rates: their expectation, or Poisson counts from a seed."""
    usage_hours = used_hours(**shape)
    crashes = usage_hours * CRASHES_PER_HOUR[: len(usage_hours), None] * np.asarray(ratio)
    if seed is not None:
        crashes = np.random.default_rng(seed).poisson(crashes).astype(float)
    total = usage_hours.sum(axis=0)
    channel_hours = np.maximum(total, 20_000.0)
    return ReleaseCounts(crashes[:, :hours], received(usage_hours)[:, :hours], channel_hours[:hours], version=version)


def baselines(count=8, **shape):
    return [release(seed=100 + i, version=f"{60 - i}.0", **shape) for i in range(count)]
