"""Facts for digests: small, readable, and complete where a test does not care."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from jobs.declarations.states import State
from jobs.declarations.windows import Mode
from jobs.digest.facts.digest_facts import (
    BuildLook,
    DigestFacts,
    ExperimentLook,
    FailedExpectation,
    HourCondition,
    HourFacts,
    LaterLook,
    ReleaseLook,
    Restatement,
    Review,
)
from jobs.verdicts.health_cells import Cell

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BASELINES = ("57.0b7", "57.0b6", "57.0b5", "57.0b4")
PEOPLE = {
    "active_clients": 41_200,
    "crashed_clients": 1_040,
    "channel_active_clients": 171_000,
    "adoption_by_people": 0.241,
    "crash_free_users": 1 - 1_040 / 41_200,
    "usual_crash_free_users": 0.989,
    "usual_crash_free_users_low": 0.9861,
    "usual_crash_free_users_high": 0.9912,
}
"""Of a young release on all platforms together."""


def a_cell(state: State = State.HEALTHY, **more) -> Cell:
    """Browser crashes on all platforms of 57.0b8, nine hours old, as many as expected."""
    values = {
        "as_of": NOON,
        "channel": "beta",
        "release_version": "57.0b8",
        "state": state,
        "since": NOON - timedelta(hours=3),
        "measure": "main_crashes_capped",
        "age_hours": 9.0,
        "observed_crashes": 431.0,
        "usage_hours": 148_230.0,
        "delayed_crashes": 405.0,
        "expected_crashes": 412.0,
        "acceptable_ratio": 1.25,
        "ratio": 0.98,
        "ratio_low": 0.86,
        "ratio_high": 1.12,
        "p_unacceptable": 0.01,
        "evidence": 0.4,
        "score": 98.6,
        "adoption": 0.23,
        "baseline_versions": BASELINES,
    }
    return Cell(**(values | more))


def a_regressed_cell(**more) -> Cell:
    """Browser crashes on Windows at one and a half times what was expected."""
    figures = {
        "platform": "Windows_NT",
        "observed_crashes": 662.0,
        "delayed_crashes": 640.0,
        "ratio": 1.52,
        "ratio_low": 1.27,
        "ratio_high": 1.81,
    }
    return a_cell(**({"state": State.REGRESSED, "p_unacceptable": 0.985, "evidence": 24.8, "score": 1.5, **figures} | more))


def a_verdict(state: State = State.HEALTHY, **more) -> Cell:
    """The row of a whole release."""
    values = {"scope": "release", "measure": "all", "ratio": None, "ratio_low": None, "ratio_high": None, "delayed_crashes": None}
    return a_cell(state, **(values | {"expected_crashes": None, "acceptable_ratio": None} | more))


def a_release(state: State = State.HEALTHY, cells: tuple[Cell, ...] | None = None, **more) -> ReleaseLook:
    """A release in a state, with one cell for all platforms unless said."""
    review, cells_before = more.pop("review", None), more.pop("cells_before", ())
    verdict = a_verdict(state, **more)
    if cells is None:
        cells = (a_cell(state, **{name: value for name, value in more.items() if name not in ("notes",)}),)
    return ReleaseLook(verdict, cells, review=review, cells_before=cells_before)


def an_older_release(state: State = State.HEALTHY, version: str = "57.0b7", **more) -> ReleaseLook:
    """The beta of the week before, which most people still run."""
    return a_release(state, release_version=version, **({"age_hours": 160.0, "adoption": 0.61, "usage_hours": 1_840_000.0} | more))


def a_guilty_branch(**more) -> ExperimentLook:
    """A branch whose browser crashes are 1.8 times those of its experiment's other branches."""
    values = {
        "channel": "beta",
        "experiment": "pref-x",
        "branch": "treatment",
        "platform": "all",
        "measure": "main_crashes_capped",
        "ratio": 1.81,
        "ratio_low": 1.52,
        "ratio_high": 2.16,
        "evidence": 4e6,
        "state": "guilty",
        "guilty_since": NOON - timedelta(hours=3),
    }
    return ExperimentLook(**(values | more))


def a_release_worse_later(**more) -> LaterLook:
    """A beta of two weeks ago that has crashed 1.6 times as often as it did since the morning."""
    values = {
        "channel": "beta",
        "release_version": "57.0b4",
        "platform": "all",
        "measure": "main_crashes_capped",
        "age_hours": 350.0,
        "adoption": 0.31,
        "delayed_crashes": 830.0,
        "expected_crashes": 510.0,
        "ratio": 1.62,
        "ratio_low": 1.5,
        "ratio_high": 1.75,
        "worse_since": NOON - timedelta(hours=3),
    }
    return LaterLook(**(values | more))


def some_builds(*suspects: int, **more) -> tuple[BuildLook, ...]:
    """Six builds, two a day, of a look at a release; those at the places given are suspected."""
    values = {"as_of": NOON, "channel": "beta", "release_version": "57.0b8"} | more
    times = [f"2026112{day}{hour}3012" for day in (0, 1, 2) for hour in ("09", "21")]
    return tuple(BuildLook(build_id=time, is_suspect=place in suspects, **values) for place, time in enumerate(times))


def an_unjudged_branch(**more) -> ExperimentLook:
    """A branch of an experiment whose shares have drifted."""
    return a_guilty_branch(**({"experiment": "pref-y", "state": "not_judged", "guilty_since": None} | more))


def an_hour(condition: HourCondition = HourCondition.COMPLETE, hour_start: datetime = NOON - timedelta(hours=1), **more) -> HourFacts:
    counts = {"lines": 20_311, "accepted": 20_258, "duplicates": 41, "rejected": 12}
    has_counts = condition in (HourCondition.COMPLETE, HourCondition.INCOMPLETE)
    reasons = {"rejects_by_reason": (("build_too_old", 9), ("not_json", 3))}
    return HourFacts(hour_start, condition, **((counts | reasons if has_counts else {}) | more))


def a_failed_expectation(severity: str = "critical", **more) -> FailedExpectation:
    values = {
        "table_name": "error_aggregates",
        "expectation": "main_crashes is at least 0",
        "severity": severity,
        "outcome": "fail",
        "observed": "-3 in 2 rows",
        "message": "A count below zero means that a reader miscounted.",
    }
    return FailedExpectation(**(values | more))


def some_facts(*releases: ReleaseLook, **more) -> DigestFacts:
    """One complete provisional hour of the beta channel that ended at noon."""
    values = {
        "channel": "beta",
        "window_start": NOON - timedelta(hours=1),
        "window_end": NOON,
        "mode": Mode.PROVISIONAL,
        "run_key": "0123456789abcdef",
        "releases": releases,
        "hours": (an_hour(),),
        "command_lead": ".venv/bin/python -m jobs.",
    }
    return DigestFacts(**(values | more))


def a_restatement(**more) -> Restatement:
    values = {
        "channel": "beta",
        "release_version": "57.0b8",
        "as_of": NOON,
        "state_before": State.WATCH,
        "state_now": State.HEALTHY,
        "score_before": 41.0,
        "score_now": 97.0,
    }
    return Restatement(**(values | more))


def a_review(verdict: str = "dismissed", **more) -> Review:
    values = {
        "channel": "beta",
        "release_version": "57.0b8",
        "verdict": verdict,
        "reviewed_by": "jane",
        "reviewed_at": NOON - timedelta(hours=1),
        "note": "A driver update of Tuesday, not us.",
    }
    return Review(**(values | more))


def with_version(release: ReleaseLook, version: str) -> ReleaseLook:
    """The same release under another name."""
    cells = tuple(replace(cell, release_version=version) for cell in release.cells)
    return replace(release, verdict=replace(release.verdict, release_version=version), cells=cells)
