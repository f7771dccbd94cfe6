"""Which releases of a channel the page shows, where their files lie, and which rows of release_health they are made from. Pure."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jobs.declarations.windows import HOUR
from jobs.digest.facts.digest_facts import ReleaseLook, Review
from jobs.digest.facts.shown_releases import latest_reviews, shown_looks, with_cells
from jobs.page.contents.kept_looks import KeptRelease
from jobs.page.documents.series_documents import LookSeries
from jobs.page.series.small_groups import shown_cells
from jobs.verdicts.health_cells import Cell
from jobs.wording.page_names import page_key

SHOWN_RELEASES = 12
"""As many as a release is compared with."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ChannelReading:
    """What the channels of a state are made from, beside rows of release_health."""

    reviews: tuple[Review, ...]
    files_by_day: Mapping[datetime, str]
    complete_until: datetime
    is_public: bool
    known_folders: frozenset[str]
    kept: Mapping[str, KeptRelease]
    """By the folder of a release that is written."""
    series_in: Callable[[str], Sequence[LookSeries]]
    """What a folder of the state before shows."""
    code: str

    def said(self) -> tuple[Review, ...]:
        """Where everybody may read, without who said it and why."""
        return tuple(replace(review, reviewed_by="a reviewer", note=None) if self.is_public else review for review in self.reviews)

    def folder(self, look: ReleaseLook) -> str:
        """Where the release's files lie, or are to be written."""
        return f"data/releases/{page_key(look.verdict.channel)}/{page_key(look.version)}/{self.rests_on(look)}"

    def rests_on(self, look: ReleaseLook) -> str:
        """A digest of the table's files of the release's days, of what was said of it, and of the code."""
        first, last = (at.replace(hour=0, minute=0, second=0, microsecond=0) for at in (released_at(look.verdict), look.verdict.as_of))
        days = [first + day * _DAY for day in range((last - first).days + 1)]
        files = [self.files_by_day.get(day, "") for day in days]
        said = [str(review) for review in self.reviews if (review.channel, review.release_version) == (look.verdict.channel, look.version)]
        parts = [self.code, str(self.is_public), look.verdict.as_of.isoformat(), *files, *sorted(said)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def shown_before(self, look: ReleaseLook) -> Sequence[LookSeries]:
        """The release's looks at each cell in the state before; none where it had no such release."""
        of_release = self.folder(look).rpartition("/")[0]
        return [series for folder in self.known_folders if folder.rpartition("/")[0] == of_release for series in self.series_in(folder)]

    def is_written(self, look: ReleaseLook) -> bool:
        """Whether the release's files are there already."""
        return self.folder(look) in self.kept

    def kept_cells(self, look: ReleaseLook) -> tuple[Cell, ...] | None:
        """The cells of a release that is written and over, as they were kept; None where they are to be read."""
        kept = self.kept.get(self.folder(look)) if look.is_final_at(self.complete_until) else None
        return None if kept is None else tuple(kept.cells)


@dataclass(frozen=True)
class WantedRows:
    """Rows of one channel: of all its releases at some looks, or of some releases from a first look to a last one."""

    channel: str
    versions: Collection[str]
    times: Collection[datetime]


@dataclass(frozen=True)
class ChannelLooks:
    """The last look at each release that the page shows of a channel, newest first."""

    channel: str
    looks: tuple[ReleaseLook, ...]
    last_verdicts: tuple[Cell, ...]
    """Of all its releases, newest first."""
    told_versions: frozenset[str]
    """Those that a digest tells of now."""

    @property
    def told(self) -> tuple[ReleaseLook, ...]:
        return tuple(look for look in self.looks if look.version in self.told_versions)

    def wanted_cells(self, reading: ChannelReading) -> WantedRows:
        """The last look at each release that is not kept, and the one before it of those that are still in their week: their trend is told.

        The versions are those whose files are to be written, which show groups of users, too.
        """
        before = {look.verdict.as_of - HOUR for look in self.looks if not look.is_final_at(reading.complete_until)}
        versions = [look.version for look in self.looks if not reading.is_written(look)]
        return WantedRows(self.channel, versions, {look.verdict.as_of for look in self.looks if reading.kept_cells(look) is None} | before)

    def with_cells(self, cells: Iterable[Cell], reading: ChannelReading) -> "ChannelLooks":
        """The looks with their cells, of all that were read, and as they were kept."""
        shown = shown_cells((cell for cell in cells if cell.channel == self.channel and cell.scope != "release"), reading.is_public)
        found = with_cells(self.looks, shown, ())
        kept = [reading.kept_cells(look) for look in self.looks]
        return replace(
            self,
            looks=tuple(look if cells is None else replace(look, cells=cells) for look, cells in zip(found, kept, strict=True)),
        )

    def wanted_series(self, leading: ReleaseLook, reading: ChannelReading) -> WantedRows:
        """Every look at the releases whose files are to be written, and at the leading one."""
        wanted = [look for look in self.looks if not reading.is_written(look) or look.version == leading.version]
        first = min(released_at(look.verdict) for look in wanted)
        return WantedRows(self.channel, [look.version for look in wanted], (first, max(look.verdict.as_of for look in wanted)))


def released_at(verdict: Cell) -> datetime:
    """When the release of a verdict was released."""
    return verdict.as_of - verdict.age_hours * HOUR


def channel_looks(channel: str, verdicts: Sequence[Cell], reading: ChannelReading) -> ChannelLooks:
    """The channel's releases as its verdicts have them: those of the last days and the last ones of the year before."""
    latest = {verdict.release_version: verdict for verdict in sorted(verdicts, key=lambda verdict: verdict.as_of)}
    newest = sorted(latest.values(), key=lambda verdict: (released_at(verdict), verdict.release_version), reverse=True)
    shown = shown_looks(verdicts, reading.complete_until, reading.said())[channel]
    versions = {verdict.release_version for verdict in newest[:SHOWN_RELEASES]} | {look.version for look in shown}
    of_channel = {review.release_version: review for key, review in latest_reviews(reading.said()).items() if key[0] == channel}
    looks = [
        next((look for look in shown if look.version == verdict.release_version), None)
        or ReleaseLook(verdict, review=of_channel.get(verdict.release_version))
        for verdict in newest
        if verdict.release_version in versions
    ]
    return ChannelLooks(channel, tuple(looks), tuple(newest), frozenset(look.version for look in shown))
