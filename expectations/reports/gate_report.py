"""What a gate tells people and the table data_quality. Pure: from results to words and rows."""

import json
import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from expectations.checks.declared_checks import SCHEMA_WORDS
from expectations.gate.gate_results import CheckResult, TableResult
from jobs.commands.printed_commands import python_command
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import DATA_QUALITY
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.staged.staging_manifest import Manifest, Stage
from jobs.wording.client_text import as_sentence

if TYPE_CHECKING:
    from jobs.tables.commits.publishing import PublishOutcome

_SHOWN_ROWS = 5  # beside each other, a line for each column
_LONGEST_TOLD = 1000
_SHOWN_FAILURES = 5  # one wrong sum breaks many


@dataclass(frozen=True)
class GateRun:
    """One gate's results for one attempt."""

    manifest: Manifest
    stage: Stage
    checked_at: datetime
    tables: tuple[TableResult, ...]

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """What every output tells of: in one line each, since offending values are what clients sent."""
        return tuple(_in_one_line(result) for table in self.tables for result in table.results)

    @property
    def blocking(self) -> tuple[CheckResult, ...]:
        """What stops publishing."""
        return tuple(result for result in self.results if result.is_blocking)

    @property
    def is_final(self) -> bool:
        """Whether all that blocks is the rows' fault. What could not be checked may be another time, and others may have failed for it;
        not so where the columns are others than declared.
        """
        has_other_columns = any(result.words == SCHEMA_WORDS and result.outcome is Outcome.FAIL for result in self.blocking)
        return has_other_columns or all(result.outcome is Outcome.FAIL for result in self.blocking)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """What does not stop publishing but must be said: failed warnings, and warnings that could not be checked."""
        troubled = (Outcome.FAIL, Outcome.ERROR)
        return tuple(r for r in self.results if r.severity is Severity.WARNING and r.outcome in troubled)

    @property
    def verdict(self) -> str:
        """blocked, warned or passed."""
        if self.blocking:
            return "blocked"
        return "warned" if self.warnings else "passed"


def _in_one_line(result: CheckResult) -> CheckResult:
    observed, message = (as_sentence(text, _LONGEST_TOLD) if text else text for text in (result.observed, result.message))
    return replace(result, observed=observed, message=message)


def quality_rows(run: GateRun) -> pa.Table:
    """Rows of data_quality: every check, whatever came of it."""
    manifest = run.manifest
    rows = [
        {
            "checked_at": run.checked_at,
            "run_key": manifest.run_key,
            "attempt": manifest.attempt,
            "window_start": manifest.window.start,
            "window_end": manifest.window.end,
            "mode": manifest.window.mode.value,
            "table_name": result.table_name,
            "expectation": result.words,
            "severity": result.severity.value,
            "outcome": result.outcome.value,
            "observed": result.observed,
            "unexpected_rows": result.unexpected_rows,
            "message": result.message,
        }
        for result in run.results
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(DATA_QUALITY))


def look_at_rows(result: CheckResult, manifest: Manifest) -> str | None:
    """A command that prints the staged rows behind a failed check; None where there are none to look at."""
    files = manifest.files.get(result.table_name, ())
    if result.outcome not in (Outcome.FAIL, Outcome.ERROR) or not files:
        return None
    folder = files[0].location.rpartition("/")[0]
    query = f"{result.broken_rows or 'SELECT * FROM staged'} LIMIT {_SHOWN_ROWS}"  # noqa: S608
    # Turned on its side: 30 columns fit no screen.
    code = f"import duckdb, pyarrow.dataset as ds; {_opened(folder)}; print(duckdb.sql({json.dumps(query)}).df().T.to_string())"
    return f"{python_command()} -c {shlex.quote(code)}"


def _opened(folder: str) -> str:
    """Code that opens a folder of Parquet files as `staged`; in S3 where this project finds it, from the checkout."""
    if not folder.startswith("s3://"):
        return f"staged = ds.dataset({json.dumps(folder)})"
    find = "from jobs.deployment.object_store import filesystem_of"
    return f"{find}; store, path = filesystem_of({json.dumps(folder)}); staged = ds.dataset(path, filesystem=store)"


def failure_message(run: GateRun, data_docs: str) -> str:
    """Why nothing was published: each blocking result with what was seen, and how to look at it."""
    lines = [f"{run.manifest.window}: nothing was published, readers still see the last good rows."]
    for result in run.blocking[:_SHOWN_FAILURES]:
        said = "could not be checked" if result.outcome is Outcome.ERROR else "failed"
        lines.append(f"{result.table_name}: critical expectation {said}: {result.words}{_seen(result)}. {result.message or ''}".rstrip())
        if command := look_at_rows(result, run.manifest):
            lines.append(f"  the staged rows: {command}")
    if more := run.blocking[_SHOWN_FAILURES:]:
        lines.append(f"and {len(more)} more: see Data Docs")
    lines += [f"Data Docs: {data_docs}", "What to do: docs/runbook.md, section 'A gate failed'."]
    return "\n".join((*lines, counted_outcomes(run)))


def success_line(run: GateRun, outcome: "PublishOutcome") -> str:
    """The last line of a gate that let its rows pass."""
    return f"{counted_outcomes(run)}; {_published(outcome)}"


def counted_outcomes(run: GateRun) -> str:
    """`37 expectations: 35 passed, 1 warning (late objects <= 1%: 4%, 1 of 25), 1 not applicable`."""
    counts = Counter(result.outcome for result in run.results)
    parts = [f"{counts[Outcome.PASS]} passed"]
    if run.blocking:
        parts.append(f"{len(run.blocking)} critical ({'; '.join(f'{r.table_name}: {r.words}' for r in run.blocking)})")
    if run.warnings:
        parts.append(f"{_plural(len(run.warnings), 'warning')} ({'; '.join(_brief(r) for r in run.warnings)})")
    if counts[Outcome.NOT_APPLICABLE]:
        parts.append(f"{counts[Outcome.NOT_APPLICABLE]} not applicable")
    return f"{len(run.results)} expectations: {', '.join(parts)}"


def _published(outcome: "PublishOutcome") -> str:
    owners = "; ".join(f"{hour:%Y-%m-%d %H:%M} belongs to {owner}" for hour, owner in _first(outcome.superseded_hours.items()))
    left = f"{_plural(len(outcome.superseded_hours), 'hour')} left as they are ({owners})" if outcome.superseded_hours else ""
    if not outcome.is_published:
        return f"nothing to publish, {left}" if left else "nothing to publish"
    rows = f"{sum(outcome.rows_by_table.values()):,}".replace(",", " ")
    published = f"published {rows} rows of {_plural(len(outcome.rows_by_table), 'table')}"
    return f"{published}, {left}" if left else published


def _first(owners: Iterable[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    return sorted(owners)[:3]


def _brief(result: CheckResult) -> str:
    return f"{result.words}: {result.observed or 'could not be checked'}"


def _seen(result: CheckResult) -> str:
    rows = f" in {_plural(result.unexpected_rows, 'row')}" if result.unexpected_rows else ""
    return f": {result.observed}{rows}" if result.observed else ""


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
