"""The short form of the study: the scorer on simulated releases whose truth is known, and the same with a part of it taken out.

Each gate is run twice: it must hold for the scorer, and it must fail without the part that it guards.
"""

from typing import get_args

import numpy as np
import pytest

from simulation.evaluation.chunk import simulate_chunk
from simulation.evaluation.figures_of_merit import (
    calibration_error,
    coverage,
    detection,
    false_alarms,
    release_hours,
    score_index,
    tuned_rule,
)
from simulation.evaluation.plan import HEALTHY, SHOCK, Ablation, Study
from simulation.evaluation.rival_rules import RULES
from simulation.release_world.world import LOCAL_STRATUM, Regression, World

pytestmark = pytest.mark.long

SEED = 40  # not that of the report
LOCAL = Regression("local 2x", 2.0, stratum=LOCAL_STRATUM)
LONGER_DELAYS = World(test_delay_shares=(0.35, 0.35, 0.30))


def results_of(world=None, tests=HEALTHY, histories=20, **options):
    return simulate_chunk(Study("short", world or World(), histories, tests, **options), SEED, chunk=0)


@pytest.fixture(scope="module")
def reference():
    """60 histories: 360 healthy releases and 60 of each regression, judged by the scorer and by its rivals."""
    tests = (*HEALTHY, Regression("1.5x", 1.5), Regression("2x", 2.0), Regression("3x", 3.0), LOCAL)
    study = Study("short", World(), 60, tests, has_rivals=True)
    chunks = [simulate_chunk(study, SEED, chunk) for chunk in range(study.chunks)]
    return {name: np.concatenate([figures[name] for figures in chunks]) for name in chunks[0]}


def test_healthy_releases_raise_no_alarm(reference):
    assert false_alarms(reference, release_hours(reference)).mean <= 0.035


def test_regressions_are_found_in_time(reference):
    found = {label: detection(reference, label, reference["global_hour"]) for label in ("1.5x", "2x", "3x")}
    assert found["3x"].share.mean == 1.0
    assert found["3x"].median_hours <= 4
    assert found["2x"].share.mean >= 0.95
    assert found["2x"].median_hours <= 14  # without counts of updates and with eight past releases; 8 as the pipeline has them
    assert found["1.5x"].share.mean >= 0.6


def test_a_bad_stratum_is_found_and_named(reference):
    found = detection(reference, "local 2x", release_hours(reference))
    assert found.share.mean >= 0.9
    named = reference["local_stratum"][reference["label"] == "local 2x"]
    assert np.mean(named[named >= 0] == LOCAL_STRATUM) >= 0.95


def test_raw_thresholds_alarm_on_every_healthy_release(reference):
    healthy = reference["label"] == "healthy"
    assert (reference["rival_paths"][healthy, 0].max(axis=1) > RULES[0].default).all()
    assert reference["raw_strata_alarming_first_day"][healthy].mean() > 9


@pytest.mark.parametrize("rule", range(len(RULES)), ids=[rule.name for rule in RULES])
def test_no_rival_finds_a_doubled_rate_as_soon_at_the_same_false_alarms(reference, rule):
    tuned = tuned_rule(reference, reference["rival_paths"][:, rule], ["2x"], tuned_on="2x")
    ours = detection(reference, "2x", reference["global_hour"])
    assert ours.share.mean >= tuned.detections["2x"].share.mean
    assert ours.median_hours < tuned.detections["2x"].median_hours


def test_alignment_by_age_and_adoption_is_what_finds_regressions_early(reference):
    unaligned = results_of(tests=(Regression("2x", 2.0),), ablation="no alignment", has_strata=False)
    assert detection(unaligned, "2x", unaligned["global_hour"]).median_hours > 12


@pytest.mark.parametrize("ablation", [ablation for ablation in get_args(Ablation) if ablation])
def test_every_part_that_the_report_takes_out_matters(ablation):
    whole, without = (results_of(histories=1, ablation=each, has_strata=False) for each in ("", ablation))
    assert any(not np.array_equal(whole[name], without[name], equal_nan=whole[name].dtype.kind == "f") for name in whole)


@pytest.mark.parametrize(("ablation", "holds"), [("", True), ("no delay matching", False)])
def test_delay_matching_is_what_bears_a_change_of_delays(ablation, holds):
    results = results_of(LONGER_DELAYS, uses_own_kernels=not ablation, ablation=ablation, has_strata=False)
    assert (false_alarms(results, results["global_hour"]).mean <= 0.05) is holds


@pytest.mark.parametrize(("ablation", "holds"), [("", True), ("mean comparison", False)])
def test_the_predictive_variance_is_what_makes_scores_mean_what_they_say(ablation, holds):
    results = results_of(is_mixture=True, ablation=ablation, has_strata=False)
    day = score_index(24)
    assert (calibration_error(results, day) <= 0.08 and coverage(results, day) >= 0.80) is holds


def test_an_external_shock_is_not_held_against_the_release():
    results = results_of(World(test_events=(SHOCK,)), has_strata=False)
    assert false_alarms(results, results["global_hour"]).mean <= 0.08
