"""Notes of release_health: what is stored can be read again, and so can the prose of older rows."""

import pytest

from jobs.verdicts.health_notes import Note, NoteCode, parse_note
from jobs.wording.note_words import note_words

EXAMPLES = (
    Note(NoteCode.DECIDED_BY, {"scope": "platform", "platform": "Windows_NT", "stratum": "all", "measure": "main_crashes_capped"}),
    Note(NoteCode.THIN_BASELINE, {"releases": 1}),
    Note(NoteCode.PROXY, {"instead_of_baselines": "version_before"}),
    Note(NoteCode.HOLDBACK, {"evidence": 152.0, "alarm_at": 100}),
    Note(NoteCode.UNSEEN_USERS, {"share": 0.125}),
    Note(NoteCode.LISTED, {"discovery_rate": 0.1}),
    *(Note(code) for code in NoteCode),
)


@pytest.mark.parametrize("note", EXAMPLES, ids=str)
def test_a_note_is_read_as_it_was_stored_and_has_words(note):
    assert parse_note(note.stored) == note
    assert note_words(note) or note.code is NoteCode.PROSE


@pytest.mark.parametrize(
    ("prose", "note"),
    [
        ("thin baseline: 1 release(s)", Note(NoteCode.THIN_BASELINE, {"releases": 1.0})),
        ("environment: the previous version worsened too", Note(NoteCode.ENVIRONMENT)),
        (
            "random holdback: evidence 152 : 1 for a regression (alarm at 100 : 1)",
            Note(NoteCode.HOLDBACK, {"evidence": 152.0, "alarm_at": 100.0}),
        ),
        (
            "no release of this channel to compare with: compared with this version on the channel before",
            Note(NoteCode.PROXY, {"instead_of_baselines": "channel_before"}),
        ),
        (
            "no release of this channel to compare with: compared with the version in use before",
            Note(NoteCode.PROXY, {"instead_of_baselines": "version_before"}),
        ),
        ("12% of the usage hours are of users without baseline and not counted", Note(NoteCode.UNSEEN_USERS, {"share": 0.12})),
        ("far fewer usage hours of all versions than usual arrived", Note(NoteCode.FEW_USAGE_HOURS)),
        ("something that nobody knows any more", Note(NoteCode.PROSE, {"text": "something that nobody knows any more"})),
        ("proxy {broken", Note(NoteCode.PROSE, {"text": "proxy {broken"})),
    ],
)
def test_prose_of_older_rows_is_read_as_the_note_that_it_told_of(prose, note):
    assert parse_note(prose) == note
