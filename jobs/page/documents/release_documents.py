"""The files of a channel and of a release."""

from datetime import datetime

from msgspec import field

from jobs.page.documents.decision_documents import BuildFigures, ExperimentFigures, LaterFigures
from jobs.page.documents.document_base import SCHEMA_VERSION, Document, Named


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
    adoption_by_people: str
    crash_free_users: str
    """Beside the usual at this age, where past releases tell."""
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
    active_clients: float | None
    crashed_clients: float | None
    crash_free_users: float | None
    usual_crash_free_users: float | None
    adoption_by_people: float | None
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


class AdviceFigures(Document, frozen=True, kw_only=True):
    """What to do with a rollout, and what it rests on; columns of release_health of the same names. It is advice: nothing here changes a rollout."""

    advice: str
    """go, hold or stop."""
    advice_reason: str
    going_loss: float | None
    waiting_loss: float | None
    excess_crashes: float | None
    excess_crashes_low: float | None
    excess_crashes_high: float | None
    verdict_hours_low: float | None
    verdict_hours: float | None
    verdict_hours_high: float | None
    arithmetic: list[str] = field(default_factory=list)
    """How the advice comes from the posterior, line by line."""
    costs: list[str] = field(default_factory=list)
    """The same of the crashes beyond the usual, and of the hours until a verdict."""


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
    advice: AdviceFigures | None = None
    """None for looks of before there was any."""
    builds: list[BuildFigures] = field(default_factory=list)
    """The oldest first; none where no build was searched for."""
    builds_said: str = ""
    """What follows from them: which are suspected, or why none is."""
    build_search: str = ""
    """How to search on between the last good build and the suspected ones; empty where none is suspected or the product has no such command."""
    measures_by_platform: dict[str, list[str]]
    """Keys: <platform>/<measure>.json lies in the folder for these, and for no others."""


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


class PastScore(Document, frozen=True, kw_only=True):
    """The last look at a release of the year before."""

    version: str
    version_label: str
    as_of: datetime
    state: str
    score: float | None
    score_words: str


class ChannelDocument(Document, frozen=True, kw_only=True):
    """channels/<channel>.json: the releases of a channel, newest first."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    channel_label: str
    current: str
    releases: list[ReleaseSummary]
    scores: list[PastScore]
    experiments: list[ExperimentFigures] = field(default_factory=list)
    """Of the latest look, those to blame first."""
    experiments_said: list[str] = field(default_factory=list)
    later_weeks: list[LaterFigures] = field(default_factory=list)
    """Of the latest look, those that are worse first."""
    clock_folder: str
    clock_platforms: list[Named]
    clock_measures_by_platform: dict[str, list[str]]
    """Keys: <platform>/<measure>.json lies in the clock's folder for these, and for no others."""


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
