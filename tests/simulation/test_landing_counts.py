"""The independent count of a landing zone, on one small enough to count by eye."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasketches import update_theta_sketch
from pyiceberg.catalog.sql import SqlCatalog

from jobs.deployment.settings import NAMESPACE, RESTRICTED_NAMESPACE
from simulation.independent_count.landing_counts import COUNTED, compare, count_landing

DAY = "2026-11-22"
NINE, TEN = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC)
KEY_0905 = (datetime(2026, 11, 22, 9, 5, tzinfo=UTC), "beta", "57.0", "Windows_NT")
KEY_1000 = (TEN, "beta", "57.0", "Windows_NT")


def _ping(doc_type: str, document_id: str, at: str, payload: dict[str, Any], **meta: Any) -> dict[str, Any]:
    received = datetime.fromisoformat(f"{DAY}T{at}+00:00")
    return {
        "environment": {"build": {"version": "57.0", "buildId": "20261120023622"}, "system": {"os": {"name": "Windows_NT"}}},
        "payload": payload,
        "meta": {
            "documentId": document_id,
            "docType": doc_type,
            "appName": "Firefox",
            "normalizedChannel": "beta",
            "Timestamp": int(received.timestamp()) * 10**9,
        }
        | meta,
    }


def _main(document_id: str, at: str, seconds: object = 3600, **meta: Any) -> dict[str, Any]:
    return _ping("main", document_id, at, {"info": {"subsessionLength": seconds}}, **meta)


def _crash(document_id: str, at: str, **payload: Any) -> dict[str, Any]:
    return _ping("crash", document_id, at, payload)


def _land(landing: Path, hour: int, name: str, *documents: dict[str, Any] | str) -> None:
    path = landing / f"submission_date={DAY}" / f"submission_hour={hour:02}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join((document if isinstance(document, str) else json.dumps(document)) + "\n" for document in documents)
    path.write_bytes(gzip.compress(lines.encode()) if name.endswith(".gz") else lines.encode())


def test_pings_hours_and_crashes_add_up_by_window(tmp_path: Path) -> None:
    _land(tmp_path, 9, "main/a.ndjson", _main("m1", "09:05:00"), _main("m2", "09:09:59", 1800), _main("m3", "09:10:00", 90 * 3600))
    crashes = [
        _crash("c1", "09:07:00"),
        _crash("c2", "09:07:00", processType="main", metadata={"StartupCrash": "1"}),
        _crash("c3", "09:07:00", processType="content"),
        _crash("c4", "09:07:00", processType="content", metadata={"ipc_channel_error": "ShutDownKill"}),
    ]
    _land(tmp_path, 9, "crash/a.ndjson.gz", *crashes)
    counts = count_landing(tmp_path, {NINE: True}).by_key
    assert counts[KEY_0905] == {
        "main_pings": 2,
        "usage_hours": 1.0 + 0.5,
        "crash_pings": 4,
        "main_crashes": 2,
        "startup_crashes": 1,
        "content_crashes": 1,
        "content_shutdown_crashes": 1,
        "gpu_crashes": 0,
        "plugin_crashes": 0,
        "gmplugin_crashes": 0,
    }
    assert counts[(datetime(2026, 11, 22, 9, 10, tzinfo=UTC), *KEY_0905[1:])]["usage_hours"] == 25


def test_a_document_counts_once_an_hour_and_once_a_day_when_settled(tmp_path: Path) -> None:
    _land(tmp_path, 9, "main/a.ndjson", _main("m1", "09:06:00", 7200), _main("m1", "09:05:00", 3600))
    _land(tmp_path, 10, "main/a.ndjson", _main("m1", "10:00:00", 3600))
    settled = count_landing(tmp_path, {NINE: True, TEN: True})
    provisional = count_landing(tmp_path, {NINE: False, TEN: False})
    assert settled.by_key[KEY_0905]["usage_hours"] == 1  # the earlier of the two
    assert KEY_1000 not in settled.by_key
    assert provisional.by_key[KEY_1000]["usage_hours"] == 1
    assert [(settled.by_hour[hour].accepted, settled.by_hour[hour].duplicates) for hour in (NINE, TEN)] == [(1, 1), (0, 1)]
    assert [(provisional.by_hour[hour].accepted, provisional.by_hour[hour].duplicates) for hour in (NINE, TEN)] == [(1, 1), (1, 0)]


@pytest.mark.parametrize(
    "line",
    [
        '{"meta": ',
        "[]",
        "{}",
        _main("", "09:05:00"),
        _main("m", "10:05:00"),
        _main("m", "09:05:00", docType="crash"),
        _main("m", "09:05:00", normalizedChannel="Beta"),
        _main("m", "09:05:00", appName="Waterfox"),
        _main("m", "09:05:00", seconds="3600"),
        _main("m", "09:05:00", seconds=None),
        _main("m", "09:05:00")
        | {"environment": {"build": {"version": "57.0", "buildId": "20150101030208"}, "system": {"os": {"name": "X"}}}},
        _main("m", "09:05:00") | {"environment": {"build": {"version": "57.0", "buildId": "20261120023622"}}},
    ],
)
def test_bad_lines_do_not_count(tmp_path: Path, line: dict[str, Any] | str) -> None:
    _land(tmp_path, 9, "main/a.ndjson", line, _main("good", "09:05:00"))
    of_hour = count_landing(tmp_path, {NINE: True}).by_hour[NINE]
    assert (of_hour.lines, of_hour.accepted, of_hour.rejected) == (2, 1, 1)


def test_of_a_truncated_object_the_whole_lines_count_and_the_rest_is_one_line(tmp_path: Path) -> None:
    _land(tmp_path, 9, "main/a.ndjson.gz", *(_main(f"m{number}", "09:05:00", seconds=number * 7919 % 3600) for number in range(200)))
    path = next(tmp_path.rglob("*.gz"))
    path.write_bytes(path.read_bytes()[:-300])
    of_hour = count_landing(tmp_path, {NINE: True}).by_hour[NINE]
    assert 0 < of_hour.accepted < 200
    assert (of_hour.lines, of_hour.rejected) == (of_hour.accepted + 1, 1)


def _sketch(*clients: str) -> bytes:
    sketch = update_theta_sketch(12)
    for client in clients:
        sketch.update(client)
    return bytes(sketch.compact().serialize())


def _reach(population: str, *clients: str) -> dict[str, Any]:
    return {"hour_start": NINE, "channel": "beta", "population": population, "key_id": "key", "sketch": _sketch(*clients)}


def _catalog(tmp_path: Path, usage_hours: float, lines: int, reach: Sequence[dict[str, Any]] = ()) -> SqlCatalog:
    catalog = SqlCatalog("lake", uri=f"sqlite:///{tmp_path / 'catalog.db'}", warehouse=tmp_path.as_uri())
    catalog.create_namespace(NAMESPACE)
    audit = [{"hour_start": NINE, "mode": "settled", "lines": lines, "accepted": 1, "duplicates": 0, "rejected": 0}]
    # Two rows of other dimensions make one of ours; a measure that no ping carries is NULL.
    row = dict(zip(("window_start", "channel", "version", "os_name"), KEY_0905, strict=True)) | dict.fromkeys(COUNTED)
    aggregates = [row | {"main_pings": 1, "usage_hours": usage_hours}, row | {"main_pings": 0, "usage_hours": 0.25}]
    types = {"window_start": pa.timestamp("us", "UTC"), "usage_hours": pa.float64()} | dict.fromkeys(
        ("channel", "version", "os_name"), pa.string()
    )
    schema = pa.schema([(name, types.get(name, pa.int64())) for name in row])
    for name, rows in (("ingest_audit", pa.Table.from_pylist(audit)), ("error_aggregates", pa.Table.from_pylist(aggregates, schema))):
        catalog.create_table(f"{NAMESPACE}.{name}", rows.schema).append(rows)
    catalog.create_namespace(RESTRICTED_NAMESPACE)
    reach_types = {
        "hour_start": pa.timestamp("us", "UTC"),
        "channel": pa.string(),
        "population": pa.string(),
        "key_id": pa.string(),
        "sketch": pa.binary(),
    }
    for name in ("client_reach", "client_reach_days"):
        rows = pa.Table.from_pylist(list(reach), pa.schema(reach_types.items()))
        catalog.create_table(f"{RESTRICTED_NAMESPACE}.{name}", rows.schema).append(rows)
    return catalog


def test_equal_tables_have_no_differences(tmp_path: Path) -> None:
    _land(tmp_path / "landing", 9, "main/a.ndjson", _main("m1", "09:05:00"))
    assert compare(tmp_path / "landing", _catalog(tmp_path, usage_hours=0.75, lines=1))[1] == []


def test_a_difference_is_told_with_its_row(tmp_path: Path) -> None:
    _land(tmp_path / "landing", 9, "main/a.ndjson", _main("m1", "09:05:00"))
    assert compare(tmp_path / "landing", _catalog(tmp_path, usage_hours=0.5, lines=2))[1] == [
        "2026-11-22 09:00 lines: counted 1, ingest_audit has 2",
        "2026-11-22 09:05 beta 57.0 Windows_NT usage_hours: counted 1, error_aggregates has 0.75",
    ]


def test_a_client_that_no_sketch_holds_is_told_for_hour_day_and_week(tmp_path: Path) -> None:
    _land(tmp_path / "landing", 9, "main/a.ndjson", *(_main(f"m{i}", "09:05:00", 1800) | {"clientId": f"c{i % 2}"} for i in range(2)))
    _land(tmp_path / "landing", 9, "crash/a.ndjson", _crash("c", "09:05:00") | {"clientId": "c2"})
    whole = [_reach("active", "c0", "c1"), _reach("active", "c1", "c2"), _reach("crashed", "c2")]
    _, differences = compare(tmp_path / "landing", _catalog(tmp_path, 0.75, 3, [whole[0], whole[2]]))
    of_clients = [difference for difference in differences if "clients" in difference]
    assert of_clients[:2] == [
        "2026-11-22 09:00 and 1 hours on, beta active: counted 3 clients, client_reach has 2",
        "2026-11-22 00:00 and 24 hours on, beta active: counted 3 clients, client_reach has 2",
    ]
    (tmp_path / "b").mkdir()
    _, differences = compare(tmp_path / "landing", _catalog(tmp_path / "b", 0.75, 3, whole))
    assert not [difference for difference in differences if "clients" in difference]
