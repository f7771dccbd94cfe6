"""What must hold of build_health before anybody is told with which build a regression began."""

from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite, suite_of
from expectations.checks.declared_checks import declared_checks
from expectations.checks.rules import OneOf
from expectations.suites.look_suites import at_most_zero, look_times, sequence_check
from jobs.declarations.measures import SCORED_MEASURES
from jobs.declarations.policies import POLICY
from jobs.declarations.states import Severity
from jobs.tables.staged.staging_manifest import Looks

_MEANING = "The search for the first bad build contradicts itself; name no build before that is understood."


def build_health_suite(staged: StagedTable, looks: Looks) -> TableSuite:
    """The suite for the rows of the looks with `after` < as_of <= `until`."""
    least = POLICY.builds.min_p_change
    checks = (
        *declared_checks(staged.table, look_times(looks)),
        Check(
            words="measure is a scored one",
            severity=Severity.CRITICAL,
            rule=OneOf("measure", tuple(measure.name for measure in SCORED_MEASURES)),
            columns=("measure",),
            meaning="The digest has no words for another one.",
        ),
        _at_most("p_first_bad above p_change", "p_first_bad - p_change", "p_first_bad <= p_change", ("p_first_bad", "p_change")),
        _at_most(
            "chance missing to a suspect",
            f"CASE WHEN is_suspect THEN {least} - p_change END",
            f"suspects only where p_change is at least {least}",
            ("p_change",),
        ),
        sequence_check(looks),
    )
    return suite_of(staged.table, Batch(table_name=staged.table.name, rows=staged.rows, checks=checks))


def _at_most(name: str, computed: str, words: str, columns: tuple[str, ...]) -> Check:
    return at_most_zero(name, computed, words, columns, _MEANING)
