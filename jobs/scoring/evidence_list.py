"""Which cells of a run to list if at most a tenth of the list may be false: e-BH on current e-values (scoring 3.12)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jobs.health_notes import Note, NoteCode


def listed_cells(evidence: Sequence[float], discovery_rate: float) -> list[int]:
    """Positions of the cells listed, most evident first.

    Holds under any dependence between cells (Wang and Ramdas 2022), on current values, not on running maxima (Tavyrikov et al. 2025).
    """
    order = sorted(range(len(evidence)), key=lambda cell: -evidence[cell])
    listed = 0
    for rank, cell in enumerate(order, start=1):
        if evidence[cell] >= len(evidence) / (rank * discovery_rate):
            listed = rank
    return order[:listed]


def note_listed_cells(rows: Sequence[dict[str, Any]], discovery_rate: float) -> None:
    """Add a note to the rows of release_health that the list of their run (their as_of) holds; open cells of all releases take part.

    A cell of which nothing is expected takes part with even evidence. Local and trailing cells are answered by their release's cell.
    """
    by_run: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["scope"] == "platform" and row["evidence"] is not None:
            by_run[row["as_of"]].append(row)
    for cells in by_run.values():
        evidence = [row["evidence"] if row["expected_crashes"] > 0 else 1.0 for row in cells]
        for listed in listed_cells(evidence, discovery_rate):
            cells[listed]["notes"].append(Note(NoteCode.LISTED, {"discovery_rate": discovery_rate}).stored)
