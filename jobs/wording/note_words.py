"""Notes of release_health as sentences, for the digest and for `explain`."""

from jobs.verdicts.health_notes import Note, NoteCode
from jobs.wording.shown_numbers import count_words, percent_words, plural

_WORDS = {
    NoteCode.NO_BASELINE: "there is no release to compare with",
    NoteCode.NO_EVENT: "no event in this release or those before: left out of the verdict",
    NoteCode.ENVIRONMENT: "the previous version worsened too",
    NoteCode.INCOMPLETE_HOURS: "hours since the release are not complete: they are not counted as zeros",
    NoteCode.SILENT_MEASURE: "no ping of this version has carried the measure",
    NoteCode.FEW_USAGE_HOURS: "far fewer usage hours of all versions than usual arrived",
    NoteCode.MANY_USAGE_HOURS: "far more usage hours of all versions than usual arrived",
    NoteCode.FEW_CRASH_PINGS: "far fewer crash pings of all versions than usual arrived",
    NoteCode.FEW_CRASH_REPORTS: "fewer than half as many crashes were reported as of any earlier release: see whether its crash reports arrive",
    NoteCode.LOST_UPDATES: "far fewer updates were counted than its usage implies: what its usage implies was taken instead",
    NoteCode.CLIENTS_NOT_COUNTED: "how many clients crash is not known here: a few that crash over and over would look the same",
    NoteCode.FALLEN_USAGE: "usage hours of the release fell away while its crashes did not",
    NoteCode.CHANGED_DELAYS: "usage hours come at another time after use than they did: delays have changed",
}
_PROXY_WORDS = {"channel_before": "this version on the channel before", "version_before": "the version in use before"}


def note_words(note: Note) -> str:
    """What a note says, without full stop. Prose that was stored by others is the caller's to make harmless."""
    given = note.parameters
    match note.code:
        case NoteCode.THIN_BASELINE:
            return f"only {plural(int(given.get('releases', 0)), 'earlier release')} to compare with"
        case NoteCode.PROXY:
            return f"no release of this channel to compare with: compared with {proxy_words(note)}"
        case NoteCode.HOLDBACK:
            return f"users drawn at random: {holdback_words(note)}"
        case NoteCode.UNSEEN_USERS:
            return f"{percent_words(given.get('share'))} of the usage hours are of users that no earlier release had, and are not counted"
        case NoteCode.FEW_CLIENTS:
            return f"{percent_words(given.get('share'))} of the crashes are of a few clients that crash over and over, and are not counted"
        case NoteCode.LISTED:
            return f"on the list of this hour's regressions, of which at most {percent_words(given.get('discovery_rate'))} are false"
        case NoteCode.DECIDED_BY:
            return f"decided by {given.get('measure')} on {given.get('platform')}"
        case NoteCode.PROSE:
            return str(given.get("text", ""))
        case _:
            return _WORDS[note.code]


def proxy_words(note: Note) -> str:
    """What a release is compared with where its channel has none: `this version on the channel before`."""
    return _PROXY_WORDS.get(str(note.parameters.get("instead_of_baselines")), "something else")


def holdback_words(note: Note) -> str:
    """`evidence 150 : 1 for a regression (alarm at 100 : 1)`."""
    evidence, alarm_at = note.parameters.get("evidence"), note.parameters.get("alarm_at")
    return f"evidence {count_words(evidence)} : 1 for a regression (alarm at {count_words(alarm_at)} : 1)"
