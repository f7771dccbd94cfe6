"""What must hold of error_aggregates, and what its values say of clients that changed."""

from expectations.checks.audited_run import AuditedRun, StagedTable
from expectations.checks.checks import Check, NotRun, TableSuite
from expectations.checks.gate_policy import POLICY, GatePolicy
from expectations.checks.rules import Matches, OneOf
from expectations.suites.known_values import known_value_check
from expectations.suites.release_figures import release_query, silent_measures, unnamed_releases
from expectations.suites.window_suites import window_suite
from jobs.declarations.dimensions import APPLICATIONS, CHANNELS
from jobs.declarations.states import Severity
from jobs.products.chosen import PRODUCT

_DIMENSIONS_WATCHED = ("os_name", "architecture")


def error_aggregates_suite(staged: StagedTable, run: AuditedRun, policy: GatePolicy = POLICY) -> TableSuite:
    """The suite for one window's staged rows."""
    releases = staged.rows.query(release_query())
    known = [known_value_check(name, run.history) for name in _DIMENSIONS_WATCHED]
    return window_suite(
        staged,
        run,
        own_checks=(*_VALUE_CHECKS, *(check for check in known if isinstance(check, Check))),
        figures=(
            silent_measures(releases, policy),
            *unnamed_releases(releases, policy),
            *(not_run for not_run in known if isinstance(not_run, NotRun)),
        ),
    )


def _values(column: str, allowed: tuple[str, ...]) -> Check:
    return Check(
        words=f"{column} is {' or '.join(filter(None, (', '.join(allowed[:-1]), allowed[-1])))}",
        severity=Severity.CRITICAL,
        rule=OneOf(column, allowed),
        columns=(column,),
        meaning="Pings with another value are to be rejected; the rule that rejects them is broken.",
    )


def _pattern(column: str, words: str, pattern: str, meaning: str) -> Check:
    return Check(
        words=f"{column} is {words}",
        severity=Severity.CRITICAL,
        rule=Matches(column, pattern),
        columns=(column,),
        meaning=meaning,
    )


_BUILD_ID = _pattern("build_id", "14 digits", "^[0-9]{14}$", "A build id is a build time, YYYYMMDDhhmmss; others are to be rejected.")
_VALUE_CHECKS = (
    _values("channel", CHANNELS),
    _values("application", APPLICATIONS),
    *([_BUILD_ID] if any(dimension.name == "build_id" for dimension in PRODUCT.dimensions) else []),
    _pattern("country", "two upper-case letters or ??", r"^(?:[A-Z]{2}|\?\?)$", "Other countries are to be written as ??."),
)
