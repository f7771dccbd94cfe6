"""What must hold of release_totals, and whether the releases that ought to be there are."""

from expectations.checks.audited_run import AuditedRun, Calendar, StagedTable, Unread
from expectations.checks.checks import Batch, Check, NotRun, TableSuite
from expectations.checks.gate_policy import POLICY, GatePolicy
from expectations.checks.rules import Between
from expectations.checks.staged_rows import FigureRows
from expectations.suites.window_suites import window_suite
from jobs.declarations.dimensions import CHANNELS
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import RELEASE_TOTALS

_CALENDAR_WORDS = "the newest version of the release calendar has been seen"


def release_totals_suite(staged: StagedTable, run: AuditedRun, policy: GatePolicy = POLICY) -> TableSuite:
    """The suite for one window's staged rows."""
    seen = {(row["channel"], row["release_version"]) for row in staged.rows.query("SELECT DISTINCT channel, release_version FROM staged")}
    return window_suite(staged, run, figures=(_newest_releases(seen, run, policy),))


def _newest_releases(seen: set[tuple[str, str]], run: AuditedRun, policy: GatePolicy) -> Batch | NotRun:
    """For each channel with pings in the window, its newest version that had been out for a day."""
    if isinstance(run.calendar, Unread):
        return NotRun(_CALENDAR_WORDS, Severity.WARNING, Outcome.ERROR, run.calendar.reason)
    if run.calendar is None:
        return NotRun(_CALENDAR_WORDS, Severity.WARNING, Outcome.NOT_APPLICABLE, "RELEASE_CALENDAR names no release calendar")
    released = {key: at for key, at in run.calendar.items() if at <= run.window.start - policy.calendar_grace}
    newest = _newest_by_channel(released)
    figures = [
        {
            "seen": int(_is_seen(channel, version, seen)),
            "observed": f"{channel} {version} of {released[channel, version]:%Y-%m-%d}: no ping",
        }
        for channel, version in newest.items()
        if any(channel == other for other, _ in seen)
    ]
    unknown = sorted({channel for channel, _ in run.calendar} - set(CHANNELS))
    figures += [
        {"seen": 0, "observed": f"{channel!r} in the calendar is none of the channels {', '.join(CHANNELS)}"} for channel in unknown
    ]
    if not figures:
        return NotRun(
            _CALENDAR_WORDS, Severity.WARNING, Outcome.NOT_APPLICABLE, "the calendar has no older release of the window's channels"
        )
    check = Check(
        words=_CALENDAR_WORDS,
        severity=Severity.WARNING,
        rule=Between("seen", least=1),
        columns=("channel", "release_version"),
        meaning="The release was called off, its clients send nothing, or its version or channel is written otherwise in the calendar.",
    )
    return Batch(RELEASE_TOTALS.name, FigureRows(figures), (check,), subject=("observed",))


def _newest_by_channel(calendar: Calendar) -> dict[str, str]:
    newest: dict[str, str] = {}
    for (channel, version), at in calendar.items():
        if channel not in newest or at > calendar[channel, newest[channel]]:
            newest[channel] = version
    return newest


def _is_seen(channel: str, version: str, seen: set[tuple[str, str]]) -> bool:
    """A release of a rolling channel is its version and the Monday of its builds."""
    return any(channel == other and (found == version or found.startswith(f"{version} ")) for other, found in seen)
