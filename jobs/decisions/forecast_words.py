"""When a release will be judged and what it costs, in words: the digest and `explain` say the same."""

from jobs.decisions.rollout_costs import SHARES, excess_next_day
from jobs.declarations.states import Reason, State
from jobs.verdicts.health_cells import UNDECIDED_STATES, Cell
from jobs.wording.shown_numbers import count_words, percent_words, ratio_words

_LEAST_TOLD = 3.0
"""Fewer crashes more than usual are not worth a word."""
_FAR_HOURS = 48.0
REASON_WORDS = {
    Reason.REGRESSED: "it has regressed",
    Reason.DATA_PROBLEM: "the data are not to be trusted",
    Reason.NO_BASELINE: "there is nothing to compare it with",
    Reason.WATCHED: "something is suspicious",
    Reason.UNSURE: "a critical measure may well be unacceptable",
    Reason.WAITING_IS_CHEAPER: "waiting costs less than what it may turn out to be",
    Reason.GOING_IS_CHEAPER: "waiting would save less than the delay costs",
}


def forecast_words(verdict: Cell) -> str:
    """`More than 1.6x is as good as excluded. A verdict is expected in 5 to 9 hours.` Empty where it is decided, or nothing was forecast."""
    if verdict.state not in UNDECIDED_STATES or not verdict.state_chances:
        return ""
    return f"{_excluded(verdict)}{_when(verdict)}."


def _when(verdict: Cell) -> str:
    low, median, high = verdict.verdict_hours_low, verdict.verdict_hours, verdict.verdict_hours_high
    if median is None:
        return "At today's rollout the next days will probably not tell: judge by hand if it cannot wait"
    if high is None:
        return f"A verdict is expected in about {_hours(median)}, but may not come at today's rollout"
    if low == high:
        return f"A verdict is expected in about {_hours(median)}"
    return f"A verdict is expected in {low:.0f} to {_hours(high)}"


def _hours(hours: float) -> str:
    return f"{hours:.0f} hour{'' if hours == 1 else 's'}" if hours <= _FAR_HOURS else f"{hours:.0f} hours ({hours / 24:.0f} days)"


def _excluded(verdict: Cell) -> str:
    """The upper end of the 90 % interval, where it says that nothing gross is wrong."""
    if verdict.state is not State.INCONCLUSIVE or verdict.ratio_high is None:
        return ""
    return f"More than {ratio_words(verdict.ratio_high)} is as good as excluded. "


def cost_words(verdict: Cell) -> str:
    """`So far about 340 crashes more than usual (210 to 480), and 120 more to come in the next 24 h with as many users.` Empty where few."""
    excess, low, high = verdict.excess_crashes, verdict.excess_crashes_low, verdict.excess_crashes_high
    if excess is None or low is None or high is None or excess < _LEAST_TOLD:
        return ""
    so_far = f"So far about {count_words(round(excess))} crashes more than usual ({count_words(round(max(low, 0)))} to {count_words(round(high))})"
    if verdict.usual_crashes_per_day is None or verdict.expected_excess is None:
        return f"{so_far}."
    growth = verdict.planned_growth
    ahead = excess_next_day(verdict.usual_crashes_per_day, verdict.expected_excess, 1.0 if growth is None else growth)
    users = (
        "with as many users as now"
        if growth is None
        else f"with {ratio_words(growth).removesuffix('x')} times the users, as the rollout is planned"
    )
    return f"{so_far}, and about {count_words(round(ahead))} in the next 24 h {users}."


def next_share(adoption: float, planned: float | None) -> float | None:
    """The share of the channel that comes next: as planned, else the next of the usual steps; None where the whole channel runs it."""
    steps = SHARES if planned is None else (planned, *SHARES)
    return next((wide for wide in steps if wide > adoption), None)


def widening_words(verdict: Cell) -> str:
    """What the next step of a rollout would cost: `On 50 % of the channel it would have about 40 crashes more than usual in 24 h.`

    Empty where the whole channel runs it: there is no next step.
    """
    adoption, usual, share = verdict.adoption, verdict.usual_crashes_per_day, verdict.expected_excess
    if not adoption or usual is None or share is None:
        return "Waiting would save less than the delay costs."
    wider = next_share(adoption, verdict.next_step_share)
    if wider is None:
        return ""
    more = excess_next_day(usual, share, wider / adoption)
    if more < _LEAST_TOLD:
        return f"Hardly a crash more than usual is to be expected of it on {percent_words(wider)} of the channel in 24 h."
    crashes = f"about {count_words(round(more))} crashes more than usual in 24 h"
    return f"On {percent_words(wider)} of the channel it may have {crashes}; waiting would save less than the delay costs."
