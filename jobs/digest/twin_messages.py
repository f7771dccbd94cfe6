"""Finds a message in Slack by the key in its metadata, and deletes its twins.

A message that was sent twice, because Slack did not answer to the first, may turn up twice, and late: until then it is `doubtful`.
"""

import time
from datetime import UTC, date, datetime

from jobs.digest.outgoing_message import EVENT_TYPE, Freshness
from jobs.digest.sent_ledger import Claim, SentLedger
from jobs.digest.slack_calls import Answer, SlackCalls, SlackRefusal

_LOOK_UP_LIMIT = 200


def look_up(slack: SlackCalls, channel: str, key: str, thread_ts: str | None, report_day: date) -> list[Answer]:
    """The messages that carry the key, oldest first. `conversations.history` omits replies: those are among their thread's."""
    listing: Answer = {"channel": channel, "include_all_metadata": True, "limit": _LOOK_UP_LIMIT}
    if thread_ts is not None:
        pages = slack.pages("conversations.replies", ts=thread_ts, **listing)
    else:
        oldest = datetime.combine(report_day, datetime.min.time(), UTC).timestamp()
        pages = slack.pages("conversations.history", oldest=f"{oldest:.6f}", **listing)
    found = [found for page in pages for found in page["messages"] if _metadata_of(found).get("key") == key]
    return sorted(found, key=lambda each: float(each["ts"]))


def delete_twins(slack: SlackCalls, channel: str, found: list[Answer]) -> None:
    """Leaves the oldest of the messages found."""
    for surplus in found[1:]:
        try:
            slack.again("chat.delete", channel=channel, ts=surplus["ts"])
        except SlackRefusal as refusal:
            if refusal.error != "message_not_found":  # deleted at an earlier try whose answer was lost
                raise


def doubts_of(slack: SlackCalls) -> dict[str, float]:
    """For the notes of a message that was sent twice: until when its twin is waited for."""
    return {"doubtful_until": time.time() + slack.patience.doubt_seconds}


def state_after_looking(claim: Claim) -> str:
    """`sent`, or still `doubtful` while a twin may turn up yet."""
    entry = claim.entry
    is_doubtful = entry.state == "doubtful" and time.time() < float(entry.notes.get("doubtful_until", 0))
    return "doubtful" if is_doubtful else "sent"


def settle_doubts(slack_channel: str, slack: SlackCalls, ledger: SentLedger) -> None:
    """Deletes the twins that have turned up in a Slack channel, also of messages that nobody sends again, such as alarms."""
    for key in ledger.doubtful_keys(slack_channel):
        channel = slack.channel_id(slack_channel)
        entry = ledger.find(key)
        if entry is None:
            continue
        with ledger.claim(key, slack_channel, entry.report_day) as claim, slack.holding(claim.note):
            try:
                delete_twins(slack, channel, look_up(slack, channel, key, entry.thread_ts, entry.report_day))
            except SlackRefusal as refusal:
                if refusal.error != "thread_not_found":  # deleted with its thread
                    raise
            claim.note(state=state_after_looking(claim))


def freshness_of(found: Answer) -> Freshness | None:
    """How new the content of a message in Slack is, by its metadata."""
    payload = _metadata_of(found)
    if "shows_until" not in payload:
        return None
    return Freshness(datetime.fromtimestamp(int(payload["shows_until"]), UTC), bool(payload.get("is_settled")))


def _metadata_of(found: Answer) -> Answer:
    metadata = found.get("metadata") or {}
    return dict(metadata.get("event_payload") or {}) if metadata.get("event_type") == EVENT_TYPE else {}
