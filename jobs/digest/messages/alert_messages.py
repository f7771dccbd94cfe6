"""Alarms: a regressed release is broadcast once; a later change of mind is an answer in its thread. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from jobs.declarations.states import State
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.decisions.release_decisions import Decision
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.digest.messages.channel_messages import freshness_of
from jobs.digest.messages.message_blocks import Block, bold, fallback_text, header, link_line, paragraph, small_print, user_group, words
from jobs.digest.messages.outgoing_message import OutgoingMessage, message_key
from jobs.digest.wording.build_words import build_links, build_words
from jobs.digest.wording.data_line import label_words
from jobs.digest.wording.verdict_advice import action, changed_action, weak_points
from jobs.digest.wording.verdict_words import MARKS, alarm_headline, figure, sentence, shown_score
from jobs.digest.wording.view_links import view_links
from jobs.verdicts.health_cells import ALL, PLACE_COLUMNS, Cell
from jobs.wording.cell_words import place_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import clock_words, interval_words, ratio_words, score_words

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
    """What the ledger keeps of an alarm: what it says now, how often that has changed, and the figures of the cell that it tells of."""
    cell = release.cell
    figures = {"ratio": cell.ratio, "ratio_low": cell.ratio_low, "ratio_high": cell.ratio_high, "score": release.verdict.score}
    return {
        "is_regressed": release.verdict.state is State.REGRESSED,
        "changes": changes,
        "as_of": release.verdict.as_of.isoformat(),
        "place": dict(zip(PLACE_COLUMNS, cell.place, strict=True)),
        **figures,
    }


def alert_message(facts: DigestFacts, decision: Decision, route: Route, now: datetime) -> OutgoingMessage:
    """The alarm, to be broadcast from the day's thread: a headline, one figure, one action. Mentions the route's user group within its hours."""
    release, before = decision.release, decision.ratio_before
    trend = "" if before is None else f", {ratio_words(before)} an hour before"
    told = " ".join([f"{figure(decision)}{trend}.", *build_words(facts, release), *weak_points(decision), *label_words(facts)])
    todo: list[dict[str, Any]] = [bold(action(decision))]
    if route.mention is not None and route.may_mention_at(now):
        todo += [words(" "), user_group(route.mention), words(_asked(decision))]
    links = {**build_links(facts, release), **view_links(facts, [decision]), **facts.links}
    blocks = [header(alarm_headline(decision)), paragraph(words(f"{told}\n"), *todo), *link_line(links), *_unmentioned(route, now)]
    return _message(facts, route, alert_key(route.slack_channel, release.verdict), blocks, is_broadcast=True)


def _asked(decision: Decision) -> str:
    """What the mentioned are to do; where a person has answered already, there is nothing left to decide."""
    return " please decide: the thread has the commands." if decision.release.answer is None else " for your information."


def _unmentioned(route: Route, now: datetime) -> list[Block]:
    if route.mention is None or route.may_mention_at(now):
        return []
    hours = f"{route.mention_from:%H:%M}–{route.mention_to:%H:%M} {route.time_zone}"
    return [small_print(f"Nobody was mentioned: mentions are for {hours}.")]


def change_message(facts: DigestFacts, decision: Decision, route: Route, said: Mapping[str, Any]) -> OutgoingMessage:
    """The answer below an alarm that the latest look no longer supports, or supports again."""
    verdict, place = decision.release.verdict, _alarm_place(said)
    version = as_label(verdict.release_version)
    if verdict.state is State.REGRESSED:
        lead = f"{MARKS[State.REGRESSED]} {version} is called regressed again. "
    else:
        score = "" if shown_score(verdict) is None else f" with {score_words(verdict.score)}/100"
        lead = f"{MARKS[verdict.state]} {version} is no longer called regressed: it is {state_name(verdict.state)}{score} now. "
    key = change_key(route.slack_channel, verdict, int(said["changes"]) + 1)
    told = " ".join([*_what_changed(decision.release, said), sentence(decision), *label_words(facts)])
    blocks = [paragraph(bold(lead), words(f"{told}\n"), bold(changed_action(decision, place)))]
    return _message(facts, route, key, blocks)


def _alarm_place(said: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The cell that was told of; None where the ledger's entry was written before cells were noted."""
    place = said.get("place")
    return None if place is None else tuple(str(place[column]) for column in PLACE_COLUMNS)


def _what_changed(release: ReleaseLook, said: Mapping[str, Any]) -> list[str]:
    """What has become of the figure that was told: of that cell, and of all platforms together where it was a part."""
    place = _alarm_place(said)
    if said.get("ratio") is None:
        return []
    then = f"{_ratio(said['ratio'], said['ratio_low'], said['ratio_high'])} at {clock_words(datetime.fromisoformat(said['as_of']))}"
    if place is None:
        return [f"The ratio told then was {then}."]
    now = release.cell_at(place)
    subject = place_words(now) if now is not None else _named(place)
    if now is None or now.ratio is None:
        return [f"The ratio for {subject} was {then}; there is none now."]
    told = f"The ratio for {subject} was {then} and is {_ratio(now.ratio, now.ratio_low, now.ratio_high)} now"
    whole = release.cell_at(("platform", ALL, ALL, now.measure))
    if whole is None or whole is now or whole.ratio is None or whole is release.cell:
        return [f"{told}."]
    return [f"{told}; all platforms together have {ratio_words(whole.ratio)}."]


def _named(place: tuple[str, ...]) -> str:
    """A cell of which the look has no row."""
    scope, platform, stratum, measure = place
    never = datetime.min.replace(tzinfo=UTC)
    return place_words(Cell(never, "", "", State.TOO_EARLY, never, scope, platform, stratum, measure))


def _ratio(ratio: float | None, low: float | None, high: float | None) -> str:
    return f"{ratio_words(ratio)} ({interval_words(low, high)})"


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
