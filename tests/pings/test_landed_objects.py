"""What becomes of whole objects: plain and compressed, cut off, corrupt, empty, changed under our hands."""

import gzip
from pathlib import Path

import pytest
import zstandard

from jobs.declarations.windows import HOUR as ONE_HOUR
from jobs.declarations.windows import Mode, Window
from jobs.pings.byte_splits import plan_splits
from jobs.pings.landing_zone import LandingZoneError, list_hours
from jobs.pings.split_reader import MOST_REJECT_ROWS, read_split
from tests.ping_factory import HOUR, KEYS, core_ping, land, line, main_ping
from tests.pings.reading import count_of, records, rejects_by_reason

LINES = [line(main_ping()) for _ in range(40)]
FIRST_20, LAST_20 = b"".join(LINES[:20]), b"".join(LINES[20:])
SUFFIXES = ["ndjson", "ndjson.gz", "ndjson.zst"]
COMPRESSED = {"ndjson.gz": gzip.compress, "ndjson.zst": zstandard.compress}


def landed_bytes(landing: Path, stored: bytes, suffix: str) -> Path:
    """An object that holds exactly these bytes."""
    path = land(landing, b"", name=f"part.{suffix}")
    path.write_bytes(stored)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_lines_are_read_whatever_the_compression(tmp_path: Path, suffix: str) -> None:
    land(tmp_path, FIRST_20, name=f"part.{suffix}")

    found = records(tmp_path)

    assert (count_of(found, "lines"), count_of(found, "ping"), count_of(found, "reject")) == (20, 20, 0)
    assert [record["line_in_split"] for record in found if record["kind"] == "ping"] == list(range(1, 21))
    assert {record["object_key"] for record in found} == {f"submission_date=2017-11-20/submission_hour=10/main/part.{suffix}"}
    assert {record["hour_start"] for record in found} == {HOUR}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_last_line_needs_no_newline(tmp_path: Path, suffix: str) -> None:
    land(tmp_path, FIRST_20.rstrip(b"\n"), name=f"part.{suffix}")

    assert count_of(records(tmp_path), "ping") == 20


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_several_compressed_streams_follow_each_other(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSED[suffix]
    # the second stream begins inside a line
    landed_bytes(tmp_path, compress(FIRST_20[:-100]) + compress(FIRST_20[-100:] + LAST_20), suffix)

    found = records(tmp_path)

    assert (count_of(found, "lines"), count_of(found, "ping")) == (40, 40)


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_truncated_object_loses_what_is_unreadable_and_that_counts_as_one_line(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSED[suffix]
    second_stream = compress(LAST_20)
    landed_bytes(tmp_path, compress(FIRST_20) + second_stream[: len(second_stream) // 2], suffix)

    found = records(tmp_path)

    assert 20 <= count_of(found, "ping") < 40
    assert rejects_by_reason(found) == {"unreadable_rest": 1}
    assert count_of(found, "lines") == count_of(found, "ping") + 1


def test_a_truncated_gzip_gives_every_line_that_another_reader_finds(tmp_path: Path) -> None:
    import random
    import zlib

    rng = random.Random(7)
    text = b"".join(line(main_ping({"installation": rng.randbytes(50).hex()})) for _ in range(2000))
    stored = gzip.compress(text)[:-50_000]
    landed_bytes(tmp_path, stored, "ndjson.gz")

    readable = zlib.decompressobj(wbits=31).decompress(stored)
    found = records(tmp_path)

    assert 500 < readable.count(b"\n") < 2000
    assert count_of(found, "ping") == readable.count(b"\n")
    assert rejects_by_reason(found) == {"unreadable_rest": 1}


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_corrupt_object_gives_the_lines_before_the_fault(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSED[suffix]
    landed_bytes(tmp_path, compress(FIRST_20) + b"this is no compressed stream", suffix)

    found = records(tmp_path)

    assert count_of(found, "ping") == 20
    assert rejects_by_reason(found) == {"unreadable_rest": 1}


def test_a_gzip_whose_checksum_is_wrong_gives_its_lines(tmp_path: Path) -> None:
    stored = bytearray(gzip.compress(FIRST_20))
    stored[-8] ^= 0xFF
    landed_bytes(tmp_path, bytes(stored), "ndjson.gz")

    found = records(tmp_path)

    assert count_of(found, "ping") == 20
    assert rejects_by_reason(found) == {"unreadable_rest": 1}


def test_zeros_after_a_gzip_are_padding(tmp_path: Path) -> None:
    landed_bytes(tmp_path, gzip.compress(FIRST_20) + bytes(1000), "ndjson.gz")

    assert rejects_by_reason(records(tmp_path)) == {}


@pytest.mark.parametrize("suffix", COMPRESSED)
@pytest.mark.parametrize("stored", [b"", FIRST_20, bytes(100)], ids=["nothing", "plain text", "zeros"])
def test_an_object_that_is_not_what_its_name_says_is_one_unreadable_line(tmp_path: Path, suffix: str, stored: bytes) -> None:
    landed_bytes(tmp_path, stored, suffix)

    found = records(tmp_path)

    assert rejects_by_reason(found) == {"unreadable_rest": 1}
    assert count_of(found, "lines") == 1


def test_an_empty_object_has_no_lines(tmp_path: Path) -> None:
    land(tmp_path, b"")

    assert [(record["kind"], record["line_count"]) for record in records(tmp_path)] == [("lines", 0)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path, suffix: str) -> None:
    long_line = b'{"x":"' + b"x" * 50_000 + b'"}\n'
    land(tmp_path, LINES[0] + long_line + LINES[1] + long_line.rstrip(), name=f"part.{suffix}")

    found = records(tmp_path, longest_line_bytes=10_000)

    assert rejects_by_reason(found) == {"line_too_long": 2}
    assert [(record["kind"], record["line_in_split"]) for record in found] == [
        ("ping", 1),
        ("reject", 2),
        ("ping", 3),
        ("reject", 4),
        ("lines", None),
    ]


def test_an_object_cut_off_inside_a_line_that_is_too_long_is_two_rejects(tmp_path: Path) -> None:
    # Incompressible, so that half of the stored bytes hold about half of the line.
    import random

    stored = gzip.compress(LINES[0] + random.Random(1).randbytes(50_000).replace(b"\n", b""))
    landed_bytes(tmp_path, stored[: len(stored) // 2], "ndjson.gz")

    assert rejects_by_reason(records(tmp_path, longest_line_bytes=10_000)) == {"line_too_long": 1, "unreadable_rest": 1}


def test_rejects_are_kept_up_to_a_bound_for_each_reason_and_counted_exactly(tmp_path: Path) -> None:
    bad_lines = b"not JSON\n" * (MOST_REJECT_ROWS + 23) + b"[]\n" * 5
    land(tmp_path, bad_lines + LINES[0])

    found = records(tmp_path)

    assert rejects_by_reason(found) == {"not_json": MOST_REJECT_ROWS + 23, "not_an_object": 5}
    overflow = [record for record in found if record["kind"] == "reject" and record["line_in_split"] is None]
    assert [(record["reason"], record["line_count"]) for record in overflow] == [("not_json", 23)]
    assert count_of(found, "lines") == count_of(found, "reject") + 1


def test_each_object_has_its_own_records(tmp_path: Path) -> None:
    land(tmp_path, [main_ping()] * 2, name="a.ndjson")
    land(tmp_path, [main_ping()] * 3, name="b.ndjson.gz")
    land(tmp_path, [core_ping()] * 4, "core", name="a.ndjson.zst")

    found = records(tmp_path)

    lines = {record["object_key"].split("/", 2)[2]: record["line_count"] for record in found if record["kind"] == "lines"}
    assert lines == {"main/a.ndjson": 2, "main/b.ndjson.gz": 3, "core/a.ndjson.zst": 4}
    assert count_of(found, "ping") == 2 + 3 + 4


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("change", ["removed", "appended to", "replaced by a folder"])
def test_an_object_that_is_no_longer_what_was_listed_stops_the_run(tmp_path: Path, suffix: str, change: str) -> None:
    path = land(tmp_path, FIRST_20, name=f"part.{suffix}")
    (hour,) = list_hours(str(tmp_path), Window(HOUR, HOUR + ONE_HOUR, Mode.PROVISIONAL))
    (split,) = plan_splits(hour.objects, cores=2)
    if change == "appended to":
        path.write_bytes(path.read_bytes() * 2)
    else:
        path.unlink()
    if change == "replaced by a folder":
        path.mkdir()

    with pytest.raises(LandingZoneError, match=r"part.ndjson.* cannot be read as it was listed: .*; run the window again"):
        list(read_split(split, KEYS))
