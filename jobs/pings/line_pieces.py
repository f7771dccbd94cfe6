"""The lines that begin in a piece of an object, from the object's blocks of bytes, in bounded memory.

A line ends with a newline or at the end of the object; it belongs to the piece in which its first byte lies. An empty line is a line. A line
longer than the limit is passed over without being kept.
"""

import sys
from collections.abc import Iterable, Iterator

from jobs.pings.reject_reasons import RejectReason

LONGEST_LINE_BYTES = 8 * 2**20  # forty times a large main ping; the edge takes submissions of up to 1 MB, compressed
END_OF_OBJECT = sys.maxsize

Line = memoryview | bytes | RejectReason
"""What a line holds, without its newline; or why it cannot be had: line_too_long, unreadable_rest."""


class UnreadableRestError(Exception):
    """A compressed object ends too early or is corrupt: all blocks before that have been given."""


def first_byte_wanted(start: int) -> int:
    """Where the blocks for a piece that starts there have to begin: the byte before it says whether a line begins at the start."""
    return max(start - 1, 0)


def lines_beginning_in(
    blocks: Iterable[bytes], start: int, end: int = END_OF_OBJECT, longest_line_bytes: int = LONGEST_LINE_BYTES
) -> Iterator[Line]:
    """The lines whose first byte lies in [start, end), start < end; `blocks` begin at `first_byte_wanted(start)` and go on to the end of the object.

    A line is a view of its block where it lies in one: read it before taking the next. No more blocks are taken than it needs.
    """
    block_start = first_byte_wanted(start)
    is_passing_over = start > 0
    head: list[bytes] = []  # of the line that began in earlier blocks
    head_bytes = 0
    try:
        for block in blocks:
            view, position = memoryview(block), 0
            while (newline := block.find(b"\n", position)) >= 0:
                if is_passing_over:
                    is_passing_over = False
                elif head_bytes + newline - position > longest_line_bytes:
                    yield RejectReason.LINE_TOO_LONG
                elif head:
                    yield b"".join([*head, view[position:newline]])
                else:
                    yield view[position:newline]
                head, head_bytes = [], 0
                position = newline + 1
                if block_start + position >= end:
                    return
            if not is_passing_over and position < len(block):
                head.append(block[position:])
                head_bytes += len(block) - position
                if head_bytes > longest_line_bytes:
                    yield RejectReason.LINE_TOO_LONG
                    is_passing_over, head, head_bytes = True, [], 0
            block_start += len(block)
            if is_passing_over and block_start >= end:
                return
    except UnreadableRestError:
        yield RejectReason.UNREADABLE_REST
        return
    if head:
        yield b"".join(head)
