"""Whole releases of the statistical world: what is drawn of them, and that they are judged as the pipeline judges."""

import numpy as np
import pytest

from jobs.declarations.policies import HORIZON_HOURS, POLICY
from jobs.scoring.inputs.prepared_cells import release_context
from jobs.scoring.looks.channel_scoring import score_cells
from jobs.scoring.rows.health_rows import release_verdicts
from simulation.evaluation.families import other_alarms
from simulation.evaluation.family_chunk import CELLS, simulate_family_chunk
from simulation.evaluation.family_record import family_past, family_record
from simulation.evaluation.plan import FamilyStudy
from simulation.release_world.family import GROUPS, MEASURES, FamilyRegression, simulate_family
from simulation.release_world.world import World

pytestmark = pytest.mark.long

SEED = 43  # not that of the report
TESTS = (FamilyRegression("healthy"), FamilyRegression("2x", 2.0), FamilyRegression("3x on macOS", 3.0, platform="Darwin"))
WORLD = World(baselines=5)
STUDY = FamilyStudy("short", WORLD, 1, TESTS, with_other_measures=1)


@pytest.fixture(scope="module")
def results():
    return simulate_family_chunk(STUDY, SEED, range(1))


def test_measures_differ_as_declared_and_half_of_it_together():
    drawn = [simulate_family(World(users=1000, baselines=1), TESTS[:1] * 8, SEED, index).tests for index in range(40)]
    main, content = np.array([[release.log_ratios[:2] for release in tests] for tests in drawn]).reshape(-1, 2).T
    assert main.std() == pytest.approx(MEASURES[0].effect_sd, rel=0.2)
    assert content.std() == pytest.approx(MEASURES[1].effect_sd, rel=0.2)
    assert np.corrcoef(main, content)[0, 1] == pytest.approx(0.5, abs=0.2)


def test_a_fault_hits_its_measure_and_its_platform_alone():
    _, everywhere, on_macos = simulate_family(WORLD, TESTS, SEED, 0).tests
    usual = np.array([release.crashes.sum(axis=2) for release in simulate_family(WORLD, TESTS[:1] * 6, SEED, 1).tests]).mean(axis=0)
    is_macos = np.array([group.os_name == "Darwin" for group in GROUPS])
    ratio = on_macos.crashes.sum(axis=2)[0] / usual[0]
    assert ratio[is_macos].mean() > 1.5 * ratio[~is_macos].mean()
    assert everywhere.log_ratios[0] > 0.3 > abs(everywhere.log_ratios[2])


def test_the_version_before_is_known_by_group_as_the_pipeline_keeps_it():
    family = simulate_family(WORLD, TESTS[:1], SEED, 0)
    record, release = family_record(family_past(family), family.tests[0])
    kept = record.of(release)
    assert kept.previous.strata == kept.own.strata


def test_what_is_fitted_once_is_what_the_pipeline_says_of_each_release(results):
    family = simulate_family(WORLD, TESTS, SEED, 0)
    record, release = family_record(family_past(family), family.tests[1])
    scored = score_cells(record, release_context(record, release, HORIZON_HOURS, POLICY), POLICY)
    states = [verdict.state.value for verdict in release_verdicts(scored, POLICY)]
    assert states.index("regressed") + 1 == results["regressed_hour"][1]
    assert "data_problem" not in states


def test_a_bad_release_is_told_from_a_good_one_and_a_bad_platform_is_named(results):
    assert np.isfinite(results["regressed_hour"]).tolist() == [False, True, True]
    alarmed = {key.platform for key, hour in zip(CELLS, results["cell_hours"][2], strict=True) if np.isfinite(hour)}
    assert "Darwin" in alarmed
    assert other_alarms(results).count == 1
