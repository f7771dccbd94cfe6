"""Kestrel, an invented browser: the product that the tests of every room use, so that a change of a real product breaks that product's tests alone.

Its pings are those of tests/ping_factory.py, shaped unlike any real product's, and it has each kind of declaration once: histograms, capped counts, conditions, a
rolling channel, builds, paths of one ping type, rules and reasons of its own, two applications, populations.
"""

from enum import StrEnum

from jobs.declarations.product import (
    Builds,
    CappedPerClientHour,
    Channel,
    Condition,
    CrashKinds,
    Dimension,
    DurationAsHours,
    Envelope,
    HistogramBucket,
    Measure,
    OnePerPing,
    OneWhere,
    Population,
    Product,
    Scoring,
    Variation,
)
from jobs.pings.client_values import Ping, Rejected, system_name


class KestrelReason(StrEnum):
    CORE_NOT_ANDROID = "core_not_android"
    COUNTED_IN_MAIN_PING = "counted_in_main_ping"


def _builds_of(repository: str) -> Builds:
    return Builds(
        changes_url=f"https://code.example.com/{repository}/changes?since={{good_date}}&until={{bad_date}}",
        bisect_command=f"kestrel-bisect --repo {repository} --good {{good_build}} --bad {{bad_build}}",
    )


_CHANNELS = (
    Channel("release", stage_before="beta"),
    Channel("esr", stage_before="release"),
    Channel(
        "beta",
        Variation.PRERELEASED,
        prefixes=("beta",),
        stage_before="nightly",
        release_pattern=r"\d+(\.\d+)*b\d+",
        builds=_builds_of("kestrel-beta"),
    ),
    Channel("nightly", Variation.PRERELEASED, prefixes=("nightly-cck-",), is_rolling=True, builds=_builds_of("kestrel")),
)
_ENVELOPE = Envelope(
    document_id="arrival.id",
    ping_type="arrival.kind",
    time="arrival.nanoseconds",
    time_format="nanoseconds",
    client_id="installation",
    required=("arrival",),
    payload="body",
    experiments="about.trials",
    active_experiment="about.addons.activeTrial",
)


def _os_name(value: object, ping: Ping) -> str:
    """Fennec reports the kernel's name; core pings come from it alone."""
    name = system_name(value)
    if ping.doc_type == "core" and name != "Android":
        raise Rejected(KestrelReason.CORE_NOT_ANDROID)
    return "Android" if name == "Linux" and ping.dimension("application") == "Fennec" else name


_BUILD = "about.build"

_DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "channel",
        ("arrival.channel",),
        "channel",
        "Update channel: release, esr, beta or nightly; case-sensitive; `nightly-cck-*` is nightly, `beta*` is beta.",
    ),
    Dimension(
        "application",
        ("arrival.app",),
        "application",
        "Firefox or Fennec.",
    ),
    Dimension(
        "release_version",
        ("program.label", f"{_BUILD}.label", f"{_BUILD}.version", "program.version"),
        "release_version",
        "What users call the release (57.0b8): the display version, else the version; nightly: version and the Monday of its 7-day build group.",
        paths_in={"core": ("label", "arrival.version")},
    ),
    Dimension(
        "version",
        (f"{_BUILD}.version", "program.version"),
        "version",
        "Version of the build (57.0 for every beta of 57).",
        paths_in={"core": ("arrival.version",)},
    ),
    Dimension(
        "display_version",
        ("program.label", f"{_BUILD}.label"),
        "display_version",
        "Display version, where the ping has one.",
        nullable=True,
        paths_in={"core": ("label",)},
    ),
    Dimension(
        "build_id",
        (f"{_BUILD}.id", "program.build"),
        "build_id",
        "Build time as YYYYMMDDhhmmss, at most 183 days old and 1 day ahead of its submission.",
        paths_in={"core": ("arrival.build",)},
    ),
    Dimension(
        "architecture",
        (f"{_BUILD}.machine", "program.machine"),
        "text",
        "Processor architecture of the build.",
        nullable=True,
        paths_in={"core": ("machine",)},
        stratum="value",
    ),
    Dimension(
        "os_name",
        ("about.os.name",),
        _os_name,
        "Operating system; Fennec on Linux is Android.",
        paths_in={"core": ("os",)},
        stratum="value",
    ),
    Dimension(
        "os_version",
        ("about.os.version",),
        "os_version",
        "At most three numeric parts (10.2.42-hello is 10.2.42); NULL if it does not start with a digit.",
        nullable=True,
        paths_in={"core": ("osVersion",)},
        stratum="first_part",
    ),
    Dimension("country", ("arrival.country",), "country", "Two upper-case letters, else `??`.", stratum="country_group"),
)


def _subprocess_crashes(kind: str) -> HistogramBucket:
    return HistogramBucket(
        paths=(
            f"body.crashesOf.{kind}",
            f"body.parent.crashesOf.{kind}",
        )
    )


def _histogram(name: str) -> HistogramBucket:
    return HistogramBucket(paths=(f"body.counts.{name}",))


_IN_MAIN_PROCESS = Condition("body.process", ("main", None))
_IN_CONTENT_PROCESS = Condition("body.process", ("content",))
_SHUTDOWN_KILL = ("ShutDownKill",)
_CRASHES_PER_CLIENT_HOUR = 5  # one looping machine must not condemn a release

_MEASURES: tuple[Measure, ...] = (
    Measure(
        "usage_hours",
        "usage hours",
        "hours",
        ("main", "core"),
        # Local days have up to 25 hours, and a suspended laptop reports its sleep as use.
        DurationAsHours((("main", "body.use.seconds"), ("core", "seconds")), longest_hours=25.0),
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
        OneWhere((Condition("body.reason", ("success",)),)),
        "zero",
        "Clients that moved to this version: a second exposure, known before their hours are.",
    ),
    Measure(
        "session_starts",
        "session starts",
        "sessions",
        ("main",),
        OneWhere((Condition("body.use.number", (1,)),)),
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
        OneWhere((_IN_MAIN_PROCESS, Condition("body.notes.startup", ("1",)))),
        "zero",
        "Main process crashes before the first window was usable.",
        Scoring(alarm_share=0.0, severity_cost=1.0, prior_scale=0.10),
    ),
    Measure(
        "content_crashes",
        "content crashes, uncapped",
        "crashes",
        ("crash",),
        OneWhere((_IN_CONTENT_PROCESS, Condition("body.notes.killed", _SHUTDOWN_KILL, negated=True))),
        "zero",
        "Crashes of a content process, shutdown kills excluded.",
    ),
    Measure(
        "content_shutdown_crashes",
        "content shutdown kills",
        "crashes",
        ("crash",),
        OneWhere((_IN_CONTENT_PROCESS, Condition("body.notes.killed", _SHUTDOWN_KILL))),
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
        Scoring(alarm_share=0.0, severity_cost=0.1, prior_scale=0.12),
    ),
    Measure(
        "gmplugin_crashes",
        "media plugin crashes",
        "crashes",
        ("main",),
        _subprocess_crashes("gmplugin"),
        "unknown",
        "Media plugin crashes that main pings report.",
        Scoring(alarm_share=0.0, severity_cost=0.1),
    ),
    Measure(
        "slow_script_notice_count",
        "slow script notices",
        "events",
        ("main",),
        _histogram("SLOW_PAGES"),
        "unknown",
        "Slow script notices shown.",
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
        Scoring(alarm_share=0.95, severity_cost=1.0, prior_scale=0.10),
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

_POPULATIONS = (
    Population("active", "active users", ("main_pings", "core_pings", "crash_pings"), "Clients that used the product, or crashed in it."),
    Population("updated", "updated users", ("updates",), "Clients that moved to the version."),
    Population("crashed", "users with a browser crash", ("main_crashes",), "Clients whose main process crashed."),
    Population("crashed_content", "users with a content crash", ("content_crashes",), "Clients of which a content process crashed."),
)

PRODUCT = Product(
    name="kestrel",
    label="Kestrel",
    ping_types=("main", "core", "crash", "update"),
    envelope=_ENVELOPE,
    channels=_CHANNELS,
    dimensions=_DIMENSIONS,
    measures=_MEASURES,
    populations=_POPULATIONS,
    applications=("Firefox", "Fennec"),
    platforms={"Windows_NT": "Windows", "Darwin": "macOS"},
    version_pattern=r"[0-9]{1,4}(\.[0-9]{1,5}){1,3}((a|b|rc)[0-9]{1,3}|esr|pre)?",
    version_example="57.0.1, 58.0a1 or 57.0b8",
    crash_kinds=CrashKinds(
        "crash", "body.process", elsewhere=("gpu", "plugin", "gmplugin"), elsewhere_reason=KestrelReason.COUNTED_IN_MAIN_PING
    ),
    own_reasons={
        KestrelReason.CORE_NOT_ANDROID: "Android",
        KestrelReason.COUNTED_IN_MAIN_PING: "content, main, or left out: main pings count the crashes of this one",
    },
)
