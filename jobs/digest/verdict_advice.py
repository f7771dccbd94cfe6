"""What to do about a verdict, and what weakens it. Written for somebody tired."""

from jobs.client_text import as_label
from jobs.digest.cell_words import where_words
from jobs.digest.digest_facts import ALL, ReleaseLook, State
from jobs.digest.review_words import is_dismissed, review_words, said_words
from jobs.digest.verdict_words import GOOD_STATES, STATE_WORDS, deciding_cell, full_stop, is_proxy, proxy_words
from jobs.number_words import plural, ratio_words
from jobs.policies import POLICY

_REVIEWED_ACTIONS = {
    "confirmed": "Keep the rollout of {version} halted until it is fixed: {review}.",
    "dismissed": "Nothing to do: {review}.",
    "muted": "No alarm for now: {review}.",
}


def action(release: ReleaseLook) -> str:
    """What to do, in one sentence; where to look first if something is wrong somewhere."""
    verdict, cell = release.verdict, deciding_cell(release)
    version = as_label(verdict.release_version)
    is_alarming = verdict.state in (State.REGRESSED, State.WATCH)
    if not is_alarming and _environment_factor(release) is not None and verdict.state is not State.DATA_PROBLEM:
        return f"Do not blame {version}: ask what changed outside of it, such as a website, a driver or a remote setting."
    todo = STATE_WORDS[verdict.state].action.format(version=version)
    said = said_words(release)
    if verdict.state is State.REGRESSED and said is not None:
        todo = _REVIEWED_ACTIONS[said].format(version=version, review=review_words(release.review))
    if verdict.state is State.REGRESSED and is_dismissed(release):
        return todo
    if is_alarming and cell.scope == "trailing":
        return f"{todo} It began when the release was out already: suspect a remote setting or a website too."
    if is_alarming and (cell.platform != ALL or cell.stratum != ALL):
        return f"{todo} Look at {where_words(cell).removeprefix(' on ').removeprefix(' among ')} first."
    return todo


def changed_action(release: ReleaseLook) -> str:
    """What to do once an alarm has been taken back, or raised again: people may have halted a rollout for it."""
    version = as_label(release.version)
    if release.verdict.state in GOOD_STATES:
        return f"The rollout of {version} can go on."
    if release.verdict.state is State.INCONCLUSIVE:
        return f"The rollout of {version} can go on unless something else speaks against it."
    return action(release)


def caveats(release: ReleaseLook) -> list[str]:
    """What weakens a verdict: few baselines, something outside of the release, what a person said."""
    verdict = release.verdict
    found = []
    number = len(verdict.baseline_versions or deciding_cell(release).baseline_versions)
    if is_proxy(verdict):
        found.append(
            f"First release to be judged on the {as_label(verdict.channel)} channel: it is compared with {proxy_words(verdict)}, and only gross faults show."
        )
    elif 0 < number <= POLICY.baselines.thin_releases and verdict.state is not State.NO_BASELINE:
        found.append(f"Thin baseline: only {plural(number, 'earlier release')} to compare with. Take the verdict as a hint.")
    factor = _environment_factor(release)
    if factor is not None:
        times = ratio_words(factor).removesuffix("x")
        is_alarming = verdict.state in (State.REGRESSED, State.WATCH)
        suspect = " Suspect something outside of Firefox." if is_alarming else ""
        found.append(f"Not only this release: the one before crashes {times} times as often as it did, too.{suspect}")
    is_told = verdict.state is State.REGRESSED and said_words(release)
    return found if is_told or not said_words(release) else [*found, full_stop(review_words(release.review))]


def _environment_factor(release: ReleaseLook) -> float | None:
    """By how much the release before worsened, where that is worth a word. Of the cell behind the verdict: among many small ones some factor is always high."""
    factor = deciding_cell(release).environment_factor or 1.0
    return factor if factor > POLICY.verdict.environment_note_factor else None
