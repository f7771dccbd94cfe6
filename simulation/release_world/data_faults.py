"""What is wrong with the data of a simulated release, not with the release: counts that were drawn soundly are spoilt as they arrive.

Everything holds from the release under test on; its past is sound, but for the update counts that a part of it may lack.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simulation.release_world.counts import SimulatedHistory, SimulatedRelease
from simulation.release_world.world import STRATA, WEEK_HOURS, Array

Cap = Literal["raw", "5 an hour", "5 a day"]
_DAY_HOURS = 24


@dataclass(frozen=True)
class ClientStorm:
    """A few clients that crash over and over for a day: `share` of the release's crashes of that day, as many from each client."""

    clients: int = 30
    share: float = 0.4
    from_hour: int = 24
    cap: Cap = "raw"
    """What counts of one client, as the pipeline caps it."""
    are_clients_told: bool = True
    """False: nobody counts how many clients crash."""


@dataclass(frozen=True)
class UsageChange:
    """A factor on the use of all versions in the hours [from_hour, from_hour + hours); on some strata, or on all."""

    factor: float
    from_hour: int
    hours: int
    strata: tuple[int, ...] = tuple(range(STRATA))
    crashes_follow: bool = True
    """False: only what arrives of the usage changes."""


@dataclass(frozen=True)
class DataFaults:
    """Shares of pings that are counted from the release on, the oldest part of its past without update counts, and events."""

    counted_updates: float = 1.0
    past_without_updates: float = 0.0
    reported_crashes: float = 1.0
    jumping_clocks: float = 0.0
    """Share of the usage hours whose delay, as told, is any of a week."""
    storm: ClientStorm | None = None
    usage_change: UsageChange | None = None


def with_faults(history: SimulatedHistory, faults: DataFaults, seed: int, index: int) -> SimulatedHistory:
    """The same history as it arrives; deterministic from seed and index."""
    rng = np.random.default_rng([seed, index, 2])
    without = round(len(history.baselines) * faults.past_without_updates)
    counted = len(history.baselines) - without
    baselines = [
        release if place < counted else replace(release, updates=np.zeros_like(release.updates))
        for place, release in enumerate(history.baselines)
    ]
    tests = [_spoilt(release, history.strata.share, faults, rng) for release in history.tests]
    return replace(history, baselines=tuple(baselines), tests=tuple(tests))


def _spoilt(release: SimulatedRelease, share: Array, faults: DataFaults, rng: np.random.Generator) -> SimulatedRelease:
    if faults.usage_change is not None:
        release = _with_usage_change(release, faults.usage_change, rng)
    if faults.storm is not None:
        release = _with_storm(release, share, faults.storm, rng)
    return replace(
        release,
        updates=_thinned(release.updates, faults.counted_updates, rng),
        crashes=_thinned(release.crashes, faults.reported_crashes, rng),
        crashed_clients=_thinned(release.crashed_clients, faults.reported_crashes, rng),
    )


def _thinned(counts: Array, share: Array | float, rng: np.random.Generator) -> Array:
    """Each counted with that probability."""
    return rng.binomial(np.rint(counts).astype(np.int64), share).astype(np.float64)


def _with_storm(release: SimulatedRelease, share: Array, storm: ClientStorm, rng: np.random.Generator) -> SimulatedRelease:
    """The counts with the storm's added; each of its clients is one on each UTC day of it."""
    day = slice(storm.from_hour, storm.from_hour + _DAY_HOURS)
    an_hour = release.crashes[:, day].sum() * storm.share / (1 - storm.share) / storm.clients / _DAY_HOURS
    drawn = rng.poisson(an_hour, (storm.clients, _DAY_HOURS))
    if storm.cap == "5 an hour":
        drawn = np.minimum(drawn, 5)
    elif storm.cap == "5 a day":
        drawn = np.diff(np.minimum(np.cumsum(drawn, axis=1), 5), axis=1, prepend=0)
    added = np.zeros_like(release.crashes)
    np.add.at(added[:, day], rng.choice(share.size, storm.clients, p=share / share.sum()), drawn)
    midnight = (-release.released_hour - storm.from_hour) % _DAY_HOURS
    first = np.zeros(WEEK_HOURS)
    for start, of_day in ((0, drawn[:, :midnight]), (midnight, drawn[:, midnight:])):
        has_crashed = np.cumsum(of_day, axis=1) > 0
        first[storm.from_hour + start : storm.from_hour + start + of_day.shape[1]] = np.diff(has_crashed.sum(axis=0), prepend=0)
    crashed_clients = release.crashed_clients + first if storm.are_clients_told else np.zeros(0)
    return replace(release, crashes=release.crashes + added, crashed_clients=crashed_clients)


def _with_usage_change(release: SimulatedRelease, change: UsageChange, rng: np.random.Generator) -> SimulatedRelease:
    """Usage follows as late as it is reported; crashes and updates at once."""
    used = np.ones(WEEK_HOURS)
    used[change.from_hour : change.from_hour + change.hours] = change.factor
    received = 1 - np.convolve(1 - used, release.mean_kernel)[:WEEK_HOURS]
    is_hit = np.isin(np.arange(STRATA), change.strata)[:, None]
    before = np.ones(release.old_usage_hours.shape[1] - WEEK_HOURS)
    old_used, old_received = (np.where(is_hit, np.concatenate([before, series]), 1.0) for series in (used, received))
    usage_hours = np.where(is_hit, release.usage_hours * received, release.usage_hours)
    old_usage_hours = release.old_usage_hours * old_received
    lost = (release.usage_hours - usage_hours + (release.old_usage_hours - old_usage_hours)[:, before.size :]).sum(axis=0)
    spoilt = replace(release, usage_hours=usage_hours, old_usage_hours=old_usage_hours, channel_hours=release.channel_hours - lost)
    if not change.crashes_follow:
        return spoilt
    if change.factor > 1:
        return spoilt
    crashes = _thinned(release.crashes, np.where(is_hit, used, 1.0), rng)
    return replace(
        spoilt,
        crashes=crashes,
        updates=_thinned(release.updates, np.where(is_hit, used, 1.0), rng),
        old_crashes=_thinned(release.old_crashes, old_used, rng),
        crashed_clients=_thinned(release.crashed_clients, crashes.sum(axis=0) / np.maximum(release.crashes.sum(axis=0), 1.0), rng),
    )
