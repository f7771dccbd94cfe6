"""A scored release as rows of the tables that it is told from. Scoring publishes them, `explain` makes them again: both the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from jobs.decisions.build_rows import build_rows
from jobs.decisions.decision_columns import with_decisions
from jobs.decisions.rollout_plan import RolloutStep
from jobs.declarations.policies import Policy
from jobs.history.lake_history import LakeHistory
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.scoring.looks.channel_scoring import ScoredRelease
from jobs.scoring.rows.calibration_history import score_maps
from jobs.scoring.rows.health_rows import LookRange, health_rows
from jobs.scoring.rows.reach_columns import with_reach

Row = dict[str, Any]


@dataclass(frozen=True)
class ReleaseRows:
    """Rows of release_health and of build_health."""

    health: list[Row]
    builds: list[Row]


def release_rows(
    history: LakeHistory, channel: ChannelRecord, scored: ScoredRelease, looks: LookRange, steps: Sequence[RolloutStep], policy: Policy
) -> ReleaseRows:
    """The rows of those of the release's looks; `steps` are those of its rollout, as far as they are declared."""
    maps = score_maps(channel, scored.release, history.outcomes)
    rows = health_rows(scored, looks, history.audit_sequence, policy, maps)
    builds = build_rows(scored, rows, partial(history.builds, scored.release), policy)
    return ReleaseRows(with_reach(with_decisions(rows, scored, policy, steps), channel, scored, history.reach, policy), builds)
