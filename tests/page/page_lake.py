"""A small lake for the page: two betas of which the newer is bad on Windows, two hours by the clock, an hour that failed its gate. Of the older beta
no people are known, as in rows of before they were counted."""

from dataclasses import replace
from datetime import timedelta

from pyiceberg.catalog import Catalog

from jobs.declarations.states import State
from jobs.declarations.tables import DATA_QUALITY, ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_HEALTH, RELEASE_REVIEWS
from jobs.declarations.windows import HOUR
from jobs.verdicts.health_cells import Cell
from tests.digest.facts_factory import NOON, PEOPLE, a_cell, a_regressed_cell, a_verdict
from tests.digest.stored_rows import a_quality_row, an_audit_row, health_row, store

LOOKS = 4
NEW, OLD = "57.0b8", "57.0b7"
REGRESSED = a_regressed_cell(scope="platform")
ADVICE = {"advice": "stop", "advice_reason": "regressed", "going_loss": 9.6, "waiting_loss": 0.45}
COSTS = {
    "excess_crashes": 210.0,
    "excess_crashes_low": 150.0,
    "excess_crashes_high": 280.0,
    "usual_crashes_per_day": 400.0,
    "expected_excess": 0.5,
}


def looks_at(*cells: Cell, looks: int = LOOKS) -> list[Cell]:
    """The cells at that many hourly looks, the last as given; earlier ones with fewer crashes and hours."""
    earlier = []
    for back in range(looks):
        for cell in cells:
            share = (looks - back) / looks
            figures = {
                name: None if getattr(cell, name) is None else share * getattr(cell, name) for name in ("observed_crashes", "usage_hours")
            }
            earlier.append(replace(cell, as_of=cell.as_of - back * HOUR, age_hours=cell.age_hours - back, **figures))
    return earlier


def new_release(version: str = NEW) -> list[Cell]:
    cells = (a_regressed_cell(**PEOPLE), a_cell(State.WATCH, **PEOPLE), a_cell(platform="Darwin", usage_hours=30.0, observed_crashes=1.0))
    return looks_at(
        *(replace(cell, release_version=version) for cell in (a_verdict(State.REGRESSED, score=1.5, **PEOPLE, **ADVICE, **COSTS), *cells))
    )


def old_release() -> list[Cell]:
    """Its week ended two days ago."""
    given = {
        "release_version": OLD,
        "as_of": NOON - timedelta(days=2),
        "age_hours": 168.0,
        "since": NOON - timedelta(days=7),
        "adoption": 0.6,
    }
    return looks_at(a_verdict(**given), a_cell(**given), a_cell(platform="Windows_NT", **given))


def aggregates_row(minute: int, version: str = NEW, os_name: str = "Windows_NT", **more) -> dict:
    """A row of error_aggregates, so many minutes before noon."""
    dimensions = {"channel": "beta", "application": "Firefox", "release_version": version, "version": "57.0", "build_id": "20171120000000"}
    figures = {"usage_hours": 120.0, "main_crashes_capped": 3, "window_run_id": "run"}
    return {"window_start": NOON - timedelta(minutes=minute), "os_name": os_name, "country": "DE"} | dimensions | figures | more


CLOCK_ROWS = (
    aggregates_row(55, main_crashes_capped=2),
    aggregates_row(55, country="FR", main_crashes_capped=5),
    aggregates_row(50, main_crashes_capped=None),
    aggregates_row(50, os_name="Darwin", usage_hours=20.0, main_crashes_capped=1),
    aggregates_row(175, version=OLD, main_crashes_capped=4),
)


def fill(catalog: Catalog, *more: Cell) -> None:
    """Everything that a page is made of; the hour from 10 to 11 is not there."""
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(), *old_release(), *more)])
    store(catalog, ERROR_AGGREGATES, list(CLOCK_ROWS))
    hours = [NOON - back * HOUR for back in (1, 3, 4)]
    store(catalog, INGEST_AUDIT, [an_audit_row(hour, late_objects=int(hour == hours[2])) for hour in hours])
    failed = a_quality_row(checked_at=NOON, window_start=NOON - 2 * HOUR, window_end=NOON - HOUR)
    store(catalog, DATA_QUALITY, [failed])
    review = {
        "channel": "beta",
        "release_version": NEW,
        "reviewed_at": NOON - HOUR,
        "reviewed_by": "Ada",
        "verdict": "confirmed",
        "note": "drivers",
    }
    store(catalog, RELEASE_REVIEWS, [review])
