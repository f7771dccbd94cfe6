"""From the least cell score to the release's: a monotone map learned from past releases (scoring 3.13).

The least of many scores is lower than what it promises. Past releases tell by how much: of each, the least critical score at an age, and
whether all its critical cells turned out acceptable when mature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MAP_AGES_HOURS = (6, 12, 24, 72, 168)
FEWEST_RELEASES = 30


@dataclass(frozen=True)
class PastScore:
    """One release at one age: its least critical score, and whether it turned out acceptable."""

    least_score: float
    was_acceptable: bool


@dataclass(frozen=True)
class ScoreMap:
    """Piecewise linear from least score to calibrated score, 0 to 100."""

    scores: tuple[float, ...] = (0.0, 100.0)
    calibrated: tuple[float, ...] = (0.0, 100.0)

    def __call__(self, score: float) -> float:
        return float(np.interp(score, self.scores, self.calibrated))


IDENTITY = ScoreMap()


def learned_map(past: Sequence[PastScore]) -> ScoreMap:
    """Isotonic regression of the outcomes on the scores; the identity until 30 releases have an outcome."""
    if len(past) < FEWEST_RELEASES:
        return IDENTITY
    from scipy.optimize import isotonic_regression  # half a second to import, for channels with thirty past releases alone

    scores, inverse = np.unique([release.least_score for release in past], return_inverse=True)
    counts = np.bincount(inverse).astype(np.float64)
    frequency = np.bincount(inverse, weights=[float(release.was_acceptable) for release in past]) / counts
    calibrated = 100.0 * isotonic_regression(frequency, weights=counts).x
    return ScoreMap(tuple(scores.tolist()), tuple(calibrated.tolist()))


def map_for_age(maps: Mapping[int, ScoreMap], age_hours: int) -> ScoreMap:
    """The map of the oldest mapped age that has been reached; the identity before the first."""
    reached = [age for age in maps if age <= age_hours]
    return maps[max(reached)] if reached else IDENTITY
