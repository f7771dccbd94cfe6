"""The last 48 hours by the clock, in steps of five minutes: sums of error_aggregates by channel, platform and version. Pure.

An hour's sums are kept, so that an hourly run adds one hour and does not read the others again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cell_words import measure_words, platform_words
from jobs.client_text import as_label
from jobs.health_cells import ALL
from jobs.measures import MEASURES, measure_named
from jobs.page.page_names import page_key
from jobs.page.series_documents import ClockSeries, Grain, VersionCounts
from jobs.page.small_groups import is_small
from jobs.page.told_cells import crashes_per_1k_hours, rounded
from jobs.windows import HOUR, hours_between

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
    lines: dict[tuple[str, str, str], dict[str, list[float | None]]] = {}
    for hour_start, kept in hours.items():
        offset = int((hour_start - start) / STEP)
        for group in kept.groups:
            for platform in (group.platform, ALL):
                for name, sums in group.sums.items():
                    line = lines.setdefault((group.channel, platform, name), {}).setdefault(group.version, [None] * steps)
                    for step, value in enumerate(sums, offset):
                        if value is not None:
                            line[step] = (line[step] or 0.0) + value
    missing = [hour for hour in hours_between(start, end) if hour not in hours]
    found = []
    for (channel, platform, name), by_version in sorted(lines.items()):
        usage = lines.get((channel, platform, USAGE), {})
        versions = sorted(by_version, key=lambda version: -sum(value or 0.0 for value in usage.get(version, ())))[:MOST_VERSIONS]
        grains = [_grain(factor, steps, versions, by_version, usage, is_public) for factor in (1, STEPS_AN_HOUR)]
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
                grains=grains,
            )
        )
    return found


def _grain(
    factor: int,
    steps: int,
    versions: Sequence[str],
    events: Mapping[str, list[float | None]],
    usage: Mapping[str, list[float | None]],
    is_public: bool,
) -> Grain:
    """Each version's counts, so many steps together."""
    counts = []
    for version in versions:
        hours = _coarser(usage.get(version, [None] * steps), factor)
        counted = _coarser(events[version], factor)
        if is_public:
            small = [is_small(value) for value in hours]
            hours = [None if hidden else value for hidden, value in zip(small, hours, strict=True)]
            counted = [None if hidden else value for hidden, value in zip(small, counted, strict=True)]
        rates = [rounded(crashes_per_1k_hours(value, of)) for value, of in zip(counted, hours, strict=True)]
        counts.append(
            VersionCounts(
                version=page_key(version), version_label=as_label(version), events=counted, usage_hours=hours, events_per_1k_hours=rates
            )
        )
    return Grain(step_seconds=factor * int(STEP.total_seconds()), steps=steps // factor, versions=counts)


def _coarser(values: Sequence[float | None], factor: int) -> list[float | None]:
    """Sums of `factor` neighbours; null where none of them is known."""
    return [_sum(values[first : first + factor]) for first in range(0, len(values), factor)]


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return rounded(sum(known)) if known else None
