"""What a person said of a release, in words."""

from collections.abc import Mapping

from jobs.declarations.states import ReviewVerdict
from jobs.digest.facts.digest_facts import Review
from jobs.wording.client_text import as_label, as_sentence
from jobs.wording.shown_numbers import clock_words

_SAID: Mapping[str, str] = {ReviewVerdict.CONFIRMED: "confirmed the regression", ReviewVerdict.DISMISSED: "dismissed the alarm"}


def review_words(review: Review | None) -> str:
    """Who said what of a release, and when; nothing if nobody did."""
    if review is None:
        return ""
    said = _SAID.get(review.verdict, "reviewed it")
    if review.muted_until is not None:
        said = "muted it" if review.verdict == ReviewVerdict.OPEN else f"{said} and muted it"
    until = f", until {clock_words(review.muted_until)}" if review.muted_until is not None else ""
    note = f" (“{as_sentence(review.note, 160)}”)" if review.note else ""
    return f"{as_label(review.reviewed_by)} {said} on {clock_words(review.reviewed_at)}{until}{note}"
