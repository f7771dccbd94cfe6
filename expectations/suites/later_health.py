"""What must hold of later_health before anybody is told that a release is worse after its first week."""

from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite, suite_of
from expectations.checks.declared_checks import declared_checks
from expectations.suites.look_suites import at_most_zero, look_times, sequence_check
from jobs.declarations.policies import HORIZON_HOURS
from jobs.tables.staged.staging_manifest import Looks

_MEANING = "The watch of later weeks contradicts itself; tell nobody before that is understood."


def later_health_suite(staged: StagedTable, looks: Looks) -> TableSuite:
    """The suite for the rows of the looks with `after` < as_of <= `until`."""
    checks = (
        *declared_checks(staged.table, look_times(looks)),
        _at_most("ratio_low above ratio", "ratio_low - ratio", "ratio_low <= ratio", ("ratio_low", "ratio")),
        _at_most("ratio above ratio_high", "ratio - ratio_high", "ratio <= ratio_high", ("ratio", "ratio_high")),
        _at_most("hours missing to a week", f"{HORIZON_HOURS} - age_hours", "nothing is worse in its first week", ("age_hours",)),
        _at_most(
            "worse without its reasons",
            "CASE WHEN (state = 'worse') <> (worse_since IS NOT NULL) OR (state <> 'not_judged') <> (ratio IS NOT NULL) THEN 1 END",
            "worse only with worse_since and figures",
            ("state", "worse_since", "ratio"),
        ),
        _at_most(
            "seconds from as_of to worse_since", "epoch(worse_since) - epoch(as_of)", "worse_since <= as_of", ("worse_since", "as_of")
        ),
        sequence_check(looks),
    )
    return suite_of(staged.table, Batch(table_name=staged.table.name, rows=staged.rows, checks=checks))


def _at_most(name: str, computed: str, words: str, columns: tuple[str, ...]) -> Check:
    return at_most_zero(name, computed, words, columns, _MEANING)
