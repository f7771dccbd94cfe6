"""What scoring is given: the history of each channel, read from the lake at a cost that does not grow with the years."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, StartsWith

from jobs.decisions.experiment_rows import EXPERIMENT_COLUMNS, comparison_start
from jobs.declarations.policies import Policy
from jobs.declarations.tables import (
    BUILD_DAYS,
    CHANNEL_DAYS,
    ERROR_AGGREGATES,
    EXPERIMENT_ERROR_AGGREGATES,
    INGEST_AUDIT,
    RELEASE_OUTCOMES,
    RELEASE_RECORDS,
    RELEASE_REVIEWS,
    RELEASE_TOTALS,
    USAGE_DELAYS,
)
from jobs.declarations.windows import HOUR
from jobs.history.channel_days import PastDays, Tell, read_days
from jobs.history.kept_builds import KeptBuilds
from jobs.history.kept_outcomes import KeptOutcomes
from jobs.history.lake_reach import REACH_TABLES, read_reach
from jobs.history.lake_records import WEEK, LakeRecords, first_live, read_live
from jobs.products.chosen import PRODUCT
from jobs.reach.last_days import ReachByLook
from jobs.scoring.inputs.baseline_selection import channel_releases, previous_release
from jobs.scoring.inputs.day_totals import channels_of_days
from jobs.scoring.inputs.holdback_rows import HOLDBACK_COLUMNS
from jobs.scoring.inputs.prepared_cells import ChannelRecord, release_context
from jobs.scoring.inputs.release_calendar import Calendar, Release
from jobs.scoring.inputs.release_reviews import Review
from jobs.scoring.looks.channel_scoring import open_releases
from jobs.tables.lake.lake_catalog import stored_table
from jobs.tables.reading.complete_windows import PinnedHours, pin_hours
from jobs.tables.reading.plain_rows import read_rows

_PREDECESSORS = timedelta(days=90)
"""Before the oldest baseline: the release before it."""


@dataclass(frozen=True)
class LakeHistory:
    """Each channel's record up to `until`, the end of the latest complete hour; `audit_sequence` is that of the ingest_audit that it rests on."""

    channels: list[ChannelRecord]
    until: datetime
    audit_sequence: int
    experiments: pa.Table = field(repr=False)
    """Rows of experiment_error_aggregates that the looks at experiments need, holdbacks included."""
    days: PastDays
    records: LakeRecords = field(repr=False)
    outcomes: KeptOutcomes = field(repr=False)
    reach: ReachByLook = field(repr=False)
    """Of the looks with as_of after `after`."""
    builds: KeptBuilds = field(repr=False)

    def to_keep(self) -> dict[str, list[pa.Table]]:
        """By table, rows that had to be made and that later runs need not make again."""
        kept = {
            CHANNEL_DAYS.name: [self.days.to_keep],
            RELEASE_RECORDS.name: self.records.to_keep,
            RELEASE_OUTCOMES.name: [self.outcomes.to_keep()],
            BUILD_DAYS.name: self.builds.to_keep,
        }
        return {name: [rows for rows in parts if rows.num_rows] for name, parts in kept.items()}


def read_history(
    catalog: Catalog, calendar: Calendar, after: datetime, policy: Policy, tell: Tell, until: datetime | None = None
) -> LakeHistory | None:
    """What looks with as_of after `after` rest on, up to `until` (the latest complete hour, unless said); None where there is none."""
    audit = stored_table(catalog, INGEST_AUDIT)
    if audit is None:
        return None
    days = read_days(catalog, audit, after - history_span(policy), until, tell)
    complete = [] if days is None else [days.first + hour * HOUR for hour, run_id in enumerate(days.run_ids) if run_id]
    complete = [hour for hour in complete if until is None or hour < until]
    if days is None or not complete or complete[-1] + HOUR <= after:
        return None
    origin, end = complete[0], complete[-1] + HOUR
    recorded = slice(int((origin - days.first) / HOUR), int((end - days.first) / HOUR))
    totals = channels_of_days(days.series, origin, days.is_complete[recorded])
    releases = [tuple(channel_releases(of_channel, calendar)) for of_channel in totals]
    live = [(release, previous_release(release, group)) for group in releases for release in group if release.hour + WEEK > end]
    compared_from = comparison_start(after + HOUR)
    start = min(first_live(live, end), after - WEEK, compared_from)
    tables = (RELEASE_TOTALS, USAGE_DELAYS, EXPERIMENT_ERROR_AGGREGATES, ERROR_AGGREGATES, *REACH_TABLES)
    pinned = pin_hours(catalog, start, end, tables)
    records = LakeRecords(catalog, days, end, policy.delays, tell, read_live(pinned, live, end, days, tell))
    reviews, experiments = read_reviews(catalog), _holdbacks(pinned.within(after - WEEK, end), policy)
    channels = [ChannelRecord(of_channel, records, records.delays_of, calendar, reviews, experiments) for of_channel in totals]
    by_channel = {channel.totals.channel: channel for channel in channels}
    channels = [replace(channel, stage_before=by_channel.get(_stage_before(channel.totals.channel))) for channel in channels]
    records.fetch(_baselines(channels, after, end, policy))
    snapshot = audit.current_snapshot()
    outcomes = KeptOutcomes(catalog, records, policy)
    compared = pinned.within(compared_from, end).read(EXPERIMENT_ERROR_AGGREGATES, columns=EXPERIMENT_COLUMNS).rows
    open_now = [release for channel in channels for release, _ in open_releases(channel, after, end)]
    builds = KeptBuilds(catalog, pinned, days, end)
    reach = read_reach(pinned, open_now, after, end, tell)
    return LakeHistory(channels, end, (snapshot and snapshot.sequence_number) or 0, compared, days, records, outcomes, reach, builds)


def _baselines(channels: list[ChannelRecord], after: datetime, until: datetime, policy: Policy) -> Iterator[tuple[Release, Release | None]]:
    """What the open releases are compared with, each with the release before it, and the open releases themselves."""
    for channel in channels:
        for release, hours in open_releases(channel, after, until):
            context = release_context(channel, release, hours, policy)
            past = context.baseline_record.releases
            yield release, previous_release(release, channel.releases)
            yield from ((baseline, previous_release(baseline, past)) for baseline in context.baselines)


def _holdbacks(pinned: PinnedHours, policy: Policy) -> pa.Table:
    is_holdback = StartsWith("experiment", policy.holdback.experiment_prefix)
    return pinned.read(EXPERIMENT_ERROR_AGGREGATES, is_holdback, HOLDBACK_COLUMNS).rows


def read_reviews(catalog: Catalog) -> tuple[Review, ...]:
    """All rows of release_reviews; none where nobody has reviewed anything yet."""
    rows = read_rows(catalog, RELEASE_REVIEWS, AlwaysTrue(), ("channel", "release_version", "reviewed_at", "verdict"))
    return tuple(Review(row["channel"], row["release_version"], row["reviewed_at"], row["verdict"]) for row in rows)


def history_span(policy: Policy) -> timedelta:
    """How long before a look the days have to begin: the release's week, its baselines, the one before the oldest, and two weeks of delays."""
    return 3 * WEEK + timedelta(days=policy.baselines.history_days) + _PREDECESSORS


def _stage_before(channel: str) -> str:
    """The channel that a version passes through first; empty where there is none."""
    declared = PRODUCT.channel(channel)
    return (declared.stage_before if declared else None) or ""
