"""Whatever happens to a publisher or an entry point, readers of all tables see the version before or the version after, and a retry completes.

`make test-kills` lets a thousand of them die (KILLS), with other random numbers each time (KILLS_SEED repeats one).
"""

import os
import random
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import INGEST_AUDIT, WINDOW_TABLES, Table
from jobs.declarations.windows import HOUR
from jobs.tables.audit.audit_reading import latest_audit_sequence
from jobs.tables.lake.kept_snapshots import committed_at
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.reading.complete_windows import PinnedHours, pin_hours
from tests.ping_factory import land, main_ping
from tests.tables.faulty_processes import Fault, Work, drawn_fault, run_with
from tests.tables.staged_runs import DAY, provisional, settled, stage_run

pytestmark = pytest.mark.races

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("KILLS_SEED", random.randrange(10**6) if KILLS > 30 else 1))
HOURS_A_DAY = 24
Figures = dict[datetime, int]


class PublishedDay:
    """A day that is published, part by part, over and over; `figures` has what each hour should show."""

    def __init__(self, catalog: Catalog, staging: str, numbers: random.Random) -> None:
        self.catalog, self.staging, self.numbers = catalog, staging, numbers
        self.day, self.figure, self.figures = DAY - timedelta(days=1), 0, Figures()
        self.next_day()

    def next_day(self) -> None:
        self.day += timedelta(days=1)
        self.figures = {}
        work, self.figures, _ = self.publication(first=0, hours=HOURS_A_DAY)
        work.do()

    def publication(self, first: int, hours: int, is_settled: bool = False) -> tuple[Work, Figures, bool]:
        """A new figure for some hours: the work, what is there after it, and whether the day is settled then."""
        self.figure += 1
        window = settled(self.day) if is_settled else provisional(self.day + first * HOUR, hours)
        manifest = stage_run(self.staging, window, self.figure, read_at=self.figure, audit_sequence=latest_audit_sequence(self.catalog))
        return Work(manifest), self.figures | dict.fromkeys(window.hours, self.figure), is_settled

    def restoration(self) -> tuple[Work, Figures, bool]:
        """One hour is replaced, and is to be put back."""
        before, (work, after, _) = self.figures, self.publication(self.numbers.randrange(HOURS_A_DAY), 1)
        as_of = committed_at(self.catalog.load_table(identifier(INGEST_AUDIT)).current_snapshot())
        work.do()
        self.figures = after
        (hour,) = [hour for hour, figure in after.items() if figure != before[hour]]
        times = ("--start", hour.isoformat(), "--end", (hour + HOUR).isoformat(), "--as-of", as_of.isoformat())
        return Work(entry_point="restore_window", arguments=times), before, False

    def drawn_work(self) -> tuple[Work, Figures, bool]:
        draw = self.numbers.random()
        if draw < 0.1:
            return self.restoration()
        if draw < 0.15:
            return Work(entry_point="maintain_tables", arguments=("--end", (self.day + 3 * HOUR).isoformat())), self.figures, False
        first = self.numbers.randrange(HOURS_A_DAY)
        return self.publication(first, self.numbers.randint(1, HOURS_A_DAY - first), is_settled=draw < 0.25)

    def seen(self) -> Figures:
        """What readers see of each hour, the same in all tables; an hour that they don't see is missing."""
        pinned = pin_hours(self.catalog, self.day, self.day + HOURS_A_DAY * HOUR)
        by_table = [self._seen_in(table, pinned) for table in WINDOW_TABLES]
        assert all(figures == by_table[0] for figures in by_table), "tables show different runs of an hour"
        return by_table[0]

    def _seen_in(self, table: Table, pinned: PinnedHours) -> Figures:
        number = next(column for column in table.columns if column.type in ("long", "double"))
        figures: Figures = {}
        for row in pinned.read(table, columns=(table.time_column, number.name)).rows.to_pylist():
            figure = round(row[number.name] * (3 if number.type == "double" else 1))
            assert figures.setdefault(row[table.time_column], figure) == figure, f"{table.name} mixes runs"
        return figures


@pytest.mark.timeout(3600 * 3)
def test_readers_see_the_version_before_or_after_and_a_retry_completes(
    lake: dict[str, str], catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = lake | {"STAGING": staging, "LANDING": str(Path(staging).with_name("landing"))}
    land(Path(environment["LANDING"]), [main_ping({}, DAY)], hour_start=DAY, name="a.ndjson")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    numbers = random.Random(SEED)
    day = PublishedDay(catalog, staging, numbers)
    died, overcome, usual_seconds = dict[str, int](), 0, 1.0
    while sum(died.values()) < KILLS:
        (work, after, is_settled), fault = day.drawn_work(), drawn_fault(numbers)
        exit_code = run_with(fault, work, environment, usual_seconds)
        told = f"seed {SEED}, kill {sum(died.values()) + 1}: {fault}, {work.entry_point or 'publish_window'}, exit code {exit_code}"
        assert day.seen() in ([day.figures, after] if exit_code else [after]), told
        if exit_code:
            died[fault.kind] = died.get(fault.kind, 0) + 1
        else:
            overcome += 1
        began = time.monotonic()
        work.do()
        usual_seconds = 0.8 * usual_seconds + 0.2 * (time.monotonic() - began)
        day.figures = after
        assert day.seen() == after, told
        if is_settled:
            day.next_day()
    print(f"seed {SEED}: {died} died, {overcome} came too late or were overcome")  # noqa: T201


def test_a_catalog_that_comes_back_is_waited_for(lake: dict[str, str], catalog: Catalog, staging: str) -> None:
    work = Work(stage_run(staging, provisional(DAY), figure=1))
    assert run_with(Fault("no_catalog", at=9, calls=3), work, lake | {"STAGING": staging}, 1.0) == 0
