"""A small beta channel as rows of release_totals: a beta a week on two platforms, drawn from a seed; the last one may be bad."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_TOTALS, USAGE_DELAYS, Table
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema, staged_schema
from tests.scoring.records_in_memory import channel_records

ORIGIN = datetime(2026, 10, 1, tzinfo=UTC)
WEEK_HOURS = 168
STRATA = (
    ("Windows_NT", "10", "x86-64", "north_america", 0.45),
    ("Windows_NT", "6", "x86", "other", 0.30),
    ("Darwin", "16", "x86-64", "north_america", 0.25),
)


@dataclass(frozen=True)
class SmallChannel:
    """`ratio` multiplies the last beta's browser crashes on `bad_platform` (`bad_os_versions` of it) from the age `bad_from_hour` on.

    Betas come every week from the third day on.
    """

    betas: int = 6
    last_hours: int = 72
    ratio: float = 1.0
    usage_hours_per_hour: float = 2000.0
    crashes_per_hour: float = 0.02
    content_crashes_per_hour: float = 0.02
    seed: int = 7
    missing_hours: tuple[int, ...] = ()
    first_beta: int = 8
    bad_platform: str = "Windows_NT"
    bad_os_versions: tuple[str, ...] = ("10", "6", "16")
    bad_from_hour: int = 0

    @property
    def versions(self) -> list[str]:
        return [f"57.0b{self.first_beta + i}" for i in range(self.betas)]

    @property
    def releases(self) -> list[datetime]:
        return [ORIGIN + timedelta(hours=72 + WEEK_HOURS * i) for i in range(self.betas)]

    @property
    def calendar(self) -> dict:
        return {("beta", version): at for version, at in zip(self.versions, self.releases, strict=True)}

    @property
    def hours(self) -> int:
        return 72 + WEEK_HOURS * (self.betas - 1) + self.last_hours

    @property
    def end(self) -> datetime:
        return ORIGIN + timedelta(hours=self.hours)

    def rows(self) -> pa.Table:
        return totals_rows(self._rows())

    def _rows(self):
        rng = np.random.default_rng(self.seed)
        users_on = self.shares()
        for i, version in enumerate([f"57.0b{self.first_beta - 1}", *self.versions]):
            for hour in np.flatnonzero(users_on[i] > 1e-4):
                for os_name, os_version_major, architecture, country_group, share in STRATA:
                    usage_hours = self.usage_hours_per_hour * share * users_on[i, hour]
                    is_bad = i == self.betas and os_name == self.bad_platform and os_version_major in self.bad_os_versions
                    is_bad &= ORIGIN + timedelta(hours=int(hour)) >= self.releases[-1] + timedelta(hours=self.bad_from_hour)
                    crashes = int(rng.poisson(usage_hours * self.crashes_per_hour * (self.ratio if is_bad else 1.0)))
                    yield {
                        "hour_start": ORIGIN + timedelta(hours=int(hour)),
                        "channel": "beta",
                        "release_version": version,
                        "os_name": os_name,
                        "os_version_major": os_version_major,
                        "architecture": architecture,
                        "country_group": country_group,
                        "usage_hours": usage_hours,
                        "crash_pings": crashes,
                        "main_crashes_capped": crashes,
                        "content_crashes_capped": int(rng.poisson(usage_hours * self.content_crashes_per_hour)),
                    }

    def shares(self):
        """Share of the users on each version (rows) at each hour; row 0 is what everybody used before."""
        hours = np.arange(self.hours)
        taken = [np.ones(self.hours)]
        for released in self.releases:
            age = hours - (released - ORIGIN) / timedelta(hours=1)
            taken.append(np.where(age >= 0, 0.95 * (1 - np.exp(-(age + 1) / 30)), 0.0))
        left = np.ones(self.hours)
        shares = np.zeros((self.betas + 1, self.hours))
        for i in range(self.betas, -1, -1):
            shares[i] = taken[i] * left
            left = left * (1 - taken[i])
        return shares

    def record(self, rows: pa.Table | None = None, end: datetime | None = None, **given) -> ChannelRecord:
        """What scoring is given, as of `end`."""
        end = end or self.end
        rows = self.rows() if rows is None else rows
        rows = rows.filter(pa.compute.field("hour_start") < pa.scalar(end, rows.schema.field("hour_start").type))
        missing = [ORIGIN + timedelta(hours=hour) for hour in self.missing_hours]
        rows = rows.filter(~pa.compute.field("hour_start").isin(pa.array(missing, rows.schema.field("hour_start").type)))
        return channel_records(rows, missing, ORIGIN, end, **{"calendar": self.calendar, **given})["beta"]


def empty_lake(folder) -> SqlCatalog:
    return SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")


def lake_of(channel: SmallChannel, folder) -> SqlCatalog:
    """The channel's totals in a catalog of its own, every hour complete."""
    catalog = empty_lake(folder)
    hours = [ORIGIN + timedelta(hours=i) for i in range(channel.hours)]
    ensure_table(catalog, RELEASE_TOTALS).append(channel.rows().cast(arrow_schema(RELEASE_TOTALS)))
    ensure_table(catalog, USAGE_DELAYS)
    ensure_table(catalog, INGEST_AUDIT).append(complete_audit(hours).cast(arrow_schema(INGEST_AUDIT)))
    return catalog


def totals_rows(rows) -> pa.Table:
    """Rows of release_totals; columns that are not given are NULL."""
    return table_of(RELEASE_TOTALS, [{"window_run_id": "run", **row} for row in rows])


def complete_audit(hours, run_id="run") -> pa.Table:
    """Complete audit rows of those hours."""
    row = {
        "mode": "settled",
        "status": "complete",
        "is_closed": True,
        "objects": [],
        "ignored_keys": [],
        "rejects_by_reason": {},
        "accepted_by_ping": {},
        "rows_by_table": {},
        "code_version": "test",
        "window_run_id": run_id,
        "processed_at": ORIGIN,
    }
    counts = dict.fromkeys(("late_objects", "ignored_objects", "lines", "accepted", "duplicates", "rejected"), 0)
    return table_of(INGEST_AUDIT, [{"hour_start": hour, **row, **counts} for hour in hours])


def table_of(table: Table, rows) -> pa.Table:
    empty = dict.fromkeys(table.column_names)
    return pa.Table.from_pylist([{**empty, **row} for row in rows], schema=staged_schema(table))
