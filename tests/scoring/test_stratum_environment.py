"""What hits one group of users in all versions is not held against a release; what hits the release alone is."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.declarations.policies import POLICY
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.verdict_states import regressed_looks
from jobs.scoring.method.release_history import default_matching, fit_history
from jobs.scoring.method.stratum_environment import stratum_environment
from simulation.evaluation.weather_chunk import counts_of, fitted_history
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import LOCAL_STRATUM, Event, Regression, World

SEED = 41
LOCAL_REGRESSION = Regression("local 2x", 2.0, stratum=LOCAL_STRATUM)
EVENT = World(baselines=6, test_events=(Event(2.5, 24, strata=(LOCAL_STRATUM,)),))


def history(world, regression):
    return simulate_history(world, (regression,) * 6, SEED, 0)


def local_alarms(world, regression):
    """Whether the stratum alarms, of each release."""
    drawn = history(world, regression)
    fitted = fitted_history(drawn)
    looks = [look_at_cells(fitted, counts_of(release, release.mean_kernel[:168])) for release in drawn.tests]
    no_problem = np.zeros(looks[0].expected.shape, dtype=bool)
    return [bool(regressed_looks(look, no_problem, POLICY.alarm)[2 + LOCAL_STRATUM].any()) for look in looks]


def test_an_event_in_a_stratum_of_all_versions_is_no_local_alarm():
    assert sum(local_alarms(EVENT, Regression("healthy"))) <= 1


def test_a_local_regression_is_found():
    assert sum(local_alarms(World(baselines=6), LOCAL_REGRESSION)) >= 5


def test_the_factor_follows_the_event_in_its_stratum_alone():
    release = history(EVENT, Regression("healthy")).tests[0]
    found = stratum_environment(counts_of(release, None).previous, default_matching(), 12, 168)
    log_factors = np.log(found.factors)
    assert log_factors[LOCAL_STRATUM, 60:72].mean() == pytest.approx(np.log(2.5), abs=0.35)
    assert np.abs(np.delete(log_factors, LOCAL_STRATUM, axis=0)).max() < 0.3
    assert (found.explained[60:72] > 0.05).all()  # of all strata together


def test_a_previous_version_that_is_not_known_by_stratum_tells_of_none():
    found = stratum_environment(None, default_matching(), 12, 168)
    assert (found.factors == 1).all() and (found.variance == 0).all()


def test_a_platform_bears_of_the_doubt_about_one_of_its_groups_the_part_of_that_group():
    """A platform that is twice as bad would else be hidden by a few crashes of its smallest group."""
    platforms = tuple("ABC"[stratum % 3] for stratum in range(12))
    drawn = history(EVENT, Regression("healthy"))
    fitted = fit_history([counts_of(past, past.mean_kernel[:168]) for past in drawn.baselines], parents=platforms)
    names = tuple(f"group {stratum}" for stratum in range(12))
    counts = counts_of(drawn.tests[0], drawn.tests[0].mean_kernel[:168])
    by_stratum, all_together = look_at_cells(fitted, counts, names), look_at_cells(fitted, replace(counts, previous=None), names)
    doubt = dict(zip(by_stratum.strata, by_stratum.transient_variance - all_together.transient_variance, strict=True))
    of_group, of_platform = doubt[names[LOCAL_STRATUM]][48], doubt[platforms[LOCAL_STRATUM]][48]
    assert 0 < of_platform < of_group / 2
