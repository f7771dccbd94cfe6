"""A check is a rule with its severity and its words; a batch is what some checks are run on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from expectations.checks.rules import OneOf, Rule, broken_rows, quoted
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import Table

if TYPE_CHECKING:
    import pandas as pd

_MOST_VALUES_IN_A_COMMAND = 20


class StagedRows(Protocol):
    """Rows of one table, or figures about them."""

    @property
    def is_small(self) -> bool:
        """Whether all rows fit into a frame."""

    def frame(self, sql: str) -> "pd.DataFrame":
        """The rows of a query of the relation `staged`, as Great Expectations reads them."""

    def query(self, sql: str) -> list[dict[str, Any]]:
        """A few rows of a query of the relation `staged`."""


@dataclass(frozen=True)
class Check:
    """`words` name column and bound and are unique within the table. `columns` are the declared columns that it speaks of.

    `meaning` is for whoever finds it failed: what that means and what to do. `computed` has the SQL of columns that the rule reads and the
    rows don't have, by name; `shown_as` puts an offending value of one into words.
    """

    words: str
    severity: Severity
    rule: Rule
    columns: tuple[str, ...]
    meaning: str
    computed: Mapping[str, str] = field(default_factory=dict)
    shown_as: str = "{}"

    @property
    def broken_rows(self) -> str | None:
        """A query for the rows of a relation `staged` that break it; None if the query would be too long for a command."""
        if isinstance(self.rule, OneOf) and len(self.rule.allowed) > _MOST_VALUES_IN_A_COMMAND:
            return None
        return broken_rows(self.rule, with_computed("staged", self.computed))


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

    `subject` names the columns that say which row of the figures broke a check; staged rows are counted instead.
    """

    table_name: str
    rows: StagedRows
    checks: tuple[Check, ...]
    subject: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The rows with all computed columns, in SQL."""
        return with_computed("staged", {name: sql for check in self.checks for name, sql in check.computed.items()})


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


def with_computed(relation: str, computed: Mapping[str, str]) -> str:
    """The relation with more columns, an SQL expression by name."""
    if not computed:
        return relation
    columns = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in computed.items())
    return f"(SELECT *, {columns} FROM {relation})"  # noqa: S608
