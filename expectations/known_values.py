"""Whether a dimension has values that were never published before."""

import great_expectations.expectations as gxe

from expectations.audited_run import History, Unread
from expectations.checks import Check, NotRun
from expectations.severities import Outcome, Severity

_FEW = 20


def known_value_check(column: str, history: History | Unread) -> Check | NotRun:
    """The column's values are among those of the week before."""
    words = f"{column} has no value that was not there before"
    if isinstance(history, Unread):
        return NotRun(words, Severity.WARNING, Outcome.ERROR, history.reason)
    known = sorted(history.known_values.get(column, ()))
    if not known:
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, "nothing has been published in the week before the window")
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in known[:_FEW])
    return Check(
        words=words,
        severity=Severity.WARNING,
        expectation=gxe.ExpectColumnValuesToBeInSet(column=column, value_set=known),
        columns=(column,),
        meaning=f"Clients send a new {column}: a new platform, or broken clients. It is published as it came.",
        broken_rows=f"WHERE {column} NOT IN ({listed})" if len(known) <= _FEW else None,
    )
