"""Which rows of a table lie in given hours, as pyiceberg asks for them."""

from collections.abc import Iterable
from datetime import datetime

from pyiceberg.expressions import And, BooleanExpression, GreaterThanOrEqual, LessThan, Or

from jobs.declarations.windows import hour_ranges


def hours_filter(time_column: str, hours: Iterable[datetime]) -> BooleanExpression:
    """Rows whose time lies in one of the hours, as few ranges as possible. There must be one."""
    terms = [
        And(GreaterThanOrEqual(time_column, start.isoformat()), LessThan(time_column, end.isoformat())) for start, end in hour_ranges(hours)
    ]
    return terms[0] if len(terms) == 1 else Or(*terms)
