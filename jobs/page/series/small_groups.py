"""Which groups of users a page for everybody leaves out."""

from collections.abc import Iterable

from jobs.verdicts.health_cells import Cell

LEAST_USAGE_HOURS = 50.0
"""People are told from a thousand on only, and of whole platforms; twenty of them use a browser for about so long in a day."""


def is_small(usage_hours: float | None) -> bool:
    """Whether a group is too small to be shown to everybody."""
    return (usage_hours or 0.0) < LEAST_USAGE_HOURS


def shown_cells(cells: Iterable[Cell], is_public: bool) -> tuple[Cell, ...]:
    """The cells of groups that are not small, where everybody may read; all of them elsewhere."""
    return tuple(cell for cell in cells if not is_public or not is_small(cell.usage_hours))
