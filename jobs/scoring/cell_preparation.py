"""The arrays of one cell, a measure on a platform: strata from its baselines, counts of baselines and release, kernels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jobs.policies import HORIZON_HOURS, Policy
from jobs.scoring.baseline_selection import baselines_of, channel_releases, known_life, previous_release, version_before
from jobs.scoring.channel_totals import ChannelTotals
from jobs.scoring.measured_kernels import UsageDelays, baseline_kernel, daily_kernels
from jobs.scoring.release_arrays import CellKey, ReleaseLife, measure_known_from, release_counts
from jobs.scoring.release_calendar import Calendar, Release
from jobs.scoring.release_counts import Array, ReleaseCounts
from jobs.scoring.release_history import Proxy
from jobs.scoring.release_reviews import Review, confirmed_before
from jobs.scoring.strata import Strata, coarsen
from jobs.windows import HOUR


@dataclass(frozen=True)
class ChannelRecord:
    """What is known of a channel: rows, delays, calendar, what people said of its releases, rows of experiments (for random holdbacks).

    `stage_before` is the channel that a version passes through first (beta before release): it stands in where this one has no past.
    """

    totals: ChannelTotals
    delays: UsageDelays | None
    calendar: Calendar
    reviews: tuple[Review, ...] = ()
    experiments: pa.Table | None = None
    stage_before: "ChannelRecord | None" = None


@dataclass(frozen=True)
class ReleaseContext:
    """A release, its looks so far, and its place among the channel's releases; `baselines` newest first.

    The baselines are of `baseline_record`'s channel, whose releases are `baseline_releases`: the release's own, unless `proxy` says what
    stands in for a past that the channel does not have.
    """

    release: Release
    hours: int
    releases: tuple[Release, ...]
    baselines: tuple[Release, ...]
    baseline_record: ChannelRecord
    baseline_releases: tuple[Release, ...]
    proxy: Proxy | None = None


def release_context(record: ChannelRecord, release: Release, releases: Sequence[Release], hours: int, policy: Policy) -> ReleaseContext:
    """The release among the channel's, with its baselines.

    A channel's first release has those of its own version on the channel before, else the version that it takes over from.
    """
    excluded = confirmed_before(record.reviews, record.totals.channel, release.hour)
    baselines = baselines_of(release, list(releases), record.totals, excluded, policy.baselines)
    own = ReleaseContext(release, hours, tuple(releases), tuple(baselines), record, tuple(releases))
    if baselines:
        return own
    before = record.stage_before
    if before is not None:
        excluded = confirmed_before(before.reviews, before.totals.channel, release.hour)
        staged = channel_releases(before.totals, before.calendar)
        same_version = [other for other in staged if other.version.split(".")[0] == release.version.split(".")[0]]
        proxies = baselines_of(release, same_version, before.totals, excluded, policy.baselines)
        if proxies:
            return ReleaseContext(release, hours, tuple(releases), tuple(proxies), before, tuple(staged), Proxy.CHANNEL_BEFORE)
    previous = version_before(release, record.totals, policy.baselines)
    return own if previous is None else replace(own, baselines=(previous,), proxy=Proxy.VERSION_BEFORE)


@dataclass(frozen=True)
class PreparedCell:
    counts: ReleaseCounts
    baselines: tuple[ReleaseCounts, ...]
    strata: Strata
    known_from: int | None
    """The first hour in which a ping of the release carried the measure."""

    @property
    def past_crashes(self) -> float:
        """Crashes of a past release in its week, in the mean; 0 without past releases."""
        return sum(float(baseline.crashes.sum()) for baseline in self.baselines) / max(len(self.baselines), 1)

    @property
    def counted_from(self) -> int:
        """The first look at which there is an event to judge by, the release's own or a past release's; `counts.hours` if there is none."""
        if self.past_crashes > 0:
            return 0
        with_events = np.flatnonzero(self.counts.crashes.any(axis=0))
        return int(with_events[0]) if with_events.size else self.counts.hours


@dataclass(frozen=True)
class PlatformKernels:
    """Delay kernels of a platform: one for each baseline, daily ones for the release; None: the default."""

    of_baselines: tuple[Array | None, ...]
    of_release: Array | None


def platform_kernels(record: ChannelRecord, context: ReleaseContext, platform: str | None, policy: Policy) -> PlatformKernels:
    def known_until(baseline: Release) -> datetime:
        return baseline.hour + known_life(baseline, context.release) * HOUR

    of_baselines = tuple(
        baseline_kernel(context.baseline_record.delays, platform, known_until(b), policy.delays) for b in context.baselines
    )
    of_release = daily_kernels(record.delays, platform, context.release.hour, context.hours, policy.delays)
    if of_release is None or any(kernel is None for kernel in of_baselines):
        return PlatformKernels((None,) * len(of_baselines), None)  # measured on one side only would compare two definitions
    return PlatformKernels(of_baselines, of_release)


def prepare_cell(record: ChannelRecord, context: ReleaseContext, key: CellKey, kernels: PlatformKernels, policy: Policy) -> PreparedCell:
    """Counts by stratum. Baselines in which the measure never came are left out: a measure that is NULL is not zero."""
    totals, release, past = record.totals, context.release, context.baseline_record.totals
    carried = [
        (baseline, kernel)
        for baseline, kernel in zip(context.baselines, kernels.of_baselines, strict=True)
        if measure_known_from(past, baseline, key) is not None
    ]
    baselines = [baseline for baseline, _ in carried]
    strata = _strata(past, release, baselines, key, policy)
    staged = list(context.baseline_releases)
    lives = [ReleaseLife(known_life(b, release), previous_release(b, staged), kernel) for b, kernel in carried]
    own_life = ReleaseLife(context.hours, previous_release(release, list(context.releases)), kernels.of_release)
    return PreparedCell(
        counts=release_counts(totals, release, key, strata, own_life),
        baselines=tuple(release_counts(past, b, key, strata, life) for b, life in zip(baselines, lives, strict=True)),
        strata=strata,
        known_from=measure_known_from(totals, release, key),
    )


def _strata(totals: ChannelTotals, release: Release, baselines: Sequence[Release], key: CellKey, policy: Policy) -> Strata:
    usage_hours, crashes = np.zeros(len(totals.strata)), np.zeros(len(totals.strata))
    for baseline in baselines:
        rows = _rows_of_life(totals, baseline, known_life(baseline, release), key.platform)
        for measure, sums in (("usage_hours", usage_hours), (key.measure, crashes)):
            sums += np.bincount(totals.stratum[rows], weights=np.nan_to_num(totals.measures[measure][rows]), minlength=len(totals.strata))
    is_seen = usage_hours > 0 if baselines else np.ones(len(totals.strata), dtype=bool)
    return coarsen(totals.strata, usage_hours, crashes, is_seen, policy.strata)


def _rows_of_life(totals: ChannelTotals, release: Release, life_hours: int, platform: str | None) -> NDArray[np.int64]:
    rows = totals.rows_of(release.version)
    age = totals.hour[rows] - totals.hour_of(release.hour)
    rows = rows[(age >= 0) & (age < min(life_hours, HORIZON_HOURS))]
    return rows if platform is None else rows[totals.on_platform(platform)[rows]]
