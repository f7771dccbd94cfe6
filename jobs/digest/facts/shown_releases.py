"""Which releases a channel's digest tells of. Pure.

Those in their first week, at the channel's latest look; those that regressed and ended their week without an answer, until somebody answers;
and where no other is left, the newest, so that a channel does not vanish from one day to the next.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from jobs.declarations.states import State
from jobs.declarations.windows import HOUR
from jobs.digest.facts.digest_facts import ReleaseLook, Review
from jobs.verdicts.health_cells import Cell


def latest_reviews(reviews: Iterable[Review]) -> dict[tuple[str, str], Review]:
    """The review that holds, by channel and version."""
    return {(review.channel, review.release_version): review for review in sorted(reviews, key=lambda review: review.reviewed_at)}


def answers(reviews: Iterable[Review]) -> dict[tuple[str, str], str]:
    """What people said last of a release, by channel and version: confirmed or dismissed."""
    return {key: review.verdict for key, review in latest_reviews(reviews).items() if review.verdict in ("confirmed", "dismissed")}


def shown_looks(verdicts: Iterable[Cell], at: datetime, reviews: Iterable[Review] = ()) -> dict[str, tuple[ReleaseLook, ...]]:
    """By channel, the latest look at each release to be told of at that time. Cells are the caller's to add."""
    reviewed = latest_reviews(reviews)
    latest: dict[tuple[str, str], Cell] = {}
    for verdict in sorted(verdicts, key=lambda verdict: verdict.as_of):
        latest[verdict.channel, verdict.release_version] = verdict
    by_channel: dict[str, list[ReleaseLook]] = {}
    for key, verdict in latest.items():
        by_channel.setdefault(verdict.channel, []).append(ReleaseLook(verdict, review=reviewed.get(key)))
    return {channel: _of_channel(looks, at) for channel, looks in by_channel.items()}


def _of_channel(looks: list[ReleaseLook], at: datetime) -> tuple[ReleaseLook, ...]:
    live = [look for look in looks if look.week_end >= at]
    latest = max((look.verdict.as_of for look in live), default=at)
    shown = [look for look in live if look.verdict.as_of == latest]  # another is no release of this channel any more
    over = [look for look in looks if look.week_end < at]
    shown += [look for look in over if look.verdict.state is State.REGRESSED and look.answer is None]
    if not shown:
        shown = [max(over, key=lambda look: (look.week_end, look.version))]
    return tuple(shown)


def with_cells(looks: Iterable[ReleaseLook], cells: Iterable[Cell], later: Iterable[Cell]) -> tuple[ReleaseLook, ...]:
    """The looks with their cells and those of the hour before. `later` are verdicts of looks after the window."""
    looked_at_later = {(verdict.channel, verdict.release_version) for verdict in later}
    by_look: dict[tuple[str, str, datetime], list[Cell]] = {}
    for cell in cells:
        by_look.setdefault((cell.channel, cell.release_version, cell.as_of), []).append(cell)
    found = []
    for look in looks:
        key, as_of = (look.verdict.channel, look.verdict.release_version), look.verdict.as_of
        own, before = (tuple(by_look.get((*key, at), ())) for at in (as_of, as_of - HOUR))
        found.append(replace(look, cells=own, cells_before=before, has_later_look=key in looked_at_later))
    return tuple(found)
