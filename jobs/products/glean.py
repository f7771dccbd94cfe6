"""Firefox for desktop and Android as they send telemetry today: Glean's baseline, metrics and crash pings, with what ingestion adds."""

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
    Measure,
    OnePerPing,
    OneWhere,
    Population,
    Product,
    Scoring,
    Variation,
)


class GleanReason(StrEnum):
    CRASH_OF_HELPER = "crash_of_helper"
    """A crash ping of a process that nothing here counts: gpu, rdd, socket, utility, gmplugin, vr or ipdl unit tests."""


_KIND = 'metrics.string."crash.process_type"'
_STARTUP = 'metrics.boolean."crash.startup"'
# Older clients leave the type out: what they report is the main process.
_IN_MAIN_PROCESS = Condition(_KIND, ("main", None))
_IN_CONTENT_PROCESS = Condition(_KIND, ("content",))
_CRASHES_PER_CLIENT_HOUR = 5
_PRERELEASE = r"\d+(\.\d+)*b\d+"

_MEASURES = (
    Measure(
        "usage_hours",
        "usage hours",
        "hours",
        ("baseline",),
        DurationAsHours(
            (("baseline", 'metrics.timespan."glean.baseline.duration"'),), longest_hours=25.0, unit_key="time_unit", is_optional=True
        ),
        "zero",
        "Hours in the foreground that baseline pings report, each clamped to [0, 25]; one without a duration saw none.",
    ),
    Measure("baseline_pings", "baseline pings", "pings", ("baseline",), OnePerPing(), "zero", "Accepted baseline pings."),
    Measure("metrics_pings", "metrics pings", "pings", ("metrics",), OnePerPing(), "zero", "Accepted metrics pings."),
    Measure("crash_pings", "crash pings", "pings", ("crash",), OnePerPing(), "zero", "Accepted crash pings."),
    Measure(
        "updates",
        "updates",
        "updates",
        ("metrics",),
        OneWhere((Condition("ping_info.reason", ("upgrade",)),)),
        "zero",
        "Metrics pings that a client sends when it first runs this version: a second exposure, known before their hours are.",
    ),
    Measure(
        "session_starts",
        "session starts",
        "sessions",
        ("baseline",),
        OneWhere((Condition("ping_info.reason", ("active",)),)),
        "zero",
        "Baseline pings of an application that came to the foreground.",
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
        OneWhere((_IN_MAIN_PROCESS, Condition(_STARTUP, (1,)))),
        "zero",
        "Main process crashes before the first window was usable.",
        Scoring(alarm_share=0.0, severity_cost=1.0, prior_scale=0.10),
    ),
    Measure(
        "content_crashes",
        "content crashes, uncapped",
        "crashes",
        ("crash",),
        OneWhere((_IN_CONTENT_PROCESS,)),
        "zero",
        "Crashes of a content process.",
    ),
    Measure(
        "main_crashes_capped",
        "browser crashes",
        "crashes",
        ("crash",),
        CappedPerClientHour("main_crashes", _CRASHES_PER_CLIENT_HOUR),
        "zero",
        "Main process crashes, at most 5 of one client in one hour; what scoring reads.",
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
    Population("active", "active users", ("baseline_pings", "crash_pings"), "Clients that used the product, or crashed in it."),
    Population("updated", "updated users", ("updates",), "Clients that moved to the version."),
    Population("crashed", "users with a browser crash", ("main_crashes",), "Clients whose main process crashed."),
    Population("crashed_content", "users with a content crash", ("content_crashes",), "Clients of which a content process crashed."),
)

PRODUCT = Product(
    name="glean",
    label="Firefox",
    ping_types=("baseline", "metrics", "crash", "events"),
    envelope=Envelope(
        document_id="document_id",
        ping_type="document_type",
        time="submission_timestamp",
        time_format="iso",
        client_id="client_info.client_id",
        required=("client_info", "ping_info"),
        experiments="ping_info.experiments",
    ),
    channels=(
        Channel("release", stage_before="beta"),
        Channel("esr", stage_before="release"),
        Channel("beta", Variation.PRERELEASED, stage_before="nightly", release_pattern=_PRERELEASE),
        Channel("nightly", Variation.PRERELEASED, is_rolling=True, builds=Builds()),
    ),
    dimensions=(
        Dimension(
            "channel", ("normalized_channel", "client_info.app_channel"), "channel", "Update channel: release, esr, beta or nightly."
        ),
        Dimension("application", ("normalized_app_name",), "application", "Firefox or Fenix."),
        Dimension(
            "release_version", ("client_info.app_display_version",), "release_version", "Version; nightly: and the Monday of its builds."
        ),
        Dimension("version", ("client_info.app_display_version",), "version", "Version of the build."),
        # Fenix numbers its builds; their time stands beside.
        Dimension("build_id", ("client_info.build_date", "client_info.app_build"), "build_date", "Time of the build as YYYYMMDDhhmmss."),
        Dimension("architecture", ("client_info.architecture",), "text", "Processor architecture.", nullable=True, stratum="value"),
        Dimension("os_name", ("client_info.os", "normalized_os"), "os_name", "Operating system.", stratum="value"),
        Dimension(
            "os_version", ("client_info.os_version",), "os_version", "At most three numeric parts.", nullable=True, stratum="first_part"
        ),
        Dimension("country", ("normalized_country_code",), "country", "Two upper-case letters, else `??`.", stratum="country_group"),
    ),
    measures=_MEASURES,
    populations=_POPULATIONS,
    applications=("Firefox", "Fenix"),
    platforms={"Darwin": "macOS"},
    version_pattern=r"[0-9]{1,4}(\.[0-9]{1,5}){1,3}((a|b|rc|-beta\.|-rc\.)[0-9]{1,3}|esr)?",
    version_example="145.0.1, 146.0a1 or 146.0b3",
    crash_kinds=CrashKinds(
        "crash",
        _KIND,
        elsewhere=("gpu", "rdd", "socket", "utility", "gmplugin", "vr", "ipdlunittest"),
        elsewhere_reason=GleanReason.CRASH_OF_HELPER,
    ),
    own_reasons={GleanReason.CRASH_OF_HELPER: "main, content, or left out: crashes of helper processes are not counted"},
)
