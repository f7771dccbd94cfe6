"""The files of one channel: its releases as the digest tells them, the cells of each, and each cell at every look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jobs.decisions.decision_explanation import advice_lines, cost_lines, forecast_lines
from jobs.declarations.windows import HOUR, Mode
from jobs.digest.decisions.release_decisions import decide, headline_release
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.digest.wording.build_words import build_words
from jobs.digest.wording.experiment_words import blame_words
from jobs.digest.wording.reach_words import reach_words
from jobs.digest.wording.verdict_advice import action
from jobs.digest.wording.verdict_words import headline, outlook, sentence, shown_score
from jobs.page.contents.channel_looks import ChannelLooks, ChannelReading
from jobs.page.contents.kept_looks import KEPT_RELEASE, KeptRelease
from jobs.page.contents.told_cells import told_cell, worst_first
from jobs.page.contents.told_decisions import DecisionRows
from jobs.page.documents.document_base import Document
from jobs.page.documents.release_documents import (
    AdviceFigures,
    ChannelCard,
    ChannelDocument,
    PastScore,
    RecentRatio,
    ReleaseDocument,
    ReleaseSummary,
    ReviewSaid,
)
from jobs.page.documents.rounding import rounded
from jobs.page.documents.series_documents import ClockSeries, LookSeries
from jobs.page.series.look_series import look_series
from jobs.verdicts.health_cells import ALARMING_STATES, Cell
from jobs.wording.client_text import as_label
from jobs.wording.page_names import page_key, series_path
from jobs.wording.shown_numbers import score_words

SCORES_SPAN = timedelta(days=366)


@dataclass(frozen=True)
class ChannelContents:
    """A channel's card, its document, and the files of those of its releases that changed."""

    card: ChannelCard
    document: ChannelDocument
    lasting: dict[str, Document | KeptRelease]


@dataclass(frozen=True)
class ToldChannel:
    """A channel's releases as the digest tells them, `leading` the one that its card shows."""

    of_channel: ChannelLooks
    leading: ReleaseLook
    summaries: tuple[ReleaseSummary, ...]
    decisions: DecisionRows


def told_channel(of_channel: ChannelLooks, decisions: DecisionRows, reading: ChannelReading) -> ToldChannel:
    """The channel's releases, told from their cells, and what `decisions` of all channels have of this one."""
    looks = of_channel.looks
    own = decisions.of_channel(of_channel.channel, reading.is_public)
    facts = DigestFacts(
        channel=of_channel.channel,
        window_start=reading.complete_until - HOUR,
        window_end=reading.complete_until,
        mode=Mode.PROVISIONAL,
        run_key="",
        releases=of_channel.told,
        experiments=own.experiment_looks(),
        worse_later=own.worse_later(),
        builds=own.build_looks(),
    )
    summaries = tuple(_summary(facts, look, own, reading) for look in looks)
    return ToldChannel(of_channel, headline_release(facts) or looks[0], summaries, own)


def channel_contents(told: ToldChannel, series: pa.Table, reading: ChannelReading) -> ChannelContents:
    """The channel's files; `series` are the rows of all channels that were wanted."""
    of_channel, channel = told.of_channel, told.of_channel.channel
    rows = series.filter(pc.field("channel") == channel)
    lasting: dict[str, Document | KeptRelease] = {}
    summaries = []
    for look, summary in zip(of_channel.looks, told.summaries, strict=True):
        kept = reading.kept.get(summary.folder)
        if kept is None:
            files, kept = _release_files(look, summary, rows, reading)
            lasting |= files | {f"{summary.folder}/{KEPT_RELEASE}": kept}
        summaries.append(msgspec.structs.replace(summary, measures_by_platform=kept.measures_by_platform))
    first = reading.complete_until - SCORES_SPAN
    document = ChannelDocument(
        channel=page_key(channel),
        channel_label=as_label(channel),
        current=page_key(told.leading.version),
        releases=summaries,
        scores=[_past_score(verdict) for verdict in reversed(of_channel.last_verdicts) if verdict.as_of > first],
        experiments=told.decisions.told_experiments(),
        experiments_said=told.decisions.experiments_said(),
        later_weeks=told.decisions.told_later(),
        clock_folder="",
        clock_platforms=[],
        clock_measures_by_platform={},
    )
    card = _card(document, _recent(told.leading, rows))
    return ChannelContents(card, document, lasting)


def _card(document: ChannelDocument, recent: RecentRatio) -> ChannelCard:
    told = next(summary for summary in document.releases if summary.version == document.current)
    return ChannelCard(
        channel=document.channel,
        channel_label=document.channel_label,
        file=f"channels/{document.channel}.json",
        version=told.version,
        version_label=told.version_label,
        headline=told.headline,
        verdict=told.verdict,
        deciding=told.deciding,
        recent=recent,
    )


def _summary(facts: DigestFacts, look: ReleaseLook, decisions: DecisionRows, reading: ChannelReading) -> ReleaseSummary:
    decision = decide(facts, look)
    began, search = (*build_words(facts, look), "", "")[:2]
    blamed = blame_words(facts, decision) if look in facts.releases else []
    said = look.review
    return ReleaseSummary(
        version=page_key(look.version),
        version_label=as_label(look.version),
        folder=reading.folder(look),
        rests_on=reading.rests_on(look),
        is_live=not look.is_final_at(reading.complete_until),
        headline=headline(decision),
        sentence=" ".join(filter(None, [sentence(decision), *blamed, began, *outlook(decision), *reach_words(decision)])),
        action=action(decision),
        verdict=told_cell(look.verdict),
        deciding=told_cell(look.cell),
        review=None
        if said is None
        else ReviewSaid(
            reviewed_at=said.reviewed_at,
            verdict=said.verdict,
            reviewed_by=None if reading.is_public else as_label(said.reviewed_by),
            note=None if reading.is_public or not said.note else as_label(said.note, 160),
        ),
        advice=_advice(look.verdict),
        builds=decisions.told_builds(look.version, look.verdict.as_of),
        builds_said=decisions.builds_said(look.version, look.verdict.as_of),
        build_search=search,
        measures_by_platform={},
    )


def _advice(verdict: Cell) -> AdviceFigures | None:
    if verdict.advice is None or verdict.advice_reason is None:
        return None
    return AdviceFigures(
        advice=verdict.advice,
        advice_reason=verdict.advice_reason,
        going_loss=rounded(verdict.going_loss),
        waiting_loss=rounded(verdict.waiting_loss),
        excess_crashes=rounded(verdict.excess_crashes),
        excess_crashes_low=rounded(verdict.excess_crashes_low),
        excess_crashes_high=rounded(verdict.excess_crashes_high),
        verdict_hours_low=rounded(verdict.verdict_hours_low),
        verdict_hours=rounded(verdict.verdict_hours),
        verdict_hours_high=rounded(verdict.verdict_hours_high),
        arithmetic=advice_lines(verdict),
        costs=[*cost_lines(verdict), *forecast_lines(verdict)],
    )


def _release_files(
    look: ReleaseLook, summary: ReleaseSummary, rows: pa.Table, reading: ChannelReading
) -> tuple[dict[str, Document], KeptRelease]:
    """release.json and the series of each cell, and what is kept beside them."""
    of_release = rows.filter(pc.equal(rows["release_version"], look.version))
    said = [review for review in reading.said() if (review.channel, review.release_version) == (look.verdict.channel, look.version)]
    document = ReleaseDocument(
        channel=page_key(look.verdict.channel),
        channel_label=as_label(look.verdict.channel),
        version=summary.version,
        version_label=summary.version_label,
        as_of=look.verdict.as_of,
        cells=[told_cell(cell) for cell in worst_first(look.cells)],
        baseline_versions=[page_key(version) for version in look.cell.baseline_versions],
    )
    series = look_series(of_release, said, reading.is_public, reading.shown_before(look))
    files = {series_path(summary.folder, each.platform, each.measure): each for each in series}
    told = [cell for cell in look.cells if cell.scope != "stratum" or cell.state in ALARMING_STATES]
    return {f"{summary.folder}/release.json": document, **files}, KeptRelease(told, measures_by_platform(series))


def measures_by_platform(series: Iterable[LookSeries | ClockSeries]) -> dict[str, list[str]]:
    """Which files there are, for who reads them."""
    found: dict[str, list[str]] = {}
    for each in series:
        found.setdefault(each.platform, []).append(each.measure)
    return found


def _past_score(verdict: Cell) -> PastScore:
    score = shown_score(verdict)
    return PastScore(
        version=page_key(verdict.release_version),
        version_label=as_label(verdict.release_version),
        as_of=verdict.as_of,
        state=verdict.state.value,
        score=rounded(score),
        score_words=score_words(score),
    )


def _recent(look: ReleaseLook, rows: pa.Table) -> RecentRatio:
    """The ratio of the cell that the release is told from; of its platform and measure where that is a part of it."""
    cell = look.cell
    same = rows.filter(
        pc.and_(
            pc.equal(rows["release_version"], look.version),
            pc.and_(pc.equal(rows["platform"], cell.platform), pc.equal(rows["measure"], cell.measure)),
        )
    ).sort_by("as_of")
    return RecentRatio(age_hours=same["age_hours"].to_pylist(), ratio=[rounded(ratio) for ratio in same["ratio"].to_pylist()])
