"""What a check asks of rows, as plain data: from it follow the SQL by which DuckDB counts the rows that break it and the expectation of
Great Expectations. Both let NULL pass wherever a rule does not speak of NULL, and NaN nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_INFINITY = "CAST('Infinity' AS DOUBLE)"


@dataclass(frozen=True)
class _OfOneColumn:
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True)
class Between(_OfOneColumn):
    """least <= column <= greatest; a bound that is None bounds nothing."""

    least: Any = None
    greatest: Any = None

    @property
    def broken(self) -> str:
        """In SQL, NaN lies above every other number, infinity included."""
        column = quoted(self.column)
        above = f" AND {column} >= {literal(self.least)}" if self.least is not None else ""
        return f"NOT ({column} <= {_INFINITY if self.greatest is None else literal(self.greatest)}{above})"


@dataclass(frozen=True)
class OneOf(_OfOneColumn):
    """The column's value is one of those allowed."""

    allowed: tuple[Any, ...]

    @property
    def broken(self) -> str:
        return f"{quoted(self.column)} NOT IN ({', '.join(literal(value) for value in self.allowed)})"


@dataclass(frozen=True)
class NeverNull(_OfOneColumn):
    """Every row has a value."""

    @property
    def broken(self) -> str:
        return f"{quoted(self.column)} IS NULL"


@dataclass(frozen=True)
class NeverEmpty(_OfOneColumn):
    """A text has at least one character."""

    @property
    def broken(self) -> str:
        return f"{quoted(self.column)} = ''"


@dataclass(frozen=True)
class Matches(_OfOneColumn):
    """A text matches the regular expression, which says itself where the text begins and ends."""

    pattern: str

    @property
    def broken(self) -> str:
        return f"NOT regexp_matches({quoted(self.column)}, {literal(self.pattern)})"


@dataclass(frozen=True)
class Equal:
    """Two columns agree; a NULL agrees with nothing."""

    left: str
    right: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.left, self.right)

    @property
    def broken(self) -> str:
        return f"NOT coalesce({quoted(self.left)} = {quoted(self.right)}, false)"


@dataclass(frozen=True)
class NotAbove:
    """One column is at most another; a NULL is at most nothing."""

    part: str
    whole: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.whole, self.part)

    @property
    def broken(self) -> str:
        return f"NOT coalesce({quoted(self.part)} <= {quoted(self.whole)}, false)"


@dataclass(frozen=True)
class OneRowEach:
    """No two rows agree in all of these columns; NULL agrees with NULL."""

    columns: tuple[str, ...]

    @property
    def broken(self) -> str:
        """Of groups, not of rows: what `HAVING` asks."""
        return "count(*) > 1"


Rule = Between | OneOf | NeverNull | NeverEmpty | Matches | Equal | NotAbove | OneRowEach


def broken_rows(rule: Rule, relation: str) -> str:
    """A query for the rows of a relation that break a rule, or for the groups with how many rows they have."""
    if isinstance(rule, OneRowEach):
        columns = _listed(rule.columns)
        return f"SELECT {columns}, count(*) FROM {relation} GROUP BY {columns} HAVING {rule.broken}"  # noqa: S608
    return f"SELECT * FROM {relation} WHERE {rule.broken}"  # noqa: S608


def count_of_broken(rule: Rule, relation: str) -> str:
    """An expression for how many rows of the relation break a rule, beside others in one SELECT of it."""
    if isinstance(rule, OneRowEach):
        groups = f"SELECT count(*) AS rows FROM {relation} GROUP BY {_listed(rule.columns)} HAVING {rule.broken}"  # noqa: S608
        return f"(SELECT coalesce(sum(rows), 0) FROM ({groups}))"  # noqa: S608
    return f"count(*) FILTER (WHERE {rule.broken})"


def quoted(name: str) -> str:
    """A column's name in SQL."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(value: Any) -> str:
    """A value in SQL."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return f"CAST('{value.isoformat()}' AS TIMESTAMPTZ)"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(quoted(column) for column in columns)
