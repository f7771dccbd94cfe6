"""What a release manager reads of forecast and costs."""

import pytest

from jobs.decisions.forecast_words import cost_words, forecast_words, widening_words
from jobs.declarations.states import State
from jobs.verdicts.health_cells import StateChance
from tests.digest.facts_factory import a_cell

CHANCES = (StateChance(6, State.HEALTHY, 1.0),)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ((5.0, 7.0, 9.0), "A verdict is expected in 5 to 9 hours."),
        ((1.0, 1.0, 1.0), "A verdict is expected in about 1 hour."),
        ((11.0, 30.0, None), "A verdict is expected in about 30 hours, but may not come at today's rollout."),
        ((11.0, None, None), "At today's rollout the next days will probably not tell: judge by hand if it cannot wait."),
    ],
)
def test_the_time_to_a_verdict_in_words(hours, told):
    low, median, high = hours
    cell = a_cell(State.TOO_EARLY, state_chances=CHANCES, verdict_hours_low=low, verdict_hours=median, verdict_hours_high=high)
    assert forecast_words(cell) == told


def test_what_can_be_excluded_is_said_of_an_inconclusive_release():
    cell = a_cell(State.INCONCLUSIVE, state_chances=CHANCES, verdict_hours=7.0, ratio_high=1.6)
    assert forecast_words(cell).startswith("More than 1.60x is as good as excluded. ")


def test_older_rows_are_told_without_forecast_and_costs():
    assert (forecast_words(a_cell(State.WATCH)), cost_words(a_cell(State.WATCH))) == ("", "")


def test_costs_say_what_was_and_what_will_be():
    figures = {"excess_crashes": 226.4, "excess_crashes_low": -3.0, "excess_crashes_high": 296.0}
    cell = a_cell(State.WATCH, usual_crashes_per_day=1_000.0, expected_excess=0.5, **figures)
    assert (
        cost_words(cell) == "So far about 226 crashes more than usual (0 to 296), and about 500 in the next 24 h with as many users as now."
    )


@pytest.mark.parametrize(("adoption", "percent", "crashes"), [(0.10, "25", "250"), (0.25, "50", "200"), (0.6, "100", "167")])
def test_the_next_step_of_a_rollout_is_told_with_its_cost(adoption, percent, crashes):
    words = widening_words(a_cell(adoption=adoption, usual_crashes_per_day=1_000.0, expected_excess=0.1))
    assert words.replace("\u00a0", " ").startswith(
        f"On {percent} % of the channel it may have about {crashes} crashes more than usual in 24 h"
    )


def test_a_step_that_costs_nothing_is_told_so():
    assert widening_words(a_cell(adoption=0.2, usual_crashes_per_day=10.0, expected_excess=0.01)).startswith(
        "Hardly a crash more than usual"
    )


def test_where_the_whole_channel_runs_it_there_is_no_next_step():
    assert widening_words(a_cell(adoption=1.0, usual_crashes_per_day=1_000.0, expected_excess=0.1)) == ""
