"""Whether a dimension has values that were never published before."""

from expectations.checks.audited_run import History, Unread
from expectations.checks.checks import Check, NotRun
from expectations.checks.rules import OneOf
from jobs.declarations.states import Outcome, Severity


def known_value_check(column: str, history: History | Unread) -> Check | NotRun:
    """The column's values are among those of the week before."""
    words = f"{column} has no value that was not there before"
    if isinstance(history, Unread):
        return NotRun(words, Severity.WARNING, Outcome.ERROR, history.reason)
    known = sorted(history.known_values.get(column, ()))
    if not known:
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, "nothing has been published in the week before the window")
    return Check(
        words=words,
        severity=Severity.WARNING,
        rule=OneOf(column, tuple(known)),
        columns=(column,),
        meaning=f"Clients send a new {column}: a new platform, or broken clients. It is published as it came.",
    )
