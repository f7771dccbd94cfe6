"""The files of one cell: at every look, and by the clock."""

from datetime import datetime

from jobs.page.documents.document_base import SCHEMA_VERSION, Document


class Looks(Document, frozen=True, kw_only=True):
    """One cell at every look, oldest first: lists of the same length. What is told of people is of its platform; empty where nothing is known."""

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
    active_clients: list[float | None]
    crashed_clients: list[float | None]
    crash_free_users: list[float | None]
    usual_crash_free_users: list[float | None]
    usual_crash_free_users_low: list[float | None]
    usual_crash_free_users_high: list[float | None]
    adoption_by_people: list[float | None]


class Mark(Document, frozen=True, kw_only=True):
    """Something that happened, to be marked in the charts."""

    at: datetime
    kind: str
    """state, review, data or restated."""
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
