"""A verdict's advice as other programs are told it, and in a line for people."""

from typing import Any

from jobs.decisions.forecast_words import REASON_WORDS
from jobs.declarations.states import Action, Reason
from jobs.verdicts.health_cells import Cell
from jobs.wording.cell_words import state_name
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import age_words

ADVICE_COLUMNS = (
    "advice",
    "advice_reason",
    "going_loss",
    "waiting_loss",
    "excess_crashes",
    "excess_crashes_low",
    "excess_crashes_high",
    "verdict_hours_low",
    "verdict_hours",
    "verdict_hours_high",
)


def told_advice(verdict: Cell) -> dict[str, Any]:
    """Columns of release_health by their names; `advice` is *hold* for looks of before there was any."""
    told = {name: getattr(verdict, name) for name in ("channel", "release_version", "age_hours", "adoption", *ADVICE_COLUMNS)}
    return told | {"state": verdict.state.value, "advice": verdict.advice or Action.HOLD.value}


def advice_line(verdict: Cell) -> str:
    """`beta 57.0b8, 9 h old, healthy: go, waiting would save less than the delay costs`."""
    name = (
        f"{as_label(verdict.channel)} {as_label(verdict.release_version)}, {age_words(verdict.age_hours)} old, {state_name(verdict.state)}"
    )
    if verdict.advice is None or verdict.advice_reason is None:
        return f"{name}: hold, nothing is advised of looks of before there was advice"
    return f"{name}: {verdict.advice}, {REASON_WORDS[Reason(verdict.advice_reason)]}"
