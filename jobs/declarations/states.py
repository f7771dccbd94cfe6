"""The words that columns may hold, each declared once: states of releases and experiments, scopes, advice, what people said, what the gate found."""

from enum import StrEnum


class State(StrEnum):
    """The verdict on a release, or on one of its cells (docs/method.md#states)."""

    NO_BASELINE = "no_baseline"
    DATA_PROBLEM = "data_problem"
    REGRESSED = "regressed"
    TOO_EARLY = "too_early"
    WATCH = "watch"
    IMPROVED = "improved"
    HEALTHY = "healthy"
    INCONCLUSIVE = "inconclusive"


class Scope(StrEnum):
    """What a row of release_health is of."""

    RELEASE = "release"
    """The verdict over all cells."""
    PLATFORM = "platform"
    """Since release, on a platform or on all of them."""
    TRAILING = "trailing"
    """The last 24 hours."""
    STRATUM = "stratum"
    """A group of users, or a platform, against the rest of the release."""


class Action(StrEnum):
    """What is advised of a rollout."""

    GO = "go"
    HOLD = "hold"
    STOP = "stop"


class Reason(StrEnum):
    """Why an action is advised."""

    REGRESSED = "regressed"
    DATA_PROBLEM = "data_problem"
    NO_BASELINE = "no_baseline"
    WATCHED = "watched"
    UNSURE = "unsure"
    """The chance of an unacceptable ratio is above the policy's limit somewhere."""
    WAITING_IS_CHEAPER = "waiting_is_cheaper"
    GOING_IS_CHEAPER = "going_is_cheaper"


class ExperimentState(StrEnum):
    """What is said of a branch."""

    GUILTY = "guilty"
    LISTED = "listed"
    """On the e-BH list of its look."""
    NOT_JUDGED = "not_judged"
    """Its experiment's shares of the usage hours have drifted."""
    QUIET = "quiet"


class LaterState(StrEnum):
    """What is said of a release after its first week."""

    WORSE = "worse"
    """Its last 24 hours are worse than its own three weeks before, beyond what they differ by."""
    NOT_JUDGED = "not_judged"
    """Hours are missing or odd, or its users come or go too fast."""
    QUIET = "quiet"


class ReviewVerdict(StrEnum):
    """What a person said of a release."""

    CONFIRMED = "confirmed"
    """It is a regression."""
    DISMISSED = "dismissed"
    """It was a false alarm."""
    OPEN = "open"
    """Neither: what was said before is taken back."""


class HourStatus(StrEnum):
    """Whether an hour's rows are all in the tables."""

    PUBLISHING = "publishing"
    """In staged rows alone, and in tables that older code left."""
    COMPLETE = "complete"


class Severity(StrEnum):
    """What a failed expectation means for publishing."""

    CRITICAL = "critical"
    """Stops it: readers keep the last good version."""
    WARNING = "warning"
    """Published all the same, and printed next to the health figures."""


class Outcome(StrEnum):
    """What came of an expectation."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    ERROR = "error"
    """Could not be run: nobody knows, so it is not a pass."""
    NOT_APPLICABLE = "not_applicable"
    """There is nothing to compare with yet; the message says what is missing."""


FAILED = (Outcome.FAIL, Outcome.ERROR)
