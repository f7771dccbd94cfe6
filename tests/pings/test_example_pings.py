"""Mozilla's own example pings, valid and invalid ones, as they are but for the `meta` of the edge: each has an outcome that a reader agrees with."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.settings import ROOT
from tests.ping_factory import land, nanoseconds
from tests.pings.reading import count_of, records

EXAMPLES = ROOT.parent / "shared" / "data" / "pings" / "validation"
ACCEPTED = "accepted"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"Mozilla's example pings are not at {EXAMPLES}")

OUTCOMES = {
    # Complete pings. A schema's quarrel with fields that nobody reads (a plugin's name, a late write) does not make a ping uncountable.
    ACCEPTED: (
        "core.10.enhancedSearch.pass",
        "core.10.fennec.pass",
        "core.10.one_digit_displayversion.pass",
        "core.10.sample.pass",
        "core.9.sample.pass",
        "crash.4.null_minidumphashsha256.pass",
        "crash.4.null_stackTraces.pass",
        "crash.4.null_vendor.pass",
        "crash.4.sample.pass",
        "crash.4.stackTraces.pass",
        "main.4.GMPlugins.fail",
        "main.4.gc_sample.pass",
        "main.4.gc_sample_2.pass",
        "main.4.latewrites.fail",
        "main.4.latewrites.pass",
        "main.4.profile.pass",
        "main.4.sample.pass",
    ),
    # "baddisplayversion"
    "invalid_version": ("core.9.displayversion.fail",),
    # A main ping without a payload reports no use, whatever else it says.
    "no_payload": (
        "main.4.activeplugins.fail",
        "main.4.adapter.fail",
        "main.4.adapter_null_gpuactive.pass",
        "main.4.addon.fail",
        "main.4.bad-profile-group-id.fail",
        "main.4.device.fail",
        "main.4.displayversion.fail",
        "main.4.empty.fail",
        "main.4.experiments.fail",
        "main.4.features.fail",
        "main.4.hdd_type.fail",
        "main.4.hdd_type.pass",
        "main.4.hdd_type_empty.fail",
        "main.4.hdd_type_null.pass",
        "main.4.headless.fail",
        "main.4.headless.pass",
        "main.4.intl_alldata.pass",
        "main.4.intl_nosection.pass",
        "main.4.intl_null.fail",
        "main.4.intl_null.pass",
        "main.4.min.pass",
        "main.4.monitors.fail",
        "main.4.privatesearchengine.fail",
        "main.4.privatesearchenginedataloadpath.fail",
        "main.4.privatesearchenginedataname.fail",
        "main.4.privatesearchenginedataorigin.fail",
        "main.4.privatesearchenginedataurl.fail",
        "main.4.sec.fail",
        "main.4.services.pass",
    ),
    # A payload, but no environment that names the system.
    "no_os": (
        "main.4.attribution.pass",
        "main.4.good_histogram.pass",
        "main.4.histogram.fail",
        "main.4.negative_count.fail",
        "main.4.slow_sql.fail",
    ),
}
CORE_PING_RECEIVED_AT = datetime(2018, 3, 16, 10, tzinfo=UTC)


def with_meta(name: str, example: dict[str, Any]) -> tuple[dict[str, Any], datetime]:
    """The example as the edge would land it, and when it was received: as soon as it was made."""
    doc_type = name.split(".")[0]
    application = example.get("application", {})
    is_core = doc_type == "core"
    made_at = example.get("creationDate")
    received_at = datetime.fromisoformat(made_at).astimezone(UTC) if made_at else CORE_PING_RECEIVED_AT
    meta = {
        "documentId": name,
        "docType": doc_type,
        "appName": application.get("name", "Fennec" if is_core else "Firefox"),
        "appVersion": application.get("version", "59.0"),
        "appBuildId": application.get("buildId", "20180314000000"),
        "normalizedChannel": application.get("channel", "beta"),
        "geoCountry": "DE",
        "Timestamp": nanoseconds(received_at),
    }
    return example | {"meta": meta}, received_at


def test_each_example_is_accepted_or_rejected_for_a_reason_that_fits(tmp_path: Path) -> None:
    hours = set()
    for path in EXAMPLES.glob("*.json"):
        name = path.name.removesuffix(".json")
        landed, received_at = with_meta(name, json.loads(path.read_text()))
        hour_start = received_at.replace(minute=0, second=0, microsecond=0)
        hours.add(hour_start)
        land(tmp_path, [landed], name.split(".")[0], hour_start, f"{name}.ndjson")

    found = [record for hour_start in sorted(hours) for record in records(tmp_path, hour_start)]

    outcomes = {record["document_id"]: record["reason"] or ACCEPTED for record in found if record["kind"] != "lines"}
    assert outcomes == {name: outcome for outcome, names in OUTCOMES.items() for name in names}
    assert count_of(found, "lines") == len(outcomes)


def test_what_the_examples_say(tmp_path: Path) -> None:
    said = Counter[str]()
    for name in OUTCOMES[ACCEPTED]:
        landed, received_at = with_meta(name, json.loads((EXAMPLES / f"{name}.json").read_text()))
        hour_start = received_at.replace(minute=0, second=0, microsecond=0)
        land(tmp_path, [landed], name.split(".")[0], hour_start)
        (ping, _) = [record for record in records(tmp_path, hour_start) if record["document_id"] in (name, None)]
        said[f"{ping['channel']} {ping['release_version']} {ping['os_name']} {ping['usage_hours']} {ping['content_shutdown_crashes']}"] += 1

    assert said == {
        "beta 59.0b3 Android 0.0030555555555555557 None": 3,
        "beta 2.0.9 Android 0.0030555555555555557 None": 2,
        "nightly 61.0a1 2018-04-09 Windows_NT None 1": 5,
        "beta 45.0b6 Darwin 10.66 None": 5,
        "nightly 60.0a1 2018-02-05 Darwin 12.428333333333333 None": 2,
    }
