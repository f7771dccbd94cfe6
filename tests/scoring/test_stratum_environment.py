"""What hits one group of users in all versions is not held against a release; what hits the release alone is."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.declarations.policies import POLICY
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.verdict_states import regressed_looks
from jobs.scoring.method.release_history import fit_history
from simulation.evaluation.weather_chunk import counts_of, fitted_history
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import LOCAL_STRATUM, Event, Regression, World

SEED = 41
LOCAL_REGRESSION = Regression("local 2x", 2.0, stratum=LOCAL_STRATUM)
HEALTHY = Regression("healthy")
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
    assert sum(local_alarms(EVENT, HEALTHY)) <= 1


def test_a_local_regression_is_found():
    assert sum(local_alarms(World(baselines=6), LOCAL_REGRESSION)) >= 5


def environment_of(counts):
    """Of all strata, by a past of sound releases."""
    return look_at_cells(fitted_history(history(World(baselines=6), HEALTHY)), counts).stratum_environment


def test_the_factor_follows_the_event_in_its_stratum_alone():
    release = history(EVENT, HEALTHY).tests[0]
    found = environment_of(counts_of(release, release.mean_kernel[:168]))
    log_factors = np.log(found.factors)
    assert log_factors[LOCAL_STRATUM, 60:72].mean() == pytest.approx(np.log(2.5), abs=0.35)
    assert np.abs(np.delete(log_factors, LOCAL_STRATUM, axis=0)).max() < 0.3
    assert (found.explained[60:72] > 0.05).all()  # of all strata together


def test_an_event_that_is_seen_late_counts_from_when_it_began():
    """Its first hours would else stay the release's own fault for the rest of the week."""
    release = history(EVENT, HEALTHY).tests[0]
    counts = counts_of(release, release.mean_kernel[:168])
    at, began = 60, 24
    usual = np.cumsum(counts.usage_hours[LOCAL_STRATUM])
    since = (usual[at] - usual[began - 1]) / usual[at]
    assert environment_of(counts).since_release[LOCAL_STRATUM, at] == pytest.approx(1 + since * 1.5, rel=0.3)


def test_what_began_late_in_the_release_alone_is_no_event():
    late = Regression("local 3x from hour 24", 3.0, stratum=LOCAL_STRATUM, from_hour=24)
    assert sum(local_alarms(World(baselines=6), late)) >= 5


def test_an_hour_is_judged_by_what_was_known_by_then():
    release = history(EVENT, HEALTHY).tests[0]
    counts = counts_of(release, release.mean_kernel[:168])
    until = replace(
        counts,
        crashes=counts.crashes[:, :70],
        usage_hours=counts.usage_hours[:, :70],
        channel_hours=counts.channel_hours[:70],
        updates=counts.updates[:, :70],
    )
    then, later = environment_of(until), environment_of(counts)
    for name in ("factors", "since_release", "variance"):
        np.testing.assert_allclose(getattr(then, name), getattr(later, name)[:, :70], rtol=1e-9, atol=1e-12)


def test_a_previous_version_that_is_not_known_by_stratum_tells_of_none():
    release = history(EVENT, HEALTHY).tests[0]
    found = environment_of(replace(counts_of(release, release.mean_kernel[:168]), previous=None))
    assert (found.factors == 1).all() and (found.since_release == 1).all() and (found.variance == 0).all()


def test_a_platform_bears_of_the_doubt_about_one_of_its_groups_the_part_of_that_group():
    """A platform that is twice as bad would else be hidden by a few crashes of its smallest group."""
    platforms = tuple("ABC"[stratum % 3] for stratum in range(12))
    drawn = history(EVENT, HEALTHY)
    fitted = fit_history([counts_of(past, past.mean_kernel[:168]) for past in drawn.baselines], parents=platforms)
    names = tuple(f"group {stratum}" for stratum in range(12))
    counts = counts_of(drawn.tests[0], drawn.tests[0].mean_kernel[:168])
    by_stratum, all_together = look_at_cells(fitted, counts, names), look_at_cells(fitted, replace(counts, previous=None), names)
    doubt = dict(zip(by_stratum.strata, by_stratum.transient_variance - all_together.transient_variance, strict=True))
    of_group, of_platform = doubt[names[LOCAL_STRATUM]][48], doubt[platforms[LOCAL_STRATUM]][48]
    assert 0 < of_platform < of_group / 2
