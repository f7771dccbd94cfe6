"""A small lake for the page: two betas of which the newer is bad on Windows, two hours by the clock, an hour that failed its gate. Of the older beta
no people are known, as in rows of before they were counted."""

from dataclasses import replace
from datetime import timedelta

from pyiceberg.catalog import Catalog

from jobs.declarations.states import State
from jobs.declarations.tables import (
    BUILD_HEALTH,
    DATA_QUALITY,
    ERROR_AGGREGATES,
    EXPERIMENT_HEALTH,
    INGEST_AUDIT,
    LATER_HEALTH,
    RELEASE_HEALTH,
    RELEASE_REVIEWS,
)
from jobs.declarations.windows import HOUR
from jobs.verdicts.health_cells import Cell
from tests.digest.facts_factory import NOON, PEOPLE, a_cell, a_regressed_cell, a_verdict
from tests.digest.stored_rows import a_quality_row, an_audit_row, health_row, store

LOOKS = 4
NEW, OLD = "57.0b8", "57.0b7"
REGRESSED = a_regressed_cell(scope="platform")
ADVICE = {"advice": "stop", "advice_reason": "regressed", "going_loss": 9.6, "waiting_loss": 0.45}
COSTS = {
    "ratio": 1.52,
    "observed_crashes": 662.0,
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


def experiment_row(experiment: str, branch: str, state: str, **more) -> dict:
    """A branch against the other branches of its experiment."""
    figures = {"branch_crashes": 90.0, "rest_crashes": 100.0, "branch_usage_hours": 1_000.0, "rest_usage_hours": 2_000.0, "ratio": 1.8}
    bounds = {"ratio_low": 1.5, "ratio_high": 2.2, "evidence": 5_000.0, "alarm_at": 1_200.0, "share_evidence": 0.4, "audit_sequence": 1}
    place = {"as_of": NOON, "channel": "beta", "platform": "all", "measure": "main_crashes_capped", "started_at": NOON - timedelta(days=5)}
    return {"experiment": experiment, "branch": branch, "state": state, "guilty_since": None} | place | figures | bounds | more


def build_row(build_id: str, p_first_bad: float, **more) -> dict:
    """A build of the newer release."""
    figures = {"observed_crashes": 40.0, "usage_hours": 400.0, "delayed_crashes": 30.0, "expected_crashes": 12.0, "p_change": 0.97}
    place = {"as_of": NOON, "channel": "beta", "release_version": NEW, "platform": "Windows_NT", "measure": "main_crashes_capped"}
    own = {"build_id": build_id, "p_first_bad": p_first_bad, "is_suspect": p_first_bad > 0.5, "audit_sequence": 1}
    return place | figures | own | more


def later_row(version: str, state: str, **more) -> dict:
    """The last 24 hours of a release that is older than a week."""
    figures = {
        "observed_crashes": 300.0,
        "usage_hours": 5_000.0,
        "delayed_crashes": 280.0,
        "expected_crashes": 170.0,
        "day_to_day_scale": 0.1,
    }
    bounds = {"acceptable_ratio": 1.4, "ratio": 1.62, "ratio_low": 1.5, "ratio_high": 1.7, "p_unacceptable": 0.99, "audit_sequence": 1}
    place = {
        "as_of": NOON,
        "channel": "beta",
        "platform": "all",
        "measure": "main_crashes_capped",
        "age_hours": 400.0,
        "adoption": 0.2,
    }
    return {"release_version": version, "state": state, "worse_since": None} | place | figures | bounds | more


EXPERIMENTS = (
    experiment_row("pref-x", "treatment", "guilty", guilty_since=NOON - 5 * HOUR),
    experiment_row("pref-y", "treatment", "not_judged", share_evidence=5_000.0),
    experiment_row("pref-x", "control", "quiet", ratio=0.6, ratio_low=0.5, ratio_high=0.7, evidence=0.1),
)
BUILDS = (build_row("20171115000000", 0.02, delayed_crashes=11.0), build_row("20171116000000", 0.95))
LATER = (
    later_row("57.0b6", "worse", platform="Windows_NT", adoption=0.25, worse_since=NOON - 7 * HOUR),
    later_row("57.0b6", "quiet", ratio=1.1, ratio_low=1.0, ratio_high=1.2),
    later_row("57.0b5", "quiet", adoption=0.1, ratio=1.0, ratio_low=0.9, ratio_high=1.1),
)


def fill(catalog: Catalog, *more: Cell) -> None:
    """Everything that a page is made of; the hour from 10 to 11 is not there."""
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(), *old_release(), *more)])
    store(catalog, ERROR_AGGREGATES, list(CLOCK_ROWS))
    hours = [NOON - back * HOUR for back in (1, 3, 4)]
    store(catalog, INGEST_AUDIT, [an_audit_row(hour, late_objects=int(hour == hours[2])) for hour in hours])
    failed = a_quality_row(checked_at=NOON, window_start=NOON - 2 * HOUR, window_end=NOON - HOUR)
    store(catalog, DATA_QUALITY, [failed])
    for table, rows in ((EXPERIMENT_HEALTH, EXPERIMENTS), (BUILD_HEALTH, BUILDS), (LATER_HEALTH, LATER)):
        store(catalog, table, list(rows))
    review = {
        "channel": "beta",
        "release_version": NEW,
        "reviewed_at": NOON - HOUR,
        "reviewed_by": "Ada",
        "verdict": "confirmed",
        "note": "drivers",
    }
    store(catalog, RELEASE_REVIEWS, [review])
