"""What a person said of a release, and whether it still holds."""

from jobs.client_text import as_label, as_sentence
from jobs.digest.digest_facts import ReleaseLook, Review
from jobs.number_words import clock_words


def said_words(release: ReleaseLook) -> str | None:
    """What a person said of the release that still holds at this look: confirmed, dismissed or muted."""
    review = release.review
    if review is None:
        return None
    if review.verdict in ("confirmed", "dismissed"):
        return review.verdict
    return "muted" if review.silences_at(release.verdict.as_of) else None


def is_dismissed(release: ReleaseLook) -> bool:
    """Whether a person said that the alarm was a false one."""
    return said_words(release) == "dismissed"


def review_words(review: Review | None) -> str:
    """Who said what of a release, and when; nothing if nobody did."""
    if review is None:
        return ""
    said = {"confirmed": "confirmed the regression", "dismissed": "dismissed the alarm"}.get(review.verdict, "reviewed it")
    if review.muted_until is not None:
        said = "muted it" if review.verdict == "open" else f"{said} and muted it"
    until = f", until {clock_words(review.muted_until)}" if review.muted_until is not None else ""
    note = f" (“{as_sentence(review.note, 160)}”)" if review.note else ""
    return f"{as_label(review.reviewed_by)} {said} on {clock_words(review.reviewed_at)}{until}{note}"
