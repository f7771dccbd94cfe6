"""The releases of a channel, and which of the past ones a release is compared with."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS, BaselinePolicy
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.release_calendar import Calendar, Release, release_by_adoption, release_by_calendar
from jobs.scoring.method.hourly_counts import MATURE_START_HOUR


def channel_releases(totals: ChannelTotals, calendar: Calendar) -> list[Release]:
    """The releases of the channel in the order of their time, not of their version strings (b9 before b10)."""
    end = totals.origin + totals.hours * HOUR
    releases = [
        release_by_calendar(channel, version, at) for (channel, version), at in calendar.items() if channel == totals.channel and at < end
    ]
    recorded = np.flatnonzero(totals.usage_hours > 0)
    for version in totals.versions:
        if (totals.channel, version) not in calendar:
            first, usage_hours = totals.usage_by_version[version]
            life = slice(first, first + usage_hours.size)
            known_since = int(recorded[0]) - first if recorded.size else 0
            at = totals.origin + first * HOUR
            found = release_by_adoption(totals.channel, version, at, usage_hours, totals.usage_hours[life], known_since)
            releases += [found] if found else []
    return sorted(releases, key=lambda release: (release.hour, release.version))


def baselines_of(
    release: Release, releases: Sequence[Release], totals: ChannelTotals, excluded: Collection[str], policy: BaselinePolicy
) -> list[Release]:
    """The last K releases before this one whose own level is known, newest first; confirmed regressions are no baseline."""
    oldest = release.hour - timedelta(days=policy.history_days)
    before = [other for other in reversed(releases) if oldest <= other.hour < release.hour and other.version not in excluded]
    return [other for other in before if _has_level(other, release, totals, policy)][: policy.releases]


def previous_release(release: Release, releases: Sequence[Release]) -> Release | None:
    """The release that most of the users come from, whatever became of it."""
    before = [other for other in releases if other.hour < release.hour]
    return before[-1] if before else None


def version_before(release: Release, totals: ChannelTotals, policy: BaselinePolicy) -> Release | None:
    """The version that most of the channel used in the week before the release, as if it had come out with that week; None if unknown."""
    first = totals.hour_of(release.hour) - HORIZON_HOURS
    is_complete = totals.is_complete[max(first + MATURE_START_HOUR, 0) : max(first + HORIZON_HOURS, 0)]
    if np.count_nonzero(is_complete) < policy.min_mature_hours:
        return None
    by_version = {version: totals.usage_of(version, first, HORIZON_HOURS) for version in totals.versions if version != release.version}
    most_used = max(by_version, key=by_version.__getitem__, default=None)
    if most_used is None or not by_version[most_used]:
        return None
    start = release.hour - timedelta(hours=HORIZON_HOURS)
    return Release(release.channel, most_used, start, start)


def known_life(baseline: Release, successor: Release) -> int:
    """Hours of a baseline's life that count: its first week, up to the release that it is compared with."""
    return min(HORIZON_HOURS, int((successor.hour - baseline.hour) / timedelta(hours=1)))


def _has_level(baseline: Release, release: Release, totals: ChannelTotals, policy: BaselinePolicy) -> bool:
    start = totals.hour_of(baseline.hour)
    life = known_life(baseline, release)
    if start < 0:
        return False
    is_complete = totals.is_complete[start : start + life]
    mature_hours = int(np.count_nonzero(is_complete[MATURE_START_HOUR:]))
    missing_hours = int(np.count_nonzero(~is_complete))
    return mature_hours >= policy.min_mature_hours and missing_hours <= policy.max_missing_share * life
