"""What an expectation's outcome means for publishing."""

from enum import StrEnum


class Severity(StrEnum):
    CRITICAL = "critical"
    """Stops publishing: readers keep the last good version."""
    WARNING = "warning"
    """Published all the same, and printed next to the health figures."""


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    ERROR = "error"
    """Could not be run: nobody knows, so it is not a pass."""
    NOT_APPLICABLE = "not_applicable"
    """There is nothing to compare with yet; the message says what is missing."""


def is_blocking(severity: Severity, outcome: Outcome) -> bool:
    """Whether the outcome stops publishing."""
    return severity is Severity.CRITICAL and outcome in (Outcome.FAIL, Outcome.ERROR)
