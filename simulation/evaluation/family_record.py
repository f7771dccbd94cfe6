"""A simulated family as the channel's record that the pipeline scores: releases two weeks apart, each taking over from the one before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS, POLICY
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.channel_totals import ChannelTotals
from jobs.scoring.inputs.measured_kernels import UsageDelays, measured_kernel
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.scoring.inputs.release_calendar import Release, release_by_calendar
from jobs.scoring.inputs.release_record import HourlyCounts, ReleaseRecord
from simulation.release_world.adoption import use_at
from simulation.release_world.family import (
    GROUPS,
    MEASURES,
    MEASURES_WITH_CLIENTS,
    PLATFORMS,
    FamilyRelease,
    SimulatedFamily,
    family_strata,
    platform_rows,
)
from simulation.release_world.world import Array, delay_parts

CHANNEL = "release"
_ORIGIN = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
_WEEKS_APART_HOURS = 336
_FIRST_RELEASE_HOUR = 336
"""Two weeks of delays are known before the first release."""
_PLATFORMS_AND_ALL = (*PLATFORMS, None)


@dataclass(frozen=True)
class FamilyPast:
    """What all releases under test share: the channel's totals and delays without the last release, and the records of the past ones."""

    family: SimulatedFamily
    hours: int
    usage_by_platform: Array
    crash_pings: Array
    used: Array
    """Usage hours by hour of use, (groups, hours)."""
    records: dict[str, ReleaseRecord]
    calendar: dict[tuple[str, str], datetime]


def family_past(family: SimulatedFamily) -> FamilyPast:
    """The record of everything before the releases under test."""
    in_order = list(reversed(family.baselines))
    hours = _FIRST_RELEASE_HOUR + _WEEKS_APART_HOURS * (len(in_order) + 1)
    usual = _usual_use(family, hours)
    strata, rates = family_strata(family.world)
    base = _usual_kernels(family)
    received = np.array([np.convolve(row, kernel)[:hours] for row, kernel in zip(usual, base, strict=True)])
    usage_by_platform, crash_pings = platform_rows() @ received, _per_use(rates, strata.share) @ usual
    past = FamilyPast(family, hours, usage_by_platform, crash_pings, usual, {}, {})
    for week, release in enumerate(in_order):
        _lay(past, release, week)
    for week, release in enumerate(in_order):
        past.records[_version(week)] = _record(release, _kernels_kept(past, in_order, week))
    return past


def family_record(past: FamilyPast, test: FamilyRelease) -> tuple[ChannelRecord, Release]:
    """What the pipeline knows of the channel at the end of the week of one release under test, and that release."""
    week = len(past.family.baselines)
    known = FamilyPast(
        past.family,
        past.hours,
        past.usage_by_platform.copy(),
        past.crash_pings.copy(),
        past.used,
        past.records | {_version(week): _record(test, None)},
        dict(past.calendar),
    )
    at = _lay(known, test, week)
    released = _ORIGIN + at * HOUR
    totals = ChannelTotals(
        channel=CHANNEL,
        origin=_ORIGIN,
        is_complete=np.ones(past.hours, dtype=bool),
        usage_by_version={},
        usage_by_platform=dict(zip(PLATFORMS, known.usage_by_platform, strict=True)),
        crash_pings=known.crash_pings,
    )
    delays = _delays(past, at - 24 * POLICY.delays.triangle_days, at + HORIZON_HOURS, at, test.kernels)
    record = ChannelRecord(totals, lambda release, _: known.records[release.version], lambda _: delays, known.calendar)
    return record, release_by_calendar(CHANNEL, _version(week), released)


def _version(week: int) -> str:
    return f"{50 + week}.0"


def _release_hour(release: FamilyRelease, week: int) -> int:
    return _FIRST_RELEASE_HOUR + _WEEKS_APART_HOURS * week + int(release.released_hour)


def _lay(past: FamilyPast, release: FamilyRelease, week: int) -> int:
    """The release's week in the channel's totals; returns its hour."""
    at = _release_hour(release, week)
    own = slice(at, at + HORIZON_HOURS)
    past.usage_by_platform[:, own] = release.channel_hours
    old = release.old_crashes[..., -HORIZON_HOURS:].sum(axis=(0, 1))
    past.crash_pings[own] = release.crashes.sum(axis=(0, 1)) + old
    past.calendar[CHANNEL, _version(week)] = _ORIGIN + timedelta(hours=at)
    return at


def _usual_use(family: SimulatedFamily, hours: int) -> Array:
    """Usage hours of all versions by hour of use, (groups, hours)."""
    strata = family.strata
    hourly = family.world.users * strata.share * strata.usage_hours_per_day / 24
    return np.asarray(hourly[:, None] * use_at(np.arange(hours, dtype=float), family.world, strata))


def _per_use(rates: Array, share: Array) -> Array:
    """Crash pings of all measures an hour of use, (groups,)."""
    return np.asarray(rates.sum(axis=0) * np.ones_like(share))


def _usual_kernels(family: SimulatedFamily) -> Array:
    """(groups, delays), between releases."""
    shares = np.exp(np.log(family.world.delay_shares) + family.strata.delay_tilt)
    return np.asarray((shares / shares.sum(axis=1, keepdims=True)) @ delay_parts()[:, :HORIZON_HOURS])


def _kernels_kept(past: FamilyPast, in_order: list[FamilyRelease], week: int) -> dict[str | None, Array | None]:
    """What the pipeline keeps of a release's delays when its week is over."""
    at = _release_hour(in_order[week], week)
    delays = _delays(past, at - HORIZON_HOURS, at + HORIZON_HOURS, at, in_order[week].kernels)
    end = _ORIGIN + (at + HORIZON_HOURS) * HOUR
    return {platform: measured_kernel(delays, platform, end, POLICY.delays) for platform in _PLATFORMS_AND_ALL}


def _delays(past: FamilyPast, first: int, end: int, release_hour: int, kernels: Array) -> UsageDelays:
    """Usage hours by hour of receipt and delay; hours of use in a release's week are late as its kernels say."""
    used_at = np.arange(first, end)[:, None] - np.arange(HORIZON_HOURS)
    is_own = (used_at >= release_hour) & (used_at < release_hour + HORIZON_HOURS)
    at, is_known = np.maximum(used_at, 0), used_at >= 0
    usual = _usual_kernels(past.family)
    by_platform = {}
    for platform, rows in zip(PLATFORMS, platform_rows() > 0, strict=True):
        # Users of a platform are active at about the same hours: one kernel for all, as the mean of its groups'.
        used = past.used[rows].sum(axis=0)
        weight = past.used[rows].sum(axis=1) / used.sum()
        late = np.where(is_own, weight @ kernels[rows], weight @ usual[rows])
        by_platform[platform] = np.where(is_known, used[at] * late, 0.0)
    return UsageDelays(_ORIGIN + first * HOUR, by_platform)


def _record(release: FamilyRelease, kernels: dict[str | None, Array | None] | None) -> ReleaseRecord:
    fine = [(group.os_name, group.os_version_major, "x86-64", group.country_group) for group in GROUPS]
    order = sorted(range(len(fine)), key=fine.__getitem__)
    own = {"usage_hours": release.usage_hours[order], "updates": release.updates[order]}
    own |= {measure.name: release.crashes[i][order] for i, measure in enumerate(MEASURES)}
    before = {"usage_hours": release.old_usage_hours[order]}
    before |= {measure.name: release.old_crashes[i][order] for i, measure in enumerate(MEASURES)}
    platforms = tuple((platform, "", "", "") for platform in PLATFORMS)
    clients = {measure.name: release.crashed_clients[i] for i, measure in enumerate(MEASURES_WITH_CLIENTS)}
    strata = tuple(fine[i] for i in order)
    return ReleaseRecord(HourlyCounts(strata, own), HourlyCounts(strata, before), kernels, clients=HourlyCounts(platforms, clients))
