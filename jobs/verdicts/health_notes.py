"""Notes of release_health: a code and its parameters, as stored. Their words are made where they are shown (`jobs/wording/note_words.py`).

Stored as `thin_baseline {"releases": 1}`: the code, then the parameters as JSON where there are any. Rows of before 2026-11-25 hold prose,
which is read as the note that it told of.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class NoteCode(StrEnum):
    """What a note says."""

    DECIDED_BY = "decided_by"
    """The cell whose figures the verdict's row carries: scope, platform, stratum, measure."""
    NO_BASELINE = "no_baseline"
    THIN_BASELINE = "thin_baseline"
    """releases: how many there are to compare with."""
    PROXY = "proxy"
    """instead_of_baselines: channel_before or version_before."""
    ENVIRONMENT = "environment"
    """The previous version worsened too."""
    HOLDBACK = "holdback"
    """evidence and alarm_at, as odds to one."""
    UNSEEN_USERS = "unseen_users"
    """share of the usage hours that no baseline has users like, which are not counted."""
    LISTED = "listed"
    """On the list of the hour's regressions, of which at most discovery_rate are false."""
    INCOMPLETE_HOURS = "incomplete_hours"
    NO_EVENT = "no_event"
    """Neither the release nor those before it ever had one: left out of the verdict."""
    SILENT_MEASURE = "silent_measure"
    FEW_USAGE_HOURS = "few_usage_hours"
    MANY_USAGE_HOURS = "many_usage_hours"
    FEW_CRASH_PINGS = "few_crash_pings"
    FEW_CRASH_REPORTS = "few_crash_reports"
    """Of this version, less than half of what any past release had."""
    LOST_UPDATES = "lost_updates"
    """Far fewer updates were counted than its usage implies: what it implies stands in for them."""
    FEW_CLIENTS = "few_clients"
    """share of the crashes that a few clients had beyond the usual, which are not counted."""
    CLIENTS_NOT_COUNTED = "clients_not_counted"
    """Of an alarm: nobody knows how many clients crash, of the release or of its past, and counts alone don't tell a few that crash over and over."""
    FALLEN_USAGE = "fallen_usage"
    CHANGED_DELAYS = "changed_delays"
    PROSE = "prose"
    """text: a note of which no code is known."""


@dataclass(frozen=True)
class Note:
    """A note: its code and the parameters that the code names."""

    code: NoteCode
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def stored(self) -> str:
        """As the column holds it."""
        return f"{self.code} {json.dumps(self.parameters, ensure_ascii=False)}" if self.parameters else str(self.code)


_PROSE: tuple[tuple[str, NoteCode], ...] = (
    (r"decided by (?P<measure>.+) on (?P<platform>.+)", NoteCode.DECIDED_BY),
    (r"no release to compare with", NoteCode.NO_BASELINE),
    (r"no event in this release or those before: left out of the verdict", NoteCode.NO_EVENT),
    (r"thin baseline: (?P<releases>\d+) release\(s\)", NoteCode.THIN_BASELINE),
    (r"environment: the previous version worsened too", NoteCode.ENVIRONMENT),
    (r"random holdback: evidence (?P<evidence>\S+) : 1 for a regression \(alarm at (?P<alarm_at>\S+) : 1\)", NoteCode.HOLDBACK),
    (r"(?P<share>\d+)% of the usage hours are of users without baseline and not counted", NoteCode.UNSEEN_USERS),
    (r"on the list of this hour's regressions, of which at most (?P<discovery_rate>\d+)% are false", NoteCode.LISTED),
    (r"hours since the release are not complete: they are not counted as zeros", NoteCode.INCOMPLETE_HOURS),
    (r"no ping of this version has carried the measure", NoteCode.SILENT_MEASURE),
    (r"far fewer usage hours of all versions than usual arrived", NoteCode.FEW_USAGE_HOURS),
    (r"far more usage hours of all versions than usual arrived", NoteCode.MANY_USAGE_HOURS),
    (r"far fewer crash pings of all versions than usual arrived", NoteCode.FEW_CRASH_PINGS),
    (r"usage hours of the release fell away while its crashes did not", NoteCode.FALLEN_USAGE),
    (r"usage hours come at another time after use than they did: delays have changed", NoteCode.CHANGED_DELAYS),
)
_PROSE_PROXY = "no release of this channel to compare with: compared with "
_NUMBERS = ("releases", "evidence", "alarm_at")
_PERCENT = ("share", "discovery_rate")


def parse_note(stored: str) -> Note:
    """The note that is stored so; whatever is neither a code nor prose that was once written is kept as it is."""
    code, _, parameters = stored.partition(" ")
    if code in NoteCode.__members__.values():
        try:
            return Note(NoteCode(code), json.loads(parameters) if parameters else {})
        except ValueError:
            return Note(NoteCode.PROSE, {"text": stored})
    if stored.startswith(_PROSE_PROXY):
        return Note(
            NoteCode.PROXY, {"instead_of_baselines": "channel_before" if "channel" in stored[len(_PROSE_PROXY) :] else "version_before"}
        )
    for pattern, known in _PROSE:
        match = re.fullmatch(pattern, stored)
        if match is not None:
            return Note(known, {name: _as_number(name, text) for name, text in match.groupdict().items()})
    return Note(NoteCode.PROSE, {"text": stored})


def _as_number(name: str, text: str) -> Any:
    return float(text) if name in _NUMBERS else float(text) / 100 if name in _PERCENT else text


def note_with(notes: Iterable[Note], code: NoteCode) -> Note | None:
    """The note with that code, if there is one."""
    return next((note for note in notes if note.code is code), None)
