"""How a verdict came about, in words that a release manager follows, with the arithmetic shown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobs.measures import measure_named
from jobs.number_words import chance_words, percent_words, plural, score_words
from jobs.policies import HORIZON_HOURS, Policy
from jobs.scoring.channel_scoring import ScoredCell, ScoredRelease
from jobs.scoring.development_factors import adoption_bins
from jobs.scoring.release_history import daily_matchings, padded
from jobs.scoring.row_recomputation import Row, row_variance_to_mean
from jobs.scoring.severity_index import MeasureRatio, severity_index


@dataclass(frozen=True)
class StratumShare:
    """What one stratum adds to the expected crashes: hours x crashes per 1000 h x factor for age, adoption and level."""

    name: str
    usage_hours: float
    crashes_per_1k_hours: float
    factor: float
    expected_crashes: float


def stratum_shares(cell: ScoredCell, look: int) -> list[StratumShare]:
    """The terms of the expected crashes of a cell at a look; empty without baseline."""
    if cell.history is None or cell.looks is None:
        return []
    history, looks, counts = cell.history, cell.looks, cell.prepared.counts
    hours = slice(0, look + 1)
    known = counts.known[hours]
    usage_hours = counts.usage_hours[:, hours] * known
    exposure = usage_hours
    if history.update_weight > 0 and counts.updates is not None:
        exposure = (
            exposure
            + history.update_weight
            * daily_matchings(counts, history.matching)[0].delayed(padded(counts.updates * counts.known, HORIZON_HOURS))[:, hours]
        )
    bins = adoption_bins(looks.adoption[hours])
    multiplier = np.exp(history.factors.log_multiplier(bins, look + 1) + history.level.mean) * looks.environment[hours]
    expected = (history.rates[:, None] * exposure * multiplier).sum(axis=1)
    is_counted = history.has_baseline | bool(looks.unseen_share[look] <= history.policy.verdict.most_unseen_share)
    return [
        StratumShare(
            cell.prepared.strata.names[i],
            float(usage_hours[i].sum()),
            1000 * float(history.rates[i]),
            float(expected[i] / (history.rates[i] * usage_hours[i].sum())),
            float(expected[i]),
        )
        for i in range(len(expected))
        if is_counted[i] and usage_hours[i].sum() > 0
    ]


def explain_release(scored: ScoredRelease, verdict: Row, rows: Sequence[Row], policy: Policy) -> str:
    """The verdict's row, and those of the release's cells at the same look, told from the cell that decides."""
    look = int(verdict["age_hours"]) - 1
    cell = deciding_cell(scored, verdict)
    row = next(r for r in rows if r["scope"] == "platform" and (r["measure"], r["platform"]) == (cell.key.measure, cell.platform))
    score = "no score" if verdict["score"] is None else f"{score_words(verdict['score'])}/100"
    lines = [
        f"{verdict['channel']} {verdict['release_version']} at {verdict['as_of']:%Y-%m-%d %H:%M} UTC, {verdict['age_hours']:.0f} h after release:",
        f"  {verdict['state'].replace('_', ' ')} since {verdict['since']:%Y-%m-%d %H:%M}, {score}. " + "; ".join(verdict["notes"]),
        "",
    ]
    if cell.history is None or row["ratio"] is None:
        return "\n".join([*lines, _rates_alone(row)])
    lines += [*_received(row), *_expected(cell, row, look), *_judged(cell, row, policy), *_state(cell, row, look, policy)]
    return "\n".join([*lines, *_other_cells(rows)])


def deciding_cell(scored: ScoredRelease, verdict: Row) -> ScoredCell:
    """The cell that the verdict's first note names."""
    for cell in scored.cells:
        if verdict["notes"][0] == f"decided by {measure_named(cell.key.measure).label} on {cell.platform}":
            return cell
    raise ValueError(f"no cell is named by {verdict['notes'][0]!r}")


def _rates_alone(row: Row) -> str:
    rate = 1000 * row["observed_crashes"] / row["usage_hours"] if row["usage_hours"] else math.nan
    return f"No past release to compare with: {row['observed_crashes']:.0f} crashes in {row['usage_hours']:.0f} usage hours" + (
        "." if math.isnan(rate) else f", {rate:.2f} per 1000 h."
    )


def _received(row: Row) -> list[str]:
    return [
        "1. What was received",
        f"   {row['observed_crashes']:.0f} crashes and {row['usage_hours']:.0f} usage hours.",
        "   Crashes are reported at once, usage hours later. Each crash counts by the chance that a usage hour of the",
        f"   same moment has come by now: {row['observed_crashes']:.0f} crashes count as O = {row['delayed_crashes']:.1f}.",
        "",
    ]


def _expected(cell: ScoredCell, row: Row, look: int) -> list[str]:
    shares = stratum_shares(cell, look)
    terms = [
        f"   {s.name:<44} {s.usage_hours:>10.1f} h x {s.crashes_per_1k_hours:>8.3f} per 1000 h x {s.factor:>6.3f} = {s.expected_crashes:>8.2f}"
        for s in shares
    ]
    return [
        "2. What past releases would have had",
        f"   {plural(len(row['baseline_versions']), 'release')}, newest first: {', '.join(row['baseline_versions'])}.",
        "   Hours of each group of users x that group's mature crash rate x how much higher rates run at this age and adoption",
        "   (learned from those releases):",
        *terms,
        f"   together E = {sum(s.expected_crashes for s in shares):.2f}; O / E = {row['delayed_crashes'] / max(row['expected_crashes'], 1e-12):.2f}.",
        "",
    ]


def _judged(cell: ScoredCell, row: Row, policy: Policy) -> list[str]:
    c, phi, scale = row_variance_to_mean(row), row["overdispersion"], row["between_release_scale"]
    learned = (
        "learned over this channel's cells" if cell.history and cell.history.is_scale_learned else "not learned yet: assumed beforehand"
    )
    margin = f"max(log(1 + {policy.alarm.margin:.2f}), {policy.alarm.scales:g} x {scale:.3f})"
    return [
        "3. What that says",
        f"   Counts come in clusters (phi = {phi:.2f}) and late ones are weighted (c = {c:.2f}): O is worth n = O / (c phi) = "
        f"{row['delayed_crashes'] / (c * phi):.1f} independent crashes, E is m = {row['expected_crashes'] / (c * phi):.1f}.",
        f"   Healthy releases stray by sqrt({row['transient_variance']:.5f}) = {math.sqrt(row['transient_variance']):.3f} (log) at this age, "
        f"and differ from their predecessors by s = {scale:.3f} ({learned}).",
        f"   Acceptable is up to A = exp({margin}) = {row['acceptable_ratio']:.2f} times their rate.",
        f"   Together: {row['ratio']:.2f} times their rate, 90 % interval {row['ratio_low']:.2f} to {row['ratio_high']:.2f}.",
        f"   Chance that it is above {row['acceptable_ratio']:.2f}: {chance_words(row['p_unacceptable'], 1)}; score = 100 x (1 - "
        f"{row['p_unacceptable']:.5f}) = {row['score']:.3f}, told as {score_words(row['score'])}/100: no chance is told as 0 or 100.",
        f"   Evidence for a regression {row['evidence']:.3g} : 1.",
        "",
    ]


def _state(cell: ScoredCell, row: Row, look: int, policy: Policy) -> list[str]:
    assert cell.looks is not None and cell.history is not None, "told only of cells with a baseline"
    alarm = policy.alarm
    first = max(0, look - alarm.release_hours + 1)
    chances = cell.looks.posterior.p_unacceptable[0, first : look + 1]
    return [
        "4. The word for it",
        f"   {row['state'].replace('_', ' ')} since {row['since']:%Y-%m-%d %H:%M}. Chance of unacceptable at the last looks: "
        + ", ".join(chance_words(chance, 1) for chance in chances)
        + ".",
        f"   Chance that a healthy release of this age has as high a ratio: {chance_words(cell.looks.chance_if_healthy(0)[look], 1)}.",
        f"   regressed: at least {percent_words(1 - alarm.doubt)}, or {percent_words(alarm.probably_unacceptable)} where a healthy release's chance is at "
        f"most {percent_words(alarm.chance_if_healthy, 1)}, at {alarm.persistence_hours} looks in a row with {alarm.fewest_effective_crashes:g} effective crashes "
        f"(now {row['effective_crashes']:.1f}); left when below {percent_words(alarm.release_below)} at {alarm.release_hours} looks.",
        f"   too early: fewer than {policy.verdict.too_early_expected:g} effective expected crashes, or a posterior sd above "
        f"{policy.verdict.too_early_sd:g} (now {row['posterior_sd']:.2f}).",
        "",
    ]


def _other_cells(rows: Sequence[Row]) -> list[str]:
    cells = [row for row in rows if row["scope"] != "release" and row["ratio"] is not None]
    cells.sort(key=lambda row: -row["p_unacceptable"])
    told = [
        f"   {chance_words(row['p_unacceptable'], 1):>7}  {row['ratio']:>5.2f} ({row['ratio_low']:.2f}-{row['ratio_high']:.2f})  {row['state']:<13} "
        f"{measure_named(row['measure']).label}, {row['platform']}, {row['stratum']}"
        + (" (last 24 h)" if row["scope"] == "trailing" else "")
        for row in cells[:8]
    ]
    whole = [row for row in cells if row["scope"] == "platform" and row["platform"] == "all"]
    costs = [(measure_named(row["measure"]).scoring, row) for row in whole]
    index = severity_index([MeasureRatio(s.severity_cost, r["expected_crashes"], r["ratio"]) for s, r in costs if s is not None])
    ranked = (
        []
        if index is None
        else [f"   All measures together, weighted by what a crash costs: {index:.2f} times (for ranking releases only)."]
    )
    return ["5. Other cells, most suspicious first (chance of unacceptable, ratio, interval, state)", *told, *ranked]
