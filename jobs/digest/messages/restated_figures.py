"""Figures that people were shown and that have changed since: by settling a day, or by a backfill. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from jobs.declarations.states import State
from jobs.declarations.windows import Mode, Window
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.facts.digest_facts import Restatement
from jobs.digest.messages.message_blocks import Block, bold, bullets, paragraph, small_print, words
from jobs.digest.wording.data_line import restatement_words
from jobs.products.chosen import PRODUCT
from jobs.verdicts.health_cells import Cell
from jobs.wording.client_text import as_data_label, as_label
from jobs.wording.shown_numbers import clock_words, plural

SHOWN_BY_SUMMARY = "shown_by_summary"
"""Under which name the ledger keeps what a summary said; it is newer than what the digests showed."""
_MOST_SHOWN = 20
_MOST_LISTED = 15
_SCORE_STEP = 5.0
"""A score that moved by less reads the same."""


def shown_name(mode: Mode) -> str:
    """Under which name the ledger keeps what a message showed; settling leaves the provisional figures to compare with."""
    return f"shown_{mode.value}"


def shown_figures(digest: Digest) -> list[dict[str, Any]]:
    """The verdicts that the root message shows."""
    verdicts = [decision.release.verdict for decision in digest.releases[:_MOST_SHOWN]]
    return [
        {
            "channel": verdict.channel,
            "release_version": verdict.release_version,
            "as_of": verdict.as_of.isoformat(),
            "state": verdict.state.value,
            "score": verdict.score,
        }
        for verdict in verdicts
    ]


def figure_now(restated: Restatement) -> dict[str, Any]:
    """A restated verdict as it was told, to compare later ones with."""
    return {
        "channel": restated.channel,
        "release_version": restated.release_version,
        "as_of": restated.as_of.isoformat(),
        "state": restated.state_now.value,
        "score": restated.score_now,
    }


def restatements(shown: Iterable[Mapping[str, Any]], verdicts: Iterable[Cell]) -> tuple[Restatement, ...]:
    """What was shown of a look and is no longer what release_health says of that look."""
    now = {(verdict.channel, verdict.release_version, verdict.as_of): verdict for verdict in verdicts}
    found = []
    for figure in shown:
        as_of = datetime.fromisoformat(figure["as_of"])
        verdict = now.get((figure["channel"], figure["release_version"], as_of))
        if verdict is None:
            continue
        restated = Restatement(
            channel=verdict.channel,
            release_version=verdict.release_version,
            as_of=as_of,
            state_before=State(figure["state"]),
            state_now=verdict.state,
            score_before=figure["score"],
            score_now=verdict.score,
        )
        if restated.state_before is not restated.state_now or _has_moved(restated.score_before, restated.score_now):
            found.append(restated)
    return tuple(found)


def _has_moved(before: float | None, now: float | None) -> bool:
    if before is None or now is None:
        return before is not now
    return abs(before - now) >= _SCORE_STEP


def summary_blocks(window: Window, found: Iterable[Restatement], data_label: str | None) -> list[Block]:
    """A backfill's one message: what it restated, or that it restated nothing."""
    found = list(found)
    period = f"{clock_words(window.start)} to {clock_words(window.end)}"
    lead = f"Backfill of {period} is done"
    label = [small_print(as_data_label(data_label))] if data_label else []
    if not found:
        return [paragraph(bold(lead), words(f": {plural(len(window.hours), 'hour')}. No verdict that was shown has changed.")), *label]
    shown = [[words(f"{PRODUCT.label} {as_label(restated.channel)} {restatement_words(restated)}")] for restated in found[:_MOST_LISTED]]
    if len(found) > _MOST_LISTED:
        shown.append([words(f"And {plural(len(found) - _MOST_LISTED, 'verdict')} more, in release_health")])
    told = f". {plural(len(found), 'verdict')} that had been shown {'has' if len(found) == 1 else 'have'} changed:"
    return [paragraph(bold(lead), words(told)), bullets(shown), *label]
