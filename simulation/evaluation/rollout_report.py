"""Figures of simulated rollouts as Markdown."""

from collections.abc import Sequence

import numpy as np

from simulation.evaluation.rollout_forecasts import AGES_HOURS, EXCESS_AGES_HOURS, LIKE_PAST, SLOWER, ExcessOutcome, ForecastOutcome
from simulation.evaluation.rollout_runs import POLICIES, RolloutOutcome

_GOOD = ("healthy", "better")
_BAD = ("worse", "worse in a stratum")


def report_words(
    users: int, rollouts: Sequence[RolloutOutcome], forecasts: Sequence[ForecastOutcome], excesses: Sequence[ExcessOutcome]
) -> str:
    """The section of one size of channel."""
    releases = len(rollouts) // len(POLICIES)
    return "\n\n".join(
        [
            f"## {users:,} users, {releases:,} simulated releases",
            _policy_table(rollouts),
            *(
                f"Given out {rollout}, {'its steps declared' if is_declared else 'nothing declared'}:\n\n"
                + _forecast_table([f for f in forecasts if (f.rollout, f.is_declared) == (rollout, is_declared)])
                for rollout in (LIKE_PAST, SLOWER)
                for is_declared in (False, True)
            ),
            _coverage_table(
                "Crashes beyond the usual so far, 90 % interval",
                EXCESS_AGES_HOURS,
                [(e.age_hours, e.low <= e.came <= e.high) for e in excesses],
            ),
        ]
    )


def _policy_table(rollouts: Sequence[RolloutOutcome]) -> str:
    of_policy = {policy: [outcome for outcome in rollouts if outcome.policy == policy] for policy in POLICIES}
    fixed = sum(outcome.excess_crashes for outcome in of_policy[POLICIES[0]])
    rows = [
        "| rollout | hours to everybody, good releases: median, four of five | good releases not out to everybody in a week "
        "| excess crashes | against the fixed schedule | of it, worse in one stratum |",
        "|---|---|---|---|---|---|",
    ]
    for policy, outcomes in of_policy.items():
        good = [outcome.full_hours for outcome in outcomes if outcome.kind in _GOOD]
        hours = np.quantile([np.inf if full is None else full for full in good], (0.5, 0.8), method="inverted_cdf")
        excess = sum(outcome.excess_crashes for outcome in outcomes)
        local = sum(outcome.excess_crashes for outcome in outcomes if outcome.kind == _BAD[1])
        never = sum(full is None for full in good)
        rows.append(
            f"| {policy} | {hours[0]:.0f}, {hours[1]:.0f} | {never} of {len(good)} | {excess:,.0f} | {100 * (excess / fixed - 1):+.0f} % | {local:,.0f} |"
        )
    return "\n".join(rows)


def _forecast_table(forecasts: Sequence[ForecastOutcome]) -> str:
    head = "| Hours until a verdict: told at the age of | told | the 80 % interval held what came | its median width | what came, in the middle 80 % of the draws |"
    rows = [head, "|---|---|---|---|---|"]
    for name, of_age in [*((f"{age} h", [f for f in forecasts if f.age_hours == age]) for age in AGES_HOURS), ("all", list(forecasts))]:
        widths = [f.high - f.low if f.low < np.inf else 0.0 for f in of_age]
        held, within = (100 * np.mean(each) for each in ([f.is_covered for f in of_age], [f.share_within for f in of_age]))
        width = np.quantile(widths, 0.5, method="inverted_cdf")
        width_words = f"{width:.0f} h" if width < np.inf else "open"
        rows.append(f"| {name} | {len(of_age):,} | {held:.0f} % | {width_words} | {within:.0f} % |")
    return "\n".join(rows)


def _coverage_table(what: str, ages: Sequence[int], covered: Sequence[tuple[int, bool]]) -> str:
    rows = [f"| {what}: told at the age of | told | held what came |", "|---|---|---|"]
    for age in ages:
        at_age = [is_covered for at, is_covered in covered if at == age]
        share = f"{100 * np.mean(at_age):.0f} %" if at_age else "–"
        rows.append(f"| {age} h | {len(at_age):,} | {share} |")
    every = [is_covered for _, is_covered in covered]
    return "\n".join([*rows, f"| all | {len(every):,} | {100 * np.mean(every):.0f} % |"])
