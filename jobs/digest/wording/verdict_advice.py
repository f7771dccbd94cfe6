"""What to do about a verdict, and what weakens it, in words. Written for somebody tired."""

from jobs.decisions.forecast_words import widening_words
from jobs.declarations.policies import POLICY
from jobs.declarations.states import State
from jobs.digest.decisions.release_decisions import GOOD_STATES, Advice, Decision
from jobs.digest.facts.digest_facts import ReleaseLook
from jobs.digest.wording.review_words import review_words
from jobs.products.chosen import PRODUCT
from jobs.verdicts.health_cells import ALARMING_STATES, ALL, is_suspicious
from jobs.verdicts.health_notes import NoteCode
from jobs.wording.cell_words import where_words
from jobs.wording.client_text import as_label
from jobs.wording.note_words import proxy_words
from jobs.wording.shown_numbers import clock_words, percent_words, plural, ratio_words

_WORDS = {
    Advice.HALT: "Halt the rollout of {version} until somebody has looked.",
    Advice.STOP_THE_REST: "{adoption} already run {version}: stop what is left of its rollout, and decide whether a fix must go out.",
    Advice.WATCH_SUCCESSOR: "{successor} is replacing {version}: find out whether it has the same fault, and confirm or dismiss the alarm.",
    Advice.HALT_SUCCESSOR: "{successor}, which came after it, has regressed too: halt that one.",
    Advice.ANSWER: "The first week of {version} is over and nobody has answered: confirm or dismiss the alarm.",
    Advice.KEEP_HALTED: "Keep the rollout of {version} halted until it is fixed: {review}.",
    Advice.SHIP_A_FIX: "{adoption} already run {version} and need a fix: {review}.",
    Advice.MEND_SUCCESSOR: "Make sure that {successor}, which replaces it, has the fix: {review}.",
    Advice.SETTLED: "Answered: {review}.",
    Advice.ASK_REVIEWER: "The figures no longer show a regression, but {review}: ask before you widen the rollout of {version}.",
    Advice.HOLD: "Do not widen the rollout of {version}. The next look comes within the hour.",
    Advice.HOLD_STALE: "Do not widen the rollout of {version} before there are new figures.",
    Advice.FOLLOW_SUCCESSOR: "{successor} is replacing {version}: find out whether it has the same fault.",
    Advice.DISTRUST_DATA: "Do not judge {version} by these figures, and tell whoever runs ingestion. They are checked again every hour.",
    Advice.LOOK_OUTSIDE: "Do not blame {version}: ask what changed outside of it, such as a website, a driver or a remote setting.",
    Advice.WAIT_FOR_FIGURES: "Wait for new figures before you widen the rollout of {version}.",
    Advice.WAIT: "Nothing to decide yet: it is looked at every hour.",
    Advice.JUDGE_FIRST: "Judge {version} by hand. The releases after it will be compared with it.",
    Advice.JUDGE_BY_HAND: "The first week of {version} ended without a clear answer: judge it by hand.",
    Advice.GO: "Go: {version} can be given to more users. {cost}",
    Advice.HOLD_FOR_MORE: "Hold {version} where it is: given to more users now, it risks more than the wait for more figures costs.",
    Advice.NOTHING: "Nothing to do.",
}
_LOOK_THERE = (Advice.HALT, Advice.STOP_THE_REST, Advice.KEEP_HALTED, Advice.SHIP_A_FIX, Advice.HOLD, Advice.HOLD_STALE)
"""Advice that goes with a place to look at first."""
_REVIEW_TOLD = (Advice.KEEP_HALTED, Advice.SHIP_A_FIX, Advice.MEND_SUCCESSOR, Advice.SETTLED, Advice.ASK_REVIEWER)


def action(decision: Decision, *, is_alone: bool = True) -> str:
    """What to do, in one sentence; where to look first if something is wrong somewhere. `is_alone`: nothing else asks for attention."""
    release, cell = decision.release, decision.cell
    version = as_label(release.version)
    if decision.advice is Advice.NOTHING and not is_alone:
        return f"{version} itself needs nothing."
    todo = _WORDS[decision.advice].format(
        version=version,
        successor=as_label(decision.successor.version) if decision.successor is not None else "",
        adoption=percent_words(_share_that_runs(release)),
        review=review_words(release.review),
        cost=widening_words(release.verdict),
    )
    if release.verdict.state not in ALARMING_STATES or decision.advice not in _LOOK_THERE:
        return todo
    if cell.scope == "trailing":
        return f"{todo} It began when the release was out already: suspect a remote setting or a website too."
    if cell.platform != ALL or cell.stratum != ALL:
        return f"{todo} Look at {where_words(cell).removeprefix(' on ').removeprefix(' among ')} first."
    return todo


def _share_that_runs(release: ReleaseLook) -> float | None:
    """Of the users; of the usage where people are not counted. One share a message: it names that of the users, if any."""
    by_people = release.verdict.adoption_by_people
    return release.verdict.adoption if by_people is None else by_people


def changed_action(decision: Decision, alarm_place: tuple[str, ...] | None) -> str:
    """What to do once an alarm has been taken back, or raised again: people may have halted a rollout for it.

    `alarm_place` is the cell that the alarm told of; while that one's own figures are bad, nothing goes on.
    """
    release = decision.release
    version = as_label(release.version)
    alarmed = release.cell_at(alarm_place) if alarm_place else None
    if release.verdict.state in ALARMING_STATES or decision.advice is not Advice.NOTHING:
        return action(decision)
    if alarmed is not None and is_suspicious(alarmed):
        return f"Look at {where_words(alarmed).removeprefix(' on ').removeprefix(' among ') or 'it'} before you widen the rollout of {version}."
    if decision.is_final or decision.successor is not None:
        return f"Nothing speaks against {version} any more."
    unless = "" if release.verdict.state in GOOD_STATES else " unless something else speaks against it"
    return f"The rollout of {version} can go on{unless}."


def caveats(decision: Decision) -> list[str]:
    """What weakens a verdict: that nothing newer comes, few baselines, something outside of the release, what a person said."""
    verdict, review = decision.release.verdict, review_words(decision.release.review)
    found = []
    if decision.is_final:
        found.append(f"Final verdict, of {clock_words(verdict.as_of)}: a release is looked at in its first week, and this one's is over.")
    found += weak_points(decision)
    if decision.said is not None and decision.advice not in _REVIEW_TOLD:
        found.append(f"Reviewed: {review}.")
    return found


def weak_points(decision: Decision) -> list[str]:
    """What weakens the figures themselves: few baselines, something outside of the release."""
    factor, is_alarming = decision.environment_factor, decision.release.verdict.state in ALARMING_STATES
    if factor is None:
        return _baseline_caveats(decision)
    times = ratio_words(factor).removesuffix("x")
    suspect = f" Suspect something outside of {PRODUCT.label}." if is_alarming else ""
    outside = f"Not only this release: the one before crashes {times} times as often as it did, too.{suspect}"
    return [*_baseline_caveats(decision), outside]


def _baseline_caveats(decision: Decision) -> list[str]:
    """What is thin about the releases that it is compared with."""
    verdict = decision.release.verdict
    proxy = verdict.note(NoteCode.PROXY)
    number = len(verdict.baseline_versions or decision.cell.baseline_versions)
    if proxy is not None:
        first = f"First release to be judged on the {as_label(verdict.channel)} channel"
        return [f"{first}: it is compared with {proxy_words(proxy)}, and only gross faults show."]
    if 0 < number <= POLICY.baselines.thin_releases and verdict.state is not State.NO_BASELINE:
        return [f"Thin baseline: only {plural(number, 'earlier release')} to compare with. Take the verdict as a hint."]
    return []
