"""What the operators are told of an overdue verdict: since when there is none, why, what to do; and that it is over. Pure."""

from collections.abc import Mapping
from datetime import datetime

from jobs.declarations.states import State
from jobs.declarations.windows import HOUR
from jobs.digest.facts.digest_facts import HourCondition
from jobs.digest.facts.overdue_verdict import Standstill
from jobs.digest.messages.message_blocks import Block, bold, fallback_text, link_line, paragraph, small_print, words
from jobs.digest.messages.outgoing_message import Freshness, OutgoingMessage, message_key
from jobs.digest.wording.verdict_words import MARKS
from jobs.products.chosen import PRODUCT
from jobs.wording.client_text import as_data_label, as_sentence
from jobs.wording.shown_numbers import age_words, clock_words

_NOT_SCORED = (
    "The hour's figures are published; its scores are not.",
    "Open the hourly DAG in Airflow: the log of score_release_health or audit_health of its newest run says what it needs.",
)
_WHY_AND_WHAT_TO_DO: Mapping[HourCondition, tuple[str, str]] = {
    HourCondition.NOT_CLOSED: (
        "The ingestion edge has not closed the next hour.",
        "Look at the edge. Once the hour is closed, the run that waits for it goes on; where it gave up, clear its wait_for_closed_hour.",
    ),
    HourCondition.NOT_FINISHED: (
        "The next hour is closed, and no run has published it.",
        "Open the hourly DAG in Airflow: it is paused, or a task of its newest run is red or queued; a red one's log says what it needs.",
    ),
    HourCondition.UNREADABLE: (
        "The landing zone cannot be listed, or nothing lies in it.",
        "Bring it back (a mount, a permission, a key); then clear the red tasks of the newest run.",
    ),
    HourCondition.GATE_FAILED: (
        "The next hour failed its quality gate.",
        "Nothing of it is published: the end of audit_aggregates' log names the rows and what to do (runbook: A gate failed).",
    ),
}


def overdue_message(
    since: datetime, standstill: Standstill, now: datetime, slack_channel: str, links: Mapping[str, str], data_label: str | None
) -> OutgoingMessage:
    """The one message of the time without verdicts that began `since`. `slack_channel` is a channel's id."""
    why, what_to_do = _WHY_AND_WHAT_TO_DO.get(standstill.condition, _NOT_SCORED)
    blocks = [
        paragraph(
            bold(f"{MARKS[State.DATA_PROBLEM]} {PRODUCT.label}: no new verdict for {age_words((now - since) / HOUR)}. "),
            words(f"The newest is of {clock_words(since)}. {why}{_failed_words(standstill)}\n"),
            bold(what_to_do),
        ),
        *link_line(links),
        *_label(data_label),
    ]
    return _message(overdue_key(slack_channel, since), slack_channel, since, now, blocks)


def over_message(since: datetime, newest_look: datetime, now: datetime, slack_channel: str, data_label: str | None) -> OutgoingMessage:
    """The answer below it, once there are verdicts again."""
    told = f"{MARKS[State.HEALTHY]} {PRODUCT.label}: there are verdicts again, the newest of {clock_words(newest_look)}. "
    rest = f"There was none after {clock_words(since)}. What is missing in between, if anything, is in the digest's data line."
    return _message(over_key(slack_channel, since), slack_channel, since, now, [paragraph(bold(told), words(rest)), *_label(data_label)])


def overdue_key(slack_channel: str, since: datetime) -> str:
    """One alert for each time without verdicts."""
    return message_key("overdue", slack_channel, PRODUCT.name, since.isoformat())


def over_key(slack_channel: str, since: datetime) -> str:
    return message_key("overdue-over", slack_channel, PRODUCT.name, since.isoformat())


def watch_key(slack_channel: str) -> str:
    """The ledger's row that says whether the operators have been told of a time without verdicts that goes on."""
    return message_key("overdue-watch", slack_channel, PRODUCT.name)


def _failed_words(standstill: Standstill) -> str:
    if not standstill.failed:
        return ""
    first = standstill.failed[0]
    return f" ({as_sentence(f'{first.table_name}: {first.expectation}', 160)}.)"


def _label(data_label: str | None) -> list[Block]:
    return [small_print(as_data_label(data_label))] if data_label else []


def _message(key: str, slack_channel: str, since: datetime, now: datetime, blocks: list[Block]) -> OutgoingMessage:
    return OutgoingMessage(
        key=key,
        slack_channel=slack_channel,
        report_day=since.date(),
        freshness=Freshness(now, is_settled=False),
        text=fallback_text(blocks),
        blocks=tuple(blocks),
        is_final=True,
    )
