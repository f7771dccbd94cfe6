"""The verdict on a release from the verdicts on its cells: the worst critical one decides (docs/method.md#the-releases-score)."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.declarations.states import State

WORST_FIRST = (
    State.REGRESSED,
    State.WATCH,
    State.DATA_PROBLEM,
    State.NO_BASELINE,
    State.TOO_EARLY,
    State.INCONCLUSIVE,
    State.HEALTHY,
    State.IMPROVED,
)


@dataclass(frozen=True)
class CellVerdict:
    """A measure on a platform at one look. `usage_share` is the platform's share of the release's hours (1 for all platforms).

    `is_rare`: past releases had too few of it in their whole week for a ratio. `has_event`: it or a past release had any.
    """

    measure: str
    platform: str
    is_critical: bool
    usage_share: float
    state: State
    score: float | None
    is_rare: bool = False
    has_event: bool = True


@dataclass(frozen=True)
class ReleaseVerdict:
    """`score` is the least of the critical cells'."""

    state: State
    score: float | None


def release_verdict(cells: Sequence[CellVerdict], critical_platform_share: float, whole: str) -> ReleaseVerdict:
    """The worst critical cell's state, but at least watch where a cell that is not critical has regressed.

    Critical cells are critical measures on all platforms together (`whole`) and on each with a share of the hours. A single platform that
    is too early to judge leaves the verdict to the others, and so does a measure that no past release had, or had too rarely to be judged.
    """
    critical = [cell for cell in cells if cell.is_critical and (cell.platform == whole or cell.usage_share >= critical_platform_share)]
    undecided = (State.TOO_EARLY, State.NO_BASELINE)
    comparable = [cell for cell in critical if cell.state is not State.NO_BASELINE] or critical
    deciding = [cell for cell in comparable if (cell.platform == whole and not cell.is_rare) or cell.state not in undecided] or comparable
    decided_by = min(deciding, key=lambda cell: WORST_FIRST.index(cell.state))
    state = decided_by.state
    if state is State.NO_BASELINE and not decided_by.has_event:
        state = State.TOO_EARLY  # there are past releases, but nothing ever went wrong in any
    has_other_regression = any(cell.state is State.REGRESSED for cell in cells if cell not in critical)
    if has_other_regression and WORST_FIRST.index(state) > WORST_FIRST.index(State.WATCH):
        state = State.WATCH
    scores = [cell.score for cell in critical if cell.score is not None and cell.state not in undecided]
    all_scores = scores or [cell.score for cell in critical if cell.score is not None]
    return ReleaseVerdict(state, min(all_scores) if all_scores else None)
