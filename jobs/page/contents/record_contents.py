"""The track record as the page shows it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from jobs.decisions.track_record import ToldShare, TrackRecord, VerdictLook, track_records
from jobs.decisions.track_record_words import RECORD_SPAN, record_line, share_words
from jobs.declarations.windows import HOUR
from jobs.page.documents.record_documents import BecameCount, ChannelRecord, RecordDocument, ScoreShare, ShareFigures
from jobs.page.documents.rounding import rounded
from jobs.wording.client_text import as_label
from jobs.wording.page_names import page_key


def record_document(looks: Iterable[VerdictLook], answers: Mapping[tuple[str, str], str], until: datetime) -> RecordDocument:
    """The record of the releases that came out in the year before; `looks` are those that it rests on, of these and earlier releases."""
    since = until - RECORD_SPAN
    of_year = [look for look in looks if since <= look.as_of - look.age_hours * HOUR]
    return RecordDocument(since=since, until=until, channels=[_channel(record) for record in track_records(of_year, answers)])


def _channel(record: TrackRecord) -> ChannelRecord:
    return ChannelRecord(
        channel=page_key(record.channel),
        channel_label=as_label(record.channel),
        sentence=record_line(record, "the last year"),
        releases=record.releases,
        alarms=record.alarms,
        unanswered=record.unanswered,
        precision=_share(record.precision),
        recall=_share(record.recall),
        hours_to_alarm=rounded(record.hours_to_alarm),
        go_hours_saved=rounded(record.go_hours_saved),
        gone_and_regressed=record.gone_and_regressed,
        became=[
            BecameCount(after_a_day=first.value, at_last=last.value, releases=releases)
            for first, of_first in record.last_by_first_state.items()
            for last, releases in of_first.items()
        ],
        acceptable_by_score=[
            ScoreShare(score_low=low, score_high=high, acceptable=_share(share))
            for (low, high), share in record.acceptable_by_score.items()
        ],
    )


def _share(share: ToldShare) -> ShareFigures:
    low, high = share.interval
    return ShareFigures(count=share.count, of=share.of, low=round(low, 4), high=round(high, 4), words=share_words(share))
