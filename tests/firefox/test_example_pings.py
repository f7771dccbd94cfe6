"""Mozilla's own example pings, valid and invalid ones, as they are but for the `meta` of the edge: each has an outcome that a reader agrees with."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from jobs import audit_aggregates
from jobs.aggregate_errors import Terms, aggregate_window
from jobs.declarations.tables import ERROR_AGGREGATES, INGEST_AUDIT, REJECTED_PINGS, Table
from jobs.declarations.windows import Mode, Window
from jobs.deployment.settings import ROOT
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from tests.ping_factory import KEYS, land, nanoseconds
from tests.pings.reading import count_of, records
from tests.tables.lakes import lake_environment

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


def land_examples(landing: Path) -> set[datetime]:
    """Lands each example in an object of its own, in the hour in which it was received; these hours."""
    hours = set()
    for path in EXAMPLES.glob("*.json"):
        name = path.name.removesuffix(".json")
        landed, received_at = with_meta(name, json.loads(path.read_text()))
        hour_start = received_at.replace(minute=0, second=0, microsecond=0)
        hours.add(hour_start)
        land(landing, [landed], name.split(".")[0], hour_start, f"{name}.ndjson")
    return hours


def test_each_example_is_accepted_or_rejected_for_a_reason_that_fits(tmp_path: Path) -> None:
    found = [record for hour_start in sorted(land_examples(tmp_path)) for record in records(tmp_path, hour_start)]

    outcomes = {record["document_id"]: record["reason"] or ACCEPTED for record in found if record["kind"] != "lines"}
    assert outcomes == {name: outcome for outcome, names in OUTCOMES.items() for name in names}
    assert count_of(found, "lines") == len(outcomes)


@pytest.mark.spark
def test_their_days_are_aggregated_pass_the_gate_and_are_published(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"STAGING": str(tmp_path / "staging"), "DATA_DOCS": str(tmp_path / "data_docs")} | lake_environment(tmp_path)
    for name, location in places.items():
        monkeypatch.setenv(name, location)
    days = {hour_start.replace(hour=0) for hour_start in land_examples(tmp_path / "landing")}
    for day in sorted(days):
        window = Window(day, day + timedelta(days=1), Mode.SETTLED)
        aggregate_window(spark, str(tmp_path / "landing"), window, f"{day:%Y%m%d}", places["STAGING"], Terms(KEYS))
        times = ["--start", window.start.isoformat(), "--end", window.end.isoformat()]
        gate = CliRunner().invoke(audit_aggregates.main, [*times, "--mode", "settled", "--run-key", f"{day:%Y%m%d}"])
        assert gate.exit_code == 0, gate.output

    audited = stored(INGEST_AUDIT)
    outcomes = sum(
        (Counter(dict(hour["rejects_by_reason"])) for hour in audited), Counter({ACCEPTED: sum(hour["accepted"] for hour in audited)})
    )
    assert outcomes == {outcome: len(names) for outcome, names in OUTCOMES.items()}
    assert sum(hour["lines"] for hour in audited) == sum(outcomes.values())
    totals = stored(ERROR_AGGREGATES)
    accepted_by_type = Counter(name.split(".")[0] for name in OUTCOMES[ACCEPTED])
    for doc_type, count in accepted_by_type.items():
        assert sum(row[f"{doc_type}_pings"] or 0 for row in totals) == count
    rejected = {row["document_id"]: row["reason"] for row in stored(REJECTED_PINGS)}
    assert rejected == {name: reason for reason, names in OUTCOMES.items() if reason != ACCEPTED for name in names}


def stored(table: Table) -> list[dict[str, Any]]:
    return open_catalog().load_table(identifier(table)).scan().to_arrow().to_pylist()


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
