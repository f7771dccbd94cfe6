"""A simulated history as columns of release_totals and usage_delays: releases a week apart, each taking over from the one before."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from simulation.release_world.counts import SimulatedHistory, SimulatedRelease
from simulation.release_world.world import STRATA, WEEK_HOURS, Array

HOURS_BEFORE_FIRST = 72
_OS_NAMES = np.array(["Windows_NT", "Darwin", "Linux"])
_LONGEST_DELAY = 72
Columns = dict[str, NDArray[np.generic]]


def version_of(week: int) -> str:
    """The major version released in that week of the record; -1 is what everybody used before."""
    return f"{50 + week}.0"


def release_hours(history: SimulatedHistory, start: datetime) -> dict[str, datetime]:
    """When each version came out: the baselines, oldest first, and the release under test after them."""
    weeks = len(history.baselines) + 1
    return {version_of(week): start + timedelta(hours=HOURS_BEFORE_FIRST + week * WEEK_HOURS) for week in range(weeks)}


def total_columns(history: SimulatedHistory, test: int, channel: str, start: datetime) -> Columns:
    """The baselines and one release under test, each with the version before it; crashes are those of the browser."""
    parts = []
    for week, release in enumerate(_in_order(history, test)):
        first = HOURS_BEFORE_FIRST + week * WEEK_HOURS
        parts.append(_columns(release.usage_hours, release.crashes, release.updates, first, version_of(week)))
        since = slice(0 if week == 0 else HOURS_BEFORE_FIRST, None)
        usage_hours, crashes = release.old_usage_hours[:, since], release.old_crashes[:, since]
        parts.append(_columns(usage_hours, crashes, np.zeros(crashes.shape), first + WEEK_HOURS - crashes.shape[1], version_of(week - 1)))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["hour_start"] = _times(start, columns.pop("hour"))
    return columns | {"channel": np.full(columns["hour_start"].size, channel)}


def delay_columns(history: SimulatedHistory, test: int, channel: str, start: datetime) -> Columns:
    """How late the same hours came, in the mean of each release's strata; a third of them on each system."""
    received: list[Array] = []
    for release in _in_order(history, test):
        received.append(release.channel_hours[:, None] * release.mean_kernel[None, :_LONGEST_DELAY] / len(_OS_NAMES))
    usage_hours = np.repeat(np.concatenate(received)[:, None, :], len(_OS_NAMES), axis=1)
    hour, system, delay = np.indices(usage_hours.shape).reshape(3, -1)
    return {
        "hour_start": _times(start, hour + HOURS_BEFORE_FIRST),
        "channel": np.full(hour.size, channel),
        "os_name": _OS_NAMES[system],
        "delay_hours": delay.astype(np.int32),
        "usage_hours": usage_hours.ravel(),
    }


def _in_order(history: SimulatedHistory, test: int) -> list[SimulatedRelease]:
    return [*reversed(history.baselines), history.tests[test]]


def _columns(usage_hours: Array, crashes: Array, updates: Array, first_hour: int, version: str) -> Columns:
    """One version's rows; systems, their versions and countries tell the twelve strata apart."""
    stratum, hour = np.indices(usage_hours.shape).reshape(2, -1)
    counts = crashes.ravel().astype(np.int64)
    assert usage_hours.shape[0] == STRATA, "one row of counts a stratum"
    return {
        "hour": hour + first_hour,
        "release_version": np.full(hour.size, version),
        "os_name": _OS_NAMES[stratum % 3],
        "os_version_major": np.array(["6", "10"])[stratum // 3 % 2],
        "architecture": np.full(hour.size, "x86-64"),
        "country_group": np.array(["north_america", "western_europe"])[stratum // 6],
        "usage_hours": usage_hours.ravel(),
        "updates": updates.ravel().astype(np.int64),
        "crash_pings": counts,
        "main_crashes_capped": counts,
    }


def _times(start: datetime, hours: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return np.datetime64(start.replace(tzinfo=None), "us") + hours * np.timedelta64(1, "h")
