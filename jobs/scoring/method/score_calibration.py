"""From the least cell score to the release's: a monotone map learned from past releases (docs/method.md#the-releases-score).

The least of many scores is lower than what it promises. Past releases tell by how much: of each, the least critical score at an age, and
whether all its critical cells turned out acceptable when mature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jobs.scoring.method.arrays import Array

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
    scores, inverse = np.unique([release.least_score for release in past], return_inverse=True)
    counts = np.bincount(inverse).astype(np.float64)
    frequency = np.bincount(inverse, weights=[float(release.was_acceptable) for release in past]) / counts
    calibrated = 100.0 * monotone_fit(frequency, counts)
    return ScoreMap(tuple(scores.tolist()), tuple(calibrated.tolist()))


def monotone_fit(values: Array, weights: Array) -> Array:
    """The non-decreasing values of least weighted squared distance to these: at each the largest, over the beginnings of runs that hold it,
    of the least mean over their ends (Robertson, Wright and Dykstra 1988, 1.4).

    For the sixty releases of a map; scipy.optimize's, which a test compares with it, is a third of a second to import, in every hourly run.
    """
    totals, sizes = (np.concatenate([[0.0], np.cumsum(summed)]) for summed in (values * weights, weights))
    first, last = np.ogrid[: values.size, : values.size]
    with np.errstate(invalid="ignore"):
        means = np.where(first <= last, (totals[last + 1] - totals[first]) / np.abs(sizes[last + 1] - sizes[first]), np.inf)
    least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]  # over the ends from each position on
    fitted: Array = np.where(first <= last, least, -np.inf).max(axis=0)
    return fitted


def map_for_age(maps: Mapping[int, ScoreMap], age_hours: int) -> ScoreMap:
    """The map of the oldest mapped age that has been reached; the identity before the first."""
    reached = [age for age in maps if age <= age_hours]
    return maps[max(reached)] if reached else IDENTITY
