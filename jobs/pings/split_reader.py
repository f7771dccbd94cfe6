"""Reads a split: its pieces' lines become ping records in Arrow batches. Runs in the tasks, without Spark in it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC
from enum import StrEnum
from typing import Any

import pyarrow as pa

from jobs.pings.byte_splits import ObjectPiece
from jobs.pings.client_keys import ClientKeys, KeysOf
from jobs.pings.line_pieces import LONGEST_LINE_BYTES, UnreadableRestError, first_byte_wanted, lines_beginning_in
from jobs.pings.object_blocks import object_blocks
from jobs.pings.parquet_rows import is_parquet, row_values
from jobs.pings.ping_extraction import CLIENT_ID, PingExtraction, PingRow, Reject
from jobs.pings.ping_records import PING_RECORD_SCHEMA
from jobs.pings.reject_reasons import RejectReason

MOST_REJECT_ROWS = 100  # of one reason and piece; the rest is one record with their number
BATCH_RECORDS = 4096

_Record = tuple[Any, ...]
_NO_PING = (None,) * (len(PING_RECORD_SCHEMA) - PING_RECORD_SCHEMA.get_field_index("received_at_ns"))


def read_split(pieces: Iterable[ObjectPiece], keys: ClientKeys, longest_line_bytes: int = LONGEST_LINE_BYTES) -> Iterator[pa.RecordBatch]:
    """The records of the pieces, in batches of PING_RECORD_SCHEMA; one record of kind `lines` for each piece. `keys` make those of clients.

    Raises LandingZoneError where an object is no longer what was listed; what a line or an object holds raises nothing.
    """
    records: list[_Record] = []
    keys_of = keys.maker()
    for piece in pieces:
        for record in _piece_records(piece, keys_of, longest_line_bytes):
            records.append(record)
            if len(records) == BATCH_RECORDS:
                yield _batch(records)
                records = []
    if records:
        yield _batch(records)


def _piece_records(piece: ObjectPiece, keys_of: KeysOf, longest_line_bytes: int) -> Iterator[_Record]:
    hour_start_us = int(piece.hour_start.astimezone(UTC).timestamp()) * 10**6
    ping_origin = ("ping", hour_start_us, piece.object_key, piece.start)
    reject_origin = ("reject", *ping_origin[1:])
    rejects: Counter[StrEnum] = Counter()
    number = 0
    for number, ping in enumerate(_pings(piece, longest_line_bytes), start=1):
        if not isinstance(ping, Reject):
            yield (*ping_origin, number, 1, None, *ping[:CLIENT_ID], *keys_of(ping[CLIENT_ID]), *ping[CLIENT_ID + 1 :])
            continue
        rejects[ping.reason] += 1
        if rejects[ping.reason] <= MOST_REJECT_ROWS:
            yield (*reject_origin, number, 1, ping.reason.value, ping.document_id, ping.doc_type, *_NO_PING)
    for reason, count in rejects.items():
        if count > MOST_REJECT_ROWS:
            yield (*reject_origin, None, count - MOST_REJECT_ROWS, reason.value, None, None, *_NO_PING)
    yield ("lines", *ping_origin[1:], None, number, None, None, None, *_NO_PING)


def _pings(piece: ObjectPiece, longest_line_bytes: int) -> Iterator[PingRow | Reject]:
    """What becomes of each line, or row, that begins in the piece."""
    extraction = PingExtraction(piece.doc_type, piece.hour_start)
    if is_parquet(piece.object_key):
        yield from _pings_in_rows(piece, extraction)
        return
    blocks = object_blocks(piece.location, piece.etag, piece.object_bytes, first_byte_wanted(piece.start))
    for line in lines_beginning_in(blocks, piece.start, piece.end, longest_line_bytes):
        yield Reject(line) if isinstance(line, RejectReason) else extraction.extract(line)


def _pings_in_rows(piece: ObjectPiece, extraction: PingExtraction) -> Iterator[PingRow | Reject]:
    try:
        for values, missing in row_values(piece, extraction.paths, extraction.required):
            yield extraction.judged(values, missing)
    except UnreadableRestError:
        yield Reject(RejectReason.UNREADABLE_REST)


def _batch(records: list[_Record]) -> pa.RecordBatch:
    columns = zip(*records, strict=True)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, PING_RECORD_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PING_RECORD_SCHEMA)
