"""Deliver a message exactly once: claim it in the ledger, look for it in Slack where that is not certain, then post or edit, then note it.

The order of steps is what holds: nothing is posted before the ledger says `sending`, and nothing that may have been posted is posted again
before Slack has been asked for its key. A message that slipped in twice all the same (accepted after we gave up on it) is deleted.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobs.digest.outgoing_message import Freshness, OutgoingMessage
from jobs.digest.picture_upload import picture_blocks, remove_files
from jobs.digest.sent_ledger import Claim, SentLedger
from jobs.digest.slack_calls import Answer, SlackCalls, SlackRefusal, UnknownOutcome
from jobs.digest.twin_messages import delete_twins, doubts_of, freshness_of, look_up, state_after_looking

_MOST_REPOSTS = 1  # a message that somebody deleted is posted anew once; deleted again, it stays away


class Outcome(StrEnum):
    POSTED = "posted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT_NEWER = "kept: what stands there is newer"
    NOT_CREATED = "not created: too long ago"
    LEFT_DELETED = "left deleted"


@dataclass(frozen=True)
class Delivered:
    """Where the message stands now (None if it does not) and what was done for it."""

    outcome: Outcome
    ts: str | None


def deliver(message: OutgoingMessage, slack: SlackCalls, ledger: SentLedger) -> Delivered:
    """Makes Slack show the message once. Raises SlackRefusal, UnknownOutcome (the next run looks it up), or LedgerBusy."""
    channel = slack.channel_id(message.slack_channel)
    with ledger.claim(message.key, message.slack_channel, message.report_day) as claim, slack.holding(claim.note):
        return _Delivery(message, channel, slack, claim).run()


class _Delivery:
    """One claimed delivery."""

    def __init__(self, message: OutgoingMessage, channel: str, slack: SlackCalls, claim: Claim) -> None:
        self.message, self.channel, self.slack, self.claim = message, channel, slack, claim

    def run(self) -> Delivered:
        entry = self.claim.entry
        if entry.state == "deleted":
            return Delivered(Outcome.LEFT_DELETED, None)
        has_moved = entry.ts is not None and entry.thread_ts != self.message.thread_ts and not self.message.is_final
        if entry.ts is None or has_moved:
            return self._find_or_post()
        if entry.state == "doubtful":
            self._adopt_and_tidy(self._look_up())
        return self._edit(entry.ts, entry.freshness, entry.content_hash)

    def _find_or_post(self) -> Delivered:
        found = self._look_up()
        if found:
            ts = self._adopt_and_tidy(found)
            return self._edit(ts, freshness_of(found[0]), None)
        if not self.message.may_create:
            return Delivered(Outcome.NOT_CREATED, None)
        return self._post()

    def _post(self) -> Delivered:
        blocks = self._blocks()
        is_second = self.claim.entry.state == "sending"  # a run before this one never learnt what became of the first
        self.claim.note(state="sending")
        for attempt in range(self.slack.patience.tries):
            try:
                ts = str(self._send("chat.postMessage", blocks)["ts"])
            except UnknownOutcome:
                found = self._look_up_for_a_while()
                if not found:
                    continue
                ts = self._adopt_and_tidy(found)
            if attempt == 0 and not is_second:
                self._note_sent(ts)
            else:  # sent twice without an answer to the first, which may still turn up
                self._note_sent(ts, state="doubtful", notes=doubts_of(self.slack))
            return Delivered(Outcome.POSTED, ts)
        raise UnknownOutcome(f"Slack did not say whether it took {self.message.key}; the next run looks for it before it sends again")

    def _edit(self, ts: str, freshness: Freshness | None, content_hash: str | None) -> Delivered:
        if self.message.is_final:
            if self.claim.entry.state != "sent":
                self._note_sent(ts, state=state_after_looking(self.claim))
            return Delivered(Outcome.UNCHANGED, ts)
        if freshness is not None and self.message.freshness < freshness:
            return Delivered(Outcome.KEPT_NEWER, ts)
        if content_hash == self.message.content_hash:
            self.claim.note(freshness=self.message.freshness, notes=self.message.notes)
            return Delivered(Outcome.UNCHANGED, ts)
        blocks = self._blocks()
        try:
            self._send("chat.update", blocks, ts=ts)
        except SlackRefusal as refusal:
            if refusal.error != "message_not_found":
                raise
            return self._post_anew()
        self._note_sent(ts, state=state_after_looking(self.claim))
        return Delivered(Outcome.UPDATED, ts)

    def _post_anew(self) -> Delivered:
        """Somebody deleted the message."""
        reposts = self.claim.entry.reposts
        if reposts >= _MOST_REPOSTS or not self.message.may_create:
            self.claim.note(state="deleted", ts=None)
            return Delivered(Outcome.LEFT_DELETED, None)
        self.claim.note(reposts=reposts + 1, ts=None, state="claimed")
        return self._post()

    def _note_sent(self, ts: str, state: str = "sent", notes: Mapping[str, Any] | None = None) -> None:
        message = self.message
        self.claim.note(
            state=state,
            ts=ts,
            thread_ts=message.thread_ts,
            content_hash=message.content_hash,
            freshness=message.freshness,
            notes={**message.notes, **(notes or {})},
        )
        if message.pictures:
            remove_files(self.slack, self.claim)

    def _blocks(self) -> list[dict[str, Any]]:
        return [*self.message.blocks, *picture_blocks(self.message.pictures, self.slack, self.claim)]

    def _send(self, method: str, blocks: list[dict[str, Any]], **more: Any) -> Answer:
        """Slack checks uploaded files for a moment before they may be shown, and refuses the message until then."""
        message = self.message
        arguments: Answer = {"channel": self.channel, "text": message.text, "blocks": blocks, "metadata": message.metadata}
        arguments |= {"parse": "none", "link_names": False, **more}
        if method == "chat.postMessage":
            arguments |= {"unfurl_links": False, "unfurl_media": False}
            if message.thread_ts is not None:
                arguments |= {"thread_ts": message.thread_ts, "reply_broadcast": message.is_broadcast}
        call = self.slack.again if method == "chat.update" else self.slack.once
        deadline = time.monotonic() + self.slack.patience.unknown_seconds
        while True:
            try:
                return call(method, **arguments)
            except SlackRefusal as refusal:
                if "invalid slack file" not in refusal.details or time.monotonic() > deadline:
                    raise
                self.slack.pause(min(0.25, self.slack.patience.pause_seconds))

    def _look_up_for_a_while(self) -> list[Answer]:
        """A message that Slack accepted after our time-out turns up late."""
        deadline = time.monotonic() + self.slack.patience.unknown_seconds
        while True:
            found = self._look_up()
            if found or time.monotonic() > deadline:
                return found
            self.slack.pause(self.slack.patience.pause_seconds)

    def _look_up(self) -> list[Answer]:
        return look_up(self.slack, self.channel, self.message.key, self.message.thread_ts, self.message.report_day)

    def _adopt_and_tidy(self, found: list[Answer]) -> str:
        """Notes the oldest message of the key, and deletes any other."""
        if not found:  # deleted by a person since; editing it will tell
            return str(self.claim.entry.ts)
        self.claim.note(ts=found[0]["ts"], thread_ts=self.message.thread_ts, state=state_after_looking(self.claim))
        delete_twins(self.slack, self.channel, found)
        return str(found[0]["ts"])
