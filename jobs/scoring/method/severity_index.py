"""How much a release's crashes weigh all together: for ranking releases, not for verdicts (docs/method.md#the-releases-score)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MeasureRatio:
    """A measure's cost per crash (1: the browser is gone), what was expected of it, and its rate ratio."""

    severity_cost: float
    expected_crashes: float
    ratio: float


def severity_index(measures: Sequence[MeasureRatio]) -> float | None:
    """Mean of the rate ratios, weighted by cost x expected crashes; None where nothing was expected."""
    weights = [measure.severity_cost * measure.expected_crashes for measure in measures]
    total = sum(weights)
    if total <= 0:
        return None
    return sum(weight * measure.ratio for weight, measure in zip(weights, measures, strict=True)) / total
