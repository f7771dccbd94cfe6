"""Looks that people were shown and that say something else since: by settling a day, or by a backfill. Pure.

What was shown is what the state before this one has.
"""

from collections.abc import Iterator, Sequence

from jobs.declarations.states import State
from jobs.page.documents.series_documents import Looks, LookSeries, Mark
from jobs.wording.cell_words import state_name
from jobs.wording.shown_numbers import clock_words, plural, ratio_words

RESTATED = "restated"


def restated_marks(shown: LookSeries | None, looks: Looks) -> list[Mark]:
    """What the marks told before, and one for each run of looks of which the state, or the ratio by more than its interval, has changed."""
    if shown is None:
        return []
    before = {at: index for index, at in enumerate(shown.looks.as_of)}
    changed = [
        (before[at], index) for index, at in enumerate(looks.as_of) if at in before and _has_changed(shown.looks, before[at], looks, index)
    ]
    return [mark for mark in shown.marks if mark.kind == RESTATED] + [_mark(shown.looks, looks, run) for run in _runs(changed)]


def _has_changed(shown: Looks, before: int, looks: Looks, now: int) -> bool:
    if shown.state[before] != looks.state[now]:
        return True
    ratio, low, high = looks.ratio[now], shown.ratio_low[before], shown.ratio_high[before]
    if ratio is None or low is None or high is None:
        return ratio != shown.ratio[before]
    return not low <= ratio <= high


def _runs(changed: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Pairs of neighbouring looks together."""
    run: list[tuple[int, int]] = []
    for pair in changed:
        if run and pair[1] != run[-1][1] + 1:
            yield run
            run = []
        run.append(pair)
    if run:
        yield run


def _mark(shown: Looks, looks: Looks, run: Sequence[tuple[int, int]]) -> Mark:
    """At the first look of a run; it tells of the last, which people remember."""
    before, now = run[-1]
    what = "restated" if len(run) == 1 else f"restated, {plural(len(run), 'look')} to {clock_words(looks.as_of[now])}"
    return Mark(at=looks.as_of[run[0][1]], kind=RESTATED, words=f"{what}: now {_told(looks, now)}; was shown as {_told(shown, before)}")


def _told(looks: Looks, index: int) -> str:
    return f"{state_name(State(looks.state[index]))}, {ratio_words(looks.ratio[index])}"
