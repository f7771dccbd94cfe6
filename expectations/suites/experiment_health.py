"""What must hold of experiment_health before anybody is told that a branch is to blame."""

from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite, suite_of
from expectations.checks.declared_checks import declared_checks
from expectations.suites.look_suites import at_most_zero, look_times, sequence_check
from jobs.tables.staged.staging_manifest import Looks

_MEANING = "The comparison of branches contradicts itself; blame nobody before that is understood."


def experiment_health_suite(staged: StagedTable, looks: Looks) -> TableSuite:
    """The suite for the rows of the looks with `after` < as_of <= `until`."""
    checks = (
        *declared_checks(staged.table, look_times(looks)),
        _at_most("ratio_low above ratio", "ratio_low - ratio", "ratio_low <= ratio", ("ratio_low", "ratio")),
        _at_most("ratio above ratio_high", "ratio - ratio_high", "ratio <= ratio_high", ("ratio", "ratio_high")),
        _at_most(
            "odds missing to guilty", "CASE WHEN state = 'guilty' THEN alarm_at - evidence END", "guilty only on odds enough", ("evidence",)
        ),
        _at_most(
            "seconds from as_of to guilty_since", "epoch(guilty_since) - epoch(as_of)", "guilty_since <= as_of", ("guilty_since", "as_of")
        ),
        sequence_check(looks),
    )
    return suite_of(staged.table, Batch(table_name=staged.table.name, rows=staged.rows, checks=checks))


def _at_most(name: str, computed: str, words: str, columns: tuple[str, ...]) -> Check:
    return at_most_zero(name, computed, words, columns, _MEANING)
