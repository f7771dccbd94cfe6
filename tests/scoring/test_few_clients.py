"""A few people who crash over and over are no regression: one person with forty crashes is one."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.declarations.policies import POLICY
from jobs.declarations.states import Scope, State
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.verdict_states import cell_states
from jobs.scoring.method.few_clients import crashes_of_few, days_of_age, usual_clients
from jobs.scoring.method.hourly_counts import CrashingClients
from jobs.scoring.rows.robust_steps import crashes_of_few_clients
from simulation.evaluation.weather_chunk import counts_of, fitted_history
from simulation.release_world.counts import simulate_history
from simulation.release_world.data_faults import ClientStorm, DataFaults, with_faults
from simulation.release_world.world import LOCAL_STRATUM, Regression, World

SEED, HOURS = 43, 168
WORLD = World(baselines=6)
STORM = DataFaults(storm=ClientStorm(clients=30, share=0.4, from_hour=24))
UNTOLD = DataFaults(storm=ClientStorm(clients=30, share=0.4, from_hour=24, are_clients_told=False))


def judged(regression="healthy", ratio=1.0, stratum=None, faults=None):
    """Looks at six releases."""
    drawn = simulate_history(WORLD, (Regression(regression, ratio, stratum),) * 6, SEED, 0)
    drawn = drawn if faults is None else with_faults(drawn, faults, SEED, 0)
    fitted = fitted_history(drawn)
    return [look_at_cells(fitted, counts_of(release, release.mean_kernel[:HOURS])) for release in drawn.tests]


def regressed(looks):
    """How many of the releases are called regressed."""
    no_problem = np.zeros(HOURS, dtype=bool)
    return sum(State.REGRESSED in cell_states(look, no_problem, POLICY.alarm, POLICY.verdict)[0] for look in looks)


def test_thirty_clients_with_two_crashes_in_five_of_a_day_do_not_alarm():
    assert regressed(judged(faults=STORM)) == 0


def test_where_nobody_counts_clients_they_do():
    assert regressed(judged(faults=UNTOLD)) >= 4


def test_it_is_watched_while_they_have_a_tenth_of_the_crashes():
    looks = judged(faults=STORM)
    states = [cell_states(look, np.zeros(HOURS, dtype=bool), POLICY.alarm, POLICY.verdict)[0] for look in looks]
    assert sum(row[47] is State.WATCH for row in states) >= 4
    assert all(row[23] is not State.WATCH for row in states)


@pytest.mark.parametrize(("ratio", "stratum"), [(2.0, None), (2.0, LOCAL_STRATUM)])
def test_a_regression_that_many_meet_is_found(ratio, stratum):
    looks = judged("bad", ratio, stratum)
    assert regressed(looks) == 6
    assert np.median([look.share_of_few[71] for look in looks]) < 0.04  # whoever is prone crashes twice, which is not quite a storm


def test_what_counts_of_a_release_without_counted_clients_is_what_came():
    drawn = simulate_history(WORLD, (Regression("bad", 1.5),), SEED, 1)
    fitted, counts = fitted_history(drawn), counts_of(drawn.tests[0], drawn.tests[0].mean_kernel[:HOURS])
    unknown = look_at_cells(fitted, replace(counts, crashing=None))
    of_unknown_past = look_at_cells(replace(fitted, usual_clients=None), counts)
    assert not unknown.share_of_few.any()
    assert np.array_equal(unknown.observed, of_unknown_past.observed)


def of_few(own, usual):
    """With crashes that are not delayed."""
    return crashes_of_few(own, usual, np.cumsum(days_of_age(own.crashes), axis=1))


def test_crashes_as_usual_a_client_are_nobodys_storm_and_each_look_knows_the_past_alone():
    usual = CrashingClients(np.full(48, 170.0), np.full(48, 100.0))
    assert of_few(CrashingClients(np.full(48, 340.0), np.full(48, 200.0)), usual).max() < 1e-4
    storm = CrashingClients(np.where(np.arange(48) >= 30, 340.0, 170.0), np.full(48, 100.0))
    of_storm = of_few(storm, usual)
    # 18 hours of 170 crashes too many, of 24 x 170 + 6 x 170 + 18 x 340 = 11,220
    assert of_storm[47] == pytest.approx(18 * 170 / 11_220, abs=0.01)
    assert np.allclose(of_few(storm.first(40), usual), of_storm[:40])


def test_two_past_releases_do_not_tell_what_is_usual():
    past = CrashingClients(np.ones(168), np.ones(168))
    assert usual_clients([past, past]) is None
    assert usual_clients([past, past, past]) is not None


def test_who_asks_why_reads_what_was_not_counted():
    stormy, calm = judged(faults=STORM)[0], judged()[0]
    (told,) = crashes_of_few_clients(stormy, Scope.PLATFORM, 47)
    assert "% of all crashes are a few clients' that crash over and over, and not in O." in told
    assert "taken off this group" in crashes_of_few_clients(stormy, Scope.STRATUM, 47)[0]
    assert crashes_of_few_clients(calm, Scope.PLATFORM, 47) == []
