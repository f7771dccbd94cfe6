"""What every table of looks has in common: the times of its rows, the run's sequence number, and figures that must not contradict each other."""

from datetime import datetime, timedelta

from expectations.checks.checks import Check
from expectations.checks.rules import Between, OneOf
from jobs.declarations.states import Severity
from jobs.declarations.windows import HOUR
from jobs.tables.staged.staging_manifest import Looks

_ROUNDING = 1e-9


def look_times(looks: Looks) -> tuple[datetime, datetime]:
    """First and, exclusive, last as_of of the looks with `after` < as_of <= `until`."""
    first = looks.after + HOUR
    return first, max(looks.until, first) + timedelta(microseconds=1)  # a run may have had no look to make


def sequence_check(looks: Looks) -> Check:
    return Check(
        words=f"audit_sequence is {looks.audit_sequence}, that of the run",
        severity=Severity.CRITICAL,
        rule=OneOf("audit_sequence", (looks.audit_sequence,)),
        columns=("audit_sequence",),
        meaning="Publishing keeps looks of a later sequence; a wrong one would let old looks replace new ones.",
    )


def at_most_zero(name: str, computed: str, words: str, columns: tuple[str, ...], meaning: str) -> Check:
    """The column of that name, computed by the SQL, is at most 0."""
    return Check(
        words=words,
        severity=Severity.CRITICAL,
        rule=Between(name, greatest=_ROUNDING),
        columns=columns,
        meaning=meaning,
        computed={name: computed},
        shown_as=f"{name}: {{}}",
    )
