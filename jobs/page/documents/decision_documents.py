"""What is decided beside a release's verdict: its builds, the channel's experiments, releases after their first week."""

from datetime import datetime

from jobs.page.documents.document_base import Document


class ComparedFigures(Document, frozen=True, kw_only=True):
    """A measure against what it is held against, with the words that are shown; `counts` are the crashes and hours that it rests on."""

    measure_label: str
    state: str
    state_label: str
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    ratio_words: str
    interval_words: str
    counts: str


class BuildFigures(Document, frozen=True, kw_only=True):
    """A row of build_health: a build of a release that is watched or regressed."""

    build_id: str
    place_label: str
    """The measure and platform that builds are told apart by."""
    observed_crashes: float | None
    usage_hours: float | None
    delayed_crashes: float | None
    expected_crashes: float | None
    p_first_bad: float | None
    p_change: float | None
    is_suspect: bool
    ratio_words: str
    chance_words: str


class ExperimentFigures(ComparedFigures, frozen=True, kw_only=True):
    """A row of experiment_health: a branch against the other branches of its experiment."""

    experiment: str
    branch: str
    platform_label: str
    evidence: float | None
    alarm_at: float | None
    guilty_since: datetime | None


class LaterFigures(ComparedFigures, frozen=True, kw_only=True):
    """A row of later_health: the last 24 hours of a release that is older than a week, against its own three weeks before."""

    version_label: str
    platform_label: str = ""
    """Empty in files of before platforms were watched: all of them."""
    age_hours: float
    adoption: float
    observed_crashes: float | None
    usage_hours: float | None
    acceptable_ratio: float | None
    p_unacceptable: float | None
    worse_since: datetime | None
    age_words: str
    adoption_words: str
