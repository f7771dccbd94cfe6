"""Puts a channel's digest into Slack: the root, alarms, and the thread, each exactly once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.decisions.release_decisions import Decision
from jobs.digest.messages.alert_messages import AlertStep, alert_key, alert_message, change_key, change_message, next_step, said_of
from jobs.digest.messages.channel_messages import freshness_of, pictures_message, root_message, thread_messages
from jobs.digest.messages.outgoing_message import OutgoingMessage, Picture
from jobs.digest.slack.channel_names import channel_id
from jobs.digest.slack.ledger_database import LedgerError
from jobs.digest.slack.ledger_recovery import catch_up
from jobs.digest.slack.message_delivery import Delivered, Outcome, deliver
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import SlackCalls, SlackRefusal, UnknownOutcome
from jobs.verdicts.health_cells import Cell
from jobs.wording.client_text import as_label

TROUBLES = (SlackRefusal, UnknownOutcome, LedgerError)
_UNFINDABLE = ("channel_not_found", "is_archived", "is_inactive")


class NotAllDelivered(Exception):
    """What Slack or the ledger would not do, a line each; everything else was delivered."""


@dataclass(frozen=True)
class Post:
    """Slack, the ledger, and the present: whatever a delivery needs besides the message."""

    slack: SlackCalls
    ledger: SentLedger
    now: datetime
    _caught_up: set[str] = field(default_factory=set)

    def channel(self, digest: Digest, route: Route, pictures: Callable[[], tuple[Picture, ...]]) -> str:
        """Delivers a channel's messages; returns what was done, for a person.

        Alarms are sent even if the root cannot be, and what is in words even if the pictures cannot be. Raises NotAllDelivered.
        """
        try:
            slack_channel = channel_id(route.slack_channel, self.slack, self.ledger)
            if slack_channel not in self._caught_up:
                catch_up(slack_channel, self.slack, self.ledger)
                self._caught_up.add(slack_channel)
            return self._channel(digest, replace(route, slack_channel=slack_channel), pictures)
        except TROUBLES as error:
            if isinstance(error, SlackRefusal) and error.error in _UNFINDABLE:  # another one may bear the name by the next run
                self.ledger.forget_channel(channel_id(route.slack_channel, self.slack, self.ledger))
            raise NotAllDelivered(str(error)) from error

    def _channel(self, digest: Digest, route: Route, pictures: Callable[[], tuple[Picture, ...]]) -> str:
        troubles: list[Exception] = []
        root, told = self._root(digest, route, troubles)
        if root.outcome in (Outcome.KEPT_NEWER, Outcome.NOT_CREATED):
            return told[0]
        for decision in digest.releases:
            try:
                step = self._alert(digest, decision, route, root.ts)
            except TROUBLES as error:
                troubles.append(error)
                continue
            if step is not None:
                told.append(f"{as_label(decision.release.version)} {step}")
        if troubles:
            done = f" ({', '.join(told)})" if told else ""
            raise NotAllDelivered("\n".join(dict.fromkeys(map(str, troubles))) + done) from troubles[0]
        if root.ts is not None:  # else people deleted it: they want an alarm, and not the rest
            told += self._thread(digest, route, root.ts, pictures)
        return ", ".join(told)

    def _root(self, digest: Digest, route: Route, troubles: list[Exception]) -> tuple[Delivered, list[str]]:
        """The root, or, if it cannot be written, where it stands if it does: alarms don't wait for it."""
        message = root_message(digest, route.slack_channel, self.now)
        try:
            root = deliver(message, self.slack, self.ledger)
        except TROUBLES as error:
            troubles.append(error)
            entry = None if isinstance(error, LedgerError) else self.ledger.find(message.key)
            return Delivered(Outcome.UNCHANGED, None if entry is None else entry.ts), []
        return root, [f"{digest.facts.channel} {root.outcome}"]

    def _thread(self, digest: Digest, route: Route, root_ts: str, pictures: Callable[[], tuple[Picture, ...]]) -> list[str]:
        """Words first. Pictures are a help and no more: if they cannot be shown, that is told and nothing fails."""
        for message in thread_messages(digest, route.slack_channel, self.now):
            deliver(replace(message, thread_ts=root_ts), self.slack, self.ledger)
        try:
            if drawn := pictures():
                message = pictures_message(digest, route.slack_channel, self.now, drawn)
                deliver(replace(message, thread_ts=root_ts), self.slack, self.ledger)
        except TROUBLES as error:
            return [f"without pictures: {error}"]
        return []

    def message(self, message: OutgoingMessage) -> Outcome:
        """Delivers a message that stands by itself."""
        return deliver(message, self.slack, self.ledger).outcome

    def _alert(self, digest: Digest, decision: Decision, route: Route, root_ts: str | None) -> str | None:
        facts, release = digest.facts, decision.release
        key = alert_key(route.slack_channel, release.verdict)
        entry = self.ledger.find(key)
        said = self._said(key, route, release.verdict)
        step = next_step(release, said, facts.window_end)
        is_older = entry is not None and entry.freshness is not None and freshness_of(facts) < entry.freshness
        if step is AlertStep.NOTHING or is_older:
            return None
        if step is AlertStep.ANNOUNCE:
            message = _with_said(alert_message(facts, decision, route, self.now), key, said_of(release, 0))
            try:
                outcome = deliver(replace(message, thread_ts=root_ts), self.slack, self.ledger).outcome
            except SlackRefusal as refusal:
                if refusal.error != "thread_not_found":
                    raise
                outcome = deliver(message, self.slack, self.ledger).outcome
            return f"alarm {outcome}"
        return self._change_of_mind(digest, decision, route, key)

    def _said(self, key: str, route: Route, verdict: Cell) -> Mapping[str, Any] | None:
        """What was said last of a release: by the alarm, or by a change of mind that a run sent before it could note so with the alarm."""
        entry = self.ledger.find(key)
        said: Mapping[str, Any] | None = None if entry is None or entry.ts is None else entry.notes.get("said")
        while said is not None:
            change = self.ledger.find(change_key(route.slack_channel, verdict, int(said["changes"]) + 1))
            if change is None or change.ts is None or "said" not in change.notes:
                break
            said = change.notes["said"]
        return said

    def _change_of_mind(self, digest: Digest, decision: Decision, route: Route, key: str) -> str | None:
        """Answers below the alarm, while holding the alarm's row: of two digests only one may find that the mind has changed."""
        facts, release = digest.facts, decision.release
        with self.ledger.claim(key, route.slack_channel, facts.window_start.date()) as claim:
            said = self._said(key, route, release.verdict)
            if said is None or next_step(release, said, facts.window_end) is AlertStep.NOTHING:
                return None
            says_now = said_of(release, int(said["changes"]) + 1)
            message = _with_said(change_message(facts, decision, route, said), key, says_now)
            try:
                with self.slack.holding(claim.note):
                    thread_ts = claim.entry.thread_ts or claim.entry.ts
                    outcome = deliver(replace(message, thread_ts=thread_ts), self.slack, self.ledger).outcome
            except SlackRefusal as refusal:
                if refusal.error != "thread_not_found":  # somebody deleted the alarm with its thread: there is nobody left to answer
                    raise
                outcome = Outcome.LEFT_DELETED
            claim.note(freshness=freshness_of(facts), notes={"said": says_now})
        return f"change of mind {outcome}"


def _with_said(message: OutgoingMessage, alarm: str, said: Mapping[str, Any]) -> OutgoingMessage:
    """The message with what it says of its release, for the ledger and, should that be lost, for Slack to remember."""
    return replace(message, notes={"said": said}, told={"alarm": alarm, "said": json.dumps(said)})
