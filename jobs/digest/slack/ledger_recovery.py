"""Brings the ledger level with what stands in Slack: it may have been lost, or be yesterday's copy, and Slack remembers.

Without this a lost ledger would broadcast every alarm again, and a restored one would never learn that an alarm was withdrawn since.
"""

from datetime import UTC, datetime, timedelta

from jobs.digest.slack.message_lookup import (
    ALARM_MEMORY,
    alarm_of,
    channel_messages,
    freshness_of,
    key_of,
    said_by,
    start_of,
    thread_messages,
)
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import Answer, SlackCalls
from jobs.digest.slack.uncertain_messages import adopt, settle_doubts

_OVERLAP = timedelta(hours=2)
"""Read again before the last reading: for what Slack listed late, and for clocks that differ."""


def catch_up(channel: str, slack: SlackCalls, ledger: SentLedger) -> None:
    """Compares the channel's messages of today, yesterday and since the last reading with the ledger, and adopts what it does not know.

    If it is behind, the threads of these and alarms of the last two weeks with theirs are read as well. Usually one call. Raises
    SlackRefusal, UnknownOutcome.
    """
    now = datetime.fromtimestamp(ledger.clock.now(), UTC)
    read_until, yesterday, longest_ago = ledger.read_until(channel), start_of(now.date() - timedelta(days=1)), now - ALARM_MEMORY
    since = longest_ago if read_until is None else datetime.fromtimestamp(read_until, UTC) - _OVERLAP
    recent = list(channel_messages(slack, channel, max(longest_ago, min(since, yesterday))))
    if read_until is None or any(_is_news(found, ledger) for found in recent):
        recent = list(channel_messages(slack, channel, longest_ago))
        _adopt_all(channel, recent, slack, ledger)
        threads_since = yesterday if read_until is None else min(since, yesterday)
        told = [found for found in recent if alarm_of(found) or float(found["ts"]) > threads_since.timestamp()]
        for thread_ts in dict.fromkeys(str(found.get("thread_ts") or found["ts"]) for found in told):
            answers = list(thread_messages(slack, channel, thread_ts))
            _adopt_all(channel, answers, slack, ledger)
            _note_last_words(channel, answers, ledger)
    elif has_twins := _twins(recent):
        _adopt_all(channel, has_twins, slack, ledger)
    settle_doubts(channel, slack, ledger)
    ledger.note_reading(channel, now.timestamp())


def _is_news(found: Answer, ledger: SentLedger) -> bool:
    """Whether Slack has what the ledger does not know, or shows something newer than the ledger has noted."""
    entry = ledger.find(str(key_of(found)))
    if entry is None or (entry.ts is None and entry.state != "deleted"):
        return True
    shown = freshness_of(found)
    return shown is not None and (entry.freshness is None or entry.freshness < shown)


def _twins(messages: list[Answer]) -> list[Answer]:
    keys = [key_of(found) for found in messages]
    return [found for found in messages if keys.count(key_of(found)) > 1]


def _adopt_all(channel: str, messages: list[Answer], slack: SlackCalls, ledger: SentLedger) -> None:
    """Notes each message that the ledger does not know, or knows an older content of; deletes twins."""
    by_key: dict[str, list[Answer]] = {}
    for found in messages:
        by_key.setdefault(str(key_of(found)), []).append(found)
    for key, found_of_key in by_key.items():
        if len(found_of_key) == 1 and not _is_news(found_of_key[0], ledger):
            continue
        posted_at = datetime.fromtimestamp(float(found_of_key[0]["ts"]), UTC)
        with ledger.claim(key, channel, posted_at.date()) as claim, slack.holding(claim.note):
            if claim.entry.state == "deleted":
                continue
            kept_ts = adopt(claim, slack, channel, found_of_key)
            kept = next((found for found in found_of_key if found["ts"] == kept_ts), None)
            if kept is not None and _is_news(kept, ledger):
                claim.note(freshness=freshness_of(kept), content_hash=None)


def _note_last_words(channel: str, answers: list[Answer], ledger: SentLedger) -> None:
    """Notes with each alarm of a thread what was said last of its release: by itself, or by the latest change of mind."""
    last: dict[str, Answer] = {}
    for found in answers:
        alarm, said = alarm_of(found), said_by(found)
        if alarm is not None and said is not None and said["changes"] >= last.get(alarm, {"changes": 0})["changes"]:
            last[alarm] = said
    for alarm, said in last.items():
        entry = ledger.find(alarm)
        if entry is None or entry.ts is None or entry.notes.get("said", {}).get("changes", -1) >= said["changes"]:
            continue
        with ledger.claim(alarm, channel, entry.report_day) as claim:
            claim.note(notes={"said": said})
