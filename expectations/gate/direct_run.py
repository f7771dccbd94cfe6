"""Counts by one SQL query how many rows of a batch break each of its rules. An hour takes milliseconds, a day of millions of rows seconds."""

from collections.abc import Mapping
from typing import Any

from expectations.checks.checks import Batch, Check
from expectations.checks.rules import broken_rows, count_of_broken
from expectations.gate.gate_results import LONGEST_OBSERVED, CheckResult
from jobs.declarations.states import Outcome

SHOWN_VALUES = 3


def run_directly(batch: Batch) -> tuple[CheckResult, ...]:
    """The result of each check, in the batch's order. Raises whatever DuckDB raises, such as for a column that is not there."""
    counts = ", ".join(f"{count_of_broken(check.rule, 'checked')} AS c{number}" for number, check in enumerate(batch.checks))
    [broken] = batch.rows.query(f"WITH checked AS (SELECT * FROM {batch.relation}) SELECT count(*) AS rows, {counts} FROM checked")  # noqa: S608
    return tuple(_result(batch, check, int(broken[f"c{number}"])) for number, check in enumerate(batch.checks))


def _result(batch: Batch, check: Check, unexpected_rows: int) -> CheckResult:
    if not unexpected_rows:
        return CheckResult(batch.table_name, check.words, check.severity, Outcome.PASS)
    shown = batch.rows.query(f"{broken_rows(check.rule, batch.relation)} LIMIT {SHOWN_VALUES}")
    return failed(batch, check, shown, unexpected_rows)


def failed(batch: Batch, check: Check, shown: list[dict[str, Any]], unexpected_rows: int) -> CheckResult:
    """The result of a check that some rows break, of which the first are shown."""
    words = [_in_subject(row, check, batch.subject) for row in shown] if batch.subject else _values(shown, check)
    return CheckResult(
        batch.table_name,
        check.words,
        check.severity,
        Outcome.FAIL,
        observed=("; " if batch.subject else ", ").join(words)[:LONGEST_OBSERVED] or "no value",
        unexpected_rows=unexpected_rows,
        message=check.meaning,
        broken_rows=None if batch.subject else check.broken_rows,
    )


def _in_subject(row: Mapping[str, Any], check: Check, subject: tuple[str, ...]) -> str:
    if subject == ("observed",):
        return str(row["observed"])
    return ", ".join(f"{name} {row[name]}" for name in dict.fromkeys((*subject, *check.rule.columns)))


def _values(rows: list[dict[str, Any]], check: Check) -> list[str]:
    values = (tuple(row[name] for name in check.rule.columns) for row in rows)
    return [check.shown_as.format(words) for words in dict.fromkeys(_in_words(value) for value in values)]


def _in_words(values: tuple[Any, ...]) -> str:
    words = [f"{value:.6g}" if isinstance(value, float) else str(value) for value in values]
    return words[0] if len(words) == 1 else f"({', '.join(words)})"
