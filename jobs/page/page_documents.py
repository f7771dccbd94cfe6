"""Every JSON file of the page, declared once: what is written, docs/page_schema.json and the endpoint's description derive from here.

Times are UTC, ISO 8601, and end in Z. Numbers that a table holds as doubles are rounded to six digits that count; a figure that is not known is
null, never 0. `words` are the same figures as the digest tells them. A `key` stands in paths and links, its `label` is for people.
"""

from datetime import datetime

import msgspec

SCHEMA_VERSION = 1


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file."""


class Pointer(Document, frozen=True, kw_only=True):
    """data/latest.json, the one file that is replaced: which state is the latest. Take it once, then read only what that state names."""

    schema_version: int = SCHEMA_VERSION
    state_id: str
    state: str
    """Path of the state's first file; what it calls `file` lies beside it."""
    read_at: datetime
    """When the tables were read."""
    health_sequence: int
    """Sequence number of the release_health snapshot that was read; a state of an earlier reading does not replace a later one's."""


class CellWords(Document, frozen=True, kw_only=True):
    """A cell's figures as the digest tells them."""

    state: str
    since: str
    age: str
    counts: str
    rate: str
    ratio: str
    interval: str
    acceptable: str
    expected: str
    score: str
    adoption: str
    chance: str


class CellFigures(Document, frozen=True, kw_only=True):
    """One row of release_health: one look at one cell."""

    scope: str
    platform: str
    stratum: str
    measure: str
    platform_label: str
    stratum_label: str
    measure_label: str
    view_platform: str
    """The platform in whose view the cell is shown: that of its users, for a group of users."""
    as_of: datetime
    age_hours: float
    state: str
    since: datetime
    is_critical: bool
    observed_crashes: float | None
    usage_hours: float | None
    delayed_crashes: float | None
    expected_crashes: float | None
    acceptable_ratio: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p_unacceptable: float | None
    score: float | None
    adoption: float | None
    words: CellWords
    notes: list[str]
    arithmetic: list[str]
    """How the ratio comes from the counts, line by line."""


class ReviewSaid(Document, frozen=True, kw_only=True):
    """What a person said of a release. Who and why are left out where the page is public."""

    reviewed_at: datetime
    verdict: str
    reviewed_by: str | None
    note: str | None


class ReleaseSummary(Document, frozen=True, kw_only=True):
    """A release at its latest look."""

    version: str
    version_label: str
    folder: str
    """Where release.json and the series of its cells lie."""
    rests_on: str
    """Changes whenever the files in the folder would."""
    is_live: bool
    headline: str
    sentence: str
    action: str
    verdict: CellFigures
    deciding: CellFigures
    review: ReviewSaid | None


class ReleaseDocument(Document, frozen=True, kw_only=True):
    """release.json: every cell of a release at its latest look, worst first."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    channel_label: str
    version: str
    version_label: str
    as_of: datetime
    cells: list[CellFigures]
    baseline_versions: list[str]
    """Keys of the releases that it is compared with, newest first."""


class Looks(Document, frozen=True, kw_only=True):
    """One cell at every look, oldest first: lists of the same length."""

    as_of: list[datetime]
    age_hours: list[float]
    state: list[str]
    observed_crashes: list[float | None]
    usage_hours: list[float | None]
    crashes_per_1k_hours: list[float | None]
    delayed_crashes: list[float | None]
    expected_crashes: list[float | None]
    ratio: list[float | None]
    ratio_low: list[float | None]
    ratio_high: list[float | None]
    acceptable_ratio: list[float | None]
    adoption: list[float | None]


class Mark(Document, frozen=True, kw_only=True):
    """Something that happened, to be marked in the charts."""

    at: datetime
    kind: str
    """state, review or data."""
    words: str


class LookSeries(Document, frozen=True, kw_only=True):
    """<platform>/<measure>.json of a release: its looks, by hours since release."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    version: str
    version_label: str
    platform: str
    platform_label: str
    measure: str
    measure_label: str
    looks: Looks
    marks: list[Mark]


class VersionCounts(Document, frozen=True, kw_only=True):
    """A version's counts in each step of a grain; null where no ping told, or the hour is not complete."""

    version: str
    version_label: str
    events: list[float | None]
    usage_hours: list[float | None]
    events_per_1k_hours: list[float | None]


class Grain(Document, frozen=True, kw_only=True):
    """The same hours in steps of so many seconds."""

    step_seconds: int
    steps: int
    versions: list[VersionCounts]


class ClockSeries(Document, frozen=True, kw_only=True):
    """<platform>/<measure>.json of a state: the last 48 hours by the clock, each version that had pings."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    platform: str
    platform_label: str
    measure: str
    measure_label: str
    unit: str
    start: datetime
    end: datetime
    incomplete_hours: list[datetime]
    grains: list[Grain]


class PastScore(Document, frozen=True, kw_only=True):
    """The last look at a release of the year before."""

    version: str
    version_label: str
    as_of: datetime
    state: str
    score: float | None
    score_words: str


class Named(Document, frozen=True, kw_only=True):
    """A key and what people call it."""

    key: str
    label: str


class ChannelDocument(Document, frozen=True, kw_only=True):
    """channels/<channel>.json: the releases of a channel, newest first."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    channel_label: str
    current: str
    releases: list[ReleaseSummary]
    scores: list[PastScore]
    clock_folder: str
    clock_platforms: list[Named]
    clock_measures: list[str]


class RecentRatio(Document, frozen=True, kw_only=True):
    """The deciding cell's ratio at each look, for a small line."""

    age_hours: list[float]
    ratio: list[float | None]


class ChannelCard(Document, frozen=True, kw_only=True):
    """A channel in one glance."""

    channel: str
    channel_label: str
    file: str
    version: str
    version_label: str
    headline: str
    verdict: CellFigures
    deciding: CellFigures
    recent: RecentRatio


class MeasureNamed(Document, frozen=True, kw_only=True):
    """A measure; only scored ones have looks."""

    key: str
    label: str
    unit: str
    description: str
    is_scored: bool


class StateNamed(Document, frozen=True, kw_only=True):
    """A state, in the order of attention."""

    key: str
    label: str
    mark: str


class StateDocument(Document, frozen=True, kw_only=True):
    """state.json: every channel, worst first, and what the page needs to name things."""

    schema_version: int = SCHEMA_VERSION
    complete_until: datetime | None
    mode: str | None
    complete_words: str
    data_label: str | None
    is_public: bool
    quality: str
    links: list[Named]
    """Addresses by name: `key` is the address."""
    states: list[StateNamed]
    measures: list[MeasureNamed]
    channels: list[ChannelCard]
    folders: list[str]
    """What the state rests on beside its own files: folders that other states may share."""


class HourQuality(Document, frozen=True, kw_only=True):
    """What became of one hour."""

    hour_start: datetime
    condition: str
    """settled, provisional, late (objects came after it was closed), failed (a critical expectation) or missing."""
    lines: int | None
    accepted: int | None
    duplicates: int | None
    rejected: int | None
    late_objects: int | None
    rows_by_table: dict[str, int]
    rejects_by_reason: dict[str, int]


class FailedCheck(Document, frozen=True, kw_only=True):
    """An expectation that did not pass."""

    checked_at: datetime
    window_start: datetime
    window_end: datetime
    table_name: str
    expectation: str
    severity: str
    outcome: str
    observed: str | None
    message: str | None


class QualityDocument(Document, frozen=True, kw_only=True):
    """quality.json: the last two weeks, hour by hour."""

    schema_version: int = SCHEMA_VERSION
    tables: list[str]
    hours: list[HourQuality]
    failed_checks: list[FailedCheck]


FILES: tuple[type[Document], ...] = (
    Pointer,
    StateDocument,
    ChannelDocument,
    ReleaseDocument,
    LookSeries,
    ClockSeries,
    QualityDocument,
)
"""What a file holds."""


def schemas() -> dict[str, object]:
    """JSON Schema of each kind of file, by its name, with what they share."""
    _, components = msgspec.json.schema_components(FILES, ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": components}
