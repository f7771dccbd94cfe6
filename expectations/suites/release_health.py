"""What must hold of release_health before a release manager sees it."""

from expectations.checks.audited_run import StagedTable
from expectations.checks.checks import Batch, Check, TableSuite, suite_of
from expectations.checks.declared_checks import declared_checks
from expectations.checks.rules import Between
from expectations.suites.look_suites import at_most_zero, look_times, sequence_check
from jobs.declarations.states import Severity
from jobs.tables.staged.staging_manifest import Looks

_CELLS = "cells of the release"
_RELEASE = "PARTITION BY as_of, channel, release_version"
_COMPUTED = {
    "ratio_low above ratio": "ratio_low - ratio",
    "ratio above ratio_high": "ratio - ratio_high",
    "chance above one": "list_max([chance.probability FOR chance IN state_chances]) - 1",
    "seconds from as_of to since": "epoch(since) - epoch(as_of)",
    "seconds from next_step_at to as_of": "CASE WHEN (next_step_at IS NULL) <> (next_step_share IS NULL) THEN 1 ELSE epoch(as_of) - epoch(next_step_at) END",
    # A release's verdict is one of its cells'; a cell without a verdict belongs to no release.
    _CELLS: f"CASE WHEN scope = 'release' THEN sum(CASE WHEN scope = 'platform' THEN 1 ELSE 0 END) OVER ({_RELEASE}) END",
    "verdicts of the release": f"sum(CASE WHEN scope = 'release' THEN 1 ELSE 0 END) OVER ({_RELEASE})",
    "off by": "abs(crash_free_users - (1 - least(crashed_clients / active_clients, 1)))",
    "bounds of crash_free_users crossed": "greatest(crash_free_users_low - crash_free_users, crash_free_users - crash_free_users_high)",
    "usual crash_free_users crossed": "greatest(usual_crash_free_users_low - usual_crash_free_users, "
    "usual_crash_free_users - usual_crash_free_users_high)",
    "clients of the release beyond the channel's": "active_clients - 1.25 * channel_active_clients",
    "figures missing beside expected_crashes": "CASE WHEN expected_crashes > 0 THEN "
    + " + ".join(
        f"CASE WHEN {name} IS NULL THEN 1 ELSE 0 END"
        for name in ("ratio", "ratio_low", "ratio_high", "p_unacceptable", "p_improved", "score")
    )
    + " END",
}


def release_health_suite(staged: StagedTable, looks: Looks) -> TableSuite:
    """The suite for the rows of the looks with `after` < as_of <= `until`."""
    rows = Batch(
        table_name=staged.table.name,
        rows=staged.rows,
        checks=(*declared_checks(staged.table, look_times(looks)), *_own_checks(), sequence_check(looks)),
    )
    return suite_of(staged.table, rows)


def _own_checks() -> tuple[Check, ...]:
    return (
        _at_most("ratio_low above ratio", "ratio_low <= ratio", ("ratio_low", "ratio")),
        _at_most("ratio above ratio_high", "ratio <= ratio_high", ("ratio", "ratio_high")),
        _at_most("chance above one", "no chance of a state is above one", ("state_chances",)),
        _at_most("seconds from as_of to since", "since <= as_of", ("since", "as_of")),
        _at_most(
            "seconds from next_step_at to as_of",
            "the next step of a rollout has a share and is to come",
            ("next_step_at", "next_step_share"),
        ),
        *_client_checks(),
        _at_most(
            "figures missing beside expected_crashes",
            "a cell with expected crashes has its ratio, interval, probabilities and score",
            ("expected_crashes", "ratio", "ratio_low", "ratio_high", "p_unacceptable", "p_improved", "score"),
        ),
        _counted(_CELLS, "every verdict has its cells"),
        _counted("verdicts of the release", "every cell has its verdict"),
    )


def _client_checks() -> tuple[Check, ...]:
    """Clients come from estimates: those of a release may exceed those of its whole channel by as much as both can be off."""
    free, usual = "crash_free_users", "usual_crash_free_users"
    return (
        _at_most("off by", f"{free} = 1 - crashed_clients / active_clients", (free, "crashed_clients", "active_clients")),
        _at_most("bounds of crash_free_users crossed", f"{free}_low <= {free} <= {free}_high", (free, f"{free}_low", f"{free}_high")),
        _at_most("usual crash_free_users crossed", f"{usual}_low <= {usual} <= {usual}_high", (usual, f"{usual}_low", f"{usual}_high")),
        _at_most(
            "clients of the release beyond the channel's",
            "active_clients are at most the channel's, but for what estimates are off",
            ("active_clients", "channel_active_clients", "adoption_by_people"),
        ),
    )


def _at_most(computed: str, words: str, columns: tuple[str, ...]) -> Check:
    meaning = "The scoring contradicts itself; do not trust its verdicts before that is understood."
    return at_most_zero(computed, _COMPUTED[computed], words, columns, meaning)


def _counted(computed: str, words: str) -> Check:
    """The computed column is at least 1, where it applies."""
    return Check(
        words=words,
        severity=Severity.CRITICAL,
        rule=Between(computed, least=1),
        columns=("scope",),
        meaning="The digest shows a verdict with its cells; one without the other was lost on the way.",
        computed={computed: _COMPUTED[computed]},
        shown_as=f"{computed}: {{}}",
    )
