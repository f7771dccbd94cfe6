"""Pings as Glean's clients send them today, with what ingestion adds."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.products.judging import judged

EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "pings" / "glean"
HOUR = "2026-11-23T10:00:00+00:00"
BASELINE: dict[str, Any] = {
    "document_id": "8a1d5f9e-0f43-4d0b-8a5c-3d1c2b4a5f60",
    "document_type": "baseline",
    "document_namespace": "firefox-desktop",
    "submission_timestamp": "2026-11-23T10:20:30.123456Z",
    "normalized_channel": "nightly",
    "normalized_app_name": "Firefox",
    "normalized_country_code": "DE",
    "client_info": {
        "client_id": "c0ffee00-0001-4000-8000-000000000001",
        "app_build": "20261120093012",
        "app_display_version": "147.0a1",
        "app_channel": "nightly",
        "architecture": "x86_64",
        "os": "Windows",
        "os_version": "10.0.22631",
    },
    "ping_info": {"seq": 7, "reason": "active", "experiments": {"pref-x": {"branch": "treatment", "extra": {"type": "nimbus"}}}},
    "metrics": {"timespan": {"glean.baseline.duration": {"time_unit": "second", "value": 1800}}},
}
CRASH = deepcopy(BASELINE) | {
    "document_type": "crash",
    "metrics": {"string": {"crash.process_type": "main"}, "boolean": {"crash.startup": True}},
}


def changed(ping: dict[str, Any], *path: str, to: object) -> dict[str, Any]:
    copy = deepcopy(ping)
    node = copy
    for name in path[:-1]:
        node = node.setdefault(name, {})
    node[path[-1]] = to
    return copy


def test_a_baseline_ping_is_use_of_its_release() -> None:
    [ping] = judged("glean", "baseline", [BASELINE])
    assert (ping["usage_hours"], ping["session_starts"], ping["baseline_pings"]) == (0.5, 1, 1)
    assert (ping["channel"], ping["application"], ping["release_version"], ping["build_id"]) == (
        "nightly",
        "Firefox",
        "147.0a1 2026-11-16",
        "20261120093012",
    )
    assert (ping["os_name"], ping["os_version"], ping["architecture"], ping["country"]) == ("Windows", "10.0.22631", "x86_64", "DE")
    assert ping["experiments"] == [{"experiment": "pref-x", "branch": "treatment"}]


@pytest.mark.parametrize(
    ("unit", "value", "hours"),
    [("nanosecond", 1_800_000_000_000, 0.5), ("millisecond", 1_800_000, 0.5), ("minute", 30, 0.5), ("hour", 30, 25.0), ("day", 1, 24.0)],
)
def test_use_comes_in_any_unit_and_is_clamped(unit: str, value: int, hours: float) -> None:
    [ping] = judged(
        "glean", "baseline", [changed(BASELINE, "metrics", "timespan", "glean.baseline.duration", to={"time_unit": unit, "value": value})]
    )
    assert ping["usage_hours"] == pytest.approx(hours)


def test_a_baseline_ping_without_a_duration_saw_no_use() -> None:
    [ping] = judged("glean", "baseline", [changed(BASELINE, "metrics", to={})])
    assert "usage_hours" not in ping
    assert ping["baseline_pings"] == 1


def test_a_phones_build_is_dated_by_its_build_date() -> None:
    fenix = changed(
        changed(BASELINE, "client_info", "app_build", to="2016046895"), "client_info", "build_date", to="2026-11-20T09:30:12+00:00"
    )
    [dated, undated] = judged("glean", "baseline", [fenix, changed(BASELINE, "client_info", "app_build", to="2016046895")])
    assert dated["build_id"] == "20261120093012"
    assert undated == "invalid_build_id"


def test_crashes_count_by_process() -> None:
    main, content, gpu, unknown = (
        changed(CRASH, "metrics", "string", "crash.process_type", to=kind) for kind in ("main", "content", "gpu", "pluto")
    )
    untold = changed(CRASH, "metrics", to={})
    said = judged("glean", "crash", [main, content, gpu, unknown, untold])
    assert [(ping["main_crashes"], ping["startup_crashes"], ping["content_crashes"]) for ping in (said[0], said[1], said[4])] == [
        (1, 1, 0),
        (0, 0, 1),
        (1, 0, 0),
    ]
    assert said[2:4] == ["crash_of_helper", "unknown_process_type"]


def test_a_metrics_ping_after_an_update_is_an_update() -> None:
    upgrade, daily = (changed(BASELINE | {"document_type": "metrics"}, "ping_info", "reason", to=reason) for reason in ("upgrade", "today"))
    assert [ping["updates"] for ping in judged("glean", "metrics", [upgrade, daily])] == [1, 0]


def test_what_is_missing_or_of_another_product_is_rejected() -> None:
    pings = [
        {key: value for key, value in BASELINE.items() if key != "client_info"},
        changed(BASELINE, "ping_info", to=None),
        changed(BASELINE, "normalized_channel", to="Other"),
        changed(BASELINE, "normalized_app_name", to="Focus"),
        changed(BASELINE, "document_type", to="crash"),
        changed(BASELINE, "submission_timestamp", to=None),
        changed(BASELINE, "metrics", "timespan", "glean.baseline.duration", to={"time_unit": "fortnight", "value": 1}),
    ]
    assert judged("glean", "baseline", pings) == [
        "no_meta",
        "no_meta",
        "unknown_channel",
        "unknown_application",
        "wrong_folder",
        "invalid_timestamp",
        "invalid_usage",
    ]


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="Glean's example pings are not beside the checkout")
def test_others_example_pings_get_the_reason_that_a_reader_would_give() -> None:
    """The examples name a build of no known time, as applications beyond Firefox's do; with a build date they are accepted."""
    reasons, accepted = {}, 0
    for path in sorted(EXAMPLES.glob("glean.1.*.json")):
        name = path.name.split(".")[2]
        if name == "schema":
            continue
        kind = name if name in ("baseline", "metrics", "events") else "events"
        document = json.loads(path.read_text())
        added = {
            "document_id": f"example-{name}",
            "document_type": kind,
            "submission_timestamp": "2026-11-23T10:20:30Z",
            "normalized_channel": "beta",
            "normalized_app_name": "Fenix",
        }
        [reason, dated] = judged(
            "glean", kind, [document | added, changed(document | added, "client_info", "build_date", to="2026-11-20T09:30:12+00:00")]
        )
        reasons[name] = reason if isinstance(reason, str) else "accepted"
        accepted += not isinstance(dated, str)
    assert reasons["baseline"] == "invalid_build_id"
    assert reasons["metrics"] == "build_too_old"
    assert accepted >= len(reasons) - 2
