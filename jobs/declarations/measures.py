"""Every measure, declared once: extraction, schemas, expectations, scoring, the digest's words and the data dictionary derive from here.

A new measure is a new row in `MEASURES`.
"""

from dataclasses import dataclass
from typing import Literal

PingType = Literal["main", "core", "crash", "update"]
PING_TYPES: tuple[PingType, ...] = ("main", "core", "crash", "update")


@dataclass(frozen=True)
class OnePerPing:
    """1 for each accepted ping."""


@dataclass(frozen=True)
class SecondsAsHours:
    """Whole seconds at one path for each ping type, in hours, clamped to [0, longest_hours]."""

    path_by_ping: tuple[tuple[PingType, str], ...]
    longest_hours: float


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
class HistogramBucket:
    """Bucket `bucket` of the histogram at the first of `paths` that is there; absent: the ping does not carry the measure."""

    paths: tuple[str, ...]
    bucket: str = "0"


@dataclass(frozen=True)
class CappedPerClientHour:
    """The measure `of`, of which one client adds at most `limit` in one hour; a ping without a client id is a client of its own."""

    of: str
    limit: int


Source = OnePerPing | SecondsAsHours | OneWhere | HistogramBucket | CappedPerClientHour

Absence = Literal["zero", "unknown"]
"""What no carrying ping means: `zero` where pings of the measure's types arrived in the 5-minute window at all (else NULL), `unknown` always NULL."""


@dataclass(frozen=True)
class Scoring:
    """How a measure takes part in release health.

    `alarm_share` is the measure's part of a release's false alarms; measures that have one decide the release's state, others make it
    watched. `severity_cost` weighs a measure in the ranking index (scoring 3.13).
    """

    alarm_share: float
    severity_cost: float

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


def _subprocess_crashes(kind: str) -> HistogramBucket:
    return HistogramBucket(
        paths=(
            f"payload.keyedHistograms.SUBPROCESS_CRASHES_WITH_DUMP.{kind}",
            f"payload.processes.parent.keyedHistograms.SUBPROCESS_CRASHES_WITH_DUMP.{kind}",
        )
    )


def _histogram(name: str) -> HistogramBucket:
    return HistogramBucket(paths=(f"payload.histograms.{name}",))


_IN_MAIN_PROCESS = Condition("payload.processType", ("main", None))
_IN_CONTENT_PROCESS = Condition("payload.processType", ("content",))
_SHUTDOWN_KILL = ("ShutDownKill",)
_CRASHES_PER_CLIENT_HOUR = 5  # one looping machine must not condemn a release

MEASURES: tuple[Measure, ...] = (
    Measure(
        "usage_hours",
        "usage hours",
        "hours",
        ("main", "core"),
        # Local days have up to 25 hours, and a suspended laptop reports its sleep as use.
        SecondsAsHours((("main", "payload.info.subsessionLength"), ("core", "durations")), longest_hours=25.0),
        "zero",
        "Hours of use that the pings report, each subsession clamped to [0, 25].",
    ),
    Measure("main_pings", "main pings", "pings", ("main",), OnePerPing(), "zero", "Accepted main pings."),
    Measure("core_pings", "core pings", "pings", ("core",), OnePerPing(), "zero", "Accepted core pings (Android)."),
    Measure("crash_pings", "crash pings", "pings", ("crash",), OnePerPing(), "zero", "Accepted crash pings."),
    Measure(
        "updates",
        "updates",
        "updates",
        ("update",),
        OneWhere((Condition("payload.reason", ("success",)),)),
        "zero",
        "Clients that moved to this version: a second exposure, known before their hours are.",
    ),
    Measure(
        "session_starts",
        "session starts",
        "sessions",
        ("main",),
        OneWhere((Condition("payload.info.subsessionCounter", (1,)),)),
        "zero",
        "Main pings that are the first subsession of their session.",
    ),
    Measure(
        "main_crashes",
        "browser crashes, uncapped",
        "crashes",
        ("crash",),
        OneWhere((_IN_MAIN_PROCESS,)),
        "zero",
        "Crashes of the browser's main process.",
    ),
    Measure(
        "startup_crashes",
        "startup crashes",
        "crashes",
        ("crash",),
        OneWhere((_IN_MAIN_PROCESS, Condition("payload.metadata.StartupCrash", ("1",)))),
        "zero",
        "Main process crashes before the first window was usable.",
        Scoring(alarm_share=0.0, severity_cost=1.0),
    ),
    Measure(
        "content_crashes",
        "content crashes, uncapped",
        "crashes",
        ("crash",),
        OneWhere((_IN_CONTENT_PROCESS, Condition("payload.metadata.ipc_channel_error", _SHUTDOWN_KILL, negated=True))),
        "zero",
        "Crashes of a content process, shutdown kills excluded.",
    ),
    Measure(
        "content_shutdown_crashes",
        "content shutdown kills",
        "crashes",
        ("crash",),
        OneWhere((_IN_CONTENT_PROCESS, Condition("payload.metadata.ipc_channel_error", _SHUTDOWN_KILL))),
        "zero",
        "Content processes that were killed because they did not shut down.",
        Scoring(alarm_share=0.0, severity_cost=0.1),
    ),
    Measure(
        "gpu_crashes",
        "GPU process crashes",
        "crashes",
        ("main",),
        _subprocess_crashes("gpu"),
        "unknown",
        "Crashes of the GPU process that main pings report.",
        Scoring(alarm_share=0.0, severity_cost=0.3),
    ),
    Measure(
        "plugin_crashes",
        "plugin crashes",
        "crashes",
        ("main",),
        _subprocess_crashes("plugin"),
        "unknown",
        "Plugin crashes that main pings report.",
        Scoring(alarm_share=0.0, severity_cost=0.1),
    ),
    Measure(
        "gmplugin_crashes",
        "media plugin crashes",
        "crashes",
        ("main",),
        _subprocess_crashes("gmplugin"),
        "unknown",
        "Gecko media plugin crashes that main pings report.",
        Scoring(alarm_share=0.0, severity_cost=0.1),
    ),
    Measure(
        "browser_shim_usage_blocked",
        "blocked browser shims",
        "events",
        ("main",),
        _histogram("BROWSER_SHIM_USAGE_BLOCKED"),
        "unknown",
        "Blocked uses of the browser shim.",
    ),
    Measure(
        "permissions_sql_corrupted",
        "corrupted permissions databases",
        "events",
        ("main",),
        _histogram("PERMISSIONS_SQL_CORRUPTED"),
        "unknown",
        "Permissions databases found corrupted.",
    ),
    Measure(
        "defective_permissions_sql_removed",
        "removed permissions databases",
        "events",
        ("main",),
        _histogram("DEFECTIVE_PERMISSIONS_SQL_REMOVED"),
        "unknown",
        "Defective permissions databases removed.",
    ),
    Measure(
        "slow_script_notice_count",
        "slow script notices",
        "events",
        ("main",),
        _histogram("SLOW_SCRIPT_NOTICE_COUNT"),
        "unknown",
        "Slow script notices shown.",
    ),
    Measure(
        "slow_script_page_count",
        "pages with slow scripts",
        "events",
        ("main",),
        _histogram("SLOW_SCRIPT_PAGE_COUNT"),
        "unknown",
        "Pages for which a slow script notice was shown.",
    ),
    Measure(
        "main_crashes_capped",
        "browser crashes",
        "crashes",
        ("crash",),
        CappedPerClientHour("main_crashes", _CRASHES_PER_CLIENT_HOUR),
        "zero",
        "Main process crashes, at most 5 of one client in one hour; what scoring reads.",
        # Content crashes differ nearly twice as much between releases: more of the false alarms would find few regressions more there.
        Scoring(alarm_share=0.95, severity_cost=1.0),
    ),
    Measure(
        "content_crashes_capped",
        "content crashes",
        "crashes",
        ("crash",),
        CappedPerClientHour("content_crashes", _CRASHES_PER_CLIENT_HOUR),
        "zero",
        "Content process crashes, at most 5 of one client in one hour; what scoring reads.",
        Scoring(alarm_share=0.05, severity_cost=0.5),
    ),
)

SCORED_MEASURES: tuple[Measure, ...] = tuple(measure for measure in MEASURES if measure.scoring is not None)


def measure_named(name: str) -> Measure:
    """The declared measure of that name; a KeyError that lists the names otherwise."""
    for measure in MEASURES:
        if measure.name == name:
            return measure
    raise KeyError(f"no measure {name!r} is declared in jobs/declarations/measures.py; declared: {', '.join(m.name for m in MEASURES)}")
