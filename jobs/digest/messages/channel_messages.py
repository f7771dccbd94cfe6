"""The messages of one release channel: its root and the thread below it. Pure: facts in, messages out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from jobs.declarations.windows import Mode, Window
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.facts.digest_facts import DigestFacts, Restatement
from jobs.digest.messages.message_blocks import Block, blocks_as_text, bold, fallback_text, link_line, paragraph, words
from jobs.digest.messages.outgoing_message import Freshness, OutgoingMessage, Picture, message_key
from jobs.digest.messages.restated_figures import SHOWN_BY_SUMMARY, figure_now, shown_figures, shown_name, summary_blocks
from jobs.digest.messages.root_message import root_blocks
from jobs.digest.messages.thread_messages import thread_blocks
from jobs.digest.wording.view_links import view_links
from jobs.verdicts.health_cells import ALL
from jobs.wording.shown_numbers import clock_words


def root_message(digest: Digest, slack_channel: str, now: datetime) -> OutgoingMessage:
    """The channel's message of its report day, the UTC day of the window's start. Only today's or yesterday's may be created."""
    facts = digest.facts
    return _message(facts, "root", slack_channel, now, root_blocks(digest), notes={shown_name(facts.mode): shown_figures(digest)})


def root_key(facts: DigestFacts, slack_channel: str) -> str:
    """The key of the channel's message of the report day."""
    return message_key("root", slack_channel, facts.channel, facts.window_start.date().isoformat())


def thread_messages(digest: Digest, slack_channel: str, now: datetime) -> list[OutgoingMessage]:
    """The messages below the root that are in words, in order; their thread is known once the root stands."""
    return [_message(digest.facts, name, slack_channel, now, blocks) for name, blocks in thread_blocks(digest).items()]


def pictures_message(digest: Digest, slack_channel: str, now: datetime, pictures: tuple[Picture, ...]) -> OutgoingMessage:
    """The last message below the root."""
    facts = digest.facts
    title = paragraph(bold("Pictures"), words(f", as of {clock_words(facts.as_of or facts.window_end)}"))
    lead = [title, *link_line(view_links(facts, digest.releases[:1]))]
    return replace(_message(facts, "pictures", slack_channel, now, lead), pictures=pictures)


def _message(
    facts: DigestFacts, name: str, slack_channel: str, now: datetime, blocks: list[Block], notes: Mapping[str, Any] | None = None
) -> OutgoingMessage:
    day = facts.window_start.date()
    return OutgoingMessage(
        key=message_key(name, slack_channel, facts.channel, day.isoformat()),
        slack_channel=slack_channel,
        report_day=day,
        freshness=freshness_of(facts),
        text=fallback_text(blocks),
        blocks=tuple(blocks),
        may_create=now.date() - timedelta(days=1) <= day <= now.date(),
        notes=notes or {},
    )


def freshness_of(facts: DigestFacts) -> Freshness:
    """A later window wins, a settled one over a provisional one of the same end."""
    return Freshness(facts.window_end, facts.mode is Mode.SETTLED)


def summary_message(
    window: Window, run_key: str, restated: tuple[Restatement, ...], slack_channel: str, data_label: str | None
) -> OutgoingMessage:
    """The one message of a backfill; later summaries compare with what it says."""
    blocks = summary_blocks(window, restated, data_label)
    return OutgoingMessage(
        key=message_key("backfill", slack_channel, run_key),
        slack_channel=slack_channel,
        report_day=window.end.date(),
        freshness=Freshness(window.end, window.mode is Mode.SETTLED),
        text=fallback_text(blocks),
        blocks=tuple(blocks),
        is_final=True,
        notes={SHOWN_BY_SUMMARY: [figure_now(each) for each in restated]},
    )


def digest_as_text(messages: Iterable[OutgoingMessage]) -> str:
    """The messages as they would be read, for a terminal."""
    return "\n\n".join("\n".join([blocks_as_text(m.blocks), *(f"[picture: {p.alt_text}]" for p in m.pictures)]) for m in messages)


def channels_to_report(looks: Mapping[str, object], expected: Iterable[str]) -> list[str]:
    """The channels that have something to say, or are expected to; `all` where there is none."""
    return sorted({*looks, *expected}) or [ALL]
