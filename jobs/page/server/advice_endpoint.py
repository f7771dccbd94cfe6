"""What is advised of a release, as the endpoint gives it to other programs. It is advice: nothing here changes a rollout."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from jobs.page.documents.document_base import SCHEMA_VERSION, Document
from jobs.page.documents.page_documents import StateDocument
from jobs.page.documents.release_documents import AdviceFigures, ChannelDocument
from jobs.page.server.measure_endpoint import known, only_these

ADVICE_PARAMETERS = ("channel", "version")


class AdviceDocument(Document, frozen=True, kw_only=True):
    """What the endpoint answers: the release's latest look. Mind `as_of`: the advice is of then."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    version: str
    as_of: datetime
    age_hours: float
    state: str
    adoption: float | None
    is_live: bool
    """Whether further looks will come; else the advice is the last one."""
    advice: AdviceFigures | None
    """None for looks of before there was any."""


def advice_answer(
    given: Sequence[tuple[str, str]], state: StateDocument, read: Callable[[str, Any], Any], beside: Callable[[str], str]
) -> AdviceDocument:
    """The answer from published files. RefusedError (400, 404) names the parameter and what is allowed, or what there is."""
    asked = only_these(given, ADVICE_PARAMETERS, ADVICE_PARAMETERS)
    cards = {card.channel: card.file for card in state.channels}
    channel: ChannelDocument = read(beside(known(cards, asked["channel"], "channel")), ChannelDocument)
    releases = {release.version: release for release in channel.releases}
    known({version: version for version in releases}, asked["version"], "version")
    release = releases[asked["version"]]
    return AdviceDocument(
        channel=channel.channel,
        version=release.version,
        as_of=release.verdict.as_of,
        age_hours=release.verdict.age_hours,
        state=release.verdict.state,
        adoption=release.verdict.adoption,
        is_live=release.is_live,
        advice=release.advice,
    )
