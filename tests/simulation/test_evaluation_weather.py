"""Faults and events are judged through the pipeline's guards, and the report names the worlds in which a goal was missed."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.evaluation.weather import weather_table, weather_targets
from simulation.evaluation.weather_chunk import channel_delays, simulate_weather_chunk
from simulation.evaluation.weather_plan import WEATHER_EFFECTS, weather_studies
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import Regression

SEED = 41  # not that of the report
STUDIES = {study.name.removeprefix("weather "): study for study in weather_studies(1)}
TESTS = (Regression("healthy"), *WEATHER_EFFECTS)


def judged(name, histories=1):
    return simulate_weather_chunk(replace(STUDIES[name], tests=TESTS), SEED, range(histories))


def test_every_world_has_a_name_of_its_own():
    assert len(STUDIES) == len(weather_studies(1)) >= 30


def test_reports_that_do_not_come_are_a_data_problem_and_no_improvement():
    results = judged("no crash reported")
    assert np.isinf(results["improved_hour"]).all()
    assert (results["problem_hours"] > 100).all()


def test_a_doubled_rate_is_found_whose_update_pings_are_lost():
    results = judged("no update counted from the release on")
    assert np.isfinite(results["regressed_hour"][results["label"] == "2x"]).all()


def test_what_begins_over_a_holiday_is_the_release_and_no_lost_usage():
    late = replace(STUDIES["holiday, 45 % less use for three days"], tests=(WEATHER_EFFECTS[-1],) * 4)
    results = simulate_weather_chunk(late, SEED, range(2))
    assert results["problem_hours"].mean() < 4  # 18 where all versions together say that usage is lost


@pytest.mark.parametrize(("jumping", "late_share"), [(0.0, 0.05), (0.5, 0.35)])
def test_clocks_that_jump_spread_the_delays_that_are_told(jumping, late_share):
    study = STUDIES["fair"]
    history = simulate_history(study.world, TESTS, SEED, 0)
    told = channel_delays(history, history.tests[0], jumping).by_platform["all"]
    of_the_release = np.array([told[336 + delay, delay] for delay in range(168)])
    assert of_the_release[60:].sum() / of_the_release.sum() == pytest.approx(late_share, abs=0.05)


def test_the_targets_name_the_worlds_that_missed_them():
    studies = [replace(STUDIES[name], tests=TESTS) for name in ("fair", "no crash reported")]
    results = {study.name: judged(study.name.removeprefix("weather ")) for study in studies}
    results["weather fair"]["regressed_hour"][results["weather fair"]["label"] == "healthy"] = 5.0
    alarms, _, _, found, *_ = weather_targets(results, studies)
    assert not alarms.is_met
    assert "1 of 2 worlds, not in fair: 100.0%" in alarms.figure
    assert "of 1 worlds" in found.figure  # crashes that do not arrive cannot be found
    assert weather_table(results, studies).count("\n") == 3
