"""Alarms: a regressed release is broadcast once; a later change of mind is an answer in its thread. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from jobs.client_text import as_label
from jobs.digest.cell_words import measure_words, where_words
from jobs.digest.channel_digest import freshness_of
from jobs.digest.digest_facts import Cell, DigestFacts, ReleaseLook, State
from jobs.digest.digest_routing import Route
from jobs.digest.message_blocks import Block, bold, fallback_text, header, paragraph, small_print, user_group, words
from jobs.digest.outgoing_message import OutgoingMessage, message_key
from jobs.digest.verdict_advice import action, caveats, changed_action
from jobs.digest.verdict_words import STATE_WORDS, deciding_cell, sentence
from jobs.number_words import clock_words, interval_words, ratio_words, score_words

_NO_CHANGE_OF_MIND = (State.DATA_PROBLEM, State.NO_BASELINE, State.TOO_EARLY)
"""States that say nothing of whether the alarm was right."""


class AlertStep(StrEnum):
    """What is to be said of a release now."""

    NOTHING = "nothing"
    ANNOUNCE = "announce"
    WITHDRAW = "withdraw"
    RENEW = "renew"


def next_step(release: ReleaseLook, said: Mapping[str, Any] | None, at: datetime) -> AlertStep:
    """Compares the latest look with what was said of the release (None: never anything). An earlier look decides nothing."""
    state = release.verdict.state
    if release.has_later_look:
        return AlertStep.NOTHING
    is_silenced = release.review is not None and release.review.silences_at(at)
    if said is None:
        return AlertStep.ANNOUNCE if state is State.REGRESSED and not is_silenced else AlertStep.NOTHING
    if said["is_regressed"]:
        has_left = state is not State.REGRESSED and state not in _NO_CHANGE_OF_MIND
        return AlertStep.WITHDRAW if has_left else AlertStep.NOTHING
    return AlertStep.RENEW if state is State.REGRESSED and not is_silenced else AlertStep.NOTHING


def alert_key(slack_channel: str, verdict: Cell) -> str:
    """One alarm for each release and Slack channel, whatever the day."""
    return message_key("alert", slack_channel, verdict.channel, verdict.release_version)


def change_key(slack_channel: str, verdict: Cell, number: int) -> str:
    """The key of a release's first, second, ... change of mind."""
    return message_key("change", slack_channel, verdict.channel, verdict.release_version, str(number))


def said_of(release: ReleaseLook, changes: int) -> dict[str, Any]:
    """What the ledger keeps of an alarm: what it says now, how often that has changed, the figures at that time."""
    cell = deciding_cell(release)
    figures = {"ratio": cell.ratio, "ratio_low": cell.ratio_low, "ratio_high": cell.ratio_high, "score": release.verdict.score}
    return {
        "is_regressed": release.verdict.state is State.REGRESSED,
        "changes": changes,
        "as_of": release.verdict.as_of.isoformat(),
        **figures,
    }


def alert_message(facts: DigestFacts, release: ReleaseLook, route: Route, now: datetime) -> OutgoingMessage:
    """The alarm, to be broadcast from the day's thread. Mentions the route's user group within its hours."""
    verdict = release.verdict
    title = f"⛔ Firefox {as_label(verdict.channel)} {as_label(verdict.release_version)} has regressed"
    blocks = [header(title), paragraph(words(f"{sentence(release)}\n"), bold(action(release)))]
    blocks += [paragraph(words(caveat)) for caveat in caveats(release)]
    blocks += _mention(route, now)
    return _message(facts, route, alert_key(route.slack_channel, verdict), blocks, is_broadcast=True)


def _mention(route: Route, now: datetime) -> list[Block]:
    if route.mention is None:
        return []
    if route.may_mention_at(now):
        return [paragraph(user_group(route.mention), words(" please decide."))]
    hours = f"{route.mention_from:%H:%M}–{route.mention_to:%H:%M} {route.time_zone}"
    return [small_print(f"Nobody was mentioned: mentions are for {hours}.")]


def change_message(facts: DigestFacts, release: ReleaseLook, route: Route, said: Mapping[str, Any]) -> OutgoingMessage:
    """The answer below an alarm that the latest look no longer supports, or supports again."""
    verdict = release.verdict
    version = as_label(verdict.release_version)
    if verdict.state is State.REGRESSED:
        lead = f"{STATE_WORDS[State.REGRESSED].mark} {version} is called regressed again. "
    else:
        words_now = STATE_WORDS[verdict.state]
        score = "" if verdict.score is None else f" with {score_words(verdict.score)}/100"
        lead = f"{words_now.mark} {version} is no longer called regressed: it is {words_now.name}{score} now. "
    key = change_key(route.slack_channel, verdict, int(said["changes"]) + 1)
    blocks = [paragraph(bold(lead), words(f"{_what_changed(release, said)}\n{sentence(release)}\n"), bold(changed_action(release)))]
    return _message(facts, route, key, blocks)


def _what_changed(release: ReleaseLook, said: Mapping[str, Any]) -> str:
    cell = deciding_cell(release)
    if said.get("ratio") is None or cell.ratio is None:
        return ""
    then = f"{ratio_words(said['ratio'])} ({interval_words(said['ratio_low'], said['ratio_high'])})"
    now = f"{ratio_words(cell.ratio)} ({interval_words(cell.ratio_low, cell.ratio_high)})"
    at = clock_words(datetime.fromisoformat(said["as_of"]))
    return f"The ratio was {then} at {at} and is {now} for {measure_words(cell.measure)}{where_words(cell)} now."


def _message(facts: DigestFacts, route: Route, key: str, blocks: list[Block], *, is_broadcast: bool = False) -> OutgoingMessage:
    return OutgoingMessage(
        key=key,
        slack_channel=route.slack_channel,
        report_day=facts.window_start.date(),
        freshness=freshness_of(facts),
        text=fallback_text(blocks),
        blocks=tuple(blocks),
        is_broadcast=is_broadcast,
        is_final=True,
    )
