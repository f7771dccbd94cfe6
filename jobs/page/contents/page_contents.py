"""From published tables to the files of a state: what changed since the state before is made, the rest is named."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from pyiceberg.catalog import Catalog

from jobs.declarations.measures import MEASURES, SCORED_MEASURES
from jobs.declarations.windows import hours_between
from jobs.digest.decisions.release_decisions import WORST_FIRST
from jobs.digest.facts.shown_releases import answers
from jobs.digest.facts.stored_facts import read_reviews
from jobs.digest.wording.verdict_words import MARKS
from jobs.page.contents.channel_contents import ChannelContents, channel_contents, measures_by_platform, told_channel
from jobs.page.contents.channel_looks import ChannelReading, channel_looks
from jobs.page.contents.hour_quality import quality_document
from jobs.page.contents.kept_looks import KEPT_DAYS, KeptDays, KeptRelease
from jobs.page.contents.page_reading import HealthSnapshot, HourRows, open_health, read_decisions, read_hours
from jobs.page.contents.record_contents import record_document
from jobs.page.contents.year_of_verdicts import YearOfVerdicts, year_of_verdicts
from jobs.page.documents.document_base import Document, Named
from jobs.page.documents.page_documents import MeasureNamed, StateDocument, StateNamed
from jobs.page.documents.release_documents import ChannelDocument
from jobs.page.documents.series_documents import ClockSeries, LookSeries
from jobs.page.series.clock_series import HourSums, clock_series
from jobs.tables.lake.code_version import code_version
from jobs.verdicts.health_cells import Cell
from jobs.wording.cell_words import measure_words, state_name
from jobs.wording.client_text import as_data_label
from jobs.wording.page_names import page_key, series_path
from jobs.wording.shown_numbers import clock_words

KEPT_HOURS = "data/hours"
CLOCK = "data/clock"


@dataclass(frozen=True)
class PageRequest:
    """What is to be published: the tables as of now, the hours before `until`; `links` are addresses by name."""

    until: datetime
    is_public: bool
    data_label: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What lies in the page's folder already: folders that the state before rests on, and what was kept for this publication."""

    folders: frozenset[str]
    sums: Mapping[str, HourSums]
    """By file name."""
    days: KeptDays
    releases: Mapping[str, KeptRelease]
    """By folder."""
    series_in: Callable[[str], Sequence[LookSeries]]
    """The looks at each cell of a release, by its folder."""


@dataclass(frozen=True)
class Contents:
    """Files to write: those that other states may rest on by path, those of the state by name within it."""

    lasting: Mapping[str, msgspec.Struct]
    of_state: Mapping[str, Document]
    health_sequence: int

    @property
    def state_id(self) -> str:
        """The hour that it is complete to and a digest of what it says: the same figures are the same state."""
        state = self.of_state["state.json"]
        assert isinstance(state, StateDocument)
        said = b"".join(name.encode() + msgspec.json.encode(document) for name, document in sorted(self.of_state.items()))
        hour = f"{state.complete_until:%Y%m%dT%H%MZ}" if state.complete_until else "empty"
        return f"{hour}-{hashlib.sha256(said).hexdigest()[:12]}"


def kept_name(hour: datetime, run_id: str) -> str:
    """The file that keeps an hour's sums."""
    return f"{hour:%Y%m%dT%HZ}-{hashlib.sha256(run_id.encode()).hexdigest()[:12]}.msgpack"


def page_contents(catalog: Catalog, request: PageRequest, known: Known) -> Contents:
    """Everything that the state of now needs and that is not there yet."""
    health = open_health(catalog)
    hours = read_hours(catalog, request.until)
    clock, clock_folder, lasting = _clock(hours, request, known)
    year = year_of_verdicts(health, request.until, known.days, code_version())
    reading = ChannelReading(
        reviews=tuple(read_reviews(catalog)),
        files_by_day=year.files_by_day,
        complete_until=hours.complete_until or request.until,
        is_public=request.is_public,
        known_folders=known.folders,
        kept=known.releases,
        series_in=known.series_in,
        code=code_version(),
    )
    channels = _channels(catalog, health, year, reading)
    for contents in channels:
        lasting |= contents.lasting
    days_path = f"{KEPT_DAYS}/{hashlib.sha256(msgspec.msgpack.encode(year.kept)).hexdigest()[:12]}.msgpack"
    if days_path not in known.folders:
        lasting[days_path] = year.kept
    by_channel: dict[str, list[ClockSeries]] = {}
    for series in clock:
        by_channel.setdefault(series.channel, []).append(series)
    documents: dict[str, Document] = {
        contents.card.file: _with_clock(contents.document, clock_folder, by_channel.get(contents.document.channel, []))
        for contents in channels
    }
    folders = [clock_folder, days_path, *(release.folder for contents in channels for release in contents.document.releases)]
    documents["quality.json"] = _quality(hours, request)
    documents["record.json"] = record_document(year.looks, answers(reading.reviews), request.until)
    documents["state.json"] = _state(channels, hours, request, folders)
    return Contents(lasting, documents, health.sequence)


def _clock(hours: HourRows, request: PageRequest, known: Known) -> tuple[list[ClockSeries], str, dict[str, msgspec.Struct]]:
    """The last 48 hours, their folder, and what has to be written. A public page keeps no sums: they hold groups that it leaves out."""
    names = {hour: kept_name(hour, run_id) for hour, run_id in hours.run_ids().items()}
    kept = {hour: known.sums[name] for hour, name in names.items() if name in known.sums}
    fresh = hours.sums([hour for hour in names if hour not in kept])
    said = "\n".join([code_version(), str(request.is_public), *sorted(names.values()), hours.clock_start.isoformat()])
    folder = f"{CLOCK}/{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    series = clock_series(hours.clock_start, hours.clock_end, {**kept, **fresh}, request.is_public)
    lasting: dict[str, msgspec.Struct] = {}
    if folder not in known.folders:
        lasting |= {series_path(f"{folder}/{each.channel}", each.platform, each.measure): each for each in series}
    if not request.is_public:
        lasting |= {f"{KEPT_HOURS}/{names[hour]}": sums for hour, sums in fresh.items()}
    return series, folder, lasting


def _with_clock(document: ChannelDocument, clock_folder: str, series: Sequence[ClockSeries]) -> ChannelDocument:
    return msgspec.structs.replace(
        document,
        clock_folder=f"{clock_folder}/{document.channel}",
        clock_platforms=[Named(key=key, label=label) for key, label in {each.platform: each.platform_label for each in series}.items()],
        clock_measures_by_platform=measures_by_platform(series),
    )


def _channels(catalog: Catalog, health: HealthSnapshot, year: YearOfVerdicts, reading: ChannelReading) -> list[ChannelContents]:
    by_channel: dict[str, list[Cell]] = {}
    for verdict in year.verdicts:
        by_channel.setdefault(verdict.channel, []).append(verdict)
    if not by_channel:
        return []
    # Of release_health each publication plans three scans, whatever the number of channels: planning costs more than rows that are not needed.
    looks = [channel_looks(channel, of_channel, reading) for channel, of_channel in sorted(by_channel.items())]
    cells = health.cells(of_channel.wanted_cells(reading) for of_channel in looks)
    decisions = read_decisions(catalog, reading.complete_until, {look.verdict.as_of for of_channel in looks for look in of_channel.told})
    told = [told_channel(of_channel.with_cells(cells, reading), decisions, reading) for of_channel in looks]
    series = health.looks(channel.of_channel.wanted_series(channel.leading, reading) for channel in told)
    found = [channel_contents(channel, series, reading) for channel in told]
    order = [state.value for state in WORST_FIRST]
    return sorted(found, key=lambda contents: (order.index(contents.card.verdict.state), contents.card.channel))


def _quality(hours: HourRows, request: PageRequest) -> Document:
    first = min((row["hour_start"] for row in hours.audits), default=request.until)
    return quality_document(hours_between(first, request.until), hours.audits, hours.failed, request.is_public)


def _state(channels: Sequence[ChannelContents], hours: HourRows, request: PageRequest, folders: list[str]) -> StateDocument:
    scored = {measure.name for measure in SCORED_MEASURES}
    until = hours.complete_until
    return StateDocument(
        complete_until=until,
        mode=hours.mode,
        complete_words="no complete hour yet" if until is None else f"complete to {clock_words(until)}, {hours.mode}",
        data_label=as_data_label(request.data_label) if request.data_label else None,
        is_public=request.is_public,
        quality="quality.json",
        record="record.json",
        links=[Named(key=address, label=name) for name, address in request.links.items()],
        states=[StateNamed(key=state.value, label=state_name(state), mark=MARKS[state]) for state in WORST_FIRST],
        measures=[
            MeasureNamed(
                key=page_key(measure.name),
                label=measure_words(measure.name),
                unit=measure.unit,
                description=measure.description,
                is_scored=measure.name in scored,
            )
            for measure in MEASURES
        ],
        channels=[contents.card for contents in channels],
        folders=folders,
    )
