"""What must hold of experiment_health before anybody is told that a branch is to blame."""

from datetime import timedelta

from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite, suite_of
from expectations.checks.declared_checks import declared_checks
from expectations.checks.rules import Between, OneOf
from expectations.checks.severities import Severity
from jobs.declarations.windows import HOUR
from jobs.tables.staged.staging_manifest import Looks

_ROUNDING = 1e-9


def experiment_health_suite(staged: StagedTable, looks: Looks) -> TableSuite:
    """The suite for the rows of the looks with `after` < as_of <= `until`."""
    first = looks.after + HOUR
    last = max(looks.until, first) + timedelta(microseconds=1)  # a run may have had no look to make
    checks = (
        *declared_checks(staged.table, (first, last)),
        _at_most("ratio_low above ratio", "ratio_low - ratio", "ratio_low <= ratio", ("ratio_low", "ratio")),
        _at_most("ratio above ratio_high", "ratio - ratio_high", "ratio <= ratio_high", ("ratio", "ratio_high")),
        _at_most(
            "odds missing to guilty", "CASE WHEN state = 'guilty' THEN alarm_at - evidence END", "guilty only on odds enough", ("evidence",)
        ),
        _at_most(
            "seconds from as_of to guilty_since", "epoch(guilty_since) - epoch(as_of)", "guilty_since <= as_of", ("guilty_since", "as_of")
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
        meaning="The comparison of branches contradicts itself; blame nobody before that is understood.",
        computed={name: computed},
        shown_as=f"{name}: {{}}",
    )
