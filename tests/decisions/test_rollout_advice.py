"""Go, hold or stop, each rule alone, with the arithmetic left visible."""

import pytest

from jobs.decisions.rollout_advice import CriticalCell, advise
from jobs.declarations.policies import RolloutPolicy
from jobs.declarations.states import Action, Reason, State

POLICY = RolloutPolicy(delay_worth=0.05, fix_hours=24.0, max_p_unacceptable=0.20)


def cell(p_unacceptable=0.02, unacceptable_excess=0.001, weight=1.0):
    return CriticalCell(p_unacceptable, unacceptable_excess, weight)


def told(state=State.HEALTHY, *cells, age_hours=12.0):
    advice = advise(state, age_hours, cells or (cell(),), POLICY)
    return advice.action, advice.reason


def test_losses_are_in_hours_of_usual_crashes():
    advice = advise(State.INCONCLUSIVE, 12.0, (cell(unacceptable_excess=0.01),), POLICY)
    assert advice.going_loss == pytest.approx(0.01 * (12 + 24))
    assert advice.waiting_loss == pytest.approx(0.05 * 12)
    assert advice.action is Action.GO


def test_a_young_release_must_be_surer_than_an_old_one():
    assert told(State.INCONCLUSIVE, cell(unacceptable_excess=0.01), age_hours=3.0) == (Action.HOLD, Reason.WAITING_IS_CHEAPER)
    assert told(State.INCONCLUSIVE, cell(unacceptable_excess=0.01), age_hours=12.0) == (Action.GO, Reason.GOING_IS_CHEAPER)


@pytest.mark.parametrize(
    ("state", "advised"),
    [
        (State.REGRESSED, (Action.STOP, Reason.REGRESSED)),
        (State.DATA_PROBLEM, (Action.HOLD, Reason.DATA_PROBLEM)),
        (State.NO_BASELINE, (Action.HOLD, Reason.NO_BASELINE)),
        (State.WATCH, (Action.HOLD, Reason.WATCHED)),
    ],
)
def test_some_states_leave_no_choice_however_good_the_figures(state, advised):
    assert told(state, cell(0.0, 0.0), age_hours=100.0) == advised


@pytest.mark.parametrize("state", [state for state in State if state is not State.REGRESSED])
def test_nothing_short_of_regressed_is_stopped(state):
    assert told(state, cell(0.99, 3.0))[0] is not Action.STOP


def test_one_platform_that_may_well_be_bad_holds_all_of_it():
    assert told(State.HEALTHY, cell(), cell(p_unacceptable=0.21, weight=0.0)) == (Action.HOLD, Reason.UNSURE)


def test_measures_count_by_their_weight():
    advice = advise(State.HEALTHY, 1.0, (cell(unacceptable_excess=0.04, weight=3.0), cell(unacceptable_excess=0.0, weight=1.0)), POLICY)
    assert advice.going_loss == pytest.approx(0.03 * (1 + 24))


def test_without_anything_to_compare_nobody_is_told_to_go():
    assert advise(State.TOO_EARLY, 12.0, (), POLICY) == advise(State.NO_BASELINE, 12.0, (), POLICY)
    assert advise(State.TOO_EARLY, 12.0, (), POLICY).action is Action.HOLD


def test_a_holdback_stops_a_release_without_baselines():
    assert advise(State.REGRESSED, 12.0, (), POLICY).action is Action.STOP
