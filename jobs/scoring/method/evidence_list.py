"""Which cells of a run to list if at most a tenth of the list may be false: e-BH on current e-values (docs/method.md#many-cells)."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.verdicts.health_notes import Note, NoteCode


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


def with_listed_cells(rows: pa.Table, discovery_rate: float) -> pa.Table:
    """Rows of release_health, with a note to those that the list of their run (their as_of) holds; open cells of all releases take part.

    A cell of which nothing is expected takes part with even evidence. Local and trailing cells are answered by their release's cell.
    """
    taking_part = np.flatnonzero(pc.and_(pc.equal(rows["scope"], "platform"), pc.is_valid(rows["evidence"])))
    cells = rows.select(["as_of", "evidence", "expected_crashes"]).take(taking_part)
    evidence = np.where(cells["expected_crashes"].to_numpy() > 0, cells["evidence"].to_numpy(), 1.0)
    is_listed = np.zeros(rows.num_rows, dtype=bool)
    for of_run in _positions_by_value(cells["as_of"].cast(pa.int64()).to_numpy()):
        is_listed[taking_part[of_run[listed_cells(evidence[of_run].tolist(), discovery_rate)]]] = True
    note = Note(NoteCode.LISTED, {"discovery_rate": discovery_rate}).stored
    chunks, first = [], 0
    for notes in rows["notes"].chunks:
        marks = is_listed[first : first + len(notes)]
        listed = (
            [[*of_row, note] if mark else of_row for of_row, mark in zip(notes.to_pylist(), marks, strict=True)] if marks.any() else notes
        )
        chunks.append(pa.array(listed, notes.type))
        first += len(notes)
    position = rows.column_names.index("notes")
    return rows.set_column(position, rows.field("notes"), pa.chunked_array(chunks, rows["notes"].type))


def _positions_by_value(values: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    order = np.argsort(values, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(values[order])) + 1) if order.size else []
