"""What a product is made of: the words in which a product's pings are declared. `jobs/products/` holds the declarations themselves.

Paths are dotted; a name that holds dots itself stands in quotes: `metrics.timespan."glean.baseline.duration".value`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

SEMANTIC_VERSION = r"[0-9]{1,5}(\.[0-9]{1,5}){1,2}(-[0-9A-Za-z.-]{1,30})?(\+[0-9A-Za-z.-]{1,30})?"
"""As semver.org has it, the third number left out if need be. Builds of one version (4.12.0+77) are one release."""

PingType = str
"""The name of a type of ping, which is the name of its folder in the landing zone."""


@dataclass(frozen=True)
class OnePerPing:
    """1 for each accepted ping."""


Unit = Literal["seconds", "milliseconds", "minutes", "hours"]


@dataclass(frozen=True)
class DurationAsHours:
    """A whole number of `unit` at one path for each ping type, in hours, clamped to [0, longest_hours].

    `unit_key`: the path holds an object instead, the number under `value` and the name of its unit, in the singular, under this key.
    `is_optional`: a ping without it carries no usage; otherwise it is rejected.
    """

    path_by_ping: tuple[tuple[PingType, str], ...]
    longest_hours: float
    unit: Unit = "seconds"
    unit_key: str | None = None
    is_optional: bool = False


@dataclass(frozen=True)
class Condition:
    """The text or number at `path` is one of `values`; None among them stands for an absent field."""

    path: str
    values: tuple[str | int | None, ...]
    negated: bool = False


@dataclass(frozen=True)
class OneWhere:
    """1 for each accepted ping that meets all conditions, else 0."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class CountAt:
    """The whole number at `path`; absent: the ping does not carry the measure."""

    path: str


@dataclass(frozen=True)
class HistogramBucket:
    """Bucket `bucket` of the histogram at the first of `paths` that is there; absent: the ping does not carry the measure."""

    paths: tuple[str, ...]
    bucket: str = "0"


@dataclass(frozen=True)
class CappedPerClientHour:
    """The measure `of`, of which one client adds at most `limit` in one hour; a ping without a client id is a client of its own."""

    of: str
    limit: int


Source = OnePerPing | DurationAsHours | OneWhere | CountAt | HistogramBucket | CappedPerClientHour

Absence = Literal["zero", "unknown"]
"""What no carrying ping means: `zero` where pings of the measure's types arrived in the 5-minute window at all (else NULL), `unknown` always NULL."""


@dataclass(frozen=True)
class Scoring:
    """How a measure takes part in release health.

    `alarm_share` is the measure's part of a release's false alarms; measures that have one decide the release's state, others make it
    watched. `severity_cost` weighs a measure in the ranking index (docs/method.md#the-releases-score). `prior_scale` is what the measure is believed to differ by
    between healthy releases (sd of the log rate) before the past has taught it.
    """

    alarm_share: float
    severity_cost: float
    prior_scale: float = 0.18

    @property
    def is_critical(self) -> bool:
        """Whether the measure decides the release's state."""
        return self.alarm_share > 0


@dataclass(frozen=True)
class Measure:
    name: str
    label: str
    unit: str
    pings: tuple[PingType, ...]
    source: Source
    absence: Absence
    description: str
    scoring: Scoring | None = None


@dataclass(frozen=True)
class Population:
    """Clients that are counted as people: those who sent, in the time counted, a ping in which one of `measures` is above zero."""

    name: str
    label: str
    measures: tuple[str, ...]
    description: str


class Variation(StrEnum):
    """How much healthy releases of a channel differ: those that many people have tested before, or those that are the test."""

    RELEASED = "released"
    PRERELEASED = "prereleased"


@dataclass(frozen=True)
class Builds:
    """That releases of a channel have many builds, and where a person looks further once one is suspected.

    Both are templates: {good_build} and {bad_build} are the builds between which the change lies, {good_date} and {bad_date} their days
    (YYYY-MM-DD). `changes_url` shows what changed between them, `bisect_command` searches on.
    """

    changes_url: str | None = None
    bisect_command: str | None = None


@dataclass(frozen=True)
class BuildRange:
    """Ids of two builds, times of building as YYYYMMDDhhmmss: the last that is surely good, and the first that is surely bad."""

    good: str
    bad: str


def build_text(template: str, builds: BuildRange) -> str:
    """A template of `Builds`, filled in."""
    good_date, bad_date = (f"{build[:4]}-{build[4:6]}-{build[6:8]}" for build in (builds.good, builds.bad))
    return template.format(good_build=builds.good, bad_build=builds.bad, good_date=good_date, bad_date=bad_date)


@dataclass(frozen=True)
class Channel:
    """`prefixes`: what else clients call the channel begins with one of these. `stage_before`: where a version is seen first.

    `release_pattern`: a version of this channel that does not match it is several releases together, and none is scored. `is_rolling`: it
    has new builds every day under one version, so that the builds of a week are the release. `builds`: with which build a regression began is
    searched where this is declared.
    """

    name: str
    variation: Variation = Variation.RELEASED
    prefixes: tuple[str, ...] = ()
    stage_before: str | None = None
    release_pattern: str | None = None
    is_rolling: bool = False
    builds: Builds | None = None


Stratum = Literal["value", "first_part", "country_group"]
"""How users are told apart by a dimension: by its value, by its first numeric part (of 10.0, 10), or by the group of countries it is in."""

Rule = Callable[[object, Any], str | None]
"""From the first value that a ping holds at a dimension's paths, and the ping, to the column's text; jobs/pings/field_rules.py names some."""


@dataclass(frozen=True)
class Dimension:
    """`paths` are looked into in their order, and the first that holds a value counts; `paths_in` replaces them for pings of some types.

    `rule` names one of jobs/pings/field_rules.py, or is a function of the product's own. With `stratum`, releases are compared among users
    who have the same.
    """

    name: str
    paths: tuple[str, ...]
    rule: str | Rule
    description: str
    nullable: bool = False
    stratum: Stratum | None = None
    paths_in: Mapping[PingType, tuple[str, ...]] = field(default_factory=dict)

    def paths_of(self, ping_type: PingType) -> tuple[str, ...]:
        return self.paths_in.get(ping_type, self.paths)


@dataclass(frozen=True)
class Envelope:
    """Where a landed ping says what it is; where nothing is declared nothing is read.

    `time` is when the server received the ping, as `time_format` says. `ping_type`: where the ping repeats its type, it must be that of its
    folder. `required` are objects at the top level without which a ping is not looked into; `payload`, if any, is one that pings with measures
    in it must have. `experiments` is an object of experiments by name, each with its `branch`; `active_experiment` one with `id` and `branch`.
    """

    document_id: str
    time: str
    time_format: Literal["nanoseconds", "iso"]
    client_id: str
    ping_type: str | None = None
    required: tuple[str, ...] = ()
    payload: str | None = None
    experiments: str | None = None
    active_experiment: str | None = None


@dataclass(frozen=True)
class CrashKinds:
    """Pings of one type of which only those count that some measure's condition on `path` names.

    `elsewhere` are values that other pings count, and why such a ping is rejected.
    """

    ping: PingType
    path: str
    elsewhere: tuple[str, ...]
    elsewhere_reason: StrEnum


@dataclass(frozen=True)
class LandingLayout:
    """How a product's pings lie: LANDING/`day_folder`/`hour_folder`/<ping type>/<any>.ndjson[.gz|.zst] or .parquet, folders as strftime has them.

    `closed_marker` is the file by which the edge says that an hour is whole; None: an hour is closed `closed_after_minutes` after its end.
    """

    day_folder: str = "submission_date=%Y-%m-%d"
    hour_folder: str = "submission_hour=%H"
    closed_marker: str | None = "_SUCCESS"
    closed_after_minutes: int = 15

    @property
    def hour_path(self) -> str:
        return f"{self.day_folder}/{self.hour_folder}"


@dataclass(frozen=True)
class Product:
    """A product whose releases are judged: `name` for machines, `label` for people. See docs/products.md for a whole one, line by line."""

    name: str
    label: str
    ping_types: tuple[PingType, ...]
    envelope: Envelope
    channels: tuple[Channel, ...]
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    populations: tuple[Population, ...] = ()
    """Whom to count once, however much they send; none where pings name no client."""
    applications: tuple[str, ...] = ()
    version_pattern: str = SEMANTIC_VERSION
    version_example: str = "4.12.0 or 4.13.0-rc.1"
    crash_kinds: CrashKinds | None = None
    own_reasons: Mapping[StrEnum, str] = field(default_factory=dict)
    """Reasons of the product's own rules: what would be allowed, in words."""
    platforms: Mapping[str, str] = field(default_factory=dict)
    """Operating systems whose name in pings is not what people say."""
    landing: LandingLayout = field(default_factory=LandingLayout)

    def channel(self, name: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.name == name), None)
