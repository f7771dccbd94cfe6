"""How a verdict came about, in words that a release manager follows, with the arithmetic shown."""

import math
from collections.abc import Sequence

import numpy as np

from jobs.declarations.measures import measure_named
from jobs.declarations.policies import Policy
from jobs.declarations.states import Scope, State
from jobs.scoring.looks.channel_scoring import ScoredCell, ScoredRelease
from jobs.scoring.looks.release_sums import TRAILING_HOURS
from jobs.scoring.looks.verdict_states import doubt_at
from jobs.scoring.method.local_groups import local_groups
from jobs.scoring.method.release_amounts import hours_before_factor
from jobs.scoring.method.rest_of_release import REST_PSEUDO_CRASHES, expected_as_the_rest
from jobs.scoring.method.severity_index import MeasureRatio, severity_index
from jobs.scoring.rows.expected_terms import StratumShare, shares_as_known_then, shares_since_release
from jobs.scoring.rows.robust_steps import crashes_of_few_clients, group_events, pulled_releases
from jobs.scoring.rows.row_recomputation import Row, row_variance_to_mean
from jobs.verdicts.health_cells import ALL, PLACE_COLUMNS, Cell, cell_from_row, deciding_cell
from jobs.verdicts.health_notes import NoteCode
from jobs.wording.cell_words import place_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.note_words import note_words
from jobs.wording.shown_numbers import age_words, chance_words, clock_words, interval_words, percent_words, plural, ratio_words, score_words


def explain_release(scored: ScoredRelease, verdict: Row, rows: Sequence[Row], policy: Policy) -> str:
    """The verdict's row, and those of the release's cells at the same look, told from the cell that the digest tells of."""
    look = int(verdict["age_hours"]) - 1
    cells = [cell_from_row(row) for row in rows if row["scope"] != "release"]
    told = deciding_cell(State(verdict["state"]), cells)
    if told is None:
        raise ValueError("the look has no cells: it was not scored by this code; score it anew")
    row = next(row for row in rows if tuple(row[column] for column in PLACE_COLUMNS) == told.place)
    cell = next(cell for cell in scored.cells if (cell.key.measure, cell.platform) == (told.measure, told.platform))
    lines = [*_verdict_lines(verdict, told), ""]
    if cell.history is None or cell.looks is None or row["ratio"] is None:
        return "\n".join([*lines, _rates_alone(row)])
    index = list(zip(cell.looks.scopes, cell.looks.strata, strict=True)).index((row["scope"], row["stratum"]))
    lines += [
        *_received(cell, row, look),
        *_expected(cell, row, index, look, policy),
        *_judged(cell, row, policy),
        *_state(cell, row, index, look, policy),
    ]
    return "\n".join([*lines, *_other_cells(rows)])


def _verdict_lines(verdict: Row, told: Cell) -> list[str]:
    """What the digest says of the release: state, since when, score, how many run it, and of which part of it the figures are."""
    of_release = cell_from_row(verdict)
    age = f"{age_words(max(of_release.age_hours_at_since, 0.0))} after release"
    score = "no score" if of_release.score is None else f"{score_words(of_release.score)}/100"
    notes = [note_words(note) for note in of_release.notes if note.code is not NoteCode.DECIDED_BY]
    return [
        f"{as_label(verdict['channel'])} {as_label(verdict['release_version'])} at {clock_words(verdict['as_of'])}, {age_words(verdict['age_hours'])} after release:",
        f"  {state_name(of_release.state)} since {clock_words(of_release.since)} ({age}), {score}, "
        f"on {percent_words(of_release.adoption)} of the channel.",
        f"  Told from {place_words(told)}.",
        *(f"  {note[:1].upper()}{note[1:]}." for note in notes),
    ]


def _rates_alone(row: Row) -> str:
    rate = 1000 * row["observed_crashes"] / row["usage_hours"] if row["usage_hours"] else math.nan
    return f"No past release to compare with: {row['observed_crashes']:.0f} crashes in {row['usage_hours']:.0f} usage hours" + (
        "." if math.isnan(rate) else f", {rate:.2f} per 1000 h."
    )


def _received(cell: ScoredCell, row: Row, look: int) -> list[str]:
    of_few = [] if cell.looks is None else crashes_of_few_clients(cell.looks, Scope(row["scope"]), look)
    return [
        "1. What was received",
        f"   {row['observed_crashes']:.0f} crashes and {row['usage_hours']:.0f} usage hours.",
        "   Crashes are reported at once, usage hours later. Each crash counts by the chance that a usage hour of the",
        f"   same moment has come by now: {row['observed_crashes']:.0f} crashes count as O = {row['delayed_crashes']:.1f}.",
        *of_few,
        "",
    ]


def _expected(cell: ScoredCell, row: Row, index: int, look: int, policy: Policy) -> list[str]:
    """The terms of E: of all groups of users, of the last 24 hours alone, or of one group against the rest of its release."""
    is_last_day = row["scope"] == "trailing"
    shares = shares_as_known_then(cell, look, look - TRAILING_HOURS + 1) if is_last_day else shares_since_release(cell, look)
    if row["scope"] == "stratum":
        shares = _of_part(cell, shares, row["stratum"])
    terms = [
        f"   {as_label(s.name, 60):<44} {s.usage_hours:>10.1f} h x {s.crashes_per_1k_hours:>8.3f} per 1000 h x {s.factor:>6.3f} = {s.expected_crashes:>8.2f}"
        for s in shares
    ]
    assert cell.history is not None and cell.looks is not None, "told only of cells with a baseline"
    events = group_events(cell.looks, cell.prepared.strata.names, look, policy.verdict)
    return [
        "2. What past releases would have had",
        f"   {plural(len(row['baseline_versions']), 'release')}, newest first: {', '.join(map(as_label, row['baseline_versions']))}.",
        *pulled_releases(cell.history),
        "   Hours of each group of users x that group's mature crash rate x how much higher rates run at this age and adoption",
        f"   (learned from those releases){_outside(row)}:",
        *terms,
        *events,
        *_rest_of_release(cell, row, index, look),
        *_hours_before(cell, row, look),
        f"   together E = {row['expected_crashes']:.2f}; O / E = {row['delayed_crashes'] / max(row['expected_crashes'], 1e-12):.2f}.",
        "",
    ]


def _outside(row: Row) -> str:
    """What moved this release's crashes from outside: the factor that the release before has, too, is in the expected crashes."""
    factor = row["environment_factor"]
    return "" if factor is None else f", now times {ratio_words(factor)} for what the release before shows of its surroundings"


def _of_part(cell: ScoredCell, shares: list[StratumShare], name: str) -> list[StratumShare]:
    """The shares of a group of users, or of all groups of a platform."""
    assert cell.history is not None, "a part is compared with the rest of its release by what past releases say"
    groups = local_groups(cell.history, cell.prepared.strata.names)
    strata = next(group.strata[group.names.index(name)] for group in groups if name in group.names)
    names = {cell.prepared.strata.names[i] for i in strata}
    return [share for share in shares if share.name in names]


def _rest_of_release(cell: ScoredCell, row: Row, index: int, look: int) -> list[str]:
    """A group of users is compared with the rest of its release: what the rest has more or less than usual is usual for the group."""
    if row["scope"] != "stratum" or cell.looks is None:
        return []
    observed = max(float(cell.looks.observed[0, look] - cell.looks.observed[index, look]), 0.0)
    own = sum(share.expected_crashes for share in _of_part(cell, shares_since_release(cell, look), row["stratum"]))
    expected = max(float(cell.looks.expected[0, look]) - own, 0.0)
    few, factor = REST_PSEUDO_CRASHES, expected_as_the_rest(1.0, observed, expected)
    return [f"   x what the rest of the release has: ({observed:.2f} + {few:g}) / ({expected:.2f} + {few:g}) = {factor:.3f}"]


def _hours_before(cell: ScoredCell, row: Row, look: int) -> list[str]:
    """The last day is compared with the release's own hours before it."""
    if row["scope"] != "trailing" or cell.looks is None:
        return []
    observed = float(cell.looks.observed[0, look - TRAILING_HOURS])
    expected = sum(share.expected_crashes for share in shares_as_known_then(cell, look - TRAILING_HOURS))
    factor = float(hours_before_factor(np.array(observed), np.array(expected)))
    return [f"   x what the release had in its hours before ({observed:.2f} of {expected:.2f} expected, never below .85) = {factor:.3f}"]


def _judged(cell: ScoredCell, row: Row, policy: Policy) -> list[str]:
    c, phi, scale = row_variance_to_mean(row), row["overdispersion"], row["between_release_scale"]
    learned = (
        "learned over this channel's cells" if cell.history and cell.history.is_scale_learned else "not learned yet: assumed beforehand"
    )
    alarm = policy.alarm
    least, scales = {
        "stratum": (alarm.local_margin, alarm.local_scales),
        "trailing": (alarm.margin, alarm.local_scales),
    }.get(row["scope"], (alarm.margin, alarm.scales))
    margin = f"max(log(1 + {least:.2f}), {scales:g} x {scale:.3f})"
    return [
        "3. What that says",
        f"   Counts come in clusters (phi = {phi:.2f}) and late ones are weighted (c = {c:.2f}): O is worth n = O / (c phi) = "
        f"{row['delayed_crashes'] / (c * phi):.1f} independent crashes, E is m = {row['expected_crashes'] / (c * phi):.1f}.",
        f"   Healthy releases stray by sqrt({row['transient_variance']:.5f}) = {math.sqrt(row['transient_variance']):.3f} (log) at this age and in this environment, "
        f"and differ from their predecessors by s = {scale:.3f} ({learned}).",
        f"   Acceptable is up to A = exp({margin}) = {ratio_words(row['acceptable_ratio'])} their rate.",
        f"   Together: {ratio_words(row['ratio'])} their rate, 90 % interval {interval_words(row['ratio_low'], row['ratio_high'])}.",
        f"   Chance that it is above {ratio_words(row['acceptable_ratio'])}: {chance_words(row['p_unacceptable'], 1)}; score of this part = 100 x (1 - "
        f"{row['p_unacceptable']:.5f}) = {row['score']:.3f}, told as {score_words(row['score'])}/100: no chance is told as 0 or 100.",
        f"   Chance that it is acceptable: {chance_words(1 - row['p_unacceptable'])}.",
        f"   Evidence for a regression {row['evidence']:.3g} : 1.",
        "",
    ]


def _state(cell: ScoredCell, row: Row, index: int, look: int, policy: Policy) -> list[str]:
    assert cell.looks is not None and cell.history is not None, "told only of cells with a baseline"
    alarm = cell.alarm
    first = max(0, look - alarm.release_hours + 1)
    chances = cell.looks.posterior.p_unacceptable[index, first : look + 1]
    also = f" and a healthy release's chance at most {percent_words(alarm.chance_if_healthy, 2)}" if row["scope"] == "platform" else ""
    also += "; of one platform only while all together are" if row["platform"] != ALL else ""
    return [
        "4. The word for it",
        f"   {state_name(State(row['state']))} since {clock_words(row['since'])}. Chance of unacceptable at the last looks: "
        + ", ".join(chance_words(chance, 1) for chance in chances)
        + ".",
        f"   Chance that a healthy release of this age has as high a ratio: {chance_words(cell.looks.chance_if_healthy(index)[look], 1)}.",
        f"   regressed: at least {percent_words(1 - float(doubt_at(row['age_hours'], alarm, row['scope'])), 2)} at this age{also}, at {alarm.persistence_hours} looks in a row with {alarm.min_effective_crashes:g} effective crashes "
        f"(now {row['effective_crashes']:.1f}); left when below {percent_words(alarm.release_below)} at {alarm.release_hours} looks.",
        f"   too early: fewer than {policy.verdict.too_early_expected:g} effective expected crashes, or a posterior sd above "
        f"{policy.verdict.too_early_sd:g} (now {row['posterior_sd']:.2f}).",
        "",
    ]


def _other_cells(rows: Sequence[Row]) -> list[str]:
    cells = [row for row in rows if row["scope"] != "release" and row["ratio"] is not None]
    cells.sort(key=lambda row: -row["p_unacceptable"])
    told = [
        f"   {chance_words(row['p_unacceptable'], 1):>7}  {ratio_words(row['ratio']):>6} ({interval_words(row['ratio_low'], row['ratio_high'])})  "
        f"{state_name(State(row['state'])):<13} {place_words(cell_from_row(row))}"
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
