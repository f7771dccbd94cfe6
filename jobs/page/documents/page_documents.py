"""Every JSON file of the page, declared once: what is written, docs/page_schema.json and the endpoint's description derive from here.

Times are UTC, ISO 8601, and end in Z. Numbers that a table holds as doubles are rounded to six digits that count; a figure that is not known is
null, never 0. `words` are the same figures as the digest tells them. A `key` stands in paths and links, its `label` is for people.
"""

from datetime import datetime

import msgspec

from jobs.page.documents.document_base import SCHEMA_VERSION, Document, Named
from jobs.page.documents.record_documents import RecordDocument
from jobs.page.documents.release_documents import ChannelCard, ChannelDocument, ReleaseDocument
from jobs.page.documents.series_documents import ClockSeries, LookSeries


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
    record: str
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
    RecordDocument,
)
"""What a file holds."""


def schemas() -> dict[str, object]:
    """JSON Schema of each kind of file, by its name, with what they share."""
    _, components = msgspec.json.schema_components(FILES, ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": components}
