"""Crash-free users and adoption by people as they are told: to a hundredth of a percentage point, beside what past releases had at the same age."""

from jobs.verdicts.health_cells import Cell
from jobs.wording.shown_numbers import UNKNOWN, count_words, percent_words

_DECIMALS = 2
"""In the field 99.85 and 99.95 % are a bad release and a good one."""


def crash_free_words(share: float | None) -> str:
    """`97.64 %`."""
    return percent_words(share, _DECIMALS)


def usual_words(cell: Cell) -> str:
    """`98.90 % (98.61–99.12 %)`: the median of past releases at this age, the lowest and the highest; a dash where none is known."""
    if cell.usual_crash_free_users is None:
        return UNKNOWN
    low = crash_free_words(cell.usual_crash_free_users_low).rpartition("\u00a0")[0]
    return f"{crash_free_words(cell.usual_crash_free_users)} ({low}–{crash_free_words(cell.usual_crash_free_users_high)})"


def beside_usual_words(cell: Cell) -> str:
    """`97.64 %, usual 98.90 %`, for a table."""
    if cell.crash_free_users is None:
        return UNKNOWN
    usual = "" if cell.usual_crash_free_users is None else f", usual {crash_free_words(cell.usual_crash_free_users)}"
    return f"{crash_free_words(cell.crash_free_users)}{usual}"


def people_words(cell: Cell, channel: str) -> str:
    """`Crash-free users: 97.64 % of 12,300 in the last 24 h; at this age 98.90 % is usual. 24 % of the channel's users run it.`; empty where unknown.

    Without a usual that is said: a young release's figure is not to be held against an older one's (tests/reach/test_like_with_like.py).
    """
    told = []
    if cell.crash_free_users is not None:
        free = f"Crash-free users: {crash_free_words(cell.crash_free_users)} of {count_words(cell.active_clients)} in the last 24 h"
        usual = crash_free_words(cell.usual_crash_free_users)
        told.append(f"{free}; {'what is usual at this age is not known' if usual == UNKNOWN else f'{usual} is usual at this age'}.")
    if cell.adoption_by_people is not None:
        told.append(f"{percent_words(cell.adoption_by_people)} of {channel}'s users run it.")
    return " ".join(told)
