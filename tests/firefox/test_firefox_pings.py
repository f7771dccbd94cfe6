"""What Firefox's own declaration makes of its pings: every measure, dimension and channel, and the reasons of its own rules."""

from typing import Any

import pytest

from jobs.declarations.dimensions import CHANNELS
from jobs.declarations.product import Product
from jobs.pings.ping_records import PING_MEASURES
from jobs.products.chosen import PRODUCT
from jobs.products.firefox import FirefoxReason
from tests.firefox.firefox_pings import core_ping, crash_ping, main_ping, update_ping
from tests.ping_factory import ABSENT, histogram
from tests.pings.reading import outcome

EVERYTHING = main_ping(
    {
        "payload.info.subsessionCounter": 1,
        "payload.keyedHistograms.SUBPROCESS_CRASHES_WITH_DUMP": {"gpu": histogram(1), "plugin": histogram(2)},
        "payload.processes.parent.keyedHistograms.SUBPROCESS_CRASHES_WITH_DUMP": {"gmplugin": histogram(3)},
        "payload.histograms.BROWSER_SHIM_USAGE_BLOCKED": histogram(4),
        "payload.histograms.PERMISSIONS_SQL_CORRUPTED": histogram(5),
        "payload.histograms.DEFECTIVE_PERMISSIONS_SQL_REMOVED": histogram(6),
        "payload.histograms.SLOW_SCRIPT_NOTICE_COUNT": histogram(7),
        "payload.histograms.SLOW_SCRIPT_PAGE_COUNT": histogram(0),
    }
)
STARTUP_CRASH = crash_ping({"payload.metadata.StartupCrash": "1"})
CONTENT_CRASH = crash_ping({"payload.processType": "content"})
SHUTDOWN_KILL = crash_ping({"payload.processType": "content", "payload.metadata.ipc_channel_error": "ShutDownKill"})


def counts_of(ping: dict[str, Any], folder: str) -> dict[str, float]:
    """The measures that the ping carries, those that are zero left out, but for histograms."""
    columns = outcome(ping, folder)
    assert isinstance(columns, dict), columns
    names = {measure.name for measure in PING_MEASURES}
    return {name: value for name, value in columns.items() if name in names and (value or name == "slow_script_page_count")}


@pytest.mark.parametrize(
    ("ping", "folder", "counts"),
    [
        (
            EVERYTHING,
            "main",
            {
                "usage_hours": 1.0,
                "main_pings": 1,
                "session_starts": 1,
                "gpu_crashes": 1,
                "plugin_crashes": 2,
                "gmplugin_crashes": 3,
                "browser_shim_usage_blocked": 4,
                "permissions_sql_corrupted": 5,
                "defective_permissions_sql_removed": 6,
                "slow_script_notice_count": 7,
                "slow_script_page_count": 0,
            },
        ),
        (main_ping({"payload.info.subsessionLength": 26 * 3600}), "main", {"usage_hours": 25.0, "main_pings": 1}),
        (core_ping(), "core", {"usage_hours": 1.0, "core_pings": 1}),
        (update_ping(), "update", {"updates": 1}),
        (STARTUP_CRASH, "crash", {"crash_pings": 1, "main_crashes": 1, "startup_crashes": 1}),
        (CONTENT_CRASH, "crash", {"crash_pings": 1, "content_crashes": 1}),
        (SHUTDOWN_KILL, "crash", {"crash_pings": 1, "content_shutdown_crashes": 1}),
    ],
    ids=["main", "a long day", "core", "update", "startup crash", "content crash", "shutdown kill"],
)
def test_what_each_ping_counts(ping: dict[str, Any], folder: str, counts: dict[str, float]) -> None:
    assert counts_of(ping, folder) == counts


def test_every_dimension_of_a_desktop_and_of_an_android_ping() -> None:
    names = [dimension.name for dimension in PRODUCT.dimensions]
    desktop, android = (
        [columns[name] for name in names] for columns in (outcome(main_ping()), outcome(core_ping(), "core")) if isinstance(columns, dict)
    )
    told = ["release", "Firefox", "57.0", "57.0", "57.0", "20171112125346", "x86-64", "Windows_NT", "10.0", "DE"]
    assert desktop == told
    assert android == ["release", "Fennec", *told[2:6], "armeabi-v7a", "Android", "23", "DE"]


@pytest.mark.parametrize(
    ("landed", "channel"),
    [("esr", "esr"), ("aurora", "aurora"), ("nightly-cck-mozilla", "nightly"), ("beta-cck-yahoo", "beta"), ("betatest", "beta")],
)
def test_channels(landed: str, channel: str) -> None:
    columns = outcome(main_ping({"meta.normalizedChannel": landed}))
    assert isinstance(columns, dict)
    assert columns["channel"] == channel


def test_each_channel_knows_where_its_versions_are_seen_first() -> None:
    stages = {channel.name: channel.stage_before for channel in PRODUCT.channels}
    assert stages == {"release": "beta", "esr": "release", "beta": "nightly", "aurora": "nightly", "nightly": None}
    assert set(stages) == set(CHANNELS)


def test_a_beta_and_a_nightly_without_their_own_version() -> None:
    hidden = {"application.displayVersion": ABSENT, "environment.build.displayVersion": ABSENT}
    [beta, nightly] = [outcome(main_ping(hidden | {"meta.normalizedChannel": channel})) for channel in ("beta", "nightly")]
    assert isinstance(beta, dict)
    assert isinstance(nightly, dict)
    assert (beta["release_version"], nightly["release_version"]) == ("57.0", "57.0 2017-11-06")


def test_reasons_of_its_own() -> None:
    plugin_crash = crash_ping({"payload.processType": "plugin"})
    assert outcome(plugin_crash, "crash") == FirefoxReason.COUNTED_IN_MAIN_PING
    assert outcome(core_ping({"os": "iOS"}), "core") == FirefoxReason.CORE_NOT_ANDROID
    assert set(PRODUCT.own_reasons) == set(FirefoxReason)


def test_a_build_range_opens_the_log_of_pushes_and_is_searched_by_mozregression() -> None:
    assert changes_of(PRODUCT, "beta").startswith("https://hg.mozilla.org/releases/mozilla-beta/pushloghtml?startdate=")
    assert changes_of(PRODUCT, "nightly").startswith("https://hg.mozilla.org/mozilla-central/pushloghtml?startdate=")


def changes_of(product: Product, name: str) -> str:
    channel = product.channel(name)
    assert channel is not None
    assert channel.builds is not None
    assert str(channel.builds.bisect_command).startswith("mozregression --repo mozilla-")
    return str(channel.builds.changes_url)
