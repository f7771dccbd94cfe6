"""What a digest says of people: crash-free users beside the usual, and how many run the release."""

from collections.abc import Iterable

from jobs.declarations.states import State
from jobs.digest.decisions.release_decisions import Decision
from jobs.products.chosen import PRODUCT
from jobs.verdicts.health_cells import Cell
from jobs.wording.client_text import as_label
from jobs.wording.people_words import beside_usual_words, people_words
from jobs.wording.shown_numbers import UNKNOWN, percent_words

PEOPLE_NOTES = (
    "Crash-free users: of those who used the release in the 24 hours before, the share without a crash; told from 1,000 users on.",
    "Usual: the median of past releases at the same age. Do not hold a young release against older ones: in its first day it has had less time to crash.",
)


def reach_words(decision: Decision) -> list[str]:
    """The sentences on people; none where nothing is known, where the data is not to be trusted, and once no newer figures come."""
    verdict = decision.release.verdict
    if verdict.state is State.DATA_PROBLEM or decision.is_final or decision.is_stale:
        return []
    told = people_words(verdict, f"{PRODUCT.label} {as_label(verdict.channel)}")
    return [told] if told else []


def has_people(releases: Iterable[Decision]) -> bool:
    """Whether anything is known of the users of any release."""
    return any(decision.release.verdict.adoption_by_people is not None for decision in releases)


def people_row(verdict: Cell) -> list[str]:
    """What a release's short row tells of people; like the ratio, nothing of data that is not to be trusted."""
    if verdict.state is State.DATA_PROBLEM:
        return [UNKNOWN, UNKNOWN]
    return [beside_usual_words(verdict), percent_words(verdict.adoption_by_people)]
