"""A check is one expectation of Great Expectations with its severity and its words; a batch is what some checks are run on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
from great_expectations.expectations.expectation import Expectation

from expectations.severities import Outcome, Severity
from jobs.table_declarations import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class StagedRows(Protocol):
    """Rows of one table, in memory or in Spark."""

    def frame(self, computed: Mapping[str, str]) -> "pd.DataFrame | DataFrame":
        """The rows with computed columns: an SQL expression by name."""

    def query(self, sql: str) -> list[dict[str, Any]]:
        """A few rows by SQL that says `{rows}` where the table's name belongs."""


@dataclass(frozen=True)
class Check:
    """`words` name column and bound and are unique within the table. `columns` are the declared columns that it speaks of.

    `meaning` is for whoever finds it failed: what that means and what to do. `broken_rows` is the SQL after `FROM rows` that finds the
    staged rows that break it; `shown_as` puts an offending value of a computed column into words.
    """

    words: str
    severity: Severity
    expectation: Expectation
    columns: tuple[str, ...]
    meaning: str
    broken_rows: str | None = None
    shown_as: str = "{}"

    def in_great_expectations(self) -> Expectation:
        """The expectation as its Data Docs page shows it: in our words, with our severity."""
        return self.expectation.copy(update={"description": self.words, "severity": self.severity.value})


@dataclass(frozen=True)
class NotRun:
    """A check for which there is nothing to run on: not applicable yet, or an error if what it needs could not be read."""

    words: str
    severity: Severity
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Batch:
    """Rows of one table, or figures about them, with the checks that they must pass in one validation.

    `computed` adds columns to staged rows: an SQL expression by name. `subject` names the columns that say which row of the figures broke
    a check; staged rows are counted instead.
    """

    table_name: str
    rows: StagedRows | pd.DataFrame
    checks: tuple[Check, ...]
    computed: Mapping[str, str] = field(default_factory=dict)
    subject: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSuite:
    """All that is expected of one table."""

    table_name: str
    batches: tuple[Batch, ...]
    not_run: tuple[NotRun, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """All that can be run."""
        return tuple(check for batch in self.batches for check in batch.checks)


def suite_of(table: Table, *batches: Batch | NotRun) -> TableSuite:
    """The suite of these batches, and of those that have nothing to run on."""
    return TableSuite(
        table.name,
        tuple(batch for batch in batches if isinstance(batch, Batch)),
        tuple(batch for batch in batches if isinstance(batch, NotRun)),
    )
