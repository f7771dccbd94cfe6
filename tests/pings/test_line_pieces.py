"""However an object is cut into pieces and blocks, each line is read once, by the piece in which it begins."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.pings.line_pieces import END_OF_OBJECT, first_byte_wanted, lines_beginning_in
from jobs.pings.reject_reasons import RejectReason


def blocks_of(stored: bytes, first_byte: int, block_bytes: int) -> Iterator[bytes]:
    for start in range(first_byte, len(stored), block_bytes):
        yield stored[start : start + block_bytes]


def lines_in(
    stored: bytes, start: int = 0, end: int = END_OF_OBJECT, block_bytes: int = 7, longest: int = 1000
) -> list[bytes | RejectReason]:
    blocks = blocks_of(stored, first_byte_wanted(start), block_bytes)
    return [line if isinstance(line, RejectReason) else bytes(line) for line in lines_beginning_in(blocks, start, end, longest)]


@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [
        (0, 3, [b"aa"]),
        (0, 4, [b"aa", b"bbbb"]),  # bbbb begins at 3
        (1, 3, []),
        (2, 4, [b"bbbb"]),
        (3, 8, [b"bbbb"]),
        (4, 8, []),
        (8, 9, [b""]),
        (8, 99, [b"", b"c"]),
        (9, 10, [b"c"]),
    ],
)
def test_a_line_belongs_to_the_piece_in_which_it_begins(start: int, end: int, lines: list[bytes]) -> None:
    assert lines_in(b"aa\nbbbb\n\nc", start, end) == lines


@given(
    stored=st.lists(st.binary(max_size=12), max_size=12).map(b"\n".join),
    cuts=st.sets(st.integers(1, 160), max_size=6),
    block_bytes=st.integers(1, 40),
    longest=st.integers(0, 14),
)
def test_pieces_together_give_the_lines_of_the_whole(stored: bytes, cuts: set[int], block_bytes: int, longest: int) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(stored)), END_OF_OBJECT]
    expected = stored.split(b"\n")
    if expected[-1] == b"":
        expected.pop()  # a newline ends a line, it does not begin one

    pieces = [lines_in(stored, start, end, block_bytes, longest) for start, end in pairwise(edges)]

    assert [line for lines in pieces for line in lines] == [
        line if len(line) <= longest else RejectReason.LINE_TOO_LONG for line in expected
    ]


def test_a_piece_takes_no_more_blocks_than_it_needs() -> None:
    taken: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(100):
            taken.append(number)
            yield b"aaaa\n"

    assert len(list(lines_beginning_in(blocks(), start=0, end=10))) == 2
    assert taken == [0, 1]


def test_the_rest_of_a_line_that_is_too_long_is_not_taken_by_the_piece_in_which_it_begins() -> None:
    taken: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(100):
            taken.append(number)
            yield b"a" * 10

    assert list(lines_beginning_in(blocks(), start=0, end=30, longest_line_bytes=15)) == [RejectReason.LINE_TOO_LONG]
    assert taken == [0, 1, 2]
