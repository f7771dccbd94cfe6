"""Pings in Parquet become the records that the same pings make as lines."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.declarations.windows import Mode, Window
from jobs.pings.byte_splits import plan_splits
from jobs.pings.landing_zone import hour_folder, list_hours
from jobs.pings.split_reader import read_split
from jobs.pings.stored_files import LandingZoneError
from tests.ping_factory import ABSENT, HOUR, KEYS, crash_ping, land, line
from tests.pings.reading import count_of, records, rejects_by_reason

CRASHES = [crash_ping({"body.process": kind}) for kind in ("main", "content", "gpu", ABSENT)]
WINDOW = Window(HOUR, HOUR + timedelta(hours=1), Mode.PROVISIONAL)
_TOLD = ("object_key", "split_start", "line_in_split")


def land_rows(landing: Path, table: pa.Table, name: str = "part-0.parquet", **written: Any) -> Path:
    path = landing / hour_folder(HOUR) / "crash" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **written)
    return path


def as_table(pings: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([_without_empty(json.loads(line(ping))) for ping in pings])


def _without_empty(value: Any) -> Any:
    """Parquet has no struct without a field."""
    if not isinstance(value, dict):
        return value
    return {name: kept for name, inner in value.items() if (kept := _without_empty(inner)) != {}}


def told(all_records: list[dict[str, Any]]) -> list[str]:
    return sorted(str({name: value for name, value in record.items() if name not in _TOLD}) for record in all_records)


def test_rows_are_read_as_lines_are(tmp_path: Path) -> None:
    land(tmp_path / "lines", CRASHES, doc_type="crash")
    land_rows(tmp_path / "rows", as_table(CRASHES))
    assert told(records(tmp_path / "rows")) == told(records(tmp_path / "lines"))
    assert rejects_by_reason(records(tmp_path / "rows")) == {"counted_in_main_ping": 1}


def test_columns_may_be_flat(tmp_path: Path) -> None:
    flat = [
        {
            "arrival.id": f"d{number}",
            "arrival.kind": "crash",
            "arrival.nanoseconds": int(HOUR.timestamp()) * 10**9,
            "arrival.channel": "beta",
            "arrival.app": "Firefox",
            "program.label": "57.0b8",
            "program.version": "57.0",
            "program.build": "20171112125346",
            "about.os.name": "Darwin",
            "body.process": "main",
        }
        for number in range(3)
    ]
    land_rows(tmp_path, pa.Table.from_pylist(flat))
    pings = [record for record in records(tmp_path) if record["kind"] == "ping"]
    assert [(ping["document_id"], ping["release_version"], ping["os_name"], ping["main_crashes"]) for ping in pings] == [
        (f"d{number}", "57.0b8", "Darwin", 1) for number in range(3)
    ]


def test_an_object_is_cut_by_row_groups_and_each_row_is_read_once(tmp_path: Path) -> None:
    pings = [crash_ping({"body.stack": "x" * 2000 + str(number)}) for number in range(3000)]
    land_rows(tmp_path, as_table(pings), row_group_size=100, compression="NONE", use_dictionary=False)
    [hour] = list_hours(str(tmp_path), WINDOW)
    splits = plan_splits(hour.objects, cores=2)
    assert len(splits) > 1
    ids = [
        row["document_id"] for split in splits for batch in read_split(split, KEYS) for row in batch.to_pylist() if row["kind"] == "ping"
    ]
    assert sorted(ids) == sorted(ping["arrival"]["id"] for ping in pings)


def test_what_is_no_parquet_counts_as_one_line_with_its_reason(tmp_path: Path) -> None:
    path = land_rows(tmp_path, as_table(CRASHES))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert rejects_by_reason(records(tmp_path)) == {"unreadable_rest": 1}
    assert count_of(records(tmp_path), "lines") == 1


def test_a_row_without_an_object_that_pings_must_have_is_rejected(tmp_path: Path) -> None:
    land_rows(tmp_path, as_table([*CRASHES[:1], crash_ping({"arrival": None}), crash_ping({"body": None})]))
    assert rejects_by_reason(records(tmp_path)) == {"no_meta": 1, "no_payload": 1}


def test_an_object_that_was_replaced_since_it_was_listed_stops_the_run(tmp_path: Path) -> None:
    land_rows(tmp_path, as_table(CRASHES))
    [hour] = list_hours(str(tmp_path), WINDOW)
    splits = plan_splits(hour.objects, cores=1)
    land_rows(tmp_path, as_table(CRASHES[:2]))
    with pytest.raises(LandingZoneError, match="changed since it was listed"):
        list(read_split(splits[0], KEYS))
