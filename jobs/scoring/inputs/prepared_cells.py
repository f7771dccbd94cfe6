"""The arrays of one cell, a measure on a platform: strata from its baselines, counts of baselines and release, kernels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from jobs.declarations.policies import HORIZON_HOURS, Policy
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.baseline_selection import baselines_of, channel_releases, known_life, previous_release, version_before
from jobs.scoring.inputs.cell_counts import CellKey, CellStrata, ReleaseLife, release_counts
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.measured_kernels import UsageDelays, kernels_by_age, measured_kernel
from jobs.scoring.inputs.release_calendar import Calendar, Release
from jobs.scoring.inputs.release_record import RecordOf, ReleaseRecord
from jobs.scoring.inputs.release_reviews import Review, confirmed_before
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.hourly_counts import ReleaseCounts
from jobs.scoring.method.release_history import Proxy
from jobs.scoring.method.strata import FineStratum, Strata, coarsen


@dataclass(frozen=True)
class ChannelRecord:
    """What is known of a channel: its hours, its releases' records, calendar, what people said of its releases, and rows of experiments (for
    random holdbacks). `delays_of` gives the delays from two weeks before a release on, at least to the end of its week.

    `stage_before` is the channel that a version passes through first (beta before release): it stands in where this one has no past.
    """

    totals: ChannelTotals
    record_of: RecordOf
    delays_of: Callable[[Release], UsageDelays | None]
    calendar: Calendar
    reviews: tuple[Review, ...] = ()
    experiments: pa.Table | None = None
    stage_before: "ChannelRecord | None" = None

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """The channel's releases in the order of their time."""
        return tuple(channel_releases(self.totals, self.calendar))

    def of(self, release: Release) -> ReleaseRecord:
        """The record of one of its releases, or of what stands in for one."""
        return self.record_of(release, previous_release(release, self.releases))


@dataclass(frozen=True)
class ReleaseContext:
    """A release, its looks so far, and what it is compared with; `baselines` newest first.

    The baselines are of `baseline_record`'s channel: the release's own, unless `proxy` says what stands in for a past that the channel does
    not have.
    """

    release: Release
    hours: int
    baselines: tuple[Release, ...]
    baseline_record: ChannelRecord
    proxy: Proxy | None = None


def release_context(record: ChannelRecord, release: Release, hours: int, policy: Policy) -> ReleaseContext:
    """The release among the channel's, with its baselines.

    A channel's first release has those of its own version on the channel before, else the version that it takes over from.
    """
    excluded = confirmed_before(record.reviews, record.totals.channel, release.hour)
    baselines = baselines_of(release, record.releases, record.totals, excluded, policy.baselines)
    own = ReleaseContext(release, hours, tuple(baselines), record)
    if baselines:
        return own
    before = record.stage_before
    if before is not None:
        excluded = confirmed_before(before.reviews, before.totals.channel, release.hour)
        same_version = [other for other in before.releases if other.version.split(".")[0] == release.version.split(".")[0]]
        proxies = baselines_of(release, same_version, before.totals, excluded, policy.baselines)
        if proxies:
            return ReleaseContext(release, hours, tuple(proxies), before, Proxy.CHANNEL_BEFORE)
    previous = version_before(release, record.totals, policy.baselines)
    return own if previous is None else replace(own, baselines=(previous,), proxy=Proxy.VERSION_BEFORE)


@dataclass(frozen=True)
class PreparedCell:
    counts: ReleaseCounts
    baselines: tuple[ReleaseCounts, ...]
    strata: Strata
    known_from: int | None
    """The first hour in which a ping of the release carried the measure."""

    @cached_property
    def past_crashes(self) -> float:
        """Crashes of a past release in its week, in the mean; 0 without past releases."""
        return sum(float(baseline.crashes.sum()) for baseline in self.baselines) / max(len(self.baselines), 1)

    @cached_property
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
    past = context.baseline_record
    delays = past.delays_of(context.release)

    def of_baseline(baseline: Release) -> Array | None:
        life, kept = known_life(baseline, context.release), past.of(baseline).kernels
        if life == HORIZON_HOURS and kept is not None:
            return kept.get(platform)
        return None if delays is None else measured_kernel(delays, platform, baseline.hour + life * HOUR, policy.delays)

    of_baselines = tuple(of_baseline(baseline) for baseline in context.baselines)
    of_release = kernels_by_age(record.delays_of(context.release), platform, context.release.hour, context.hours, policy.delays)
    if of_release is None or any(kernel is None for kernel in of_baselines):
        return PlatformKernels((None,) * len(of_baselines), None)  # measured on one side only would compare two definitions
    return PlatformKernels(of_baselines, of_release)


def prepare_cell(record: ChannelRecord, context: ReleaseContext, key: CellKey, kernels: PlatformKernels, policy: Policy) -> PreparedCell:
    """Counts by stratum. Baselines in which the measure never came are left out: a measure that is NULL is not zero."""
    release, past = context.release, context.baseline_record
    own = record.of(release)
    carried = [
        (baseline, kernel)
        for baseline, kernel in zip(context.baselines, kernels.of_baselines, strict=True)
        if past.of(baseline).own.known_from(key.measure, key.platform) is not None
    ]
    strata = _strata(past, own, release, [baseline for baseline, _ in carried], key, policy)
    lives = [ReleaseLife(baseline, known_life(baseline, release), kernel) for baseline, kernel in carried]
    own_life = ReleaseLife(release, context.hours, kernels.of_release)
    return PreparedCell(
        counts=release_counts(record.totals, own_life, own, key, strata),
        baselines=tuple(release_counts(past.totals, life, past.of(life.release), key, strata) for life in lives),
        strata=strata.strata,
        known_from=own.own.known_from(key.measure, key.platform),
    )


def _strata(
    past: ChannelRecord, own: ReleaseRecord, release: Release, baselines: Sequence[Release], key: CellKey, policy: Policy
) -> CellStrata:
    """Strata as fine as the counts of the baselines allow, for the fine ones that they or the release have."""
    sums: dict[FineStratum, list[float]] = {own.own.strata[row]: [0.0, 0.0] for row in own.own.on_platform(key.platform)}
    for baseline in baselines:
        counts, life = past.of(baseline).own, known_life(baseline, release)
        rows = counts.on_platform(key.platform)
        amounts = [counts.filled[measure][rows, :life].sum(axis=1).tolist() for measure in ("usage_hours", key.measure)]
        for row, usage_hours, crashes in zip(rows, *amounts, strict=True):
            of_stratum = sums.setdefault(counts.strata[row], [0.0, 0.0])
            of_stratum[0] += usage_hours
            of_stratum[1] += crashes
    fine = tuple(sorted(sums))
    usage_hours, crashes = np.array([sums[stratum] for stratum in fine]).reshape(-1, 2).T
    is_seen = usage_hours > 0 if baselines else np.ones(len(fine), dtype=bool)
    strata = coarsen(fine, usage_hours, crashes, is_seen, policy.strata)
    return CellStrata(strata, dict(zip(fine, strata.of_fine.tolist(), strict=True)))
