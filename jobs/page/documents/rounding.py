"""Figures for files: rounded to six digits that count, and rates. One number at a time, or many at once."""

from collections.abc import Sequence
from math import floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = 6
"""Digits of a figure that count: far more than any interval is wide, and half as many bytes as a double."""


def rounded(value: float | None) -> float | None:
    """To six digits that count."""
    if value is None or value == 0:
        return value
    return round(value, DIGITS - 1 - floor(log10(abs(value))))


def rounded_list(values: NDArray[np.float64]) -> list[Any]:
    """The same of many numbers, in lists as deep as the array; NaN is not known: null."""
    size = np.where(values == 0, 1.0, np.abs(values))
    places = DIGITS - 1 - np.floor(np.log10(size, where=~np.isnan(size), out=np.zeros_like(size)))
    # Whole powers of ten are exact, and so is the nearest double to a whole number divided by one.
    up, down = 10.0 ** np.maximum(places, 0), 10.0 ** np.maximum(-places, 0)
    found = (np.round(values * up / down) * down / up).astype(object)
    found[np.isnan(values)] = None
    return list(found.tolist())


def as_array(values: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    """Numbers, and NaN for null."""
    return np.array(values, dtype=float)


def crashes_per_1k_hours(crashes: float | None, usage_hours: float | None) -> float | None:
    """None where there are no hours to divide by, or no count."""
    return None if crashes is None or not usage_hours else 1_000 * crashes / usage_hours
