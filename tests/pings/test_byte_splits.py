"""Splits are balanced by bytes, cover every byte once, and never cut a compressed object; any cut gives the same records."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.pings.byte_splits import BYTES_PER_COMPRESSED_BYTE, END_OF_OBJECT, SMALLEST_PIECE_BYTES, ObjectPiece, plan_splits
from jobs.pings.landing_zone import LandedObject
from jobs.pings.split_reader import read_split
from jobs.pings.stored_files import local_etag
from tests.ping_factory import HOUR, KEYS, land, line, main_ping

pytestmark = pytest.mark.long

MB = 2**20


def landed(name: str, object_bytes: int) -> LandedObject:
    return LandedObject(name, f"/{name}", "etag", object_bytes, datetime(2017, 11, 20, tzinfo=UTC), False, HOUR, "main")


def weight(piece: ObjectPiece) -> int:
    return piece.object_bytes * BYTES_PER_COMPRESSED_BYTE if piece.end == END_OF_OBJECT else piece.end - piece.start


def test_a_large_object_is_cut_into_as_many_equal_pieces_as_there_are_cores() -> None:
    splits = plan_splits([landed("a.ndjson", 100 * MB)], cores=2)

    assert [[(piece.start, piece.end) for piece in split] for split in splits] == [[(0, 50 * MB)], [(50 * MB, 100 * MB)]]


def test_splits_span_objects() -> None:
    splits = plan_splits([landed(f"{name}.ndjson", 20 * MB) for name in "abc"], cores=2)

    assert [[(piece.object_key, piece.start // MB, piece.end // MB) for piece in split] for split in splits] == [
        [("a.ndjson", 0, 20), ("b.ndjson", 0, 10)],
        [("b.ndjson", 10, 20), ("c.ndjson", 0, 20)],
    ]


def test_a_little_is_one_split_and_much_is_a_multiple_of_the_cores() -> None:
    assert len(plan_splits([landed(f"{i}.ndjson", 1000) for i in range(50)], cores=8)) == 1
    assert len(plan_splits([landed("a.ndjson", 1500 * MB)], cores=2)) == 4


def test_nothing_is_no_split() -> None:
    assert plan_splits([], cores=2) == []


def test_a_compressed_object_is_whole_and_weighs_what_it_holds() -> None:
    splits = plan_splits([landed("a.ndjson", 60 * MB), landed("b.ndjson.gz", 10 * MB), landed("c.ndjson.zst", 2 * MB)], cores=2)

    assert [[(piece.object_key, weight(piece) // MB) for piece in split] for split in splits] == [
        [("b.ndjson.gz", 50), ("a.ndjson", 10)],
        [("c.ndjson.zst", 10), ("a.ndjson", 50)],
    ]


@given(
    sizes=st.lists(st.tuples(st.sampled_from(["ndjson", "ndjson.gz"]), st.integers(0, 300 * MB)), max_size=12),
    cores=st.integers(1, 9),
)
def test_every_byte_is_in_one_split_and_splits_are_balanced(sizes: list[tuple[str, int]], cores: int) -> None:
    objects = [landed(f"{number}.{suffix}", size) for number, (suffix, size) in enumerate(sizes)]

    splits = plan_splits(objects, cores)

    for whole in objects:
        pieces = sorted(
            (piece for split in splits for piece in split if piece.object_key == whole.object_key), key=lambda piece: piece.start
        )
        if whole.object_key.endswith(".gz"):
            assert [(piece.start, piece.end) for piece in pieces] == [(0, END_OF_OBJECT)]
            continue
        edges = [piece.start for piece in pieces] + [pieces[-1].end]
        assert edges == [0, *(piece.end for piece in pieces)]
        assert edges[-1] == whole.bytes
    loads = [sum(map(weight, split)) for split in splits]
    largest_whole = max((size * BYTES_PER_COMPRESSED_BYTE for suffix, size in sizes if suffix == "ndjson.gz"), default=0)
    # Slivers are not cut off, so the last split can fall short of its share by one for each other split.
    assert not loads or max(loads) <= sum(loads) / len(splits) + largest_whole + SMALLEST_PIECE_BYTES * len(splits)


def test_any_cut_of_an_object_gives_the_same_records(tmp_path: Path) -> None:
    text = b"".join([line(main_ping()), b"not JSON\n", b"\n", line(main_ping({"arrival.app": "naïve"})), line(main_ping())[:-1]])
    path = land(tmp_path, text)
    etag = local_etag(path.stat().st_size, path.stat().st_mtime_ns)

    def piece(start: int, end: int) -> ObjectPiece:
        return ObjectPiece("a", str(path), etag, len(text), HOUR, "main", start, end)

    def records(*pieces: ObjectPiece) -> list[tuple[object, ...]]:
        """What does not depend on where the object was cut, kinds `ping` and `reject` in the order of the lines."""
        found = [record for batch in read_split(pieces, KEYS) for record in batch.to_pylist() if record["kind"] != "lines"]
        return [(record["kind"], record["reason"], record["document_id"], record["usage_hours"]) for record in found]

    whole = records(piece(0, len(text)))
    assert len(whole) == 5
    for cut in range(1, len(text)):
        assert records(piece(0, cut), piece(cut, len(text))) == whole, cut


def test_no_sliver_is_cut_off() -> None:
    splits = plan_splits([landed("a.ndjson", 21 * MB // 2), landed("b.ndjson", 10 * MB)], cores=2)

    assert [[piece.object_key for piece in split] for split in splits] == [["a.ndjson"], ["b.ndjson"]]
