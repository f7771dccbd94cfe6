"""One measure on one platform of a channel over the last hours, as the endpoint gives it: what may be asked, and what a wrong question is told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from jobs.page.documents.document_base import SCHEMA_VERSION, Document
from jobs.page.documents.page_documents import StateDocument
from jobs.page.documents.release_documents import ChannelDocument
from jobs.page.documents.series_documents import ClockSeries, VersionCounts
from jobs.page.series.clock_series import CLOCK_HOURS
from jobs.wording.page_names import series_path

GRAINS = {"5m": 300, "1h": 3600}
LONGEST_SECONDS = CLOCK_HOURS * 3600
REQUIRED = ("channel", "platform", "measure")
PARAMETERS = (*REQUIRED, "version", "interval", "grain")
_SHOWN_CHARACTERS = 60


class RefusedError(Exception):
    """A question that cannot be answered: the status, and words that name what to change."""

    def __init__(self, status: int, words: str, parameter: str | None = None) -> None:
        super().__init__(words)
        self.status, self.words, self.parameter = status, words, parameter


class MeasureDocument(Document, frozen=True, kw_only=True):
    """What the endpoint answers: the last `interval` seconds before `end`, in steps of the grain."""

    schema_version: int = SCHEMA_VERSION
    channel: str
    platform: str
    measure: str
    unit: str
    start: datetime
    end: datetime
    step_seconds: int
    incomplete_hours: list[datetime]
    versions: list[VersionCounts]


@dataclass(frozen=True)
class Question:
    """What was asked, each part in the form that is allowed."""

    channel: str
    platform: str
    measure: str
    version: str | None = None
    interval_seconds: int = LONGEST_SECONDS
    step_seconds: int = GRAINS["5m"]


def parse_question(given: Sequence[tuple[str, str]]) -> Question:
    """The question of a query string's pairs. RefusedError (400) names the parameter and what is allowed."""
    values = only_these(given, REQUIRED, PARAMETERS)
    if values.get("version") == "":
        raise RefusedError(400, "version is empty; leave it out for every version", "version")
    return Question(
        channel=values["channel"],
        platform=values["platform"],
        measure=values["measure"],
        version=values.get("version"),
        interval_seconds=_interval(values.get("interval", str(LONGEST_SECONDS))),
        step_seconds=_grain(values.get("grain", "5m")),
    )


def only_these(given: Sequence[tuple[str, str]], required: Sequence[str], allowed: Sequence[str]) -> dict[str, str]:
    """The values of a query string's pairs by name. RefusedError (400) where one is missing, given twice or not allowed."""
    values: dict[str, str] = {}
    for name, value in given:
        if name not in allowed:
            raise RefusedError(400, f"there is no parameter {_quoted(name)}; there are {', '.join(allowed)}", name[:_SHOWN_CHARACTERS])
        if name in values:
            raise RefusedError(400, f"{name} is given twice; give it once", name)
        values[name] = value
    for name in required:
        if not values.get(name):
            raise RefusedError(400, f"{name} is missing; give {', '.join(required)}", name)
    return values


def _interval(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and GRAINS["5m"] <= int(text) <= LONGEST_SECONDS):
        raise RefusedError(400, f"interval must be whole seconds from {GRAINS['5m']} to {LONGEST_SECONDS}, not {_quoted(text)}", "interval")
    return int(text)


def _grain(text: str) -> int:
    if text not in GRAINS:
        raise RefusedError(400, f"grain must be one of {', '.join(GRAINS)}, not {_quoted(text)}", "grain")
    return GRAINS[text]


def answer(question: Question, state: StateDocument, read: Callable[[str, Any], Any], beside: Callable[[str], str]) -> MeasureDocument:
    """The answer from published files. RefusedError (404) says what there is. `read` takes a path and a document's type."""
    cards = {card.channel: card.file for card in state.channels}
    channel: ChannelDocument = read(beside(known(cards, question.channel, "channel")), ChannelDocument)
    platforms = {platform.key: platform.key for platform in channel.clock_platforms}
    known(platforms, question.platform, "platform")
    of_platform = channel.clock_measures_by_platform
    known({measure: measure for measures in of_platform.values() for measure in measures}, question.measure, "measure")
    if question.measure not in of_platform[question.platform]:
        words = f"no ping carried {question.measure} on {question.platform} of {question.channel} in the last {CLOCK_HOURS} hours"
        raise RefusedError(404, words, "measure")
    return _cut(question, read(series_path(channel.clock_folder, question.platform, question.measure), ClockSeries))


def _cut(question: Question, series: ClockSeries) -> MeasureDocument:
    grain = next(grain for grain in series.grains if grain.step_seconds == question.step_seconds)
    steps = min(-(-question.interval_seconds // question.step_seconds), grain.steps)
    versions = {counts.version: counts for counts in grain.versions}
    if question.version is not None:
        known({version: version for version in versions}, question.version, "version")
        versions = {question.version: versions[question.version]}
    start = series.end - timedelta(seconds=steps * question.step_seconds)
    return MeasureDocument(
        channel=series.channel,
        platform=series.platform,
        measure=series.measure,
        unit=series.unit,
        start=start,
        end=series.end,
        step_seconds=question.step_seconds,
        incomplete_hours=[hour for hour in series.incomplete_hours if hour + timedelta(hours=1) > start],
        versions=[
            msgspec.structs.replace(
                counts,
                events=counts.events[-steps:],
                usage_hours=counts.usage_hours[-steps:],
                events_per_1k_hours=counts.events_per_1k_hours[-steps:],
            )
            for counts in versions.values()
        ],
    )


def known(there: Mapping[str, str], asked: str, parameter: str) -> str:
    """What is there under the name asked for. RefusedError (404) says what there is."""
    if asked not in there:
        raise RefusedError(404, f"there is no {parameter} {_quoted(asked)}; there {_list(there)}", parameter)
    return there[asked]


def _list(names: Iterable[str]) -> str:
    listed = sorted(names)
    return f"are {', '.join(listed)}" if len(listed) > 1 else f"is {listed[0]}" if listed else "is none yet"


def _quoted(text: str) -> str:
    """What was asked, short and harmless."""
    return repr(text[:_SHOWN_CHARACTERS].encode("unicode_escape").decode("ascii"))
