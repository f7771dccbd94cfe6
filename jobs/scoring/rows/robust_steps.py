"""What did not count in full, told beside a verdict's arithmetic: past releases taken for bad ones, events of one group in all versions,
and crashes of a few clients."""

import numpy as np

from jobs.declarations.policies import VerdictPolicy
from jobs.declarations.states import Scope
from jobs.scoring.looks.cell_looks import CellLooks
from jobs.scoring.method.release_history import ReleaseHistory
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import percent_words, ratio_words

_TOLD_LOG_STEP = float(np.log(1.05))  # less is what any healthy past has
_TOLD_SHARE = 0.01


def pulled_releases(history: ReleaseHistory) -> list[str]:
    """Past releases whose level counts as nearer to the others' than it was, newest first."""
    usual = history.level.mean
    return [
        f"   {as_label(version)} had {ratio_words(float(np.exp(own - usual)))} the usual and counts as {ratio_words(float(np.exp(counted - usual)))}: "
        + ("it may have been bad." if own > counted else "hardly any release is so much better.")
        for version, own, counted in zip(history.versions, history.past.levels, history.level.levels, strict=True)
        if abs(own - counted) > _TOLD_LOG_STEP
    ]


def crashes_of_few_clients(looks: CellLooks, scope: Scope, look: int) -> list[str]:
    """What a few clients had beyond the usual: off the whole, and off each group, whose clients they may be."""
    share = looks.share_of_few[look]
    if share < _TOLD_SHARE:
        return []
    whose = ", all of which is taken off this group, for they may be its own" if scope is Scope.STRATUM else ""
    return [f"   {percent_words(float(share))} of all crashes are a few clients' that crash over and over, and not in O{whose}."]


def group_events(looks: CellLooks, groups: tuple[str, ...], look: int, verdict: VerdictPolicy) -> list[str]:
    """Groups of users that something hits in all versions at this hour: the version before has it there, too."""
    return [
        f"   {as_label(group, 60)}: times {ratio_words(float(factor))} at this hour, for the release before has as much more there than elsewhere."
        for group, factor in zip(groups, looks.stratum_environment.factors[:, look], strict=False)
        if factor > verdict.environment_note_factor
    ]
