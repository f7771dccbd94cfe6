"""Scoring from what is kept of the past gives the rows that scoring from all rows gives, bit for bit, whatever happened to the past."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest
from pyiceberg.expressions import EqualTo

from jobs import score_release_health
from jobs.declarations.tables import (
    CHANNEL_DAYS,
    INGEST_AUDIT,
    RELEASE_HEALTH,
    RELEASE_RECORDS,
    RELEASE_REVIEWS,
    RELEASE_TOTALS,
    USAGE_DELAYS,
    Table,
)
from jobs.declarations.windows import HOUR
from jobs.history import channel_days, lake_records
from jobs.score_release_health import score_looks
from jobs.tables.commits.kept_rows import KEPT_TABLES, keep_rows, read_kept, within
from jobs.tables.lake.lake_catalog import ensure_table, identifier
from jobs.tables.lake.schemas import arrow_schema
from tests.scoring.small_channel import ORIGIN, SmallChannel, complete_audit, empty_lake, table_of

pytestmark = pytest.mark.long

WORLD = SmallChannel(betas=4, last_hours=30, usage_hours_per_hour=400.0, missing_hours=(300, 301))
COMING_BACK = "57.0b8"
NOTHING_MADE = {table.name: 0 for table in KEPT_TABLES}


@dataclass
class Lake:
    """A lake that is published to hour by hour, and scored after each change."""

    catalog: object
    calendar: dict
    hours: int = 0

    def publish(self, hours, change=None, run_id="run"):
        """Complete hours, in place of what they held; `change` is applied to their rows."""
        hours = [hour for hour in hours if hour not in WORLD.missing_hours or run_id != "run"]
        times = pa.array([ORIGIN + hour * HOUR for hour in hours], pa.timestamp("us", tz="UTC"))
        rows = ROWS.filter(pa.compute.is_in(ROWS["hour_start"], times)).to_pylist()
        rows = [{**row, "window_run_id": run_id} for row in (map(change, rows) if change else rows)]
        delays = [
            {
                "hour_start": at,
                "channel": "beta",
                "os_name": os_name,
                "delay_hours": lag,
                "usage_hours": 90.0 / lag,
                "window_run_id": run_id,
            }
            for at in times.to_pylist()
            for os_name in ("Windows_NT", "Darwin")
            for lag in (1, 2, 9)
        ]
        self._replace(RELEASE_TOTALS, hours, table_of(RELEASE_TOTALS, rows))
        self._replace(USAGE_DELAYS, hours, table_of(USAGE_DELAYS, delays))
        self._replace(INGEST_AUDIT, hours, complete_audit(times.to_pylist(), run_id))
        self.hours = max(self.hours, *(hour + 1 for hour in hours))

    def _replace(self, table: Table, hours, rows):
        stored = ensure_table(self.catalog, table)
        is_new = min(hours) >= self.hours
        stored.append(rows.cast(arrow_schema(table))) if is_new else stored.overwrite(
            rows.cast(arrow_schema(table)), lake_records.within(table, ORIGIN + min(hours) * HOUR, ORIGIN + (max(hours) + 1) * HOUR)
        )

    def score(self):
        """The rows of the last two looks, by their key; what had to be made is kept, as the audit of health keeps it."""
        scored = self._score()
        for table, rows in score_release_health.kept_in(scored.to_keep):
            keep_rows(self.catalog, table, rows)
        made = {name: sum(len(part) for part in parts) for name, parts in scored.to_keep.items()}
        return self._by_key(scored), made

    def score_from_all_rows(self, monkeypatch):
        """The same as if nothing had ever been kept."""
        with monkeypatch.context() as patch:
            for module in (channel_days, lake_records):
                patch.setattr(module, "read_kept", lambda _, table, __: arrow_schema(table).empty_table())
            return self._by_key(self._score())

    def _score(self):
        return score_looks(self.catalog, self.calendar, ORIGIN + (self.hours - 2) * HOUR)

    @staticmethod
    def _by_key(scored):
        rows = [row | {"audit_sequence": 0} for row in scored.rows.to_pylist()]
        return {tuple(row[name] for name in RELEASE_HEALTH.grain): row for row in rows}


def all_rows():
    """The channel's rows; its first beta goes away in its third week and comes back in the fifth."""
    rows = WORLD.rows().to_pylist()
    for row in rows:
        hour = (row["hour_start"] - ORIGIN) // HOUR
        if row["release_version"] == COMING_BACK:
            row["usage_hours"] *= 0.0 if 72 + 250 < hour < 72 + 440 else 1.0 + 10 * (hour > 72 + 440)
    return table_of(RELEASE_TOTALS, rows)


ROWS = all_rows()


def test_kept_rows_change_nothing(tmp_path, monkeypatch):
    lake = Lake(empty_lake(tmp_path), calendar={})
    lake.publish(range(WORLD.hours - 48))
    first, made = lake.score()
    assert made[CHANNEL_DAYS.name] > 15
    assert made[RELEASE_RECORDS.name] > 3
    again, made = lake.score()
    assert (again, made) == (first, NOTHING_MADE)
    assert again == lake.score_from_all_rows(monkeypatch)

    def check(expects_change):
        nonlocal first
        kept, made = lake.score()
        assert kept == lake.score_from_all_rows(monkeypatch)
        assert (kept != first) is expects_change
        first = kept
        return made

    for last in (WORLD.hours - 24, WORLD.hours):  # a day at a time; the last beta's week begins
        lake.publish(range(lake.hours, last))
        check(expects_change=True)
    # An hour of an old beta's week is restated, by a run that read more of it: that beta's record alone is made again.
    lake.publish(range(200, 201), lambda row: row | {"usage_hours": row["usage_hours"] * 3, "main_crashes_capped": 40}, "restated")
    made = check(expects_change=True)
    assert 0 < made[RELEASE_RECORDS.name] < 30
    lake.publish(range(300, 302), run_id="late")  # hours that had never been read
    check(expects_change=True)
    review = {
        "channel": "beta",
        "release_version": "57.0b9",
        "reviewed_at": ORIGIN + 500 * HOUR,
        "reviewed_by": "me",
        "verdict": "confirmed",
    }
    ensure_table(lake.catalog, RELEASE_REVIEWS).append(table_of(RELEASE_REVIEWS, [review]).cast(arrow_schema(RELEASE_REVIEWS)))
    made = check(expects_change=True)
    assert made == NOTHING_MADE


def test_lost_tables_are_made_again(tmp_path, capsys):
    lake = Lake(empty_lake(tmp_path), WORLD.calendar)
    lake.publish(range(WORLD.hours))
    first, made = lake.score()
    for table in (CHANNEL_DAYS, RELEASE_RECORDS):
        lake.catalog.drop_table(identifier(table))
    assert lake.score() == (first, made)
    assert "channel_days: 26 days are not kept yet, or changed; summing them up" in capsys.readouterr().out


def test_files_of_the_audit_that_were_merged_change_nothing(tmp_path, monkeypatch):
    """Maintenance writes the same rows into other files: they are compared, and nothing is summed up again."""
    lake = Lake(empty_lake(tmp_path), WORLD.calendar)
    lake.publish(range(WORLD.hours))
    first, _ = lake.score()
    audit = lake.catalog.load_table(identifier(INGEST_AUDIT))
    audit.overwrite(audit.scan().to_arrow().cast(arrow_schema(INGEST_AUDIT)))
    with monkeypatch.context() as patch:
        patch.setattr(channel_days, "_DAYS_AT_ONCE", None)  # would fail if any day were read
        again, made = lake.score()
    assert again == first
    assert made[CHANNEL_DAYS.name] > 15
    assert made[RELEASE_RECORDS.name] == 0


def test_two_runs_that_keep_the_same_end_with_it_once(tmp_path):
    lake = Lake(empty_lake(tmp_path), WORLD.calendar)
    lake.publish(range(WORLD.hours))
    scored = score_looks(lake.catalog, lake.calendar, ORIGIN + (lake.hours - 1) * HOUR)
    for _ in range(2):
        for table, rows in score_release_health.kept_in(scored.to_keep):
            keep_rows(lake.catalog, table, rows)
    for table in (CHANNEL_DAYS, RELEASE_RECORDS):
        stored = lake.catalog.load_table(identifier(table)).scan(EqualTo("series", "own" if table is RELEASE_RECORDS else "day")).to_arrow()
        keys = stored.select(list(table.grain))
        assert keys.group_by(list(table.grain)).aggregate([]).num_rows == stored.num_rows > 0


NO_SERIES = {column.name: "" if column.name == "audit_files" else [] for column in CHANNEL_DAYS.columns[5:]}


def test_a_year_of_kept_days_lies_in_few_files(tmp_path):
    lake = empty_lake(tmp_path)
    for start in range(3):
        day = NO_SERIES | {"series": "day", "channel": "", "name": ""}
        rows = [{"day_start": ORIGIN + 24 * HOUR * (i + start), **day} for i in range(0, 120, 3)]
        keep_rows(lake, CHANNEL_DAYS, table_of(CHANNEL_DAYS, rows).cast(arrow_schema(CHANNEL_DAYS)))
    stored = lake.load_table(identifier(CHANNEL_DAYS))
    assert len(list(stored.scan().plan_files())) == 4
    assert stored.scan().to_arrow().num_rows == 120
    assert np.diff(stored.scan().to_arrow()["day_start"].sort().cast(pa.int64()).to_numpy()).min() > 0


def test_days_that_other_code_kept_are_made_anew_and_do_not_stand_in_the_way(tmp_path):
    lake = empty_lake(tmp_path)
    younger = ("main_crashes_capped", "content_crashes_capped")
    before = replace(CHANNEL_DAYS, columns=tuple(column for column in CHANNEL_DAYS.columns if column.name not in younger))
    day = {"day_start": ORIGIN, "series": "day", "channel": "", "name": ""} | NO_SERIES
    ensure_table(lake, before).append(table_of(before, [day]).cast(arrow_schema(before)))
    keep_rows(lake, CHANNEL_DAYS, table_of(CHANNEL_DAYS, [day | {"day_start": ORIGIN + 24 * HOUR}]).cast(arrow_schema(CHANNEL_DAYS)))
    kept = read_kept(lake, CHANNEL_DAYS, within(CHANNEL_DAYS, ORIGIN, ORIGIN + 72 * HOUR))
    assert kept["day_start"].to_pylist() == [ORIGIN + 24 * HOUR]
