"""Who asks why reads what did not count in full: past releases taken for bad ones, events of one group of users in all versions."""

from jobs.declarations.policies import POLICY
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.method.release_history import fit_history
from jobs.scoring.rows.robust_steps import group_events, pulled_releases
from simulation.evaluation.weather_chunk import counts_of, fitted_history
from simulation.release_world.counts import simulate_history
from simulation.release_world.world import LOCAL_STRATUM, Event, Regression, World
from tests.scoring.drawn_releases import baselines, release

GROUPS = tuple(f"group {i}" for i in range(12))


def test_a_past_release_that_was_taken_for_a_bad_one_is_named_with_what_it_had():
    past = baselines(7)
    past[3] = release(ratio=1.8, seed=3, version="bad.0")
    (told,) = pulled_releases(fit_history(past))
    assert told.strip() == "bad.0 had 1.80x the usual and counts as 1.00x: it may have been bad."


def test_a_past_of_sound_releases_has_nothing_to_tell():
    assert pulled_releases(fit_history(baselines(8))) == []


def test_an_event_of_one_group_in_all_versions_is_named_while_it_lasts():
    world = World(baselines=6, test_events=(Event(2.5, 24, strata=(LOCAL_STRATUM,)),))
    drawn = simulate_history(world, (Regression("healthy"),) * 6, 41, 0)
    looks = look_at_cells(fitted_history(drawn), counts_of(drawn.tests[0], drawn.tests[0].mean_kernel[:168]), GROUPS)
    (told,) = group_events(looks, GROUPS, 60, POLICY.verdict)
    assert told.startswith(f"   group {LOCAL_STRATUM}: times 2.")
    assert group_events(looks, GROUPS, 10, POLICY.verdict) == []
