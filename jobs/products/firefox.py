"""Firefox for desktop and Android as they sent telemetry in 2017: main, core, crash and update pings of the unified telemetry system."""

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


class FirefoxReason(StrEnum):
    CORE_NOT_ANDROID = "core_not_android"
    COUNTED_IN_MAIN_PING = "counted_in_main_ping"
    """A crash ping of a process whose crashes come from main pings."""


def _builds_of(repository: str) -> Builds:
    """The log of pushes knows times, not builds."""
    return Builds(
        changes_url=f"https://hg.mozilla.org/{repository}/pushloghtml?startdate={{good_date}}%2000:00:00&enddate={{bad_date}}%2023:59:59",
        bisect_command=f"mozregression --repo {repository.rpartition('/')[2]} --good {{good_build}} --bad {{bad_build}}",
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
        builds=_builds_of("releases/mozilla-beta"),
    ),
    Channel("aurora", Variation.PRERELEASED, stage_before="nightly", release_pattern=r"\d+(\.\d+)*b\d+"),
    Channel("nightly", Variation.PRERELEASED, prefixes=("nightly-cck-",), is_rolling=True, builds=_builds_of("mozilla-central")),
)
_ENVELOPE = Envelope(
    document_id="meta.documentId",
    ping_type="meta.docType",
    time="meta.Timestamp",
    time_format="nanoseconds",
    client_id="clientId",
    required=("meta",),
    payload="payload",
    experiments="environment.experiments",
    active_experiment="environment.addons.activeExperiment",
)


def _os_name(value: object, ping: Ping) -> str:
    """Fennec reports the kernel's name; core pings come from it alone."""
    name = system_name(value)
    if ping.doc_type == "core" and name != "Android":
        raise Rejected(FirefoxReason.CORE_NOT_ANDROID)
    return "Android" if name == "Linux" and ping.dimension("application") == "Fennec" else name


_BUILD = "environment.build"

_DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "channel",
        ("meta.normalizedChannel",),
        "channel",
        "Update channel: release, esr, beta, aurora or nightly; case-sensitive; `nightly-cck-*` is nightly, `beta*` is beta.",
    ),
    Dimension(
        "application",
        ("meta.appName",),
        "application",
        "Firefox or Fennec.",
    ),
    Dimension(
        "release_version",
        ("application.displayVersion", f"{_BUILD}.displayVersion", f"{_BUILD}.version", "application.version"),
        "release_version",
        "What users call the release (57.0b8): the display version, else the version; nightly: version and the Monday of its 7-day build group.",
        paths_in={"core": ("displayVersion", "meta.appVersion")},
    ),
    Dimension(
        "version",
        (f"{_BUILD}.version", "application.version"),
        "version",
        "Version of the build (57.0 for every beta of 57).",
        paths_in={"core": ("meta.appVersion",)},
    ),
    Dimension(
        "display_version",
        ("application.displayVersion", f"{_BUILD}.displayVersion"),
        "display_version",
        "Display version, where the ping has one.",
        nullable=True,
        paths_in={"core": ("displayVersion",)},
    ),
    Dimension(
        "build_id",
        (f"{_BUILD}.buildId", "application.buildId"),
        "build_id",
        "Build time as YYYYMMDDhhmmss, at most 183 days old and 1 day ahead of its submission.",
        paths_in={"core": ("meta.appBuildId",)},
    ),
    Dimension(
        "architecture",
        (f"{_BUILD}.architecture", "application.architecture"),
        "text",
        "Processor architecture of the build.",
        nullable=True,
        paths_in={"core": ("arch",)},
        stratum="value",
    ),
    Dimension(
        "os_name",
        ("environment.system.os.name",),
        _os_name,
        "Operating system; Fennec on Linux is Android.",
        paths_in={"core": ("os",)},
        stratum="value",
    ),
    Dimension(
        "os_version",
        ("environment.system.os.version",),
        "os_version",
        "At most three numeric parts (10.2.42-hello is 10.2.42); NULL if it does not start with a digit.",
        nullable=True,
        paths_in={"core": ("osversion",)},
        stratum="first_part",
    ),
    Dimension("country", ("meta.geoCountry",), "country", "Two upper-case letters, else `??`.", stratum="country_group"),
)


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

_MEASURES: tuple[Measure, ...] = (
    Measure(
        "usage_hours",
        "usage hours",
        "hours",
        ("main", "core"),
        # Local days have up to 25 hours, and a suspended laptop reports its sleep as use.
        DurationAsHours((("main", "payload.info.subsessionLength"), ("core", "durations")), longest_hours=25.0),
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
        Scoring(alarm_share=0.0, severity_cost=1.0, prior_scale=0.10),
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
        Scoring(alarm_share=0.0, severity_cost=0.1, prior_scale=0.12),
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
        Scoring(alarm_share=0.0, severity_cost=0.05),
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
    name="firefox",
    label="Firefox",
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
        "crash", "payload.processType", elsewhere=("gpu", "plugin", "gmplugin"), elsewhere_reason=FirefoxReason.COUNTED_IN_MAIN_PING
    ),
    own_reasons={
        FirefoxReason.CORE_NOT_ANDROID: "Android",
        FirefoxReason.COUNTED_IN_MAIN_PING: "content, main, or left out: main pings count the crashes of this one",
    },
)
