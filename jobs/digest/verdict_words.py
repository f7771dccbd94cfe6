"""A verdict in words: its mark, the headline, the one sentence that a person can repeat, and what to do. Written for somebody tired."""

from dataclasses import dataclass

from jobs.digest.client_text import as_label, as_sentence
from jobs.digest.digest_facts import ALL, Cell, ReleaseLook, Review, State
from jobs.measures import MEASURES
from jobs.number_words import age_words, chance_words, clock_words, count_words, interval_words, plural, ratio_words, score_words
from jobs.policies import POLICY

_MEASURES = {measure.name: measure for measure in MEASURES}
_PLATFORMS = {"Windows_NT": "Windows", "Darwin": "macOS"}
_HIGHEST_BAD_SCORE = 50.0
_STRATUM_PARTS = 4  # operating system, its version, architecture, country group
_TOLD_OTHERWISE = ("decided by ", "thin baseline", "environment:", "no release to compare with")
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
    State.DATA_PROBLEM: StateWords("✖", "data problem", "Do not judge {version} by these figures. They are checked again every hour."),
    State.TOO_EARLY: StateWords("⏳", "too early", "Nothing to decide yet."),
    State.NO_BASELINE: StateWords("❔", "no baseline", "Judge {version} by hand."),
    State.INCONCLUSIVE: StateWords("≈", "inconclusive", "Nothing to do."),
    State.IMPROVED: StateWords("✔", "improved", "Nothing to do."),
    State.HEALTHY: StateWords("✔", "healthy", "Nothing to do."),
}

GOOD_STATES = (State.HEALTHY, State.IMPROVED)
WORST_FIRST: tuple[State, ...] = tuple(STATE_WORDS)
"""The order in which states ask for attention."""
_WITHOUT_SCORE = (State.TOO_EARLY, State.NO_BASELINE, State.DATA_PROBLEM)


def measure_words(measure: str) -> str:
    """`browser crashes` for main_crashes_capped; names unknown to the declarations as they are."""
    declared = _MEASURES.get(measure)
    return declared.label if declared else as_label(measure.replace("_", " "))


def is_critical(measure: str) -> bool:
    """Whether a measure decides the state of its release."""
    declared = _MEASURES.get(measure)
    return declared is not None and declared.scoring is not None and declared.scoring.is_critical


def severity_cost(measure: str) -> float:
    """How much a measure weighs beside others; 0 where it is not scored."""
    declared = _MEASURES.get(measure)
    return declared.scoring.severity_cost if declared is not None and declared.scoring is not None else 0.0


def platform_words(platform: str) -> str:
    """A platform by the name that people use."""
    return "all platforms" if platform == ALL else _PLATFORMS.get(platform, as_label(platform))


def stratum_words(stratum: str) -> str:
    """`Windows 10, x86-64, western europe` for the stratum `Windows_NT / 10 / x86-64 / western_europe`; others as they are."""
    parts = stratum.split(" / ")
    if len(parts) != _STRATUM_PARTS:
        return as_label(stratum, 60)
    platform, version, architecture, group = (as_label(part) for part in parts)
    return f"{platform_words(platform)} {version}, {architecture}, {group.replace('_', ' ')}"


def where_words(cell: Cell) -> str:
    """Where a cell is: ` on Windows`, ` among Windows 10 x86-64 in western_europe`, or nothing for all platforms."""
    if cell.stratum != ALL:
        return f" among {stratum_words(cell.stratum)}"
    return "" if cell.platform == ALL else f" on {platform_words(cell.platform)}"


def notes_to_tell(verdict: Cell) -> list[str]:
    """The notes of a verdict that are not told otherwise."""
    return [note for note in verdict.notes if not note.startswith(_TOLD_OTHERWISE)]


def score_cell_words(cell: Cell) -> str:
    """The score for a table: in brackets while it means nothing yet."""
    shown = score_words(cell.score)
    return f"({shown})" if cell.state in _WITHOUT_SCORE and cell.score is not None else shown


def state_words(cell: Cell) -> str:
    """Mark and name of a state, for a table."""
    return f"{STATE_WORDS[cell.state].mark} {STATE_WORDS[cell.state].name}"


def headline(release: ReleaseLook) -> str:
    """`⚠ Firefox beta 57.0b8 – watch – 62/100 after 9 h`."""
    verdict = release.verdict
    name = f"Firefox {as_label(verdict.channel)} {as_label(verdict.release_version)}"
    is_told = verdict.score is not None and verdict.state not in _WITHOUT_SCORE
    # A regression of the last day or of a few users leaves the release's score high: side by side they would only confuse.
    contradicts = verdict.state is State.REGRESSED and (verdict.score or 0.0) > _HIGHEST_BAD_SCORE
    score = f"{score_words(verdict.score)}/100 " if is_told and not contradicts else ""
    return f"{STATE_WORDS[verdict.state].mark} {name} – {STATE_WORDS[verdict.state].name} – {score}after {age_words(verdict.age_hours)}"


def deciding_cell(release: ReleaseLook) -> Cell:
    """The cell behind the verdict: the worst that is in the verdict's state, else the one whose figures the verdict carries."""
    verdict = release.verdict
    if verdict.state in (State.REGRESSED, State.WATCH):
        alarming = [cell for cell in release.cells if cell.state is verdict.state]
        if alarming:
            return max(alarming, key=_weight)
    figures = (verdict.ratio, verdict.expected_crashes, verdict.observed_crashes)
    same = (cell for cell in release.cells if (cell.ratio, cell.expected_crashes, cell.observed_crashes) == figures)
    critical = [cell for cell in release.cells if cell.scope == "platform" and is_critical(cell.measure)]
    everywhere = [cell for cell in critical if cell.platform == ALL]
    return next(same, None) or max(everywhere or critical, key=_weight, default=verdict)


def _weight(cell: Cell) -> tuple[object, ...]:
    """The most certain first, and among equals the most affected: it says where to look."""
    return (is_critical(cell.measure), cell.scope == "platform", round(cell.p_unacceptable or 0.0, 2), cell.ratio or 0.0)


def _comparison(cell: Cell) -> str:
    """`the last 12 releases with the same users would have had about 412`."""
    number = len(cell.baseline_versions)
    releases = "the release before it" if number == 1 else f"the last {number} releases" if number else "earlier releases"
    return f"{releases} with the same users would have had about {count_words(cell.expected_crashes)}"


def sentence(release: ReleaseLook) -> str:
    """The one sentence, from the posterior of the deciding cell."""
    verdict, cell = release.verdict, deciding_cell(release)
    version, crashes = as_label(verdict.release_version), f"{measure_words(cell.measure)}{where_words(cell)}"
    match verdict.state:
        case State.NO_BASELINE:
            return f"There is no earlier release on {as_label(verdict.channel)} to compare {version} with. {_rate(cell)}"
        case State.DATA_PROBLEM:
            return f"Something is wrong with the data, so there is no verdict on {version}. {_notes(release)}".strip()
        case _ if cell.ratio is None or cell.expected_crashes is None:
            return f"{version} is {age_words(verdict.age_hours)} old. {_rate(cell)}"
        case State.TOO_EARLY:
            guess = f"The ratio may be anything from {interval_words(cell.ratio_low, cell.ratio_high)}."
            return f"{version} is {age_words(verdict.age_hours)} old, with {_counts(cell)} so far. {guess}"
        case State.REGRESSED | State.WATCH:
            return f"{_excess(verdict, cell)} {_doubt(cell)}"
        case _:
            baselines = plural(len(cell.baseline_versions), "release")
            compared = f"{ratio_words(cell.ratio)} the {crashes} of the last {baselines} with the same users"
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
    return f"{count_words(cell.observed_crashes)} {measure_words(cell.measure)} in {count_words(cell.usage_hours)} usage hours"


def _rate(cell: Cell) -> str:
    if not cell.usage_hours or cell.observed_crashes is None:
        return ""
    per_1k_hours = cell.observed_crashes / cell.usage_hours * 1_000
    return f"So far {_counts(cell)}: {per_1k_hours:.1f} per 1,000 hours."


def _notes(release: ReleaseLook) -> str:
    return " ".join(_full_stop(as_sentence(note, 200)) for note in notes_to_tell(release.verdict)[:2])


def _full_stop(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "…", "?", "!")) else f"{text}."


def action(release: ReleaseLook) -> str:
    """What to do, in one sentence; where to look first if something is wrong somewhere."""
    verdict, cell = release.verdict, deciding_cell(release)
    if verdict.state is State.REGRESSED and is_dismissed(release):
        return f"Nothing to do: {review_words(release.review)}"
    todo = STATE_WORDS[verdict.state].action.format(version=as_label(verdict.release_version))
    is_somewhere = cell.platform != ALL or cell.stratum != ALL
    if verdict.state in (State.REGRESSED, State.WATCH) and cell.scope == "trailing":
        return f"{todo} It began when the release was out already: suspect a remote setting or a website too."
    if verdict.state in (State.REGRESSED, State.WATCH) and is_somewhere:
        return f"{todo} Look at {where_words(cell).removeprefix(' on ').removeprefix(' among ')} first."
    return todo


def caveats(release: ReleaseLook) -> list[str]:
    """What weakens a verdict: few baselines, something outside of the release, what a person said."""
    verdict = release.verdict
    found = []
    number = len(verdict.baseline_versions or deciding_cell(release).baseline_versions)
    if 0 < number <= POLICY.baselines.thin_releases and verdict.state is not State.NO_BASELINE:
        found.append(f"Thin baseline: only {plural(number, 'earlier release')} to compare with. Take the verdict as a hint.")
    # Of the cell behind the verdict: among many small ones some factor is always high.
    factor = deciding_cell(release).environment_factor or 1.0
    if factor > POLICY.verdict.environment_note_factor:
        found.append(
            f"Not only this release: the one before crashes {ratio_words(factor)} as often too. Suspect something outside of Firefox."
        )
    if release.review is not None and not (verdict.state is State.REGRESSED and is_dismissed(release)):
        found.append(review_words(release.review))
    return found


def is_dismissed(release: ReleaseLook) -> bool:
    """Whether a person said that the alarm was a false one."""
    return release.review is not None and release.review.verdict == "dismissed"


def review_words(review: Review | None) -> str:
    """Who said what of a release, and when; nothing if nobody did."""
    if review is None:
        return ""
    said = {"confirmed": "confirmed the regression", "dismissed": "dismissed the alarm"}.get(review.verdict, "reviewed it")
    until = f", muted until {clock_words(review.muted_until)}" if review.muted_until else ""
    note = f": “{as_sentence(review.note, 160)}”" if review.note else ""
    return f"{as_label(review.reviewed_by)} {said} on {clock_words(review.reviewed_at)}{until}{note}"
