"""What people said of releases, as far as baselines go: confirmed regressions are none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jobs.declarations.states import ReviewVerdict


@dataclass(frozen=True)
class Review:
    """One row of release_reviews."""

    channel: str
    version: str
    reviewed_at: datetime
    verdict: str


def confirmed_before(reviews: Iterable[Review], channel: str, at: datetime) -> frozenset[str]:
    """Versions of a channel whose latest review before `at` confirms a regression.

    A release keeps the baselines that it had when it came out: what is confirmed later counts for later releases, so that a look stays
    what it was.
    """
    latest: dict[str, Review] = {}
    for review in sorted(reviews, key=lambda review: review.reviewed_at):
        if review.channel == channel and review.reviewed_at < at:
            latest[review.version] = review
    return frozenset(version for version, review in latest.items() if review.verdict == ReviewVerdict.CONFIRMED)
