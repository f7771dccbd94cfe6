"""What past releases' least scores were worth: the pairs that the release score's map is learned from (docs/method.md#the-releases-score)."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from jobs.declarations.measures import SCORED_MEASURES
from jobs.declarations.policies import HORIZON_HOURS, Policy
from jobs.scoring.inputs.baseline_selection import known_life
from jobs.scoring.inputs.prepared_cells import ChannelRecord, release_context
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.looks.cell_looks import CellLooks
from jobs.scoring.looks.channel_scoring import ScoredRelease, score_cells
from jobs.scoring.method.hourly_counts import MATURE_START_HOUR
from jobs.scoring.method.score_calibration import FEWEST_RELEASES, MAP_AGES_HOURS, PastScore, ScoreMap, learned_map

_CRITICAL = tuple(measure for measure in SCORED_MEASURES if measure.scoring and measure.scoring.is_critical)
MOST_RELEASES = 60
"""The newest of the past releases: older ones tell of other users and other code."""

PastScores = Mapping[int, PastScore]
"""A past release's pairs by age; none without baseline."""
ScoresOf = Callable[[ChannelRecord, Sequence[Release]], Sequence[PastScores]]


def score_maps(record: ChannelRecord, release: Release, scores_of: ScoresOf) -> dict[int, ScoreMap]:
    """A map for each age, from the releases whose week was over when this one came out; none before thirty of them.

    `scores_of` gives the pairs of each of a channel's releases.
    """
    over = [past for past in record.releases if past.hour < release.hour and known_life(past, release) == HORIZON_HOURS]
    if len(over) < FEWEST_RELEASES:
        return {}
    pairs: dict[int, list[PastScore]] = {age: [] for age in MAP_AGES_HOURS}
    for scores in scores_of(record, over[-MOST_RELEASES:]):
        for age, pair in scores.items():
            pairs[age].append(pair)
    return {age: learned_map(of_age) for age, of_age in pairs.items() if len(of_age) >= FEWEST_RELEASES}


def scores_of_past(record: ChannelRecord, past: Release, policy: Policy) -> PastScores:
    """The pairs of a release whose week is over: its critical cells, scored."""
    context = release_context(record, past, HORIZON_HOURS, policy)
    return past_scores(score_cells(record, context, policy, _CRITICAL))


def past_scores(scored: ScoredRelease) -> dict[int, PastScore]:
    """By age: the least critical score, and whether every critical cell was acceptable when mature. Empty without baseline."""
    known = [cell.looks for cell in scored.cells if cell.looks is not None and cell.looks.expected[0, -1] > 0 and cell.counted_from == 0]
    if not known or scored.hours < HORIZON_HOURS:
        return {}
    was_acceptable = all(_mature_log_ratio(looks) <= looks.log_acceptable[0] for looks in known)
    return {age: PastScore(_least_score(known, age), was_acceptable) for age in MAP_AGES_HOURS}


def _least_score(cells: Sequence[CellLooks], age_hours: int) -> float:
    return min(float(looks.posterior.score[0, age_hours - 1]) for looks in cells)


def _mature_log_ratio(looks: CellLooks) -> float:
    """Log rate ratio of the mature window alone."""
    observed = looks.observed[0, -1] - looks.observed[0, MATURE_START_HOUR - 1]
    expected = looks.expected[0, -1] - looks.expected[0, MATURE_START_HOUR - 1]
    return float(np.log((observed + 0.5) / (expected + 0.5)))
