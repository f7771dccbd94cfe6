"""A verdict in words: its mark, the headline, and the one sentence that a person can repeat. Written for somebody tired."""

from dataclasses import dataclass

from jobs.client_text import as_label, as_sentence
from jobs.digest.cell_words import is_critical, measure_words, severity_cost, where_words
from jobs.digest.digest_facts import ALL, Cell, ReleaseLook, State
from jobs.digest.review_words import said_words
from jobs.number_words import age_words, chance_words, clock_words, count_words, interval_words, ratio_words, score_words
from jobs.policies import POLICY

_HIGHEST_BAD_SCORE = 50.0
_ALARMING = 0.90
"""From here on a cell is told as the one that alarms; below, more likely a part of it does. No policy calls a cell regressed for less."""
_PROXY = "no release of this channel to compare with: compared with "
_HOLDBACK = "random holdback: "
_TOLD_OTHERWISE = ("decided by ", "thin baseline", "environment:", "no release to compare with", _PROXY, _HOLDBACK)
"""Notes of release_health whose matter the sentence and the caveats tell in their own words."""


@dataclass(frozen=True)
class StateWords:
    """`mark` differs in shape, not only in colour; `action` says what to do."""

    mark: str
    name: str
    action: str


STATE_WORDS: dict[State, StateWords] = {
    State.REGRESSED: StateWords("⛔", "regressed", "Halt the rollout of {version} until somebody has looked."),
    State.WATCH: StateWords("⚠", "watch", "Do not widen the rollout of {version}. The next look comes within the hour."),
    State.DATA_PROBLEM: StateWords(
        "✖", "data problem", "Do not judge {version} by these figures, and tell whoever runs ingestion. They are checked again every hour."
    ),
    State.TOO_EARLY: StateWords("⏳", "too early", "Nothing to decide yet: it is looked at every hour."),
    State.NO_BASELINE: StateWords("❔", "no baseline", "Judge {version} by hand. The releases after it will be compared with it."),
    State.INCONCLUSIVE: StateWords("≈", "inconclusive", "Nothing to do."),
    State.IMPROVED: StateWords("✔", "improved", "Nothing to do."),
    State.HEALTHY: StateWords("✔", "healthy", "Nothing to do."),
}

GOOD_STATES = (State.HEALTHY, State.IMPROVED)
WORST_FIRST: tuple[State, ...] = tuple(STATE_WORDS)
"""The order in which states ask for attention."""
_WITHOUT_SCORE = (State.TOO_EARLY, State.NO_BASELINE, State.DATA_PROBLEM)


def notes_to_tell(verdict: Cell) -> list[str]:
    """The notes of a verdict that are not told otherwise."""
    return [note for note in verdict.notes if not note.startswith(_TOLD_OTHERWISE)]


def score_cell_words(cell: Cell) -> str:
    """The score for a table: in brackets while it means nothing yet, and where the state comes from a part of the cell."""
    return _score_or_aside(cell, is_aside=is_alarmed_by_part(cell))


def is_alarmed_by_part(cell: Cell) -> bool:
    """Whether a cell alarms although its own figures do not."""
    return cell.state in (State.REGRESSED, State.WATCH) and cell.p_unacceptable is not None and not is_suspicious(cell)


def release_score_words(release: ReleaseLook) -> str:
    """The same for a release's row."""
    return _score_or_aside(release.verdict, is_aside=_has_score_aside(release))


def _score_or_aside(cell: Cell, *, is_aside: bool) -> str:
    shown = score_words(cell.score)
    return f"({shown})" if (is_aside or cell.state in _WITHOUT_SCORE) and cell.score is not None else shown


def _has_score_aside(release: ReleaseLook) -> bool:
    """A regression of the last day or of a few users leaves the release's score high: side by side they would only confuse."""
    verdict = release.verdict
    is_of_part = verdict.state is State.REGRESSED or (verdict.state is State.WATCH and deciding_cell(release).scope != "platform")
    return is_of_part and (verdict.score or 0.0) > _HIGHEST_BAD_SCORE


def state_words(cell: Cell) -> str:
    """Mark and name of a state, for a table."""
    return f"{STATE_WORDS[cell.state].mark} {STATE_WORDS[cell.state].name}"


def headline(release: ReleaseLook) -> str:
    """`⚠ Firefox beta 57.0b8 – watch – 62/100 after 9 h`."""
    verdict = release.verdict
    name = f"Firefox {as_label(verdict.channel)} {as_label(verdict.release_version)}"
    is_told = verdict.score is not None and verdict.state not in _WITHOUT_SCORE and not _has_score_aside(release)
    score = f"{score_words(verdict.score)}/100 " if is_told else ""
    mark, state = STATE_WORDS[verdict.state].mark, reviewed_state_words(release)
    return f"{mark} {name} – {state} – {score}after {age_words(verdict.age_hours)}"


def reviewed_state_words(release: ReleaseLook) -> str:
    """`regressed`, or `regressed (confirmed)` where a person has looked at it."""
    state, said = release.verdict.state, said_words(release)
    return f"{STATE_WORDS[state].name} ({said})" if state is State.REGRESSED and said else STATE_WORDS[state].name


def deciding_cell(release: ReleaseLook) -> Cell:
    """The cell behind the verdict: the worst that alarms, else all platforms if they agree, else the one whose figures the verdict carries."""
    verdict = release.verdict
    if verdict.state in (State.REGRESSED, State.WATCH):
        # A release is watched, too, where a measure that does not decide has regressed.
        states = (State.REGRESSED,) if verdict.state is State.REGRESSED else (State.REGRESSED, State.WATCH)
        alarming = [cell for cell in release.cells if cell.state in states]
        if alarming:
            return max(alarming, key=_weight)
    critical = [cell for cell in release.cells if cell.scope == "platform" and is_critical(cell.measure)]
    everywhere = [cell for cell in critical if cell.platform == ALL]
    # The verdict's figures are those of the platform that looks least good; where all platforms together say the same, people mean those.
    agreeing = [cell for cell in everywhere if cell.state is verdict.state]
    if agreeing:
        return max(agreeing, key=lambda cell: (severity_cost(cell.measure), _weight(cell)))
    figures = (verdict.ratio, verdict.expected_crashes, verdict.observed_crashes)
    same = (cell for cell in release.cells if (cell.ratio, cell.expected_crashes, cell.observed_crashes) == figures)
    return next(same, None) or max(everywhere or critical, key=_weight, default=verdict)


def _weight(cell: Cell) -> tuple[object, ...]:
    """Those first that alarm by their own figures, then the most certain, and among equals the most affected: it says where to look.

    A platform is called regressed also where only its last 24 hours are, or a group of its users; its own figures then say nothing.
    """
    chance = cell.p_unacceptable or 0.0
    by_itself = (chance >= _ALARMING, is_suspicious(cell))
    return (is_critical(cell.measure), *by_itself, cell.scope == "platform", round(chance, 2), cell.ratio or 0.0)


def is_suspicious(cell: Cell) -> bool:
    """Whether a cell's own figures speak against it, and not only those of a part of it."""
    return (cell.p_unacceptable or 0.0) >= POLICY.verdict.watch_probability


def holdback_note(verdict: Cell) -> str | None:
    """What a random holdback says, `evidence 150 : 1 for a regression (alarm at 100 : 1)`, where there is one."""
    found = (as_sentence(note, 160) for note in verdict.notes if note.startswith(_HOLDBACK))
    return next((note.removeprefix(_HOLDBACK) for note in found), None)


def _comparison(cell: Cell) -> str:
    """`the last 12 releases with the same users would have had about 412`."""
    return f"{_baseline_words(cell)} with the same users would have had about {count_words(cell.expected_crashes)}"


def _baseline_words(cell: Cell) -> str:
    number = len(cell.baseline_versions)
    if is_proxy(cell):
        return proxy_words(cell)
    return "the release before it" if number == 1 else f"the last {number} releases" if number else "earlier releases"


def is_proxy(cell: Cell) -> bool:
    """Whether something else stands in for the releases of its channel that a cell should be compared with."""
    return any(note.startswith(_PROXY) for note in cell.notes)


def proxy_words(cell: Cell) -> str:
    """What does: `this version on the channel before`, `the version in use before`."""
    return next(as_label(note.removeprefix(_PROXY)) for note in cell.notes if note.startswith(_PROXY))


def sentence(release: ReleaseLook) -> str:
    """The one sentence, from the posterior of the deciding cell."""
    verdict, cell = release.verdict, deciding_cell(release)
    version, crashes = as_label(verdict.release_version), f"{measure_words(cell.measure)}{where_words(cell)}"
    match verdict.state:
        case State.NO_BASELINE:
            return f"There is no earlier release on the {as_label(verdict.channel)} channel to compare {version} with. {_rate(cell)}"
        case State.DATA_PROBLEM:
            return f"Something is wrong with the data, so there is no verdict on {version}. {_notes(release)}".strip()
        case _ if cell.ratio is None or cell.expected_crashes is None:
            return f"{version} is {age_words(verdict.age_hours)} old. {_rate(cell)}"
        case State.TOO_EARLY:
            low, high = (ratio_words(end).removesuffix("x") for end in (cell.ratio_low, cell.ratio_high))
            guess = f"It may crash anything from {low} to {high} times as often as it should."
            return f"{version} is {age_words(verdict.age_hours)} old, with {_counts(cell)} so far. {guess}"
        case State.REGRESSED | State.WATCH:
            holdback = holdback_note(verdict)
            if holdback is not None and not is_suspicious(cell):
                return f"{version} crashes more than the release before it among users drawn at random: {holdback}."
            return f"{_excess(verdict, cell)} {_doubt(cell)}"
        case _:
            compared = f"{ratio_words(cell.ratio)} the {crashes} of {_baseline_words(cell)} with the same users"
            lead = {State.IMPROVED: "Fewer crashes than usual: ", State.INCONCLUSIVE: "No sign of trouble, but not proven either: "}
            return f"{lead.get(verdict.state, '')}{version} has {compared} {_interval(cell)}."


def _excess(verdict: Cell, cell: Cell) -> str:
    """How much worse, since when or at what age, against what."""
    version = as_label(verdict.release_version)
    times = f"{ratio_words(cell.ratio).removesuffix('x')} times as often as it should"
    crashes = f"{measure_words(cell.measure)}{where_words(cell)}"
    verb = "crashes" if verdict.state is State.REGRESSED else "may be crashing"
    if cell.scope == "trailing":  # something changed under a release that is out: not the release itself, perhaps
        counts = f"in the last 24 h it has had about {count_words(cell.delayed_crashes)} {crashes}, where {_comparison(cell)}"
        return f"Since {clock_words(cell.since)} {version} {verb} {times}: {counts} {_interval(cell)}."
    if cell.stratum != ALL:  # compared with the rest of the release, whose own level is taken out
        had = f"{count_words(cell.delayed_crashes)} {measure_words(cell.measure)}"
        counts = (
            f"after {age_words(verdict.age_hours)} they have had about {had}, where about {count_words(cell.expected_crashes)} are usual"
        )
        times = f"{ratio_words(cell.ratio).removesuffix('x')} times as often{where_words(cell)} as among its other users"
        return f"{version} {verb} {times}: {counts} {_interval(cell)}."
    counts = (
        f"after {age_words(verdict.age_hours)} it has had about {count_words(cell.delayed_crashes)} {crashes}, where {_comparison(cell)}"
    )
    return f"{version} {verb} {times}: {counts} {_interval(cell)}."


def _doubt(cell: Cell) -> str:
    return f"The chance that this is acceptable (at most {ratio_words(cell.acceptable_ratio)}) is {chance_words(_p_acceptable(cell))}."


def _interval(cell: Cell) -> str:
    return f"(90 % interval {interval_words(cell.ratio_low, cell.ratio_high)})"


def _p_acceptable(cell: Cell) -> float | None:
    return None if cell.p_unacceptable is None else 1 - cell.p_unacceptable


def _counts(cell: Cell) -> str:
    count, crashes = count_words(cell.observed_crashes), measure_words(cell.measure)
    crashes = crashes.removesuffix("es") if count == "1" and crashes.endswith("crashes") else crashes
    return f"{count} {crashes} in {count_words(cell.usage_hours)} usage hours"


def _rate(cell: Cell) -> str:
    if not cell.usage_hours or cell.observed_crashes is None:
        return ""
    per_1k_hours = cell.observed_crashes / cell.usage_hours * 1_000
    return f"So far {_counts(cell)}: {per_1k_hours:.1f} per 1,000 hours."


def _notes(release: ReleaseLook) -> str:
    return " ".join(full_stop(as_sentence(note, 200)) for note in notes_to_tell(release.verdict)[:2])


def full_stop(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "…", "?", "!")) else f"{text}."
