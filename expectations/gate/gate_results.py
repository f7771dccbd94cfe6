"""What came of each check."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.declarations.states import FAILED, Outcome, Severity

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

LONGEST_OBSERVED = 300


@dataclass(frozen=True)
class CheckResult:
    """`observed` shows offending values, `unexpected_rows` counts the rows that hold them. `broken_rows` is SQL that finds them in a
    relation `staged`; None for what is not about staged rows, or could not be run.
    """

    table_name: str
    words: str
    severity: Severity
    outcome: Outcome
    observed: str | None = None
    unexpected_rows: int | None = None
    message: str | None = None
    broken_rows: str | None = None

    @property
    def is_blocking(self) -> bool:
        """Whether it stops publishing."""
        return self.severity is Severity.CRITICAL and self.outcome in FAILED


@dataclass(frozen=True)
class TableResult:
    """The results of one table's checks, and what Great Expectations made of each batch where it was asked."""

    table_name: str
    results: tuple[CheckResult, ...]
    validations: "tuple[ExpectationSuiteValidationResult, ...]" = ()


def error_text(error: Exception) -> str:
    """Why something could not be checked: the first line of what was raised."""
    text = str(error).strip()
    return f"could not be run: {type(error).__name__}: {text.splitlines()[0][:LONGEST_OBSERVED] if text else 'no message'}"
