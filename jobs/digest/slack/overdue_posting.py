"""Tells the operators of a time without verdicts: once when it is overdue, and once when it is over, whoever looks and however often.

The ledger keeps since when there is none, noted before anything is sent: a watch that dies in between, or a second one on another machine,
delivers the same message, which stands there once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pyiceberg.catalog import Catalog

from jobs.deployment.settings import Settings
from jobs.digest.facts.overdue_verdict import is_overdue, read_standstill
from jobs.digest.messages.overdue_messages import over_key, over_message, overdue_key, overdue_message, watch_key
from jobs.digest.slack.channel_names import channel_id
from jobs.digest.slack.message_delivery import Outcome, deliver
from jobs.digest.slack.sent_ledger import Claim, SentLedger
from jobs.digest.slack.slack_calls import SlackCalls, SlackRefusal

_SINCE = "since"


@dataclass(frozen=True)
class VerdictWatch:
    """Looks whether a verdict is overdue and tells the operators' Slack channel. Raises SlackRefusal, UnknownOutcome, LedgerError."""

    settings: Settings
    catalog: Catalog
    slack: SlackCalls
    ledger: SentLedger
    links: Mapping[str, str]

    def tell(self, operators: str, newest_look: datetime, now: datetime) -> str:
        """Tells what there is to tell; returns that for a person."""
        channel = channel_id(operators, self.slack, self.ledger)
        with self.ledger.claim(watch_key(channel), channel, now.date()) as claim, self.slack.holding(claim.note):
            since = self._open_since(claim, channel)
            overdue = is_overdue(newest_look, now, self.settings.verdict_overdue_hours)
            if since is None and not overdue:
                return "in time"
            if since is None:
                since = newest_look
                claim.note(notes={_SINCE: since.isoformat()})
            if overdue:
                standstill = read_standstill(self.catalog, self.settings.landing, newest_look)
                message = overdue_message(since, standstill, now, channel, self.links, self.settings.data_label)
                return f"overdue: {deliver(message, self.slack, self.ledger).outcome}"
            outcome = self._tell_that_it_is_over(since, newest_look, now, channel)
            claim.note(notes={_SINCE: None})
            return f"in time again: {outcome}"

    def _open_since(self, claim: Claim, channel: str) -> datetime | None:
        """Since when there has been none, if that was told or begun to be told, and its end was not."""
        noted = claim.entry.notes.get(_SINCE)
        if noted is None:
            return None
        since = datetime.fromisoformat(noted)
        over = self.ledger.find(over_key(channel, since))
        return None if over is not None and over.ts is not None else since

    def _tell_that_it_is_over(self, since: datetime, newest_look: datetime, now: datetime, channel: str) -> Outcome:
        """Below the alert, and in the channel; by itself where the alert never came through, or was deleted."""
        alert = self.ledger.find(overdue_key(channel, since))
        message = over_message(since, newest_look, now, channel, self.settings.data_label)
        below = replace(message, thread_ts=alert.ts, is_broadcast=True) if alert is not None and alert.ts is not None else message
        try:
            return deliver(below, self.slack, self.ledger).outcome
        except SlackRefusal as refusal:
            if refusal.error != "thread_not_found":
                raise
            return deliver(message, self.slack, self.ledger).outcome
