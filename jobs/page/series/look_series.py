"""The looks at each cell of a release as columns, by platform and measure. Pure: Arrow rows in, documents out."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.states import State
from jobs.digest.facts.digest_facts import Review
from jobs.digest.wording.review_words import review_words
from jobs.page.documents.rounding import rounded_list
from jobs.page.documents.series_documents import Looks, LookSeries, Mark
from jobs.page.series.restated_looks import restated_marks
from jobs.page.series.small_groups import is_small
from jobs.verdicts.health_notes import NoteCode, parse_note
from jobs.wording.cell_words import measure_words, platform_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.note_words import note_words
from jobs.wording.page_names import page_key

PEOPLE_COLUMNS = (
    "active_clients",
    "crashed_clients",
    "crash_free_users",
    "usual_crash_free_users",
    "usual_crash_free_users_low",
    "usual_crash_free_users_high",
    "adoption_by_people",
)
_TOLD_DECIMALS = 4
"""Of a share: a hundredth of a percentage point."""
_ROUNDED = (
    "observed_crashes",
    "usage_hours",
    "delayed_crashes",
    "expected_crashes",
    "ratio",
    "ratio_low",
    "ratio_high",
    "acceptable_ratio",
    "adoption",
)
LOOK_COLUMNS = (
    "as_of",
    "age_hours",
    "channel",
    "release_version",
    "scope",
    "platform",
    "measure",
    "state",
    *_ROUNDED,
    "notes",
    *PEOPLE_COLUMNS,
)
_DATA_NOTES = (
    NoteCode.INCOMPLETE_HOURS,
    NoteCode.SILENT_MEASURE,
    NoteCode.FEW_USAGE_HOURS,
    NoteCode.MANY_USAGE_HOURS,
    NoteCode.FEW_CRASH_PINGS,
    NoteCode.FEW_CRASH_REPORTS,
    NoteCode.LOST_UPDATES,
    NoteCode.FALLEN_USAGE,
    NoteCode.CHANGED_DELAYS,
)


def look_series(rows: pa.Table, reviews: Iterable[Review], is_public: bool, shown: Iterable[LookSeries]) -> list[LookSeries]:
    """A document for each platform and measure of one release; `rows` are its rows of scope platform, at every look.

    `shown` are its documents in the state before.
    """
    if not rows.num_rows:
        return []
    of_release = [Mark(at=review.reviewed_at, kind="review", words=_review_mark(review, is_public)) for review in reviews]
    ordered = rows.sort_by([("platform", "ascending"), ("measure", "ascending"), ("as_of", "ascending")])
    places = [(*pair,) for pair in zip(ordered["platform"].to_pylist(), ordered["measure"].to_pylist(), strict=True)]
    begins = [0, *(index + 1 for index, (before, after) in enumerate(pairwise(places)) if before != after), len(places)]
    before = {(series.platform, series.measure): series for series in shown}
    return [
        _series(place, ordered.slice(first, last - first), of_release, is_public, before.get((page_key(place[0]), page_key(place[1]))))
        for place, (first, last) in zip((places[first] for first in begins[:-1]), pairwise(begins), strict=True)
    ]


def _series(place: tuple[str, str], rows: pa.Table, of_release: Sequence[Mark], is_public: bool, shown: LookSeries | None) -> LookSeries:
    if is_public:
        rows = rows.filter(pa.array([not is_small(hours) for hours in rows["usage_hours"].to_pylist()], pa.bool_()))
    columns = {name: rows[name].to_numpy() for name in _ROUNDED}
    observed, hours = columns["observed_crashes"], columns["usage_hours"]
    looks = Looks(
        as_of=[at.astimezone(UTC) for at in rows["as_of"].to_pylist()],
        age_hours=rows["age_hours"].to_pylist(),
        state=rows["state"].to_pylist(),
        crashes_per_1k_hours=rounded_list(1_000 * observed / np.where(hours > 0, hours, np.nan)),
        **{name: rounded_list(values) for name, values in columns.items()},
        **{name: _known(rows, name) for name in PEOPLE_COLUMNS},
    )
    channel, version = (rows[name][0].as_py() if rows.num_rows else "" for name in ("channel", "release_version"))
    return LookSeries(
        channel=page_key(channel),
        version=page_key(version),
        version_label=as_label(version),
        platform=page_key(place[0]),
        platform_label=platform_words(place[0]),
        measure=page_key(place[1]),
        measure_label=measure_words(place[1]),
        looks=looks,
        marks=sorted([*_state_marks(looks), *_data_marks(rows), *restated_marks(shown, looks), *of_release], key=lambda mark: mark.at),
    )


def _known(rows: pa.Table, column: str) -> list[float | None]:
    """A column of people by look, shares to what is told of them; empty where it has no value, or where the table is older than the column."""
    if column not in rows.column_names or rows[column].null_count == rows.num_rows:
        return []
    values = rows[column].cast(pa.float64()).to_numpy()
    return rounded_list(values if column.endswith("_clients") else np.round(values, _TOLD_DECIMALS))


def _state_marks(looks: Looks) -> list[Mark]:
    """Where a state begins; the first is no news."""
    return [
        Mark(at=at, kind="state", words=f"{state_name(State(state))}, before it {state_name(State(before))}")
        for before, state, at in zip(looks.state, looks.state[1:], looks.as_of[1:], strict=False)
        if state != before
    ]


def _data_marks(rows: pa.Table) -> list[Mark]:
    """Where a note of trouble with the data appears."""
    if not pc.any(pc.greater(pc.list_value_length(rows["notes"]), 0)).as_py():
        return []
    marks: list[Mark] = []
    known: set[NoteCode] = set()
    for at, stored in zip(rows["as_of"].to_pylist(), rows["notes"].to_pylist(), strict=True):
        notes = {note.code: note for note in map(parse_note, stored or ()) if note.code in _DATA_NOTES}
        marks += [Mark(at=at.astimezone(UTC), kind="data", words=note_words(note)) for code, note in notes.items() if code not in known]
        known = set(notes)
    return marks


def _review_mark(review: Review, is_public: bool) -> str:
    return review.verdict if is_public else review_words(review)
