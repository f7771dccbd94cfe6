"""Every dimension, declared once: where it stands in a ping, in order of preference, and the rule that makes it comparable.

Rules are named here and implemented in `jobs/pings/field_rules.py`; a test holds the two together.
"""

from dataclasses import dataclass

CHANNELS: tuple[str, ...] = ("release", "esr", "beta", "aurora", "nightly")
APPLICATIONS: tuple[str, ...] = ("Firefox", "Fennec")
OLDEST_BUILD_DAYS = 183
NEWEST_BUILD_DAYS = 1  # a build may carry tomorrow's date in a zone east of us
UNKNOWN_COUNTRY = "??"


@dataclass(frozen=True)
class Dimension:
    """`paths` serve main, crash and update pings, `core_paths` core pings; the first that holds a value counts."""

    name: str
    paths: tuple[str, ...]
    core_paths: tuple[str, ...]
    rule: str
    description: str
    nullable: bool = False


_BUILD = "environment.build"

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "channel",
        ("meta.normalizedChannel",),
        ("meta.normalizedChannel",),
        "channel",
        "Update channel: release, esr, beta, aurora or nightly; case-sensitive; `nightly-cck-*` is nightly, `beta*` is beta.",
    ),
    Dimension(
        "application",
        ("meta.appName",),
        ("meta.appName",),
        "application",
        "Firefox or Fennec.",
    ),
    Dimension(
        "release_version",
        ("application.displayVersion", f"{_BUILD}.displayVersion", f"{_BUILD}.version", "application.version"),
        ("displayVersion", "meta.appVersion"),
        "release_version",
        "What users call the release (57.0b8): the display version, else the version; nightly: version and the Monday of its 7-day build group.",
    ),
    Dimension(
        "version",
        (f"{_BUILD}.version", "application.version"),
        ("meta.appVersion",),
        "version",
        "Version of the build (57.0 for every beta of 57).",
    ),
    Dimension(
        "display_version",
        ("application.displayVersion", f"{_BUILD}.displayVersion"),
        ("displayVersion",),
        "display_version",
        "Display version, where the ping has one.",
        nullable=True,
    ),
    Dimension(
        "build_id",
        (f"{_BUILD}.buildId", "application.buildId"),
        ("meta.appBuildId",),
        "build_id",
        "Build time as YYYYMMDDhhmmss, at most 183 days old and 1 day ahead of its submission.",
    ),
    Dimension(
        "architecture",
        (f"{_BUILD}.architecture", "application.architecture"),
        ("arch",),
        "text",
        "Processor architecture of the build.",
        nullable=True,
    ),
    Dimension(
        "os_name",
        ("environment.system.os.name",),
        ("os",),
        "os_name",
        "Operating system; Fennec on Linux is Android.",
    ),
    Dimension(
        "os_version",
        ("environment.system.os.version",),
        ("osversion",),
        "os_version",
        "At most three numeric parts (10.2.42-hello is 10.2.42); NULL if it does not start with a digit.",
        nullable=True,
    ),
    Dimension(
        "country",
        ("meta.geoCountry",),
        ("meta.geoCountry",),
        "country",
        "Two upper-case letters, else `??`.",
    ),
)

# Countries with enough users to be a stratum of their own; all others are one group.
# Scoring coarsens further from what the baselines hold.
COUNTRY_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("north_america", ("US", "CA")),
    ("western_europe", ("DE", "FR", "GB", "IT", "ES", "NL", "BE", "AT", "CH", "PT", "IE", "SE", "NO", "DK", "FI")),
    ("eastern_europe", ("PL", "RU", "UA", "CZ", "RO", "HU", "BY", "SK", "BG")),
    ("south_asia", ("IN", "PK", "BD", "LK")),
    ("east_asia", ("CN", "JP", "KR", "TW", "HK", "ID", "VN", "TH", "MY", "PH")),
    ("latin_america", ("BR", "MX", "AR", "CO", "CL", "PE", "VE")),
)
OTHER_COUNTRIES = "other"
