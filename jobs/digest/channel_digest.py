"""The messages of one release channel: its root, and later its thread. Pure: facts in, messages out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from jobs.digest.digest_facts import ALL, Cell, DigestFacts, ReleaseLook, Review
from jobs.digest.message_blocks import blocks_as_text, fallback_text
from jobs.digest.outgoing_message import Freshness, OutgoingMessage, message_key
from jobs.digest.root_message import releases_in_order, root_blocks
from jobs.windows import Mode

_MOST_SHOWN = 20


def latest_looks(
    verdicts: Iterable[Cell], cells: Iterable[Cell], reviews: Iterable[Review] = (), history: Iterable[Cell] = ()
) -> dict[str, tuple[ReleaseLook, ...]]:
    """The releases of each channel at that channel's latest look."""
    latest: dict[str, datetime] = {}
    verdicts, cells, history = list(verdicts), list(cells), list(history)
    for verdict in verdicts:
        latest[verdict.channel] = max(verdict.as_of, latest.get(verdict.channel, verdict.as_of))
    reviewed = {(review.channel, review.release_version): review for review in sorted(reviews, key=lambda review: review.reviewed_at)}
    looks: dict[str, list[ReleaseLook]] = {channel: [] for channel in latest}
    for verdict in verdicts:
        if verdict.as_of != latest[verdict.channel]:
            continue
        key = (verdict.channel, verdict.release_version)
        own = tuple(c for c in cells if (c.channel, c.release_version, c.as_of) == (*key, verdict.as_of))
        past = tuple(c for c in history if (c.channel, c.release_version) == key)
        looks[verdict.channel].append(ReleaseLook(verdict, own, past, reviewed.get(key)))
    return {channel: tuple(releases) for channel, releases in looks.items()}


def root_message(facts: DigestFacts, slack_channel: str, now: datetime) -> OutgoingMessage:
    """The channel's message of its report day, the UTC day of the window's start. Only today's or yesterday's may be created."""
    day = facts.window_start.date()
    blocks = root_blocks(facts)
    return OutgoingMessage(
        key=message_key("root", slack_channel, facts.channel, day.isoformat()),
        slack_channel=slack_channel,
        report_day=day,
        freshness=freshness_of(facts),
        text=fallback_text(blocks),
        blocks=tuple(blocks),
        may_create=now.date() - timedelta(days=1) <= day <= now.date(),
        shown=shown_figures(facts),
    )


def freshness_of(facts: DigestFacts) -> Freshness:
    """A later window wins, a settled one over a provisional one of the same end."""
    return Freshness(facts.window_end, facts.mode is Mode.SETTLED)


def shown_figures(facts: DigestFacts) -> dict[str, object]:
    """The figures that the root message shows, kept so that a later change can be told as a restatement."""
    return {
        release.version: {
            "channel": release.verdict.channel,
            "as_of": release.verdict.as_of.isoformat(),
            "state": release.verdict.state.value,
            "score": release.verdict.score,
        }
        for release in releases_in_order(facts)[:_MOST_SHOWN]
    }


def digest_as_text(messages: Iterable[OutgoingMessage]) -> str:
    """The messages as they would be read, for a terminal."""
    return "\n\n".join(blocks_as_text(message.blocks) for message in messages)


def channels_to_report(looks: dict[str, tuple[ReleaseLook, ...]], only: str | None) -> list[str]:
    """The channels that have something to say; `all` where none was ever scored."""
    if only is not None:
        return [only]
    return sorted(looks) or [ALL]
