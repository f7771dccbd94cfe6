"""From landed pings to published tables: whatever the order and the cut of the runs, the rows are those of one clean run."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyiceberg.expressions import EqualTo
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from jobs import aggregate_errors
from jobs.aggregate_errors import Terms, aggregate_window
from jobs.declarations.tables import ERROR_AGGREGATES, EXPERIMENT_ERROR_AGGREGATES, INGEST_AUDIT, RELEASE_TOTALS
from jobs.declarations.windows import HOUR, Window
from jobs.deployment.settings import ROOT
from jobs.pings.landing_zone import LandedHour, LandingZoneError, list_hours
from jobs.tables.commits.publishing import publish_window
from jobs.tables.reading.complete_windows import read_complete
from jobs.tables.staged.staging import read_staged
from jobs.tables.staged.staging_manifest import Manifest, read_manifest
from tests.aggregates.landed_days import DAY, land_hour, land_week
from tests.ping_factory import KEYS, land, main_ping
from tests.tables.lakes import lake_environment, open_lake
from tests.tables.staged_runs import contents, provisional, settled

pytestmark = pytest.mark.spark

TEN = DAY + 10 * HOUR
ELEVEN = TEN + HOUR


def staged(spark: SparkSession, landing: Path, window: Window, staging: Path) -> Manifest:
    run_key = f"{window.mode}-{window.start:%d-%H}-{window.end:%d-%H}"
    aggregate_window(spark, str(landing), window, run_key, str(staging), Terms(KEYS))
    return read_manifest(str(staging), run_key, "aggregates")


def published(folder: Path, *manifests: Manifest) -> dict[str, list[str]]:
    """What tables of their own hold once the runs were published in this order."""
    catalog = open_lake(folder)
    for manifest in manifests:
        publish_window(catalog, manifest)
    return contents(catalog)


def test_small_windows_are_interpreted_to_the_same_rows(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing = tmp_path / "landing"
    land_week(landing)
    window = settled(DAY)
    interpreted = staged(spark, landing, window, tmp_path / "interpreted")
    assert spark.conf.get("spark.sql.codegen.factoryMode") == "NO_CODEGEN"
    monkeypatch.setattr(aggregate_errors, "_INTERPRETED_BYTES", 0)
    compiled = staged(spark, landing, window, tmp_path / "compiled")
    assert spark.conf.get("spark.sql.codegen.factoryMode") == "FALLBACK"
    assert published(tmp_path / "one", interpreted) == published(tmp_path / "two", compiled)


def test_a_window_is_aggregated_staged_and_published(spark: SparkSession, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    land_hour(landing, TEN)
    land_hour(landing, ELEVEN, copies_of=TEN)
    window = settled(DAY)
    line = aggregate_window(spark, str(landing), window, "run", str(tmp_path / "staging"), Terms(KEYS))
    manifest = read_manifest(str(tmp_path / "staging"), "run", "aggregates")
    rows = sum(rows for name, rows in manifest.rows_by_table.items() if name != "ingest_audit")
    assert line == f"25 lines, 2 rejected (not_json 2), 1 duplicates, {rows} rows staged"

    catalog = open_lake(tmp_path)
    publish_window(catalog, manifest)
    (totals,) = read_complete(catalog, RELEASE_TOTALS, TEN, ELEVEN, EqualTo("os_name", "Windows_NT")).rows.to_pylist()
    columns = ("hour_start", "release_version", "os_name", "usage_hours", "main_pings", "main_crashes", "main_crashes_capped", "updates")
    assert tuple(totals[name] for name in columns) == (TEN, "57.0", "Windows_NT", (1000 + 100 + 20 + 7) / 3600, 2, 7, 5, 1)
    audit = {row["hour_start"]: row for row in read_staged(manifest, INGEST_AUDIT).to_pylist()}
    assert len(audit) == 24
    assert [
        (audit[hour]["lines"], audit[hour]["accepted"], audit[hour]["duplicates"], audit[hour]["rejected"]) for hour in (TEN, ELEVEN)
    ] == [
        (12, 11, 0, 1),
        (13, 11, 1, 1),
    ]
    assert (audit[DAY]["lines"], audit[DAY]["is_closed"], audit[TEN]["is_closed"]) == (0, False, True)
    assert dict(audit[TEN]["rows_by_table"])["error_aggregates"] == 2
    assert len(audit[TEN]["objects"]) == 5
    (enrolled,) = read_complete(catalog, EXPERIMENT_ERROR_AGGREGATES, TEN, ELEVEN).rows.to_pylist()
    assert (enrolled["experiment"], enrolled["branch"], enrolled["usage_hours"], enrolled["main_crashes"]) == ("e", "on", 7 / 3600, 0)


def test_hourly_then_settled_and_settled_then_hourly_are_the_settled_rows(spark: SparkSession, tmp_path: Path) -> None:
    landing, staging = tmp_path / "landing", tmp_path / "staging"
    land_hour(landing, TEN)
    land_hour(landing, ELEVEN, copies_of=TEN)
    hourly = [staged(spark, landing, provisional(hour), staging) for hour in (TEN, ELEVEN)]
    land(landing, [main_ping({"about.os.name": "Darwin"}, TEN)], "main", TEN, "late.ndjson.zst")
    day = staged(spark, landing, settled(DAY), staging)

    clean = published(tmp_path / "clean", day)
    assert published(tmp_path / "hourly-then-settled", *hourly, day, day) == clean
    assert published(tmp_path / "settled-then-hourly", day, *hourly) == clean
    assert published(tmp_path / "hourly-alone", *hourly)["error_aggregates"] != clean["error_aggregates"]
    assert any("'Darwin'" in row for row in clean["error_aggregates"])


def test_seven_days_in_one_job_in_seven_and_in_reverse_are_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    landing, staging = tmp_path / "landing", tmp_path / "staging"
    land_week(landing)
    week = published(tmp_path / "week", staged(spark, landing, settled(DAY, days=7), staging))
    daily = [staged(spark, landing, settled(DAY + day * 24 * HOUR), staging) for day in range(7)]
    assert len(week["ingest_audit"]) == 7 * 24
    assert published(tmp_path / "daily", *daily) == week
    assert published(tmp_path / "reverse", *reversed(daily)) == week


def test_the_same_attempt_again_gives_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    land_hour(tmp_path / "landing", TEN)
    first = staged(spark, tmp_path / "landing", provisional(TEN), tmp_path / "staging")
    second = staged(spark, tmp_path / "landing", provisional(TEN), tmp_path / "staging")
    assert first.attempt != second.attempt
    once = published(tmp_path / "once", first)
    assert published(tmp_path / "twice", first, second) == once


def test_an_hour_that_nobody_wrote_to_is_audited_and_has_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "landing" / "submission_date=2026-11-21").mkdir(parents=True)
    manifest = staged(spark, tmp_path / "landing", provisional(TEN), tmp_path / "staging")
    assert manifest.rows_by_table == {name: 1 if name == "ingest_audit" else 0 for name in manifest.rows_by_table}
    (audit,) = read_staged(manifest, INGEST_AUDIT).to_pylist()
    assert (audit["lines"], audit["is_closed"], audit["objects"]) == (0, False, [])
    publish_window(open_lake(tmp_path), manifest)
    complete = read_complete(open_lake(tmp_path), ERROR_AGGREGATES, TEN, ELEVEN)
    assert (complete.rows.num_rows, complete.incomplete_hours) == (0, [])


def test_an_object_that_changes_under_the_reader_is_named(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land_hour(tmp_path / "landing", TEN)

    def list_then_change(landing: str, window: Window) -> list[LandedHour]:
        hours = list_hours(landing, window)
        land(tmp_path / "landing", [main_ping({}, TEN)] * 3, "main", TEN)
        return hours

    monkeypatch.setattr(aggregate_errors, "list_hours", list_then_change)
    with pytest.raises(PythonException) as raised:
        staged(spark, tmp_path / "landing", provisional(TEN), tmp_path / "staging")
    reason = aggregate_errors._reason(raised.value)
    assert re.fullmatch(r"\S*part-0.ndjson cannot be read as it was listed: .*; run the window again, which lists it anew", reason)


def entry_point(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    own = lake_environment(tmp_path) | {"LANDING": str(tmp_path / "landing"), "STAGING": str(tmp_path / "staging")}
    environment = os.environ | own | {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "jobs.aggregate_errors", "--run-key", "k", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_run_that_is_killed_has_staged_nothing_that_anyone_reads(tmp_path: Path) -> None:
    land_hour(tmp_path / "landing", TEN)
    process = entry_point(
        tmp_path, "--start", "2017-11-20T10:00Z", "--end", "2017-11-20T11:00Z", "--mode", "provisional", "--master", "local[1]"
    )
    assert process.stdout
    for line in process.stdout:
        if re.match(r"release_totals: \d+ rows staged", line):
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait(60) == -signal.SIGKILL
    assert list((tmp_path / "staging").rglob("*.parquet"))
    with pytest.raises(FileNotFoundError):
        read_manifest(str(tmp_path / "staging"), "k", "aggregates")


@pytest.mark.parametrize(
    ("start", "mode", "message"),
    [
        ("2017-11-20T10:30Z", "provisional", "is not a whole hour"),
        ("2017-11-20T10:00Z", "settled", "a settled window is made of whole UTC days"),
        ("yesterday", "settled", "Invalid isoformat string"),
    ],
)
def test_a_window_that_makes_no_sense_is_named(start: str, mode: str, message: str) -> None:
    result = CliRunner().invoke(aggregate_errors.main, ["--start", start, "--end", "2017-11-20T11:00Z", "--mode", mode, "--run-key", "k"])
    assert (result.exit_code != 0, message in result.output) == (True, True), result.output


def test_a_landing_zone_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(LandingZoneError, match="set LANDING to a folder or an s3:// URL"):
        staged(spark, tmp_path / "nowhere", provisional(TEN), tmp_path / "staging")
