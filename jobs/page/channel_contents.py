"""The files of one channel: its releases as the digest tells them, the cells of each, and each cell at every look."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.windows import HOUR, Mode
from jobs.digest.decisions.release_decisions import decide, headline_release
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook, Review
from jobs.digest.facts.shown_releases import latest_reviews, shown_looks, with_cells
from jobs.digest.wording.verdict_advice import action
from jobs.digest.wording.verdict_words import headline, sentence, shown_score
from jobs.page.document_base import Document
from jobs.page.look_series import look_series
from jobs.page.page_names import page_key, series_path
from jobs.page.page_reading import HealthSnapshot
from jobs.page.release_documents import ChannelCard, ChannelDocument, PastScore, RecentRatio, ReleaseDocument, ReleaseSummary, ReviewSaid
from jobs.page.rounding import rounded
from jobs.page.small_groups import shown_cells
from jobs.page.told_cells import told_cell, worst_first
from jobs.verdicts.health_cells import Cell
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import score_words

SHOWN_RELEASES = 12
"""As many as a release is compared with."""
SCORES_SPAN = timedelta(days=366)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ChannelReading:
    """What the channels of a state are made from."""

    health: HealthSnapshot
    reviews: tuple[Review, ...]
    files_by_day: Mapping[datetime, str]
    complete_until: datetime
    is_public: bool
    known_folders: frozenset[str]
    code: str


@dataclass(frozen=True)
class ChannelContents:
    """A channel's card, its document, and the files of those of its releases that changed."""

    card: ChannelCard
    document: ChannelDocument
    lasting: dict[str, Document]


def released_at(verdict: Cell) -> datetime:
    """When the release of a verdict was released."""
    return verdict.as_of - verdict.age_hours * HOUR


def channel_contents(channel: str, verdicts: Sequence[Cell], reading: ChannelReading) -> ChannelContents:
    """The channel as its verdicts have it; `verdicts` are those of the last days and the last ones of the year before."""
    looks, newest, shown = _looks(channel, verdicts, reading)
    facts = DigestFacts(
        channel=channel,
        window_start=reading.complete_until - HOUR,
        window_end=reading.complete_until,
        mode=Mode.PROVISIONAL,
        run_key="",
        releases=tuple(look for look in looks if look.version in shown),
    )
    leading = headline_release(facts) or looks[0]
    summaries = [_summary(facts, look, reading) for look in looks]
    rows = _looks_of(channel, looks, summaries, leading, reading)
    lasting: dict[str, Document] = {}
    for look, summary in zip(looks, summaries, strict=True):
        if summary.folder not in reading.known_folders:
            lasting |= _release_files(look, summary, rows, reading)
    document = ChannelDocument(
        channel=page_key(channel),
        channel_label=as_label(channel),
        current=page_key(leading.version),
        releases=summaries,
        scores=[_past_score(verdict) for verdict in reversed(newest) if verdict.as_of > reading.complete_until - SCORES_SPAN],
        clock_folder="",
        clock_platforms=[],
        clock_measures=[],
    )
    card = _card(document, _recent(leading, rows))
    return ChannelContents(card, document, lasting)


def _looks_told(looks: Sequence[ReleaseLook], at: datetime) -> set[datetime]:
    """Each release's last look, and the one before it of those that are still in their week: their trend is told."""
    before = {look.verdict.as_of - HOUR for look in looks if not look.is_final_at(at)}
    return {look.verdict.as_of for look in looks} | before


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


def _looks(channel: str, verdicts: Sequence[Cell], reading: ChannelReading) -> tuple[list[ReleaseLook], list[Cell], set[str]]:
    """The last look at each release of the page, newest first, the last verdicts of all, and the versions that a digest tells of now."""
    latest = {verdict.release_version: verdict for verdict in sorted(verdicts, key=lambda verdict: verdict.as_of)}
    newest = sorted(latest.values(), key=lambda verdict: (released_at(verdict), verdict.release_version), reverse=True)
    reviews = _reviews(reading)
    shown = shown_looks(verdicts, reading.complete_until, reviews)[channel]
    versions = {verdict.release_version for verdict in newest[:SHOWN_RELEASES]} | {look.version for look in shown}
    of_channel = {review.release_version: review for key, review in latest_reviews(reviews).items() if key[0] == channel}
    looks = [
        next((look for look in shown if look.version == verdict.release_version), None)
        or ReleaseLook(verdict, review=of_channel.get(verdict.release_version))
        for verdict in newest
        if verdict.release_version in versions
    ]
    cells = shown_cells(reading.health.cells(channel, _looks_told(looks, reading.complete_until)), reading.is_public)
    of_looks = with_cells(looks, [cell for cell in cells if cell.scope != "release"], ())
    return list(of_looks), newest, {look.version for look in shown}


def _reviews(reading: ChannelReading) -> tuple[Review, ...]:
    """Where everybody may read, without who said it and why."""
    return tuple(replace(review, reviewed_by="a reviewer", note=None) if reading.is_public else review for review in reading.reviews)


def _summary(facts: DigestFacts, look: ReleaseLook, reading: ChannelReading) -> ReleaseSummary:
    decision = decide(facts, look)
    version, rests_on = page_key(look.version), _rests_on(look, reading)
    said = look.review
    return ReleaseSummary(
        version=version,
        version_label=as_label(look.version),
        folder=f"data/releases/{page_key(look.verdict.channel)}/{version}/{rests_on}",
        rests_on=rests_on,
        is_live=not look.is_final_at(reading.complete_until),
        headline=headline(decision),
        sentence=sentence(decision),
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
    )


def _rests_on(look: ReleaseLook, reading: ChannelReading) -> str:
    """A digest of the table's files of the release's days, of what was said of it, and of the code."""
    first, last = (at.replace(hour=0, minute=0, second=0, microsecond=0) for at in (released_at(look.verdict), look.verdict.as_of))
    days = [first + day * _DAY for day in range((last - first).days + 1)]
    files = [reading.files_by_day.get(day, "") for day in days]
    said = [str(review) for review in reading.reviews if (review.channel, review.release_version) == (look.verdict.channel, look.version)]
    parts = [reading.code, str(reading.is_public), look.verdict.as_of.isoformat(), *files, *sorted(said)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _looks_of(
    channel: str, looks: Sequence[ReleaseLook], summaries: Sequence[ReleaseSummary], leading: ReleaseLook, reading: ChannelReading
) -> pa.Table:
    """The looks at the releases whose files are to be written, and at the leading one."""
    wanted = [
        look
        for look, summary in zip(looks, summaries, strict=True)
        if summary.folder not in reading.known_folders or look.version == leading.version
    ]
    first = min(released_at(look.verdict) for look in wanted)
    last = max(look.verdict.as_of for look in wanted)
    return reading.health.looks(channel, {look.version for look in wanted}, first, last)


def _release_files(look: ReleaseLook, summary: ReleaseSummary, rows: pa.Table, reading: ChannelReading) -> dict[str, Document]:
    """release.json and the series of each cell."""
    of_release = rows.filter(pc.equal(rows["release_version"], look.version))
    said = [review for review in _reviews(reading) if (review.channel, review.release_version) == (look.verdict.channel, look.version)]
    document = ReleaseDocument(
        channel=page_key(look.verdict.channel),
        channel_label=as_label(look.verdict.channel),
        version=summary.version,
        version_label=summary.version_label,
        as_of=look.verdict.as_of,
        cells=[told_cell(cell) for cell in worst_first(look.cells)],
        baseline_versions=[page_key(version) for version in look.cell.baseline_versions],
    )
    series = look_series(of_release, said, reading.is_public)
    return {f"{summary.folder}/release.json": document} | {
        series_path(summary.folder, each.platform, each.measure): each for each in series
    }


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
