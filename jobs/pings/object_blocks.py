"""The bytes of a landed object, block by block, decompressed: from a local file or from S3, in memory bounded by a few blocks.

An object that vanished or changed between listing and reading is an error that stops the run: the audit would otherwise name an etag and a
size of which the rows are not made. The run's next attempt lists the landing zone again.
"""

import os
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import Any, Protocol

import zstandard
from isal import igzip_lib
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from jobs.pings.line_pieces import UnreadableRestError
from jobs.pings.stored_files import LandingZoneError, bucket_and_key, is_on_s3, local_etag

LOCAL_BLOCK_BYTES = 256 * 2**10  # a block that stays in a core's cache until it is decoded; 1 MB takes a sixth longer
S3_BLOCK_BYTES = 8 * 2**20
MOST_DECODED_BYTES = 2**20  # what a gzip decoder gives at once
GZIP_PIECE_BYTES = 64 * 2**10
# A zstd block of 4 bytes can stand for 128 kB, and the decoder gives at once whatever it makes of a piece.
ZSTD_PIECE_BYTES = 2**10


def is_compressed(object_key: str) -> bool:
    return object_key.endswith((".gz", ".zst"))


def object_blocks(location: str, etag: str, object_bytes: int, first_byte: int = 0) -> Iterator[bytes]:
    """The object's blocks after decompression; `first_byte` is for plain objects only.

    Raises LandingZoneError where the object is gone, is not what `etag` says or cannot be opened, and UnreadableRestError after
    the last readable block of a truncated or corrupt compressed object.
    """

    def stored_blocks() -> Iterator[bytes]:
        if is_on_s3(location):
            return _s3_blocks(location, etag, object_bytes, first_byte)
        return _file_blocks(location, etag, first_byte)

    if location.endswith(".gz"):
        return _decoded_blocks(stored_blocks, _GzipDecoder, GZIP_PIECE_BYTES)
    if location.endswith(".zst"):
        return _decoded_blocks(stored_blocks, _ZstdDecoder, ZSTD_PIECE_BYTES)
    return stored_blocks()


def _file_blocks(path: str, etag: str, first_byte: int) -> Iterator[bytes]:
    try:
        file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 - unbuffered; closed below
    except OSError as error:
        raise unusable(path, str(error)) from error
    with file:
        stat = os.fstat(file.fileno())
        if local_etag(stat.st_size, stat.st_mtime_ns) != etag:
            raise unusable(path, "it has changed since it was listed")
        file.seek(first_byte)
        while block := file.read(LOCAL_BLOCK_BYTES):
            yield block


def _s3_blocks(location: str, etag: str, object_bytes: int, first_byte: int) -> Iterator[bytes]:
    for start in range(first_byte, object_bytes, S3_BLOCK_BYTES):
        yield _s3_range(location, etag, start, min(start + S3_BLOCK_BYTES, object_bytes))


@cache
def _s3_client() -> Any:
    import boto3

    return boto3.client("s3")


def _s3_range(location: str, etag: str, start: int, end: int) -> bytes:
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    bucket, key = bucket_and_key(location)

    # The client repeats requests by itself, but not the reading of an answer that breaks off.
    @retry(retry=retry_if_exception_type((BotoCoreError, HTTPError)), stop=stop_after_attempt(4), wait=wait_exponential(0.5), reraise=True)
    def fetch() -> bytes:
        answer = _s3_client().get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=etag)
        return answer["Body"].read()  # type: ignore[no-any-return]

    try:
        return fetch()
    except (BotoCoreError, HTTPError, ClientError) as error:
        raise unusable(location, str(error)) from error


def unusable(location: str, cause: str) -> LandingZoneError:
    """The error for an object that vanished or changed since it was listed."""
    return LandingZoneError(f"{location} cannot be read as it was listed: {cause}; run the window again, which lists it anew")


class _Decoder(Protocol):
    """Takes an object's bytes piece by piece; several compressed streams may follow each other in it."""

    is_complete: bool
    """No stream is open, and there was one: here an object may end."""

    def decode(self, piece: bytes) -> Iterator[bytes]: ...


class _GzipDecoder:
    def __init__(self) -> None:
        self.is_complete = False
        self._stream: igzip_lib.IgzipDecompressor | None = None

    def decode(self, piece: bytes) -> Iterator[bytes]:
        while True:
            if self._stream is None:
                piece = piece.lstrip(b"\0") if self.is_complete else piece  # padding after a stream is allowed
                if not piece:
                    return
                self._stream, self.is_complete = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), False
            decoded = self._stream.decompress(piece, MOST_DECODED_BYTES)
            if decoded:
                yield decoded
            if self._stream.eof:
                piece, self._stream, self.is_complete = self._stream.unused_data, None, True
            elif self._stream.needs_input:
                return
            else:
                piece = b""


class _ZstdDecoder:
    def __init__(self) -> None:
        self.is_complete = False
        self._stream: Any = None

    def decode(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._stream is None:
                self._stream, self.is_complete = zstandard.ZstdDecompressor().decompressobj(), False
            decoded = self._stream.decompress(piece)
            if decoded:
                yield decoded
            if not self._stream.eof:
                return
            piece, self._stream, self.is_complete = self._stream.unused_data, None, True


_DECODING_ERRORS: tuple[type[Exception], ...] = (igzip_lib.IsalError, zstandard.ZstdError)  # type: ignore[assignment]


def _decoded_blocks(stored_blocks: Callable[[], Iterator[bytes]], new_decoder: Callable[[], _Decoder], piece_bytes: int) -> Iterator[bytes]:
    decoder = new_decoder()
    decoded_bytes = 0
    for pieces_before, piece in enumerate(_pieces(stored_blocks(), piece_bytes)):
        try:
            for decoded in decoder.decode(piece):
                yield decoded
                decoded_bytes += len(decoded)
        except _DECODING_ERRORS as error:
            yield from _decoded_before_error(stored_blocks, new_decoder, piece_bytes, pieces_before, decoded_bytes)
            raise UnreadableRestError(str(error)) from error
    if not decoder.is_complete:
        raise UnreadableRestError("the compressed object ends too early")


def _decoded_before_error(
    stored_blocks: Callable[[], Iterator[bytes]],
    new_decoder: Callable[[], _Decoder],
    piece_bytes: int,
    pieces_before: int,
    known_bytes: int,
) -> Iterator[bytes]:
    """What the faulty piece holds before its fault: decoders keep that to themselves, so a new one is given the piece byte by byte."""
    decoder = new_decoder()
    pieces = _pieces(stored_blocks(), piece_bytes)
    decoded_bytes = sum(len(decoded) for piece in islice(pieces, pieces_before) for decoded in decoder.decode(piece))
    try:
        for byte in next(pieces):
            for decoded in decoder.decode(bytes((byte,))):
                decoded_bytes += len(decoded)
                if decoded_bytes > known_bytes:
                    yield decoded[-(decoded_bytes - known_bytes) :]
                    known_bytes = decoded_bytes
    except _DECODING_ERRORS:
        return


def _pieces(blocks: Iterator[bytes], piece_bytes: int) -> Iterator[bytes]:
    for block in blocks:
        for start in range(0, len(block), piece_bytes):
            yield block[start : start + piece_bytes]
