"""The records of a run's releases: kept ones of those whose week is over, made from the hours of the others."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, In

from jobs.declarations.policies import HORIZON_HOURS, DelayPolicy
from jobs.declarations.tables import CLIENT_REACH, RELEASE_RECORDS, RELEASE_TOTALS, USAGE_DELAYS
from jobs.declarations.windows import HOUR
from jobs.history.channel_days import PastDays, Tell
from jobs.history.lake_reach import REACH_TABLES, crashed_rows, past_crash_free
from jobs.reach.last_days import REACH_COLUMNS
from jobs.scoring.inputs.crashed_clients import crashed_clients
from jobs.scoring.inputs.measured_kernels import DELAY_COLUMNS, UsageDelays, measured_kernel, usage_delays
from jobs.scoring.inputs.record_rows import RecordKey, record_rows, records_of
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.inputs.release_record import TOTALS_COLUMNS, ReleaseRecord, release_record
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE
from jobs.tables.commits.kept_rows import read_kept, within
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.reading.complete_windows import PinnedHours, pin_hours

WEEK = timedelta(hours=HORIZON_HOURS)
_BEFORE = timedelta(hours=HOURS_BEFORE_RELEASE)
_FORMAT = 3  # of a record; raise it when what a record holds, or how it is made, changes
_TOLD_FROM = 5


@dataclass(frozen=True)
class LiveRows:
    """Rows of the releases whose week is not over at `until`, and of those before them; delays from two weeks before the first on; clients of the
    releases themselves."""

    totals: pa.Table
    delays: pa.Table
    delays_from: datetime
    reach: pa.Table


@dataclass
class LakeRecords:
    """Gives a release's record, and keeps in mind what had to be made. One for a run."""

    catalog: Catalog
    days: PastDays
    until: datetime
    policy: DelayPolicy
    tell: Tell
    live: LiveRows
    records: dict[RecordKey, ReleaseRecord] = field(default_factory=dict)
    to_keep: list[pa.Table] = field(default_factory=list)
    _delays: dict[tuple[str, datetime], UsageDelays] = field(default_factory=dict)
    _restless: set[RecordKey] = field(default_factory=set)

    def fetch(self, needed: Iterable[tuple[Release, Release | None]]) -> None:
        """Have the records of releases, each given with the one before it, at hand: kept ones in one read, the others one by one."""
        missing = {RecordKey.of(release): (release, previous) for release, previous in needed if self._is_over(release)}
        missing = {key: pair for key, pair in missing.items() if key not in self.records}
        kept = self._kept([release for release, _ in missing.values()])
        for key in list(missing):
            rests_on, record = kept.get(key, ("", None))
            if record is not None and rests_on == self.rests_on(*missing[key]):
                self.records[key] = record
                del missing[key]
        if len(missing) >= _TOLD_FROM:
            self.tell(f"release_records: {len(missing)} releases are not kept yet, or their hours changed; summing them up")
        for release, previous in missing.values():
            self._make(release, previous)

    def __call__(self, release: Release, previous: Release | None) -> ReleaseRecord:
        key = RecordKey.of(release)
        if key not in self.records:
            if self._is_over(release):
                self.fetch([(release, previous)])
            else:
                hours = max(int((self.until - release.hour) / HOUR), 0)
                record = release_record(self.live.totals, release, previous, hours)
                self.records[key] = replace(record, clients=crashed_clients(self.live.reach, release, hours))
        return self.records[key]

    def delays_of(self, release: Release) -> UsageDelays:
        """Delays of the release's channel from two weeks before it to the end of its week, or to the last complete hour."""
        start = release.hour - 2 * WEEK
        is_live = start >= self.live.delays_from
        key = (release.channel, self.live.delays_from if is_live else start)
        if key not in self._delays:
            end = self.until if is_live else release.hour + WEEK
            rows = self.live.delays if is_live else read_delays(pin_hours(self.catalog, start, end, (USAGE_DELAYS,)), [release.channel])
            self._delays[key] = usage_delays(rows, release.channel, key[1], int((end - key[1]) / HOUR))
        return self._delays[key]

    def rests_on(self, release: Release, previous: Release | None) -> str:
        """A digest of all that a release's record is made from."""
        parts = [str(_FORMAT), repr(self.policy), *RELEASE_RECORDS.column_names, release.channel, release.version, release.hour.isoformat()]
        runs = self.days.runs(release.hour - 2 * WEEK, release.hour + WEEK)
        text = "\n".join([*parts, previous.version if previous else "", *runs])
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def are_at_rest(self, releases: Iterable[Release]) -> bool:
        """None of the releases' records was made while its hours were being replaced."""
        return self._restless.isdisjoint(RecordKey.of(release) for release in releases)

    def _is_over(self, release: Release) -> bool:
        return release.hour + WEEK <= self.until

    def _kept(self, releases: Sequence[Release]) -> dict[RecordKey, tuple[str, ReleaseRecord]]:
        if not releases:
            return {}
        hours = [release.hour for release in releases]
        time = within(RELEASE_RECORDS, min(hours), max(hours) + HOUR)
        versions = In("release_version", {release.version for release in releases})
        return records_of(read_kept(self.catalog, RELEASE_RECORDS, And(time, versions)))

    def _make(self, release: Release, previous: Release | None) -> None:
        versions = [release.version, *([previous.version] if previous else [])]
        pinned = pin_hours(self.catalog, release.hour - _BEFORE, release.hour + WEEK, (RELEASE_TOTALS, *REACH_TABLES))
        rows, is_at_rest = read_totals(pinned, [release.channel], versions, self.days)
        record = release_record(rows, release, previous, HORIZON_HOURS)
        delays, end = self.delays_of(release), release.hour + WEEK
        rows_of_clients = crashed_rows(pinned.within(release.hour, end), [release.channel], [release.version], self.tell)
        clients = crashed_clients(rows_of_clients, release, HORIZON_HOURS)
        platforms: list[str | None] = [None, *delays.by_platform]
        kernels = {platform: measured_kernel(delays, platform, end, self.policy) for platform in platforms}
        of_people = past_crash_free(pinned, release, self.tell)
        record = replace(record, kernels=kernels, crash_free_users=of_people, clients=clients)
        self.records[RecordKey.of(release)] = record
        if is_at_rest:
            self.to_keep.append(record_rows(release, record, self.rests_on(release, previous), arrow_schema(RELEASE_RECORDS)))
        else:
            self._restless.add(RecordKey.of(release))


def first_live(releases: Collection[tuple[Release, Release | None]], until: datetime) -> datetime:
    """From where on the hours of releases whose week is not over are read: two weeks of delays before the first."""
    return min((release.hour for release, _ in releases), default=until + 2 * WEEK) - 2 * WEEK


def read_live(
    pinned: PinnedHours, releases: Collection[tuple[Release, Release | None]], until: datetime, days: PastDays, tell: Tell
) -> LiveRows:
    """What is to be read of releases whose week is not over, each given with the one before it. `pinned` has the hours from first_live on."""
    if not releases:
        totals, delays, reach = (arrow_schema(table).empty_table() for table in (RELEASE_TOTALS, USAGE_DELAYS, CLIENT_REACH))
        return LiveRows(totals.select(list(TOTALS_COLUMNS)), delays.select(list(DELAY_COLUMNS)), until, reach.select(list(REACH_COLUMNS)))
    start = first_live(releases, until)
    versions = {release.version for pair in releases for release in pair if release is not None}
    channels = {release.channel for release, _ in releases}
    totals, _ = read_totals(pinned.within(start + 2 * WEEK - _BEFORE, until), channels, versions, days)
    reach = crashed_rows(pinned.within(start + 2 * WEEK, until), channels, {release.version for release, _ in releases}, tell)
    return LiveRows(totals, read_delays(pinned.within(start, until), channels), start, reach)


def read_totals(pinned: PinnedHours, channels: Collection[str], versions: Collection[str], days: PastDays) -> tuple[pa.Table, bool]:
    """Rows of release_totals of some versions, and whether all hours that `days` has as complete could be read."""
    wanted = And(_is_in("channel", channels), _is_in("release_version", versions))
    read = pinned.read(RELEASE_TOTALS, wanted, TOTALS_COLUMNS)
    incomplete = set(read.incomplete_hours)
    runs = days.runs(pinned.hours[0], pinned.hours[-1] + HOUR)
    return read.rows, all(bool(run) != (hour in incomplete) for hour, run in zip(pinned.hours, runs, strict=True))


def read_delays(pinned: PinnedHours, channels: Collection[str]) -> pa.Table:
    return pinned.read(USAGE_DELAYS, _is_in("channel", channels), DELAY_COLUMNS).rows


def _is_in(column: str, values: Collection[str]) -> EqualTo | In:
    return EqualTo(column, next(iter(values))) if len(values) == 1 else In(column, set(values))
