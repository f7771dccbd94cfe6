"""Deliver a message exactly once: claim it in the ledger, look for it in Slack where that is not certain, then post or edit, then note it.

The order of steps is what holds: nothing is posted before the ledger says `sending`, and nothing that may have been posted is posted again
before Slack has been asked for its key. A message that slipped in twice all the same (accepted after we gave up on it) is deleted.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from html import unescape
from typing import Any

from jobs.digest.messages.outgoing_message import Freshness, OutgoingMessage
from jobs.digest.slack.message_lookup import ALARM_MEMORY, look_up, start_of
from jobs.digest.slack.picture_upload import discard_pictures, picture_blocks, remove_superseded
from jobs.digest.slack.sent_ledger import Claim, SentLedger
from jobs.digest.slack.slack_calls import Answer, SlackCalls, SlackRefusal, UnknownOutcome
from jobs.digest.slack.uncertain_messages import adopt, doubts_from, state_after_looking

_MOST_REPOSTS = 1  # a message that somebody deleted is posted anew once; deleted again, it stays away
_LAYOUT_REFUSALS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch")
_LONGEST_PLAIN_TEXT = 2_900
_log = logging.getLogger(__name__)


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
    """Makes Slack show the message once. Raises SlackRefusal, UnknownOutcome (the next run looks it up), or LedgerError."""
    channel = slack.channel_id(message.slack_channel)
    with ledger.claim(message.key, channel, message.report_day) as claim, slack.holding(claim.note):
        return _Delivery(message, channel, slack, claim).run()


class _Delivery:
    """One claimed delivery."""

    def __init__(self, message: OutgoingMessage, channel: str, slack: SlackCalls, claim: Claim) -> None:
        self.message, self.channel, self.slack, self.claim = message, channel, slack, claim

    def run(self) -> Delivered:
        entry = self.claim.entry
        if entry.state == "deleted":
            return Delivered(Outcome.LEFT_DELETED, None)
        if entry.ts is not None and entry.thread_ts != self.message.thread_ts and not self.message.is_final:
            self.claim.note(ts=None, thread_ts=None, state="claimed")  # its root was posted anew: the old thread is nobody's
            entry = self.claim.entry
        if entry.ts is None:
            return self._find_or_post()
        if entry.state == "doubtful" and (found := self._look_up()):
            adopt(self.claim, self.slack, self.channel, found)
            entry = self.claim.entry
        return self._edit(str(entry.ts), entry.freshness, entry.content_hash)

    def _find_or_post(self) -> Delivered:
        may_be_on_its_way = self.claim.entry.state == "sending"  # a run before this one never learnt what became of it
        found = self._look_up_for_a_while() if may_be_on_its_way else self._look_up()
        if found:
            return self._edit_adopted(found)
        if not self.message.may_create:
            return Delivered(Outcome.NOT_CREATED, None)
        return self._post()

    def _post(self) -> Delivered:
        blocks = self._blocks()
        is_second = self.claim.entry.state == "sending"
        self.claim.note(state="sending", thread_ts=self.message.thread_ts, notes=doubts_from(self.claim.now(), self.slack))
        for attempt in range(self.slack.patience.tries):
            try:
                ts = str(self._send("chat.postMessage", blocks)["ts"])
            except UnknownOutcome:
                found = self._look_up_for_a_while()
                if not found:
                    continue
                ts = adopt(self.claim, self.slack, self.channel, found)
            if attempt == 0 and not is_second:
                self._note_sent(ts)
            else:  # sent twice without an answer to the first, which may still turn up
                self._note_sent(ts, state="doubtful", notes=doubts_from(self.claim.now(), self.slack))
            return Delivered(Outcome.POSTED, ts)
        raise UnknownOutcome(f"Slack did not say whether it took {self.message.key}; the next run looks for it before it sends again")

    def _edit_adopted(self, found: list[Answer]) -> Delivered:
        ts = adopt(self.claim, self.slack, self.channel, found)
        return self._edit(ts, self.claim.entry.freshness, None)

    def _edit(self, ts: str, freshness: Freshness | None, content_hash: str | None) -> Delivered:
        if self.message.is_final:
            self.claim.note(state=state_after_looking(self.claim), notes={**self.message.notes, **self.claim.entry.notes})
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
            return self._replace_deleted()
        self._note_sent(ts, state=state_after_looking(self.claim))
        return Delivered(Outcome.UPDATED, ts)

    def _replace_deleted(self) -> Delivered:
        """The message that the ledger knows is gone: another one of its key took its place, or somebody deleted it."""
        found = self._look_up()
        self.claim.note(ts=None, state="claimed")
        if found:
            return self._edit_adopted(found)
        reposts = self.claim.entry.reposts
        if reposts >= _MOST_REPOSTS or not self.message.may_create:
            self.claim.note(state="deleted")
            return Delivered(Outcome.LEFT_DELETED, None)
        self.claim.note(reposts=reposts + 1)
        return self._post()

    def _note_sent(self, ts: str, state: str = "sent", notes: Mapping[str, Any] | None = None) -> None:
        message = self.message
        self.claim.note(
            state=state,
            ts=ts,
            content_hash=message.content_hash,
            freshness=message.freshness,
            notes={**message.notes, **(notes or {})},
        )
        if message.pictures:
            remove_superseded(self.slack, self.claim)

    def _blocks(self) -> list[dict[str, Any]]:
        return [*self.message.blocks, *picture_blocks(self.message.pictures, self.slack, self.claim)]

    def _send(self, method: str, blocks: list[dict[str, Any]], **more: Any) -> Answer:
        """Sends the layout; where Slack refuses that, the same in plain text, once. Uploaded files of a refused message are deleted."""
        try:
            return self._send_when_shown(method, self._arguments(self.message.text, blocks) | more)
        except SlackRefusal as refusal:
            if self.message.pictures:
                discard_pictures(self.slack, self.claim)
            if refusal.error not in _LAYOUT_REFUSALS or self.message.pictures:
                raise
            _log.warning("%s is told in plain text: %s", self.message.key, refusal)
            return self._call(method, self._arguments(*_in_plain_text(self.message.text, refusal)) | more)

    def _arguments(self, text: str, blocks: list[dict[str, Any]]) -> Answer:
        return {"channel": self.channel, "text": text, "blocks": blocks, "metadata": self.message.metadata}

    def _send_when_shown(self, method: str, arguments: Answer) -> Answer:
        """Slack checks uploaded files for a moment before they may be shown, and refuses the message until then."""
        for seconds_left in self.slack.turns(self.slack.patience.unknown_seconds):
            try:
                return self._call(method, arguments)
            except SlackRefusal as refusal:
                if "invalid slack file" not in refusal.details or seconds_left <= 0:
                    raise
        raise AssertionError("unreachable")

    def _call(self, method: str, arguments: Answer) -> Answer:
        message = self.message
        arguments = {**arguments, "parse": "none", "link_names": False}
        if method == "chat.update":
            return self.slack.again(method, **arguments)
        arguments |= {"unfurl_links": False, "unfurl_media": False}
        if message.thread_ts is not None:
            arguments |= {"thread_ts": message.thread_ts, "reply_broadcast": message.is_broadcast}
        return self.slack.once(method, **arguments)

    def _look_up_for_a_while(self) -> list[Answer]:
        """A message that Slack accepted after our time-out turns up late."""
        found: list[Answer] = []
        for _ in self.slack.turns(self.slack.patience.unknown_seconds):
            if found := self._look_up():
                break
        return found

    def _look_up(self) -> list[Answer]:
        """Also in the thread that an earlier run sent it to, and in the channel what stands there: roots, and alarms of days ago."""
        message = self.message
        threads = dict.fromkeys(filter(None, (self.claim.entry.thread_ts, message.thread_ts)))
        is_in_channel = message.is_broadcast or message.thread_ts is None
        since = start_of(message.report_day) - (ALARM_MEMORY if message.is_broadcast else timedelta())
        return look_up(self.slack, self.channel, message.key, threads, since if is_in_channel else None)


def _in_plain_text(text: str, refusal: SlackRefusal) -> tuple[str, list[dict[str, Any]]]:
    """The text, and the one block that may stand in for any other: Slack does not let rich text be replaced by none."""
    shown = unescape(text)[:_LONGEST_PLAIN_TEXT]
    note = f"(In plain text, since Slack refused the layout: {refusal.error}.)"
    elements = [{"type": "text", "text": f"{shown}\n"}, {"type": "text", "text": note, "style": {"italic": True}}]
    return text, [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}]
