"""Finds messages in Slack by what their metadata carries: the key, how new they are, and what an alarm said."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from jobs.digest.messages.outgoing_message import EVENT_TYPE, Freshness
from jobs.digest.slack.slack_calls import Answer, SlackCalls, SlackRefusal

_PAGE_LENGTH = 200
_MOST_PAGES = 20
"""Of a listing, newest first: 4,000 messages of a channel."""
_CLOCK_MARGIN = timedelta(hours=1)
"""By how much Slack's clock may be behind ours: a message of 00:00 by ours may be stamped 23:59."""
ALARM_MEMORY = timedelta(days=14)
"""How far back an alarm is looked for: a release is scored for a week."""


def look_up(slack: SlackCalls, channel: str, key: str, threads: Iterable[str], in_channel_since: datetime | None) -> list[Answer]:
    """The messages that carry the key, oldest first, among those threads and, unless None, in the channel since that time.

    `conversations.history` omits replies that were not broadcast: those are among their thread's. Raises SlackRefusal, UnknownOutcome.
    """
    found: dict[str, Answer] = {}
    for thread_ts in threads:
        found |= {each["ts"]: each for each in thread_messages(slack, channel, thread_ts) if key_of(each) == key}
    if in_channel_since is not None:
        found |= {each["ts"]: each for each in channel_messages(slack, channel, in_channel_since) if key_of(each) == key}
    return sorted(found.values(), key=lambda each: float(each["ts"]))


def thread_messages(slack: SlackCalls, channel: str, thread_ts: str) -> Iterator[Answer]:
    """Our messages of a thread, its parent included; none if somebody deleted it."""
    try:
        for page in islice(slack.pages("conversations.replies", ts=thread_ts, **_listing(channel)), _MOST_PAGES):
            yield from filter(key_of, page["messages"])
    except SlackRefusal as refusal:
        if refusal.error != "thread_not_found":
            raise


def channel_messages(slack: SlackCalls, channel: str, since: datetime) -> Iterator[Answer]:
    """Our messages of a channel since that time by our clock, broadcasts included, newest first; of at most 4,000 messages."""
    oldest = f"{(since - _CLOCK_MARGIN).timestamp():.6f}"
    for page in islice(slack.pages("conversations.history", oldest=oldest, **_listing(channel)), _MOST_PAGES):
        yield from filter(key_of, page["messages"])


def start_of(day: date) -> datetime:
    """Midnight in UTC."""
    return datetime.combine(day, datetime.min.time(), UTC)


def key_of(found: Answer) -> str | None:
    """The key of one of our messages; None for anybody else's."""
    key = _payload_of(found).get("key")
    return str(key) if key else None


def freshness_of(found: Answer) -> Freshness | None:
    """How new the content of a message in Slack is, by its metadata."""
    payload = _payload_of(found)
    if "shows_until" not in payload:
        return None
    return Freshness(datetime.fromtimestamp(int(payload["shows_until"]), UTC), bool(payload.get("is_settled")))


def alarm_of(found: Answer) -> str | None:
    """The key of the alarm that a message is, or whose change of mind it is."""
    alarm = _payload_of(found).get("alarm")
    return str(alarm) if alarm else None


def said_by(found: Answer) -> dict[str, Any] | None:
    """What an alarm, or a change of mind, said of its release."""
    said = _payload_of(found).get("said")
    return dict(json.loads(said)) if said else None


def _listing(channel: str) -> Answer:
    return {"channel": channel, "include_all_metadata": True, "limit": _PAGE_LENGTH}


def _payload_of(found: Answer) -> Answer:
    metadata = found.get("metadata") or {}
    return dict(metadata.get("event_payload") or {}) if metadata.get("event_type") == EVENT_TYPE else {}
