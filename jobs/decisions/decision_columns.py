"""Rows of release_health with what follows from them: what the release costs so far, and when it will be judged."""

from collections.abc import Sequence
from typing import Any

from jobs.decisions.rollout_advice import CriticalCell, advise
from jobs.decisions.rollout_costs import DAY_HOURS, excess_so_far, usual_crashes_per_day
from jobs.decisions.rollout_plan import RolloutPlan, RolloutStep, next_step
from jobs.decisions.verdict_forecast import ReleaseForecasts, VerdictForecast
from jobs.declarations.policies import Policy
from jobs.declarations.states import Scope, State
from jobs.scoring.looks.channel_scoring import ScoredCell, ScoredRelease
from jobs.verdicts.health_cells import ALL, PLACE_COLUMNS, UNDECIDED_STATES, is_critical, severity_cost
from jobs.verdicts.health_notes import NoteCode, parse_note

Row = dict[str, Any]
_COSTS = ("excess_crashes", "excess_crashes_low", "excess_crashes_high", "usual_crashes_per_day")
_PLAN = ("planned_growth", "next_step_share", "next_step_at")
_ADVICE = ("advice", "advice_reason", "going_loss", "waiting_loss")


def with_decisions(rows: Sequence[Row], scored: ScoredRelease, policy: Policy, steps: Sequence[RolloutStep] = ()) -> list[Row]:
    """A release's rows, each with its costs; those of its verdicts have those of the cell that they are told from, forecast and advice.

    `steps` are those of its rollout, as far as they are declared.
    """
    declared = RolloutPlan(tuple(steps), scored.release.hour)
    plan = declared if declared.says_what_is_used else None
    forecasts = ReleaseForecasts(scored, policy, plan)
    cells = {(cell.key.measure, cell.platform): cell for cell in scored.cells}
    decided = []
    by_look: dict[Any, list[Row]] = {}
    for row in rows:
        by_look.setdefault(row["as_of"], []).append(row)
    for row in rows:
        place, forecast = told_place(row), None
        look = round(row["age_hours"]) - 1
        if row["scope"] == "release" and State(row["state"]) in UNDECIDED_STATES:
            forecast = forecasts.at(look)
        cell = cells[place["measure"], place["platform"]]
        advice = _advice_columns(row, by_look[row["as_of"]], policy) if row["scope"] == "release" else dict.fromkeys(_ADVICE)
        planned = _plan_columns(steps, plan, row, look) if row["scope"] == "release" else dict.fromkeys(_PLAN)
        decided.append(row | _costs(row, cell, place, look) | planned | _forecast_columns(forecast) | advice)
    return decided


def told_place(row: Row) -> dict[str, str]:
    """The cell whose figures the row carries: its own, or the one that a verdict is told from."""
    notes = map(parse_note, row["notes"]) if row["scope"] == "release" else ()
    told = next((note.parameters for note in notes if note.code is NoteCode.DECIDED_BY), row)
    return {column: told[column] for column in PLACE_COLUMNS}


def _costs(row: Row, cell: ScoredCell, place: dict[str, str], look: int) -> Row:
    if cell.looks is None or row["ratio"] is None:
        return dict.fromkeys(_COSTS)
    excess = excess_so_far(row["observed_crashes"], row["ratio"], row["ratio_low"], row["ratio_high"])
    index = list(zip(cell.looks.scopes, cell.looks.strata, strict=True)).index((Scope(place["scope"]), place["stratum"]))
    usual = float(cell.looks.expected[index, look])
    if place["scope"] != "trailing" and look >= DAY_HOURS:
        usual = max(usual - float(cell.looks.expected[index, look - round(DAY_HOURS)]), 0.0)
    return dict(zip(_COSTS, (excess.crashes, excess.low, excess.high, usual_crashes_per_day(usual, look + 1.0)), strict=True))


def _plan_columns(steps: Sequence[RolloutStep], plan: RolloutPlan | None, verdict: Row, look: int) -> Row:
    following = next_step(steps, verdict["as_of"])
    return {
        "planned_growth": None if plan is None else plan.growth(look + 1, verdict["adoption"]),
        "next_step_share": following and following.share,
        "next_step_at": following and following.at,
    }


def _forecast_columns(forecast: VerdictForecast | None) -> Row:
    low, median, high = (None, None, None) if forecast is None else forecast.verdict_hours
    chances = None
    if forecast is not None:
        chances = [
            {"hours_ahead": ahead, "state": state.value, "probability": chance}
            for ahead, of_state in forecast.chances.items()
            for state, chance in of_state.items()
        ]
    return {"state_chances": chances, "verdict_hours_low": low, "verdict_hours": median, "verdict_hours_high": high}


def _advice_columns(verdict: Row, rows: Sequence[Row], policy: Policy) -> Row:
    """From the critical measures on all platforms together, and on each with users enough; `rows` are those of the look."""
    platforms = [row for row in rows if row["scope"] == "platform" and is_critical(row["measure"])]
    usage_hours = max((row["usage_hours"] for row in platforms if row["platform"] == ALL), default=0.0)
    cells = [
        CriticalCell(
            row["p_unacceptable"],
            row["unacceptable_excess"],
            row["expected_crashes"] * severity_cost(row["measure"]) if row["platform"] == ALL else 0.0,
        )
        for row in platforms
        if row["ratio"] is not None and row["usage_hours"] >= policy.verdict.critical_platform_share * usage_hours
    ]
    advice = advise(State(verdict["state"]), verdict["age_hours"], cells, policy.rollout)
    return dict(zip(_ADVICE, (advice.action.value, advice.reason.value, advice.going_loss, advice.waiting_loss), strict=True))
