"""A verdict in words: its mark, the headline, and the one sentence that a person can repeat. Written for somebody tired."""

from jobs.decisions.forecast_words import cost_words, forecast_words
from jobs.declarations.states import State
from jobs.digest.decisions.release_decisions import Decision
from jobs.products.chosen import PRODUCT
from jobs.verdicts.health_cells import ALARMING_STATES, ALL, Cell, is_suspicious
from jobs.verdicts.health_notes import Note, NoteCode
from jobs.wording.cell_words import measure_words, state_name, where_words
from jobs.wording.client_text import as_label, as_sentence
from jobs.wording.note_words import holdback_words, note_words, proxy_words
from jobs.wording.shown_numbers import age_words, chance_words, clock_words, count_words, interval_words, ratio_words, score_words

_TOLD_OTHERWISE = (
    NoteCode.DECIDED_BY,
    NoteCode.THIN_BASELINE,
    NoteCode.ENVIRONMENT,
    NoteCode.NO_BASELINE,
    NoteCode.PROXY,
    NoteCode.HOLDBACK,
)
"""Notes of release_health whose matter the sentence and the caveats tell in their own words."""

MARKS: dict[State, str] = {
    State.REGRESSED: "⛔",
    State.WATCH: "⚠",
    State.DATA_PROBLEM: "✖",
    State.TOO_EARLY: "⏳",
    State.NO_BASELINE: "❔",
    State.INCONCLUSIVE: "≈",
    State.IMPROVED: "✔",
    State.HEALTHY: "✔",
}
"""They differ in shape, not only in colour."""
_WITHOUT_SCORE = (State.REGRESSED, State.TOO_EARLY, State.NO_BASELINE, State.DATA_PROBLEM)
_HIGHEST_BAD_SCORE = 50.0
"""What shows in the last day or among a few users only leaves a release's score high: side by side they would contradict each other."""


def state_words(state: State) -> str:
    """Mark and name of a state, for a table."""
    return f"{MARKS[state]} {state_name(state)}"


def notes_to_tell(verdict: Cell) -> list[str]:
    """The notes of a verdict that are not told otherwise."""
    return [told_note(note) for note in verdict.notes if note.code not in _TOLD_OTHERWISE]


def told_note(note: Note) -> str:
    """A note in words, harmless and short whoever wrote it."""
    return as_sentence(note_words(note), 160)


def shown_score(cell: Cell) -> float | None:
    """The score where it says something beside the state; None is shown as a dash."""
    is_high = cell.state is State.WATCH and (cell.score or 0.0) > _HIGHEST_BAD_SCORE
    return None if cell.state in _WITHOUT_SCORE or is_high else cell.score


def channel_name(channel: str) -> str:
    """`Firefox beta`, or `Firefox` where no channel was ever scored."""
    return PRODUCT.label if channel == ALL else f"{PRODUCT.label} {as_label(channel)}"


def headline(decision: Decision) -> str:
    """`⚠ Firefox beta 57.0b8 – watch since 22 Nov 09:00 UTC – 62/100 after 9 h`."""
    verdict = decision.release.verdict
    name = f"{MARKS[verdict.state]} {PRODUCT.label} {as_label(verdict.channel)} {as_label(verdict.release_version)}"
    final = " – final verdict" if decision.is_final else ""
    since = f" since {clock_words(verdict.since)}" if verdict.state in (State.REGRESSED, State.WATCH) else ""
    if verdict.state is State.REGRESSED:
        return f"{name} – {reviewed_state_words(decision)}{since} ({_age_at_since(verdict)}){final}"
    score = f"{score_words(verdict.score)}/100 " if shown_score(verdict) is not None else ""
    return f"{name} – {reviewed_state_words(decision)}{since} – {score}after {age_words(verdict.age_hours)}{final}"


def alarm_headline(decision: Decision) -> str:
    """`⛔ Firefox beta 57.0b8 has regressed (since 22 Nov 09:00 UTC, 6 h after release)`."""
    verdict = decision.release.verdict
    name = f"{MARKS[State.REGRESSED]} {PRODUCT.label} {as_label(verdict.channel)} {as_label(verdict.release_version)}"
    return f"{name} has regressed (since {clock_words(verdict.since)}, {_age_at_since(verdict)})"


def _age_at_since(verdict: Cell) -> str:
    return f"{age_words(max(verdict.age_hours_at_since, 0.0))} after release"


def reviewed_state_words(decision: Decision) -> str:
    """`regressed`, or `regressed (confirmed)` where a person has looked at it."""
    state = decision.release.verdict.state
    return f"{state_name(state)} ({decision.said})" if state is State.REGRESSED and decision.said else state_name(state)


def _comparison(cell: Cell) -> str:
    """`the last 12 releases with the same users would have had about 412`; a last day is compared with the hours before it."""
    if cell.scope == "trailing":
        return f"its hours before would have had about {count_words(cell.expected_crashes)}"
    return f"{_baseline_words(cell)} with the same users would have had about {count_words(cell.expected_crashes)}"


def _baseline_words(cell: Cell) -> str:
    number, proxy = len(cell.baseline_versions), cell.note(NoteCode.PROXY)
    if proxy is not None:
        return proxy_words(proxy)
    return "the release before it" if number == 1 else f"the last {number} releases" if number else "earlier releases"


def sentence(decision: Decision) -> str:
    """The one sentence, from the posterior of the deciding cell."""
    verdict, cell = decision.release.verdict, decision.cell
    version, crashes = as_label(verdict.release_version), f"{measure_words(cell.measure)}{where_words(cell)}"
    match verdict.state:
        case State.NO_BASELINE:
            return f"There is no earlier release on the {as_label(verdict.channel)} channel to compare {version} with. {_rate(cell)}"
        case State.DATA_PROBLEM:
            return f"Something is wrong with the data, so there is no verdict on {version}. {_notes(verdict)}".strip()
        case _ if cell.ratio is None or cell.expected_crashes is None:
            return f"{version} is {age_words(verdict.age_hours)} old. {_rate(cell)}"
        case State.TOO_EARLY:
            low, high = (ratio_words(end).removesuffix("x") for end in (cell.ratio_low, cell.ratio_high))
            guess = f"It may crash anything from {low} to {high} times as often as it should."
            return f"{version} is {age_words(verdict.age_hours)} old, with {_counts(cell)} so far. {guess}"
        case State.REGRESSED | State.WATCH:
            holdback = told_holdback(decision)
            if holdback is not None:
                return f"{version} crashes more than the release before it among users drawn at random: {holdback}."
            return f"{_excess(verdict, cell)} {_doubt(cell)}{_trend(decision)}"
        case _:
            compared = f"{ratio_words(cell.ratio)} the {crashes} of {_baseline_words(cell)} with the same users"
            # Where the release before is in trouble, too, there is a sign of trouble.
            unclear = "Not proven either way: " if decision.environment_factor else "No sign of trouble, but not proven either: "
            lead = {State.IMPROVED: "Fewer crashes than usual: ", State.INCONCLUSIVE: unclear}
            return f"{lead.get(verdict.state, '')}{version} has {compared} {_interval(cell)}."


def outlook(decision: Decision) -> list[str]:
    """What an alarming release costs, and when an undecided one will be judged; nothing once no further look comes."""
    verdict = decision.release.verdict
    if decision.is_final or decision.is_stale:
        return []
    costs = cost_words(verdict) if verdict.state in ALARMING_STATES and not decision.is_dismissed else ""
    return [told for told in (costs, forecast_words(verdict)) if told]


def told_holdback(decision: Decision) -> str | None:
    """What a random holdback says where it alone is why the release is in alarm."""
    note = decision.release.verdict.note(NoteCode.HOLDBACK)
    return holdback_words(note) if note is not None and not is_suspicious(decision.cell) else None


def figure(decision: Decision) -> str:
    """An alarm's one figure: `1.52 times the usual browser crashes on Windows (90 % interval 1.27–1.81x, acceptable up to 1.25x)`."""
    cell, holdback = decision.cell, told_holdback(decision)
    if holdback is not None:
        return f"More crashes than in the release before it among users drawn at random: {holdback}"
    crashes = f"the usual {measure_words(cell.measure)}{where_words(cell)}"
    if cell.scope == "trailing":
        crashes = f"the {measure_words(cell.measure)}{where_words(cell)} of its hours before"
    when = " in the last 24 h" if cell.scope == "trailing" else ""
    interval = f"90 % interval {interval_words(cell.ratio_low, cell.ratio_high)}, acceptable up to {ratio_words(cell.acceptable_ratio)}"
    return f"{_times(cell)} {crashes}{when} ({interval})"


def _times(cell: Cell) -> str:
    return f"{ratio_words(cell.ratio).removesuffix('x')} times"


def _excess(verdict: Cell, cell: Cell) -> str:
    """How much worse, since when or at what age, against what."""
    version = as_label(verdict.release_version)
    times = f"{_times(cell)} as often as it should"
    crashes = f"{measure_words(cell.measure)}{where_words(cell)}"
    verb = "crashes" if verdict.state is State.REGRESSED else "may be crashing"
    had = count_words(cell.delayed_crashes)
    after = f"after {age_words(verdict.age_hours)} it has had about {had} {crashes}, where {_comparison(cell)}"
    if cell.scope == "trailing":  # something changed under a release that is out: not the release itself, perhaps
        times = f"{_times(cell)} as often as in its hours before"
        return f"In the last 24 h {version} {verb} {times}: it has had about {had} {crashes}, where {_comparison(cell)} {_interval(cell)}."
    if cell.stratum != ALL:  # compared with the rest of the release, whose own level is taken out
        usual = f"where about {count_words(cell.expected_crashes)} are usual"
        after = f"after {age_words(verdict.age_hours)} they have had about {had} {measure_words(cell.measure)}, {usual}"
        times = f"{_times(cell)} as often{where_words(cell)} as among its other users"
    return f"{version} {verb} {times}: {after} {_interval(cell)}."


def _doubt(cell: Cell) -> str:
    chance = None if cell.p_unacceptable is None else 1 - cell.p_unacceptable
    return f"The chance that this is acceptable (at most {ratio_words(cell.acceptable_ratio)}) is {chance_words(chance)}."


def _trend(decision: Decision) -> str:
    return "" if decision.ratio_before is None else f" An hour before it was {ratio_words(decision.ratio_before)}."


def _interval(cell: Cell) -> str:
    return f"(90 % interval {interval_words(cell.ratio_low, cell.ratio_high)})"


def _counts(cell: Cell) -> str:
    count, crashes = count_words(cell.observed_crashes), measure_words(cell.measure)
    crashes = crashes.removesuffix("es") if count == "1" and crashes.endswith("crashes") else crashes
    return f"{count} {crashes} in {count_words(cell.usage_hours)} usage hours"


def _rate(cell: Cell) -> str:
    if not cell.usage_hours or cell.observed_crashes is None:
        return ""
    per_1k_hours = cell.observed_crashes / cell.usage_hours * 1_000
    return f"So far {_counts(cell)}: {per_1k_hours:.1f} per 1,000 hours."


def _notes(verdict: Cell) -> str:
    return " ".join(full_stop(note) for note in notes_to_tell(verdict)[:2])


def full_stop(text: str) -> str:
    """The text as a sentence: a capital first, a full stop last."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "…", "?", "!")) else f"{text}."
