"""What an expectation's outcome means for publishing."""

from jobs.declarations.states import FAILED, Outcome, Severity


def is_blocking(severity: Severity, outcome: Outcome) -> bool:
    """Whether the outcome stops publishing."""
    return severity is Severity.CRITICAL and outcome in FAILED
