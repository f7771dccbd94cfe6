"""Puts a channel's digest into Slack: the root, alarms, and the thread, each exactly once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from jobs.client_text import as_label
from jobs.digest.alert_messages import AlertStep, alert_key, alert_message, change_message, next_step, said_of
from jobs.digest.channel_digest import freshness_of, root_message, thread_messages
from jobs.digest.digest_facts import DigestFacts, ReleaseLook
from jobs.digest.digest_routing import Route
from jobs.digest.message_delivery import Delivered, Outcome, deliver
from jobs.digest.outgoing_message import OutgoingMessage, Picture
from jobs.digest.sent_ledger import SentLedger
from jobs.digest.slack_calls import SlackCalls, SlackRefusal
from jobs.digest.twin_messages import settle_doubts


@dataclass(frozen=True)
class Post:
    """Slack, the ledger, and the present: whatever a delivery needs besides the message."""

    slack: SlackCalls
    ledger: SentLedger
    now: datetime

    def channel(self, facts: DigestFacts, route: Route, pictures: Callable[[], tuple[Picture, ...]]) -> str:
        """Delivers a channel's messages; returns what was done, for a person. The root goes first: it must stand even if the rest fails."""
        settle_doubts(route.slack_channel, self.slack, self.ledger)
        root = deliver(root_message(facts, route.slack_channel, self.now), self.slack, self.ledger)
        told = [f"{facts.channel} {root.outcome}"]
        if root.outcome in (Outcome.KEPT_NEWER, Outcome.NOT_CREATED):
            return told[0]
        for release in facts.releases:
            step = self._alert(facts, release, route, root)
            if step is not None:
                told.append(f"{as_label(release.version)} {step}")
        if root.ts is None:  # people deleted it: they want an alarm, and not the rest
            return ", ".join(told)
        for message in thread_messages(facts, route.slack_channel, self.now, pictures()):
            deliver(replace(message, thread_ts=root.ts), self.slack, self.ledger)
        return ", ".join(told)

    def message(self, message: OutgoingMessage) -> Outcome:
        """Delivers a message that stands by itself."""
        return deliver(message, self.slack, self.ledger).outcome

    def _alert(self, facts: DigestFacts, release: ReleaseLook, route: Route, root: Delivered) -> str | None:
        key = alert_key(route.slack_channel, release.verdict)
        entry = self.ledger.find(key)
        said = None if entry is None or entry.ts is None else entry.notes.get("said")
        step = next_step(release, said, facts.window_end)
        is_older = entry is not None and entry.freshness is not None and freshness_of(facts) < entry.freshness
        if step is AlertStep.NOTHING or is_older:
            return None
        if step is AlertStep.ANNOUNCE:
            message = replace(alert_message(facts, release, route, self.now), notes={"said": said_of(release, 0)}, thread_ts=root.ts)
            return f"alarm {deliver(message, self.slack, self.ledger).outcome}"
        return self._change_of_mind(facts, release, route, key)

    def _change_of_mind(self, facts: DigestFacts, release: ReleaseLook, route: Route, key: str) -> str | None:
        """Answers below the alarm, while holding the alarm's row: of two digests only one may find that the mind has changed."""
        with self.ledger.claim(key, route.slack_channel, facts.window_start.date()) as claim:
            entry = claim.entry
            said = entry.notes["said"]
            if next_step(release, said, facts.window_end) is AlertStep.NOTHING:
                return None
            message = replace(change_message(facts, release, route, said), thread_ts=entry.thread_ts)
            try:
                with self.slack.holding(claim.note):
                    outcome = deliver(message, self.slack, self.ledger).outcome
            except SlackRefusal as refusal:
                if refusal.error != "thread_not_found":  # somebody deleted the alarm with its thread: there is nobody left to answer
                    raise
                outcome = Outcome.LEFT_DELETED
            claim.note(freshness=freshness_of(facts), notes={"said": said_of(release, int(said["changes"]) + 1)})
        return f"change of mind {outcome}"
