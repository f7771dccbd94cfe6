"""What is to be said of a release, decided once: what to do, whether anything newer will come, what weakens it. Holds no wording."""

from dataclasses import dataclass
from enum import StrEnum

from jobs.declarations.policies import POLICY
from jobs.declarations.states import ReviewVerdict, State
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.verdicts.health_cells import ALARMING_STATES, Cell

GOOD_STATES = (State.HEALTHY, State.IMPROVED)
WORST_FIRST = (
    State.REGRESSED,
    State.WATCH,
    State.DATA_PROBLEM,
    State.TOO_EARLY,
    State.NO_BASELINE,
    State.INCONCLUSIVE,
    State.IMPROVED,
    State.HEALTHY,
)
"""The order in which states ask for attention."""
LEAST_ADOPTION = 0.005
"""A version with less of its channel's hours than this leads no headline: anybody can send a ping with a version of their own."""
_MOSTLY_OUT = 0.5
"""From here on there is little left to halt."""

_ALL_OUT = 0.9
"""From here on there is nobody left to give it to."""


class Advice(StrEnum):
    """What to do about a release."""

    HALT = "halt"
    STOP_THE_REST = "stop_the_rest"
    """Most users have it already."""
    WATCH_SUCCESSOR = "watch_successor"
    """Another release replaces it: nothing to halt."""
    HALT_SUCCESSOR = "halt_successor"
    """The release that replaces it has regressed, too."""
    ANSWER = "answer"
    """Its week is over, and nobody has said what became of the alarm."""
    KEEP_HALTED = "keep_halted"
    SHIP_A_FIX = "ship_a_fix"
    MEND_SUCCESSOR = "mend_successor"
    SETTLED = "settled"
    """A person has dismissed the alarm."""
    ASK_REVIEWER = "ask_reviewer"
    """A person has confirmed a regression that the figures no longer show."""
    HOLD = "hold"
    HOLD_STALE = "hold_stale"
    FOLLOW_SUCCESSOR = "follow_successor"
    DISTRUST_DATA = "distrust_data"
    LOOK_OUTSIDE = "look_outside"
    WAIT_FOR_FIGURES = "wait_for_figures"
    WAIT = "wait"
    JUDGE_FIRST = "judge_first"
    """Nothing to compare it with."""
    JUDGE_BY_HAND = "judge_by_hand"
    """Its week has ended without a verdict."""
    GO = "go"
    HOLD_FOR_MORE = "hold_for_more"
    """Nothing speaks against it, but waiting costs less than what it may turn out to be."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class Decision:
    """A release as it is told, from `cell`. `successor` is a newer release of its channel that people run."""

    release: ReleaseLook
    cell: Cell
    advice: Advice
    successor: ReleaseLook | None = None
    is_final: bool = False
    is_stale: bool = False
    said: str | None = None
    """confirmed, dismissed or muted: what a person said that holds at this look."""
    environment_factor: float | None = None
    """By how much the release before worsened, too, where that is worth a word."""
    ratio_before: float | None = None
    """The cell's at the look before, to see where it is going; None once it goes nowhere any more."""

    @property
    def is_dismissed(self) -> bool:
        return self.said == ReviewVerdict.DISMISSED


def decide(facts: DigestFacts, release: ReleaseLook) -> Decision:
    """What is said of one of the channel's releases."""
    is_final = release.is_final_at(facts.window_end)
    is_stale = facts.is_stale and not is_final
    successor, said, factor = _successor(facts, release), said_of_release(release), _environment_factor(release.cell)
    advice = _advice(release, said, successor, is_final=is_final, is_stale=is_stale, is_environment=factor is not None)
    before = None if is_final or release.cell_before is None else release.cell_before.ratio
    return Decision(release, release.cell, advice, successor, is_final, is_stale, said, factor, before)


def said_of_release(release: ReleaseLook) -> str | None:
    """What a person said of the release that still holds at this look: confirmed, dismissed or muted."""
    if release.answer is not None:
        return release.answer
    return "muted" if release.review is not None and release.review.silences_at(release.verdict.as_of) else None


def is_dismissed(release: ReleaseLook) -> bool:
    """Whether a person said that the alarm was a false one."""
    return release.answer == ReviewVerdict.DISMISSED


def _successor(facts: DigestFacts, release: ReleaseLook) -> ReleaseLook | None:
    """The newest release that people run, if it came out later than this one."""
    in_use = [other for other in facts.releases if (other.verdict.adoption or 0.0) >= LEAST_ADOPTION and other.week_end > release.week_end]
    return max(in_use, key=lambda other: (other.week_end, other.version), default=None)


def _environment_factor(cell: Cell) -> float | None:
    """Of the cell behind the verdict: among many small ones some factor is always high."""
    factor = cell.environment_factor or 1.0
    return factor if factor > POLICY.verdict.environment_note_factor else None


def _advice(
    release: ReleaseLook, said: str | None, successor: ReleaseLook | None, *, is_final: bool, is_stale: bool, is_environment: bool
) -> Advice:
    state = release.verdict.state
    is_mostly_out = (release.verdict.adoption or 0.0) >= _MOSTLY_OUT
    if state in ALARMING_STATES and said == ReviewVerdict.DISMISSED:
        return Advice.SETTLED
    if said == ReviewVerdict.CONFIRMED:
        return _advice_on_confirmed(state, is_mostly_out=is_mostly_out, has_successor=successor is not None)
    if state is State.REGRESSED:
        return _advice_on_regressed(successor, is_final=is_final, is_mostly_out=is_mostly_out)
    if is_final:
        undecided = (State.WATCH, State.DATA_PROBLEM, State.TOO_EARLY, State.NO_BASELINE)
        return Advice.JUDGE_BY_HAND if state in undecided else Advice.LOOK_OUTSIDE if is_environment else Advice.NOTHING
    if state is State.WATCH:
        return Advice.FOLLOW_SUCCESSOR if successor is not None else Advice.HOLD_STALE if is_stale else Advice.HOLD
    if is_stale:
        return Advice.WAIT_FOR_FIGURES
    if state is State.DATA_PROBLEM:
        return Advice.DISTRUST_DATA
    if is_environment:
        return Advice.LOOK_OUTSIDE
    if state is State.NO_BASELINE:
        return Advice.JUDGE_FIRST
    is_widening = successor is None and (release.verdict.adoption or 0.0) < _ALL_OUT
    by_action = {"go": Advice.GO, "hold": Advice.HOLD_FOR_MORE} if is_widening else {}
    return by_action.get(release.verdict.advice or "", Advice.WAIT if state is State.TOO_EARLY else Advice.NOTHING)


def _advice_on_confirmed(state: State, *, is_mostly_out: bool, has_successor: bool) -> Advice:
    if has_successor:
        return Advice.MEND_SUCCESSOR
    if state not in ALARMING_STATES:
        return Advice.ASK_REVIEWER
    return Advice.SHIP_A_FIX if is_mostly_out else Advice.KEEP_HALTED


def _advice_on_regressed(successor: ReleaseLook | None, *, is_final: bool, is_mostly_out: bool) -> Advice:
    if successor is not None:
        has_regressed = successor.verdict.state is State.REGRESSED and not is_dismissed(successor)
        return Advice.HALT_SUCCESSOR if has_regressed else Advice.WATCH_SUCCESSOR
    if is_final:
        return Advice.ANSWER
    return Advice.STOP_THE_REST if is_mostly_out else Advice.HALT


def headline_release(facts: DigestFacts) -> ReleaseLook | None:
    """A regressed release that many run leads, unless a person dismissed the alarm; else the newest that anybody runs.

    Releases whose week is over lead only where there is no other.
    """
    live = [release for release in facts.releases if not release.is_final_at(facts.window_end)]
    candidates = live or list(facts.releases)
    leading = [release for release in candidates if release.verdict.state is State.REGRESSED and not is_dismissed(release)]
    in_use = [release for release in candidates if (release.verdict.adoption or 0.0) >= LEAST_ADOPTION]
    return min(leading or in_use or candidates, key=lambda release: (release.verdict.age_hours, release.version), default=None)
