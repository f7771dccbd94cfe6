"""A landing zone on S3 reads as a local one does; an object that changes after it was listed stops the run."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from jobs.declarations.windows import HOUR as ONE_HOUR
from jobs.declarations.windows import Mode, Window
from jobs.pings import object_blocks
from jobs.pings.byte_splits import ObjectPiece, plan_splits
from jobs.pings.landing_zone import LandedHour, LandingZoneError, list_hours
from jobs.pings.split_reader import read_split
from local.stack.object_store import serve_s3
from tests.ping_factory import HOUR, KEYS, close_hour, core_ping, land, line, main_ping
from tests.pings.reading import count_of, records
from tests.pings.test_landing_zone import HOSTILE_NAMES

BUCKET = "landing"
WINDOW = Window(HOUR, HOUR + ONE_HOUR, Mode.PROVISIONAL)

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with serve_s3(tmp_path_factory.mktemp("s3"), BUCKET) as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setitem(os.environ, name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys of the server before
        object_blocks._s3_client.cache_clear()
        yield boto3.client("s3")
    object_blocks._s3_client.cache_clear()


def upload(s3: Any, folder: Path, prefix: str) -> None:
    # _SUCCESS last, as the edge does
    for path in sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name == "_SUCCESS"):
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{path.relative_to(folder)}", Body=path.read_bytes())


def listed(prefix: str) -> LandedHour:
    (hour,) = list_hours(f"s3://{BUCKET}/{prefix}", WINDOW)
    return hour


def test_the_same_objects_and_records_as_in_a_folder(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(tmp_path, [main_ping() for _ in range(30)])
    land(tmp_path, [main_ping() for _ in range(30)], name="part-1.ndjson.gz")
    land(tmp_path, [core_ping() for _ in range(30)], "core", name="part-2.ndjson.zst")
    land(tmp_path, b"", name="empty.ndjson")
    land(tmp_path, b"", name="notes.txt")
    close_hour(tmp_path)
    upload(s3, tmp_path, "deep/zone")
    # Many small requests instead of few large ones, so that lines span them.
    monkeypatch.setattr(object_blocks, "S3_BLOCK_BYTES", 5_000)

    hour = listed("deep/zone")
    on_s3 = [record for split in plan_splits(hour.objects, 2) for batch in read_split(split, KEYS) for record in batch.to_pylist()]

    (in_folder,) = list_hours(str(tmp_path), WINDOW)
    assert [(landed.object_key, landed.bytes, landed.is_late) for landed in hour.objects] == [
        (landed.object_key, landed.bytes, False) for landed in in_folder.objects
    ]
    assert (hour.is_closed, hour.ignored_objects) == (True, 1)
    assert sorted(map(repr, on_s3)) == sorted(map(repr, records(tmp_path)))
    assert count_of(on_s3, "ping") == 90


def test_pieces_of_an_object(s3: Any, tmp_path: Path) -> None:
    path = land(tmp_path, [main_ping() for _ in range(10)])
    upload(s3, tmp_path, "pieces")
    (landed,) = listed("pieces").objects
    middle = path.stat().st_size // 2

    def ids(start: int, end: int) -> list[str]:
        piece = ObjectPiece(landed.object_key, landed.location, landed.etag, landed.bytes, HOUR, "main", start, end)
        found = [record for batch in read_split([piece], KEYS) for record in batch.to_pylist()]
        return [record["document_id"] for record in found if record["kind"] == "ping"]

    assert len(ids(0, middle)) == 5
    assert ids(0, middle) + ids(middle, landed.bytes) == ids(0, landed.bytes)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_an_object_is_read_whatever_its_key(s3: Any, tmp_path: Path, name: str) -> None:
    zone = f"named {HOSTILE_NAMES.index(name)} #?%"
    body = line(main_ping())
    s3.put_object(Bucket=BUCKET, Key=f"{zone}/submission_date=2017-11-20/submission_hour=10/main/{name}.ndjson", Body=body)

    (split,) = plan_splits(listed(zone).objects, 2)
    found = [record for batch in read_split(split, KEYS) for record in batch.to_pylist()]

    assert count_of(found, "ping") == 1
    assert found[0]["object_key"].isprintable()


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_an_object_that_is_no_longer_what_was_listed_stops_the_run(s3: Any, tmp_path: Path, change: str) -> None:
    land(tmp_path, [main_ping()])
    upload(s3, tmp_path, change)
    (split,) = plan_splits(listed(change).objects, 2)
    key = f"{change}/{split[0].object_key}"
    if change == "removed":
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * split[0].object_bytes)

    with pytest.raises(LandingZoneError, match=r"part-0.ndjson cannot be read as it was listed: .*; run the window again"):
        list(read_split(split, KEYS))


def test_an_hour_without_objects_is_open_and_empty(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="nothing/submission_date=2017-11-19/submission_hour=10/_SUCCESS", Body=b"")
    assert listed("nothing") == LandedHour(HOUR, is_closed=False, closed_at=None, objects=(), ignored_objects=0)


def test_a_landing_zone_without_any_day_is_an_error(s3: Any) -> None:
    with pytest.raises(LandingZoneError, match="nothing lies in the landing zone"):
        listed("emptied")


def test_a_bucket_that_is_not_there_is_an_error(s3: Any) -> None:
    with pytest.raises(LandingZoneError, match=r"cannot list s3://nowhere/zone/.*check LANDING"):
        list_hours("s3://nowhere/zone", WINDOW)
