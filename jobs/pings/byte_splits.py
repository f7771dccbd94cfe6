"""How the landed objects are shared out: few large splits, one for each task, balanced by bytes, which can span objects.

A plain object is cut wherever the balance asks for it (the pieces' readers agree on which line belongs to whom); a compressed one never is.
Few and large, because each task costs its start; a multiple of the cores, because the slowest decides.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jobs.pings.landing_zone import LandedObject
from jobs.pings.line_pieces import END_OF_OBJECT
from jobs.pings.object_blocks import is_compressed

LARGEST_SPLIT_BYTES = 512 * 2**20
SMALLEST_SPLIT_BYTES = 4 * 2**20
SMALLEST_PIECE_BYTES = 2**20
BYTES_PER_COMPRESSED_BYTE = 5  # pings shrink to a fifth; only the balance depends on it


@dataclass(frozen=True, slots=True)
class ObjectPiece:
    """The bytes [start, end) of an object; a compressed one has one piece. `object_bytes` as stored."""

    object_key: str
    location: str
    etag: str
    object_bytes: int
    hour_start: datetime
    doc_type: str
    start: int = 0
    end: int = END_OF_OBJECT


Split = tuple[ObjectPiece, ...]


def plan_splits(objects: Iterable[LandedObject], cores: int) -> list[Split]:
    """The splits, none of them empty, for that many tasks at a time; empty objects take part, so that their lines (none) are counted."""
    whole = [_whole(landed) for landed in objects]
    cuttable = [piece for piece in whole if not is_compressed(piece.object_key)]
    compressed = [piece for piece in whole if is_compressed(piece.object_key)]
    total_bytes = sum(map(_weight_bytes, whole))
    split_count = _split_count(total_bytes, cores)
    splits: list[list[ObjectPiece]] = [[] for _ in range(split_count)]
    loads = _spread(compressed, splits)
    _fill_up(cuttable, splits, loads, total_bytes / split_count)
    return [tuple(split) for split in splits if split]


def _whole(landed: LandedObject) -> ObjectPiece:
    return ObjectPiece(landed.object_key, landed.location, landed.etag, landed.bytes, landed.hour_start, landed.doc_type)


def _weight_bytes(piece: ObjectPiece) -> int:
    return piece.object_bytes * (BYTES_PER_COMPRESSED_BYTE if is_compressed(piece.object_key) else 1)


def _split_count(total_bytes: int, cores: int) -> int:
    rounds = -(-total_bytes // (cores * LARGEST_SPLIT_BYTES))
    return max(1, min(rounds * cores, -(-total_bytes // SMALLEST_SPLIT_BYTES)))


def _spread(compressed: list[ObjectPiece], splits: list[list[ObjectPiece]]) -> list[int]:
    """Gives each object, the largest first, to the split with the least to do; the bytes that each split then has."""
    loads = [(0, index) for index in range(len(splits))]
    for piece in sorted(compressed, key=_weight_bytes, reverse=True):
        load, index = loads[0]
        splits[index].append(piece)
        heapq.heapreplace(loads, (load + _weight_bytes(piece), index))
    return [load for load, _ in sorted(loads, key=lambda entry: entry[1])]


def _fill_up(cuttable: list[ObjectPiece], splits: list[list[ObjectPiece]], loads: list[int], share_bytes: float) -> None:
    """Fills the splits one after the other up to their share, cutting objects at its end; the last split takes what is left."""
    index = 0
    for whole in cuttable:
        start = 0
        while True:
            is_last_split = index == len(splits) - 1
            room = int(share_bytes - loads[index])
            rest = whole.object_bytes - start
            if is_last_split or rest <= room + SMALLEST_PIECE_BYTES:
                splits[index].append(_piece(whole, start, whole.object_bytes))
                loads[index] += rest
                break
            if room >= SMALLEST_PIECE_BYTES:
                splits[index].append(_piece(whole, start, start + room))
                loads[index] += room
                start += room
            index += 1


def _piece(whole: ObjectPiece, start: int, end: int) -> ObjectPiece:
    return ObjectPiece(whole.object_key, whole.location, whole.etag, whole.object_bytes, whole.hour_start, whole.doc_type, start, end)
