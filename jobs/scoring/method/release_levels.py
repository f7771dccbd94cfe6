"""How much releases normally differ: recency-weighted level, predictive scale, and tau0 learned over all cells (docs/method.md#how-much-releases-differ).

The scale comes from the errors that predicting each past release from its predecessors really made: drift and all else is in it, and no
structure has to be assumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobs.declarations.policies import BaselinePolicy, VariancePolicy
from jobs.scoring.method.arrays import Array

_LEARNING_ROUNDS = 3
_MIN_MIXED = 4  # past releases; of fewer nobody can say which is the bad one
_MIXTURE_ROUNDS = 6
_BAD_SHARE = 0.15  # of past releases that nobody confirmed as bad; .05 finds 1.5x in 37 % with one in five bad, .1 in 62 %, .15 in 71 %
_BAD_LOG_RATIO, _BAD_SD = 0.47, 0.3  # log 1.6, as the prior of a regression
_LOWEST_SPREADS, _MAD_TO_SD = 2.5, 1.4826  # a release this much better than the others says no more
_WIDENED_ERRORS = 1.15  # the spread of releases of which none is bad, counting noise included, over what pulling leaves of it


@dataclass(frozen=True)
class PredictiveLevel:
    """The next healthy release's log level: around `mean`, a Student t of `scale` and `degrees`; `levels` are the past ones without what bad
    releases add."""

    mean: float
    scale: float
    degrees: float
    prior_scale: float
    levels: Array
    weights: Array


@dataclass(frozen=True)
class CellLevels:
    """One cell's past: raw log levels and mature crash counts, newest release first."""

    levels: Array
    mature_crashes: Array

    @property
    def noise_variances(self) -> Array:
        """Of each level, from counting."""
        return 2.0 / self.mature_crashes


def recency_weights(releases: int, recency: float) -> Array:
    weights = recency ** np.arange(releases)
    return np.asarray(weights / weights.sum())


def predictive_level(cell: CellLevels, prior_scale: float, prior_degrees: float, baselines: BaselinePolicy) -> PredictiveLevel:
    """Level and scale from K >= 1 past releases; `prior_scale` counts as `prior_degrees` of the cell's own predictions."""
    releases = cell.levels.size
    weights = recency_weights(releases, baselines.recency)
    levels = without_bad_ones(cell, prior_scale)
    excess = np.maximum(_excess_variances(levels, cell, baselines.recency).excess, 0.0)
    degrees = prior_degrees + max(releases - 2, 0)
    squared_scale = (prior_degrees * prior_scale**2 + excess.sum()) / degrees
    scale = float(np.sqrt(squared_scale * (1.0 + (weights**2).sum())))
    return PredictiveLevel(float(weights @ levels), scale, degrees, prior_scale, levels, weights)


def learned_prior_scale(
    cells: Sequence[CellLevels], prior_scale: float, baselines: BaselinePolicy, variance: VariancePolicy
) -> float | None:
    """tau0 of cells of which the same is believed beforehand; None where too few predictions of too few cells are at hand."""
    factor = learned_scale_factor(cells, [prior_scale] * len(cells), baselines, variance)
    return None if factor is None else factor * prior_scale


def learned_scale_factor(
    cells: Sequence[CellLevels], prior_scales: Sequence[float], baselines: BaselinePolicy, variance: VariancePolicy
) -> float | None:
    """How much more or less cells differ between releases than believed beforehand, by empirical Bayes; None where there is too little past.

    One factor for all cells, since a release channel that is calmer is so in all measures; a measure that is wilder than others stays so. How
    far one cell departs from that its own past says, which `predictive_level` adds.

    The excess variances are not truncated at 0 here: their noise averages out. Each counts by the inverse square of its own variance, so
    that cells with few crashes, which are nearly all counting noise, don't drown the others; cells of one size count alike.
    """
    taught = [(cell, scale) for cell, scale in zip(cells, prior_scales, strict=True) if cell.levels.size >= variance.min_releases]
    predictions = sum(cell.levels.size - 2 for cell, _ in taught)
    if len(taught) < variance.min_cells or predictions < variance.min_predictions:
        return None
    factor = 1.0
    for _ in range(_LEARNING_ROUNDS):
        past = [_excess_variances(without_bad_ones(cell, factor * scale), cell, baselines.recency) for cell, scale in taught]
        excess = np.concatenate([p.excess / scale**2 for p, (_, scale) in zip(past, taught, strict=True)])
        counting = np.concatenate([p.counting / scale**2 for p, (_, scale) in zip(past, taught, strict=True)])
        learned = np.average(excess, weights=(counting + factor**2) ** -2.0)
        least = variance.min_scale / min(scale for _, scale in taught)
        factor = float(np.sqrt(max(learned, least**2)))
    return factor


def levels_for_type(levels: Array, types: Sequence[str], wanted: str, fewest: int) -> Array:
    """Levels as they would be for releases of the `wanted` type ("dot" or "major"), once `fewest` dot releases show how those differ."""
    is_dot = np.array([of_type == "dot" for of_type in types])
    if is_dot.sum() < fewest or is_dot.all():
        return levels
    offset = float(levels[is_dot].mean() - levels[~is_dot].mean())
    return np.asarray(np.where(is_dot, levels, levels + offset) if wanted == "dot" else np.where(is_dot, levels - offset, levels))


def without_bad_ones(cell: CellLevels, prior_scale: float) -> Array:
    """Levels as they would be had none of the past releases been bad: a mixture in which some are shifted up. From 4 releases on.

    Each is pulled to the bulk by the chance that it was bad, so that one bad release in five neither raises the level nor widens the scale.
    Counting makes levels differ as well: each is compared with as much as `prior_scale` and its own count allow.
    """
    levels, noise = cell.levels, cell.noise_variances
    if levels.size < _MIN_MIXED:
        return levels
    mean, scale = float(np.median(levels)), prior_scale
    spreads = np.maximum(_MAD_TO_SD * float(np.median(np.abs(levels - mean))), np.hypot(prior_scale, np.sqrt(noise)))
    levels = np.maximum(levels, mean - _LOWEST_SPREADS * spreads)
    is_good = np.ones(levels.size)
    for _ in range(_MIXTURE_ROUNDS):
        good_sd = np.hypot(scale, np.sqrt(noise))
        bad_sd = np.hypot(_BAD_SD, good_sd)
        good = (1 - _BAD_SHARE) / good_sd * np.exp(-(((levels - mean) / good_sd) ** 2) / 2)
        bad = _BAD_SHARE / bad_sd * np.exp(-(((levels - mean - _BAD_LOG_RATIO) / bad_sd) ** 2) / 2)
        is_good = np.where(levels > mean, good / (good + bad), 1.0)
        mean = float(is_good @ levels / is_good.sum())
        # What a level's own deviation is expected to be once its counting noise is taken out (EM).
        kept = (scale / good_sd) ** 2
        deviations = (kept * (levels - mean)) ** 2 + kept * noise
        # The believed scale counts as eight releases, as it does in the predictive scale.
        scale = float(np.sqrt((8 * prior_scale**2 + is_good @ deviations) / (8 + is_good.sum())))
    return np.asarray(is_good * levels + (1 - is_good) * mean)


@dataclass(frozen=True)
class _ExcessVariances:
    """Of each predicted release: squared error beyond counting noise, and that noise, both per unit of predictive variance."""

    excess: Array
    counting: Array


def _excess_variances(levels: Array, cell: CellLevels, recency: float) -> _ExcessVariances:
    """From the one-step-ahead errors of the K-2 newest releases, by `levels` without bad ones.

    Pulling takes from the spread that releases have by nature and from that of counting alike: errors are widened before the noise is taken off.
    """
    widened = _WIDENED_ERRORS**2 if levels.size >= _MIN_MIXED else 1.0
    noise_variances = cell.noise_variances
    excess, counting = [], []
    for i in range(levels.size - 2):
        older = slice(i + 1, None)
        weights = recency_weights(levels.size - i - 1, recency)
        error = levels[i] - weights @ levels[older]
        noise = noise_variances[i] + (weights**2) @ noise_variances[older]
        predictive = 1.0 + (weights**2).sum()
        excess.append((widened * error**2 - noise) / predictive)
        counting.append(noise / predictive)
    return _ExcessVariances(np.array(excess), np.array(counting))
