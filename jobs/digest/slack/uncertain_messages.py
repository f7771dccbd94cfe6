"""Messages of which the ledger is not certain: sent without an answer, or sent twice.

What was sent a second time, because Slack did not answer to the first, may turn up twice, and late: until then it is `doubtful`.
"""

from jobs.digest.slack.message_lookup import freshness_of, look_up, said_by, start_of
from jobs.digest.slack.sent_ledger import Claim, LedgerEntry, SentLedger
from jobs.digest.slack.slack_calls import Answer, SlackCalls, SlackRefusal


def adopt(claim: Claim, slack: SlackCalls, channel: str, found: list[Answer]) -> str:
    """Notes the message that is kept of those found, and deletes the others; returns the kept one's timestamp.

    Kept is the one that the ledger knows, whose thread may have grown; if that is gone, one with a thread, else the oldest.
    """
    entry = claim.entry
    kept = next((each for each in found if each["ts"] == entry.ts), None)
    if kept is None and entry.ts is not None and entry.state == "doubtful" and is_in_doubt(entry, claim.now()):
        return entry.ts  # Slack answered for it a moment ago, and does not list it yet
    if kept is None:
        kept = min(found, key=lambda each: (not each.get("reply_count"), float(each["ts"])))
        _note(claim, kept)
    claim.note(state=state_after_looking(claim))
    delete_twins(slack, channel, [each for each in found if each["ts"] != kept["ts"]])
    return str(kept["ts"])


def _note(claim: Claim, found: Answer) -> None:
    """What the ledger would know of a message, had the answer to it arrived. Its content is not known, so the next look edits it."""
    said, thread_ts = said_by(found), found.get("thread_ts")
    claim.note(
        ts=found["ts"],
        thread_ts=None if thread_ts == found["ts"] else thread_ts,
        freshness=freshness_of(found),
        content_hash=None,
        notes={} if said is None else {"said": said},
    )


def delete_twins(slack: SlackCalls, channel: str, twins: list[Answer]) -> None:
    for twin in twins:
        try:
            slack.again("chat.delete", channel=channel, ts=twin["ts"])
        except SlackRefusal as refusal:
            if refusal.error != "message_not_found":  # deleted at an earlier try whose answer was lost
                raise


def doubts_from(now: float, slack: SlackCalls) -> dict[str, float]:
    """For the notes of a message whose first or second copy may still turn up: until when it is waited for."""
    return {"doubtful_until": now + slack.patience.doubt_seconds}


def is_in_doubt(entry: LedgerEntry, now: float) -> bool:
    return now < float(entry.notes.get("doubtful_until", 0))


def state_after_looking(claim: Claim) -> str:
    """`sent`, or `doubtful` while a twin may turn up yet."""
    entry = claim.entry
    return "doubtful" if entry.state in ("doubtful", "sending") and is_in_doubt(entry, claim.now()) else "sent"


def settle_doubts(channel: str, slack: SlackCalls, ledger: SentLedger) -> None:
    """Looks for what may stand in a Slack channel twice, or unknown to the ledger: also messages that nobody sends again, such as alarms."""
    for key in ledger.uncertain_keys(channel):
        entry = ledger.find(key)
        if entry is None:
            continue
        with ledger.claim(key, channel, entry.report_day) as claim, slack.holding(claim.note):
            entry = claim.entry
            threads = () if entry.thread_ts is None else (entry.thread_ts,)
            found = look_up(slack, channel, key, threads, start_of(entry.report_day))
            if found:
                adopt(claim, slack, channel, found)
            elif entry.ts is not None:
                claim.note(state=state_after_looking(claim))
            elif not is_in_doubt(entry, claim.now()):
                claim.note(state="claimed")  # it never reached Slack
