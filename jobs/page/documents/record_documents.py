"""The file of the track record: what the verdicts of each channel were worth."""

from datetime import datetime

from jobs.page.documents.document_base import SCHEMA_VERSION, Document


class ShareFigures(Document, frozen=True, kw_only=True):
    """So many of so many, with the 90 % interval of the share; the words tell it as the digest does."""

    count: int
    of: int
    low: float
    high: float
    words: str


class BecameCount(Document, frozen=True, kw_only=True):
    """Releases by their state after a day and that of their last look."""

    after_a_day: str
    at_last: str
    releases: int


class ScoreShare(Document, frozen=True, kw_only=True):
    """Of the releases with a score above `score_low` up to `score_high` after a day, those that turned out acceptable."""

    score_low: float
    score_high: float
    acceptable: ShareFigures


class ChannelRecord(Document, frozen=True, kw_only=True):
    """A channel's releases of the time: alarms and what people said of them, first days and what became of them."""

    channel: str
    channel_label: str
    sentence: str
    """As a Monday's digest tells it."""
    releases: int
    alarms: int
    unanswered: int
    """Alarms that nobody has confirmed or dismissed: they count neither way."""
    precision: ShareFigures
    """Of the alarms that people answered, those that were confirmed."""
    recall: ShareFigures
    """Of the regressions that people confirmed, those that alarmed."""
    hours_to_alarm: float | None
    """Median from the first look to the alarm, dismissed ones left out."""
    go_hours_saved: float | None
    """Median from the first look that advised go to the first that was healthy or improved."""
    gone_and_regressed: int
    """Releases that alarmed after they had been advised to go."""
    became: list[BecameCount]
    acceptable_by_score: list[ScoreShare]


class RecordDocument(Document, frozen=True, kw_only=True):
    """record.json: the releases that came out in the year before `until`, by channel."""

    schema_version: int = SCHEMA_VERSION
    since: datetime
    until: datetime
    channels: list[ChannelRecord]
