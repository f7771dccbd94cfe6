"""Harbor, an invented desktop application: two flat events, `session_end` and `crash`, as a small company logs them. The example of docs/products.md."""

from jobs.declarations.product import (
    CappedPerClientHour,
    Channel,
    Dimension,
    DurationAsHours,
    Envelope,
    Measure,
    OnePerPing,
    Population,
    Product,
    Scoring,
    Variation,
)

PRODUCT = Product(
    name="harbor",
    label="Harbor",
    ping_types=("session_end", "crash"),
    envelope=Envelope(document_id="event_id", time="ts", time_format="iso", client_id="user_id"),
    channels=(Channel("stable", stage_before="preview"), Channel("preview", Variation.PRERELEASED)),
    dimensions=(
        Dimension("channel", ("channel",), "channel", "stable or preview."),
        Dimension("release_version", ("app_version",), "release_version", "What users call the release (4.12.0)."),
        Dimension("os_name", ("os",), "os_name", "Operating system.", stratum="value"),
    ),
    measures=(
        Measure(
            "usage_hours",
            "usage hours",
            "hours",
            ("session_end",),
            DurationAsHours((("session_end", "session_seconds"),), longest_hours=24.0),
            "zero",
            "Hours of use that sessions report when they end, each clamped to [0, 24].",
        ),
        Measure("sessions", "sessions", "sessions", ("session_end",), OnePerPing(), "zero", "Sessions that ended."),
        Measure("crash_pings", "crashes, uncapped", "crashes", ("crash",), OnePerPing(), "zero", "Crashes of the application."),
        Measure(
            "crashes",
            "crashes",
            "crashes",
            ("crash",),
            CappedPerClientHour("crash_pings", 5),
            "zero",
            "Crashes, at most 5 of one user in one hour; what scoring reads.",
            Scoring(alarm_share=1.0, severity_cost=1.0, prior_scale=0.10),
        ),
    ),
    populations=(
        Population("active", "active users", ("sessions", "crash_pings"), "Users who ended a session, or crashed."),
        Population("crashed", "users with a crash", ("crash_pings",), "Users of whom the application crashed."),
    ),
)
