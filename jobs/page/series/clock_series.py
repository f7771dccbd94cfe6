"""The last 48 hours by the clock, in steps of five minutes: sums of error_aggregates by channel, platform and version. Pure.

An hour's sums are kept, so that an hourly run adds one hour and does not read the others again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.declarations.measures import MEASURES, measure_named
from jobs.declarations.windows import HOUR, hours_between
from jobs.page.documents.rounding import as_array, rounded, rounded_list
from jobs.page.documents.series_documents import ClockSeries, Grain, VersionCounts
from jobs.page.series.small_groups import LEAST_USAGE_HOURS
from jobs.verdicts.health_cells import ALL
from jobs.wording.cell_words import measure_words, platform_words
from jobs.wording.client_text import as_label
from jobs.wording.page_names import page_key

Array = NDArray[np.float64]
CLOCK_HOURS = 48
STEP = timedelta(minutes=5)
STEPS_AN_HOUR = HOUR // STEP
MOST_VERSIONS = 6
"""More lines than that cannot be told apart; those with the most usage hours are kept."""
USAGE = "usage_hours"
SUMMED: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
SUMMED_COLUMNS = ("window_start", "channel", "os_name", "release_version", *SUMMED)
_GROUP = ["window_start", "channel", "os_name", "release_version"]


class GroupSums(msgspec.Struct, frozen=True):
    """Sums of one channel, platform and version in each step of an hour, by measure; null where no ping carried it."""

    channel: str
    platform: str
    version: str
    sums: dict[str, list[float | None]]


class HourSums(msgspec.Struct, frozen=True):
    """What is kept of an hour."""

    hour_start: datetime
    groups: list[GroupSums]


def hour_sums(hour_start: datetime, rows: pa.Table) -> HourSums:
    """An hour's rows of error_aggregates, summed."""
    summed = rows.group_by(_GROUP).aggregate([(name, "sum") for name in SUMMED])
    found: dict[tuple[str, str, str], dict[str, list[float | None]]] = {}
    for row in summed.to_pylist():
        key = (row["channel"], row["os_name"], row["release_version"])
        sums = found.setdefault(key, {})
        step = (row["window_start"] - hour_start) // STEP
        for name in SUMMED:
            value = row[f"{name}_sum"]
            if value is not None:
                sums.setdefault(name, [None] * STEPS_AN_HOUR)[step] = rounded(float(value))
    return HourSums(hour_start, [GroupSums(*key, sums) for key, sums in sorted(found.items())])


def rows_of_hour(rows: pa.Table, hour_start: datetime) -> pa.Table:
    """The rows of one hour."""
    at = pc.field("window_start")
    return rows.filter((at >= pa.scalar(hour_start)) & (at < pa.scalar(hour_start + HOUR)))


def clock_series(start: datetime, end: datetime, hours: Mapping[datetime, HourSums], is_public: bool) -> list[ClockSeries]:
    """A document for each channel, platform (and all together) and measure that any ping carried in [start, end)."""
    steps = int((end - start) / STEP)
    lines = _lines(start, steps, hours)
    missing = [hour for hour in hours_between(start, end) if hour not in hours]
    usage = {place: by_measure.get(USAGE, {}) for place, by_measure in lines.items()}
    found = []
    for (channel, platform), by_measure in sorted(lines.items()):
        of_place = usage[channel, platform]
        in_order = sorted(of_place, key=lambda version, hours=of_place: -float(np.nansum(hours[version])))  # type: ignore[misc]
        told = {name: [version for version in in_order if version in by_version][:MOST_VERSIONS] for name, by_version in by_measure.items()}
        in_use = {version: of_place[version] for versions in told.values() for version in versions}
        usages = [_Usage.of(in_use, factor, is_public) for factor in (1, STEPS_AN_HOUR)]
        for name, by_version in sorted(by_measure.items()):
            found.append(
                ClockSeries(
                    channel=page_key(channel),
                    platform=page_key(platform),
                    platform_label=platform_words(platform),
                    measure=page_key(name),
                    measure_label=measure_words(name),
                    unit=measure_named(name).unit,
                    start=start,
                    end=end,
                    incomplete_hours=missing,
                    grains=[
                        Grain(
                            step_seconds=usage.factor * int(STEP.total_seconds()),
                            steps=steps // usage.factor,
                            versions=usage.counts({version: by_version[version] for version in told[name]}),
                        )
                        for usage in usages
                    ],
                )
            )
    return found


@dataclass(frozen=True)
class _Usage:
    """Usage hours of a place's versions, so many steps together: every measure of the place is told beside the same ones."""

    factor: int
    is_public: bool
    usage_hours: Mapping[str, Array]
    shown: Mapping[str, list[float | None]]

    @classmethod
    def of(cls, lines: Mapping[str, Array], factor: int, is_public: bool) -> Self:
        usage_hours = {version: _coarser(line, factor) for version, line in lines.items()}
        if is_public:
            usage_hours = {version: np.where(hours >= LEAST_USAGE_HOURS, hours, np.nan) for version, hours in usage_hours.items()}
        return cls(factor, is_public, usage_hours, {version: rounded_list(hours) for version, hours in usage_hours.items()})

    def counts(self, lines: Mapping[str, Array]) -> list[VersionCounts]:
        """Counts of one measure, of each version."""
        if not lines:
            return []
        events = _coarser(np.array([*lines.values()]), self.factor)
        hours = np.array([self.usage_hours[version] for version in lines])
        if self.is_public:
            events = np.where(np.isnan(hours), np.nan, events)
        rates = rounded_list(1_000 * events / np.where(hours > 0, hours, np.nan))
        return [
            VersionCounts(
                version=page_key(version),
                version_label=as_label(version),
                events=counted,
                usage_hours=self.shown[version],
                events_per_1k_hours=rate,
            )
            for version, counted, rate in zip(lines, rounded_list(events), rates, strict=True)
        ]


def _lines(start: datetime, steps: int, hours: Mapping[datetime, HourSums]) -> dict[tuple[str, str], dict[str, dict[str, Array]]]:
    """Sums in each step by channel and platform, measure and version; NaN where none is known."""
    lines: dict[tuple[str, str], dict[str, dict[str, Array]]] = {}
    for hour_start, kept in hours.items():
        first = int((hour_start - start) / STEP)
        for group in kept.groups:
            by_measure = lines.setdefault((group.channel, group.platform), {})
            for name, sums in zip(group.sums, as_array([*group.sums.values()]), strict=True):
                by_version = by_measure.setdefault(name, {})
                if group.version not in by_version:
                    by_version[group.version] = np.full(steps, np.nan)
                by_version[group.version][first : first + STEPS_AN_HOUR] = sums
    return lines | _everywhere(lines)


def _everywhere(lines: Mapping[tuple[str, str], dict[str, dict[str, Array]]]) -> dict[tuple[str, str], dict[str, dict[str, Array]]]:
    """All platforms of each channel together."""
    found: dict[tuple[str, str], dict[str, dict[str, Array]]] = {}
    for (channel, _), by_measure in lines.items():
        whole = found.setdefault((channel, ALL), {})
        for name, by_version in by_measure.items():
            for version, line in by_version.items():
                there = whole.setdefault(name, {}).get(version)
                whole[name][version] = line if there is None else np.where(np.isnan(there), line, there + np.nan_to_num(line))
    return found


def _coarser(values: Array, factor: int) -> Array:
    """Sums of `factor` neighbours along the last axis; NaN where none of them is known."""
    if factor == 1:
        return values
    parts = values.reshape(*values.shape[:-1], -1, factor)
    return np.where(np.isnan(parts).all(axis=-1), np.nan, np.nansum(parts, axis=-1))
