"""What must hold of build_health before anybody is told with which build a regression began."""

from datetime import timedelta

from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite, suite_of
from expectations.checks.declared_checks import declared_checks
from expectations.checks.rules import Between, OneOf
from expectations.checks.severities import Severity
from jobs.declarations.measures import SCORED_MEASURES
from jobs.declarations.policies import POLICY
from jobs.declarations.windows import HOUR
from jobs.tables.staged.staging_manifest import Looks

_ROUNDING = 1e-9
_MEANING = "The search for the first bad build contradicts itself; name no build before that is understood."


def build_health_suite(staged: StagedTable, looks: Looks) -> TableSuite:
    """The suite for the rows of the looks with `after` < as_of <= `until`."""
    first = looks.after + HOUR
    last = max(looks.until, first) + timedelta(microseconds=1)  # a run may have had no look to make
    least = POLICY.builds.min_p_change
    checks = (
        *declared_checks(staged.table, (first, last)),
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
        Check(
            words=f"audit_sequence is {looks.audit_sequence}, that of the run",
            severity=Severity.CRITICAL,
            rule=OneOf("audit_sequence", (looks.audit_sequence,)),
            columns=("audit_sequence",),
            meaning="Publishing keeps looks of a later sequence; a wrong one would let old looks replace new ones.",
        ),
    )
    return suite_of(staged.table, Batch(table_name=staged.table.name, rows=staged.rows, checks=checks))


def _at_most(name: str, computed: str, words: str, columns: tuple[str, ...]) -> Check:
    """The computed column is at most 0."""
    return Check(
        words=words,
        severity=Severity.CRITICAL,
        rule=Between(name, greatest=_ROUNDING),
        columns=columns,
        meaning=_MEANING,
        computed={name: computed},
        shown_as=f"{name}: {{}}",
    )
