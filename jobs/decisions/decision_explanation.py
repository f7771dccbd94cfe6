"""The arithmetic of costs and forecast of a stored verdict, line by line."""

from collections.abc import Sequence
from typing import Any

from jobs.decisions.forecast_words import REASON_WORDS, forecast_words
from jobs.decisions.rollout_costs import SHARES, excess_next_day
from jobs.declarations.policies import POLICY
from jobs.declarations.states import ExperimentState, Reason
from jobs.verdicts.health_cells import ALL, Cell, platform_of, severity_cost
from jobs.wording.cell_words import measure_words, platform_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.decision_words import SHARES_DRIFTED
from jobs.wording.shown_numbers import (
    chance_words,
    clock_words,
    count_words,
    interval_words,
    percent_words,
    plural,
    ratio_words,
)

Row = dict[str, Any]
_CERTAIN = 1_000_000


def decision_lines(verdict: Cell) -> list[str]:
    """What the release costs, when it will be judged, and what is advised; empty for rows of before these were stored."""
    sections = (("6. What it costs", cost_lines), ("7. When it will be judged", forecast_lines), ("8. Go, hold or stop", advice_lines))
    told = ((heading, lines_of(verdict)) for heading, lines_of in sections)
    return [line for heading, lines in told if lines for line in (heading, *(f"   {line}" for line in lines), "")]


def build_lines(builds: Sequence[Row]) -> list[str]:
    """Which build was the first bad one, from the rows of build_health of a look; empty where nothing was searched."""
    if not builds:
        return []
    builds = sorted(builds, key=lambda row: str(row["build_id"]))
    first, policy = builds[0], POLICY.builds
    lines = [
        "9. With which build it began",
        f"   {measure_words(first['measure'])} on {platform_words(first['platform'])}; had and expected are delayed, as above.",
    ]
    for row in builds:
        ratio = row["delayed_crashes"] / max(row["expected_crashes"], 1e-9)
        mark = " <- suspect" if row["is_suspect"] else ""
        lines.append(
            f"   {as_label(row['build_id'])}: had {row['delayed_crashes']:.1f} / expected {row['expected_crashes']:.1f} = {ratio:.2f}; first bad one "
            f"with a chance of {row['p_first_bad']:.3f}{mark}"
        )
    said = (
        "suspects are the fewest builds"
        if first["p_change"] >= policy.min_p_change
        else "so that no build is named: suspects would be the fewest"
    )
    lines.append(
        f"   Together {first['p_change']:.3f}, the chance that it turned bad with one of them; from {policy.min_p_change:.2f} on builds are named; {said} "
        f"that hold {percent_words(policy.set_mass)} of it."
    )
    return [*lines, ""]


def experiment_lines(branches: Sequence[Row]) -> list[str]:
    """What speaks against branches of experiments, from the channel's rows of experiment_health of a look; empty where none runs."""
    if not branches:
        return []
    told = [row for row in branches if row["state"] != ExperimentState.QUIET]
    experiments = len({row["experiment"] for row in branches})
    lines = [
        "10. Experiments of its channel",
        f"   {plural(experiments, 'experiment')}, {plural(len(branches), 'comparison')} of a branch with the others.",
    ]
    for row in sorted(told, key=lambda row: -row["evidence"]):
        where = platform_words(row["platform"])
        rates = (f"{row[f'{side}_crashes']:.0f} in {row[f'{side}_usage_hours']:.0f} h" for side in ("branch", "rest"))
        lines.append(
            f"   {as_label(row['experiment'])} / {as_label(row['branch'])}, {measure_words(row['measure'])} on {where}: {' against '.join(rates)} = "
            f"{ratio_words(row['ratio'])} ({interval_words(row['ratio_low'], row['ratio_high'])}); an e-value of {_e_value(row['evidence'])}, to blame from "
            f"{row['alarm_at']:,.0f} on: {state_name(row['state'])}{_why_unjudged(row)}"
        )
    return [*lines, *([] if told else ["   Nothing speaks against any of them."]), ""]


def _why_unjudged(row: Row) -> str:
    if row["state"] != ExperimentState.NOT_JUDGED:
        return ""
    odds = f"{_e_value(row['share_evidence'])}, not judged from {POLICY.experiments.share_drift_odds:,.0f} on"
    return f", as {SHARES_DRIFTED} (an e-value of {odds})"


def _e_value(evidence: float) -> str:
    if evidence >= _CERTAIN:
        return f"more than {_CERTAIN:,}"
    return f"{evidence:,.0f}" if evidence >= 100 else f"{evidence:.1f}"


def later_lines(looks: Sequence[Row]) -> list[str]:
    """How a release does after its first week, from its rows of later_health of a look; empty before that."""
    if not looks:
        return []
    lines = [f"11. After its first week: the last 24 h before {clock_words(looks[0]['as_of'])} against its own median day of three weeks"]
    for row in sorted(looks, key=lambda row: (-severity_cost(row["measure"]), platform_of(row) != ALL, platform_of(row))):
        place = f"{measure_words(row['measure'])} on {platform_words(platform_of(row))}"
        if row["ratio"] is None:
            lines.append(f"   {place}: {state_name(row['state'])}, hours are missing or its users come or go too fast.")
            continue
        lines.append(
            f"   {place}: had {row['delayed_crashes']:.1f} / expected {row['expected_crashes']:.1f} = "
            f"{row['delayed_crashes'] / max(row['expected_crashes'], 1e-9):.2f}; {ratio_words(row['ratio'])} ({interval_words(row['ratio_low'], row['ratio_high'])}), "
            f"acceptable up to {ratio_words(row['acceptable_ratio'])}, above it with a chance of {chance_words(row['p_unacceptable'])}: "
            f"{state_name(row['state'])}"
        )
    return [*lines, ""]


def cost_lines(verdict: Cell) -> list[str]:
    """Crashes beyond the usual so far, and in the next 24 hours."""
    observed, usual, share = verdict.observed_crashes, verdict.usual_crashes_per_day, verdict.expected_excess
    if None in (verdict.excess_crashes, verdict.ratio) or observed is None or usual is None or share is None:
        return []
    growth, adoption = verdict.planned_growth, verdict.adoption
    lines = [
        f"So far: of {observed:.0f} crashes received, 1 - 1/{ratio_words(verdict.ratio)} are beyond the usual: "
        f"{verdict.excess_crashes:.1f} (90 % interval {verdict.excess_crashes_low:.1f} to {verdict.excess_crashes_high:.1f}).",
        f"Next 24 h with as many users: {usual:.1f} crashes a day are usual x {share:.4f}, the mean of what the ratio has above one "
        f"= {excess_next_day(usual, share):.1f} more.",
    ]
    if growth is not None:
        more = excess_next_day(usual, share, growth)
        lines.append(f"As the rollout is planned, with {growth:.2f} times the users in the mean of these hours: {more:.1f}.")
    if adoption:
        steps = SHARES if verdict.next_step_share is None else (verdict.next_step_share,)
        wider = [
            f"{percent_words(wide)}: {count_words(round(excess_next_day(usual, share, wide / adoption)))}"
            for wide in steps
            if wide > adoption
        ]
        lines += [f"On more than the {percent_words(adoption)} of the channel that it has now: {', '.join(wider)}."] if wider else []
    return lines


def forecast_lines(verdict: Cell) -> list[str]:
    """When a verdict is expected, and the chance of each state some hours ahead; empty where there is one."""
    chances = verdict.state_chances
    if not chances:
        return []
    lines = [forecast_words(verdict)]
    for ahead in sorted({chance.hours_ahead for chance in chances}):
        of_hour = [f"{state_name(c.state)} {chance_words(c.probability)}" for c in chances if c.hours_ahead == ahead]
        lines.append(f"in {ahead} h: {', '.join(of_hour)}")
    to_come = "past releases had them from this age on" if verdict.planned_growth is None else "the rollout is planned"
    return [*lines, f"Drawn from the posterior, with hours to come as {to_come}, and judged by the same rules."]


def advice_lines(verdict: Cell) -> list[str]:
    """What is advised, and the two losses that it weighs."""
    if verdict.advice is None or verdict.advice_reason is None:
        return []
    policy, age = POLICY.rollout, verdict.age_hours
    lines = [f"{verdict.advice}: {REASON_WORDS[Reason(verdict.advice_reason)]}."]
    if verdict.going_loss is None or verdict.waiting_loss is None:
        return lines
    excess = verdict.going_loss / (age + policy.fix_hours)
    return [
        *lines,
        f"Going now: {excess:.4f}, the mean of what an unacceptable ratio has above one (critical measures, by weight), x ({age:.0f} h until "
        f"twice as much is known + {policy.fix_hours:.0f} h until a fix) = {verdict.going_loss:.3f}.",
        f"Waiting: an hour's delay is worth {policy.delay_worth:.2f} x {age:.0f} h = {verdict.waiting_loss:.3f}. Both in crashes that the users to "
        "be given it usually have in an hour.",
        f"Never go above a chance of {percent_words(policy.max_p_unacceptable)} of an unacceptable ratio, nor without baseline or with bad data; "
        "never stop short of regressed.",
    ]
