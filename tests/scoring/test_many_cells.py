"""Strata, many cells at once, and the release's score."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from jobs.declarations.policies import POLICY, StrataPolicy
from jobs.declarations.tables import RELEASE_HEALTH
from jobs.scoring.method.data_guard import DataProblem, but_for_the_release, fallen_usage, kernel_drift, volume_problems
from jobs.scoring.method.delay_matching import delay_kernel
from jobs.scoring.method.environment_guard import PreviousVersionChange
from jobs.scoring.method.evidence_list import listed_cells, with_listed_cells
from jobs.scoring.method.ratio_posterior import ratio_posterior, ratio_prior, variance_to_mean
from jobs.scoring.method.score_calibration import IDENTITY, PastScore, learned_map, map_for_age, monotone_fit
from jobs.scoring.method.severity_index import MeasureRatio, severity_index
from jobs.scoring.method.strata import coarsen
from jobs.tables.lake.schemas import arrow_schema
from jobs.verdicts.health_notes import NoteCode

FINE = (
    ("Darwin", "16", "x86-64", "other"),
    ("Windows_NT", "10", "x86-64", "east_asia"),
    ("Windows_NT", "10", "x86-64", "other"),
    ("Windows_NT", "10", "x86-64", "western_europe"),
    ("Windows_NT", "6", "x86", "other"),
)


def names_of(usage_hours, crashes, is_seen=(True,) * 5):
    strata = coarsen(FINE, np.array(usage_hours, dtype=float), np.array(crashes, dtype=float), np.array(is_seen), StrataPolicy())
    return [strata.names[code] for code in strata.of_fine]


def test_strata_with_crashes_enough_stand_alone():
    assert names_of([100] * 5, [60] * 5)[1] == "Windows_NT / 10 / x86-64 / east_asia"
    assert len(set(names_of([100] * 5, [60] * 5))) == 5


def test_small_ones_join_the_others_of_their_parent():
    assert names_of([100] * 5, [60, 30, 30, 60, 60])[1:4] == [
        "Windows_NT / 10 / x86-64 / other",
        "Windows_NT / 10 / x86-64 / other",
        "Windows_NT / 10 / x86-64 / western_europe",
    ]


def test_a_system_with_too_few_crashes_is_other():
    assert names_of([100] * 5, [10, 60, 60, 60, 60])[0] == "other"


def test_a_stratum_that_no_baseline_has_seen_is_new():
    assert names_of([0, 100, 100, 100, 100], [0, 60, 60, 60, 60], is_seen=(False, True, True, True, True))[0] == "Darwin / new"


def test_golden_posterior_of_a_group():
    """(O, E, Q) of a stratum 60, 30, 50; the rest 400 of 420."""
    rest = (400 + 2) / (420 + 2)
    omega2 = 0.006 / 2 + 2.0 / 400
    log_acceptable = max(np.log(1.2), 3 * 0.055)
    prior = ratio_prior(0.055, 28, log_acceptable, 0.15 / 12, 0.15 / 24)
    dispersion = variance_to_mean(np.array([60.0]), np.array([50.0])) * 2.0
    posterior = ratio_posterior(np.array([60.0]), np.array([30 * rest]), dispersion, np.array([omega2]), prior)
    assert (rest, omega2) == pytest.approx((0.9526, 0.0080), abs=1e-4)
    assert [posterior.p_unacceptable[0], posterior.mean[0], posterior.sd[0]] == pytest.approx([0.7340, 0.5148, 0.3191], abs=1e-3)
    assert posterior.evidence[0] == pytest.approx(213.0, rel=1e-3)


def test_e_bh_by_hand():
    """Limits 50, 25, 16.7, 12.5, 10."""
    assert listed_cells([6, 50, 0.5, 30, 2], 0.1) == [1, 3]
    assert listed_cells([30, 30, 30], 0.1) == [0, 1, 2]  # none reaches 30 alone but the third's limit is 10
    assert listed_cells([29, 1, 1], 0.1) == []
    assert listed_cells([], 0.1) == []


def test_cells_are_listed_among_those_of_their_run_of_whatever_release():
    """Limits 10 and 20 of two open cells in the first run, 10 of one in the second; the release's row and unjudged cells take no part."""
    columns = ["as_of", "scope", "evidence", "expected_crashes", "notes"]
    type_of = arrow_schema(RELEASE_HEALTH).field
    schema = pa.schema([type_of(name) for name in columns])
    one, two = datetime(2026, 11, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, 2, tzinfo=UTC)
    first_release = [(one, "platform", 25.0, 9.0, []), (two, "platform", 11.0, 9.0, ["thin"]), (one, "release", 99.0, 9.0, [])]
    second_release = [(one, "platform", 99.0, 0.0, []), (one, "platform", None, None, []), (one, "stratum", 99.0, 9.0, [])]
    parts = [pa.table(list(zip(*rows, strict=True)), schema=schema) for rows in (first_release, second_release)]
    listed = with_listed_cells(pa.concat_tables(parts), 0.1)
    note = 'listed {"discovery_rate": 0.1}'
    assert listed["notes"].to_pylist() == [[note], ["thin", note], [], [], [], []]
    assert listed.schema == schema
    assert with_listed_cells(schema.empty_table(), 0.1).num_rows == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 5)), min_size=1, max_size=80))
def test_the_monotone_fit_is_scipys(values_and_weights):
    values, weights = (np.array(column, dtype=float) for column in zip(*values_and_weights, strict=True))
    assert monotone_fit(values, weights) == pytest.approx(isotonic_regression(values, weights=weights).x, abs=1e-9)


def test_scores_are_mapped_to_what_came_of_them():
    """Of releases at 60 half were fine, of those at 90 all."""
    past = [PastScore(60.0, i % 2 == 0) for i in range(20)] + [PastScore(90.0, True)] * 20
    assert learned_map(past)(60.0) == pytest.approx(50.0)
    assert learned_map(past)(95.0) == pytest.approx(100.0)


def test_a_map_never_turns_the_order_of_scores_round():
    rng = np.random.default_rng(1)
    learned = learned_map([PastScore(float(s), bool(rng.random() < s / 100)) for s in rng.uniform(0, 100, 200)])
    mapped = [learned(score) for score in np.linspace(0, 100, 50)]
    assert (np.diff(mapped) >= 0).all()


def test_too_few_past_releases_leave_scores_as_they_are():
    assert learned_map([PastScore(10.0, True)] * 29) is IDENTITY
    assert IDENTITY(37.0) == 37.0


def test_a_look_is_mapped_by_the_age_that_it_has_reached():
    flat = {age: learned_map([PastScore(float(age), True)] * 30) for age in (6, 24)}
    assert map_for_age(flat, 5) is IDENTITY
    assert map_for_age(flat, 23) is flat[6]
    assert map_for_age(flat, 24) is flat[24]


def test_severity_weighs_by_cost_and_expected_crashes():
    # (1.0 x 100 x 2 + .5 x 200 x 1) / (100 + 100)
    assert severity_index([MeasureRatio(1.0, 100, 2.0), MeasureRatio(0.5, 200, 1.0)]) == pytest.approx(1.5)
    assert severity_index([MeasureRatio(1.0, 0.0, 2.0)]) is None


HOURS = 168 * 3
GUARD = POLICY.data_guard


def problems_at(usage_factor=1.0, crash_factor=1.0, crashes=100.0, hours=3):
    last = np.where(np.arange(HOURS) >= HOURS - hours, 1.0, 0.0)
    usage = np.full(HOURS, 1000.0) * (1 + last * (usage_factor - 1))
    pings = np.full(HOURS, crashes) * (1 + last * (crash_factor - 1))
    found = volume_problems(usage, pings, np.ones(HOURS, dtype=bool), GUARD)
    return [problem.note for problem in found if problem.has_problem[-1]]


def test_volume_is_judged_by_the_same_hours_of_the_last_weeks():
    assert problems_at() == []
    assert problems_at(usage_factor=0.65) == []
    assert problems_at(usage_factor=0.5) == [NoteCode.FEW_USAGE_HOURS]
    assert problems_at(usage_factor=1.7) == [NoteCode.MANY_USAGE_HOURS]
    assert problems_at(crash_factor=0.0, hours=8) == [NoteCode.FEW_CRASH_PINGS]


def test_use_that_all_versions_lose_is_no_data_problem_while_crashes_stay_in_step():
    """A holiday. Usage comes later than crashes: after a day and a half it has followed."""
    crashes = 100.0
    used = np.where(np.arange(HOURS) >= HOURS - 48, 0.55, 1.0)
    usage = np.convolve(1000.0 * used, delay_kernel())[:HOURS]
    pings = np.rint(crashes * used)
    found = volume_problems(usage, pings, np.ones(HOURS, dtype=bool), GUARD)
    assert not any(problem.has_problem[-48:].any() for problem in found)
    lost = volume_problems(usage, np.full(HOURS, crashes), np.ones(HOURS, dtype=bool), GUARD)
    assert [problem.note for problem in lost if problem.has_problem[-1]] == [NoteCode.FEW_USAGE_HOURS]


@pytest.mark.parametrize(
    ("log_change", "crashes", "is_problem"),
    [(0.05, 50, False), (-0.2, 50, False), (0.4, 50, True), (0.05, 10, True), (np.nan, 50, True)],
)
def test_usage_out_of_step_is_the_release_where_the_previous_version_is_in_step(log_change, crashes, is_problem):
    """And stands where that has too few crashes to tell, or isn't known."""
    change = PreviousVersionChange(np.array([log_change]), np.array([2.5 / crashes]))
    lost, few = (DataProblem(np.array([True]), note) for note in (NoteCode.FEW_USAGE_HOURS, NoteCode.FEW_CRASH_PINGS))
    assert [p.has_problem[0] for p in but_for_the_release([lost, few], change, GUARD)] == [is_problem, True]


def test_many_crashes_are_no_data_problem():
    assert problems_at(crash_factor=10.0) == []


def test_few_crashes_by_chance_are_no_data_problem():
    assert problems_at(crash_factor=0.4, crashes=5.0) == []


def test_nothing_is_judged_in_the_first_week():
    found = volume_problems(np.array([1000.0] * 100 + [1.0] * 5), np.zeros(105), np.ones(105, dtype=bool), GUARD)
    assert not any(problem.has_problem.any() for problem in found)


def test_usage_that_falls_away_while_crashes_go_on_is_a_data_problem():
    usage = np.array([100.0] * 10 + [10.0] * 5)
    assert fallen_usage(usage, np.full(15, 8.0), GUARD).has_problem[12]
    assert not fallen_usage(usage, np.where(np.arange(15) < 10, 8.0, 0.8), GUARD).has_problem.any()


def test_delays_that_changed_are_a_data_problem():
    usual, late = np.array([0.6, 0.2, 0.1, 0.1]), np.concatenate([[0.2, 0.1, 0.1, 0.1], np.full(20, 0.025)])
    drift = kernel_drift([usual, usual], [usual, late], 30, GUARD)
    assert drift.has_problem.tolist() == [False] * 24 + [True] * 6
    assert not kernel_drift([usual], [None], 24, GUARD).has_problem.any()
