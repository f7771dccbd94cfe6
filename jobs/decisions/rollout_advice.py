"""Go, hold or stop: the action of the least expected loss, crashes beyond the acceptable on one side, the users' delay on the other.

Given to more users now, a bad release stays with them until it is found out and fixed; waiting delays all of them until more is known. Both
losses grow with the users, so that the choice needs no number of them: in crashes that are usual in an hour,

    going now = (mean of what an unacceptable ratio has above one) x (hours until more is known + hours until a fix)
    waiting = (what an hour's delay is worth) x (hours until more is known)

Twice as much is known when the release is twice as old. What a release has above the usual within the acceptable is left out: waiting would
not save it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.declarations.policies import RolloutPolicy
from jobs.declarations.states import Action, Reason, State

_REASON_BY_STATE = {
    State.REGRESSED: Reason.REGRESSED,
    State.DATA_PROBLEM: Reason.DATA_PROBLEM,
    State.NO_BASELINE: Reason.NO_BASELINE,
    State.WATCH: Reason.WATCHED,
}


@dataclass(frozen=True)
class CriticalCell:
    """A critical measure on a platform with users enough. `weight`, in the mean over measures, is 0 for single platforms."""

    p_unacceptable: float
    unacceptable_excess: float
    weight: float


@dataclass(frozen=True)
class RolloutAdvice:
    """Losses of going now and of waiting, in crashes that the users to be given the release usually have in an hour; None where nothing
    can be compared."""

    action: Action
    reason: Reason
    going_loss: float | None
    waiting_loss: float | None


def advise(state: State, age_hours: float, cells: Sequence[CriticalCell], policy: RolloutPolicy) -> RolloutAdvice:
    """What to do with a release of that age and state, from its critical cells."""
    weight = sum(cell.weight for cell in cells)
    action = Action.STOP if state is State.REGRESSED else Action.HOLD  # a random holdback needs no baseline
    if weight <= 0:
        return RolloutAdvice(action, _REASON_BY_STATE.get(state, Reason.NO_BASELINE), None, None)
    excess = sum(cell.weight * cell.unacceptable_excess for cell in cells) / weight
    losses = excess * (age_hours + policy.fix_hours), policy.delay_worth * age_hours
    if state in _REASON_BY_STATE:
        return RolloutAdvice(action, _REASON_BY_STATE[state], *losses)
    if max(cell.p_unacceptable for cell in cells) > policy.max_p_unacceptable:
        return RolloutAdvice(Action.HOLD, Reason.UNSURE, *losses)
    if losses[0] > losses[1]:
        return RolloutAdvice(Action.HOLD, Reason.WAITING_IS_CHEAPER, *losses)
    return RolloutAdvice(Action.GO, Reason.GOING_IS_CHEAPER, *losses)
