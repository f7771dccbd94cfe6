"""From figures to words: the state of each cell at each look, with persistence and hysteresis (docs/method.md#alarms and #states).

A state depends on the looks before it; all of them are at hand, so that looks in any order and any number give the same states.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import AlarmPolicy, VerdictPolicy
from jobs.declarations.states import Scope, State
from jobs.scoring.looks.cell_looks import CellLooks

Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]


STATE_BY_CODE: tuple[State, ...] = (
    State.INCONCLUSIVE,
    State.HEALTHY,
    State.IMPROVED,
    State.WATCH,
    State.TOO_EARLY,
    State.REGRESSED,
    State.DATA_PROBLEM,
)
_CODE = {state: code for code, state in enumerate(STATE_BY_CODE)}


def flagged_looks(looks: CellLooks, alarm: AlarmPolicy) -> Flags:
    """Looks at which a cell is surely beyond the acceptable, on crashes enough; a whole release also as few healthy ones would be."""
    doubts = {scope: doubt_at(looks.age_hours, alarm, scope) for scope in set(looks.scopes)}
    doubt = np.array([doubts[scope] for scope in looks.scopes])
    is_beyond = looks.posterior.p_unacceptable >= 1 - doubt
    for cell, scope in enumerate(looks.scopes):
        if scope == Scope.PLATFORM and is_beyond[cell].any():
            is_beyond[cell] &= looks.chance_if_healthy(cell) <= alarm.chance_if_healthy
    return is_beyond & (looks.effective_crashes >= alarm.min_effective_crashes) & (looks.expected > 0) & looks.is_known


def doubt_at(age_hours: float | NDArray[np.float64], alarm: AlarmPolicy, scope: Scope) -> NDArray[np.float64]:
    """How much doubt an alarm of a cell of that scope may leave at that age."""
    doubt = alarm.last_day_doubt if scope == Scope.TRAILING else alarm.doubt
    return np.asarray(doubt * np.minimum(age_hours / alarm.unsure_hours, 1.0))


def alarming_looks(flagged: Flags, persistence_hours: int) -> Flags:
    """Looks whose flag has stood at every look of `persistence_hours` hours."""
    alarming = flagged.copy()
    for back in range(1, persistence_hours):
        alarming[:, back:] &= flagged[:, :-back]
        alarming[:, :back] = False
    return alarming


def regressed_looks(looks: CellLooks, has_problem: Flags, alarm: AlarmPolicy) -> Flags:
    """From an alarm on until the probability has stayed low at every look of six hours. Looks at bad data neither raise nor leave it."""
    flagged = flagged_looks(looks, alarm) & ~has_problem
    regressed = alarming_looks(flagged, alarm.persistence_hours)
    is_low = (looks.posterior.p_unacceptable < alarm.release_below) & ~has_problem
    return held_looks(regressed, is_low, alarm.release_hours)


def held_looks(alarming: Flags, is_low: Flags, release_hours: int) -> Flags:
    """Looks from an alarm on until `is_low` has stood for so many hours; (cells, looks)."""
    held = alarming.copy()
    for cell in np.flatnonzero(alarming.any(axis=1)):
        low_hours, is_held = 0, False
        for look in range(alarming.shape[1]):
            low_hours = low_hours + 1 if is_low[cell, look] else 0
            is_held = bool(alarming[cell, look]) or (is_held and low_hours < release_hours)
            held[cell, look] = is_held
    return held


def cell_states(
    looks: CellLooks, has_problem: Flags, alarm: AlarmPolicy, verdict: VerdictPolicy, may_alarm: Flags | None = None
) -> list[list[State]]:
    """The state of each cell (rows of `looks`) at each look; `has_problem` is by look, or by cell and look, `may_alarm` by look.

    The first row, the whole release, is regressed also if any other is, and watched if any other is suspicious, or a few clients have many
    of the crashes.
    """
    has_problem = np.broadcast_to(has_problem, looks.expected.shape)
    regressed = regressed_looks(looks, has_problem, alarm)
    regressed[0] |= regressed.any(axis=0)
    if may_alarm is not None:
        regressed &= may_alarm
    posterior = looks.posterior
    is_watched = posterior.p_unacceptable >= verdict.watch_probability
    is_suspicious = (posterior.p_unacceptable[1:] >= verdict.watch_local_probability) & looks.is_known[1:]
    is_suspicious &= looks.effective_crashes[1:] >= alarm.min_effective_crashes
    is_watched[0] |= is_suspicious.any(axis=0) | (looks.share_of_few > verdict.few_clients_share)
    codes = _state_codes(looks, has_problem, regressed, is_watched, verdict)
    return [[STATE_BY_CODE[code] for code in row] for row in codes.tolist()]


def drawn_states(looks: CellLooks, alarm: AlarmPolicy, verdict: VerdictPolicy) -> Codes:
    """The states (places in STATE_BY_CODE) of rows that are each a whole release of its own, at good data: what might come of one."""
    is_watched = looks.posterior.p_unacceptable >= verdict.watch_probability
    no_problem = np.zeros(looks.expected.shape, dtype=bool)
    return _state_codes(looks, no_problem, regressed_looks(looks, no_problem, alarm), is_watched, verdict)


def _state_codes(looks: CellLooks, has_problem: Flags, regressed: Flags, is_watched: Flags, verdict: VerdictPolicy) -> Codes:
    posterior = looks.posterior
    has_ratio = (looks.effective_expected >= verdict.too_early_expected) & (posterior.sd <= verdict.too_early_sd) & looks.is_known
    is_improved = (posterior.p_improved >= verdict.improved_probability) & (looks.ratio_low >= verdict.min_praised)
    is_improved = alarming_looks(is_improved, verdict.improved_looks)
    return np.select(
        [has_problem & ~regressed, regressed, ~has_ratio, is_watched, is_improved, _healthy_looks(looks, verdict)],
        [_CODE[s] for s in (State.DATA_PROBLEM, State.REGRESSED, State.TOO_EARLY, State.WATCH, State.IMPROVED, State.HEALTHY)],
        default=_CODE[State.INCONCLUSIVE],
    )


def state_beginnings(states: Sequence[State]) -> list[int]:
    """For each look the look at which its state began."""
    beginnings: list[int] = []
    for look, state in enumerate(states):
        has_changed = look == 0 or states[look - 1] is not state
        beginnings.append(look if has_changed else beginnings[-1])
    return beginnings


def _healthy_looks(looks: CellLooks, verdict: VerdictPolicy) -> Flags:
    """Three looks in a row at which nothing speaks against the release, on crashes enough to know."""
    is_acceptable = looks.posterior.p_unacceptable <= 1 - verdict.healthy_probability
    has_crashes = np.maximum(looks.effective_crashes, looks.effective_expected) >= verdict.healthy_effective_crashes
    is_old_enough = looks.age_hours >= verdict.healthy_age_hours
    is_good = is_acceptable & has_crashes & is_old_enough & (looks.ratio_high <= verdict.healthy_upper_ratio)
    return alarming_looks(is_good, verdict.healthy_looks)
