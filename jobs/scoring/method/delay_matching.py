"""Crashes, delayed as usage hours are, so that both sides of a rate are late in the same way (docs/method.md#delay-matching).

A crash is reported at once, the hours that belong to it later. Giving each crash the probability F(age) that a usage hour of the same
moment has been received by now makes delayed crashes and received hours comparable at every age, whatever the adoption, and without
deconvolution, which doubles the standard error.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array

DEFAULT_MIXTURE = (0.55, 0.27, 0.18)
_KERNEL_HOURS = 264
_MIXTURE_STEP = 0.05


def delay_kernel(mixture: tuple[float, float, float] = DEFAULT_MIXTURE) -> Array:
    """f(d), d = 0..167 h: probability that a usage hour is received d hours after it happened.

    Three kinds of ping: sent at once or at the next start (geometric), on the same day (uniform), and after a night or more (late).
    """
    delay = np.arange(_KERNEL_HOURS)
    at_once = 0.45 * 0.55**delay
    same_day = ((delay >= 2) & (delay <= 24)).astype(float)
    late = np.where(delay >= 8, np.exp(-(delay - 8) / 18.0), 0.0)
    kernel = sum(share * part / part.sum() for share, part in zip(mixture, (at_once, same_day, late), strict=True))
    return np.asarray(kernel, dtype=np.float64)[:HORIZON_HOURS]


def candidate_mixtures() -> list[tuple[float, float, float]]:
    """The simplex in steps of .05, the default first: it wins ties."""
    parts = round(1 / _MIXTURE_STEP)
    simplex = [(a / parts, b / parts, (parts - a - b) / parts) for a, b in product(range(parts + 1), repeat=2) if a + b <= parts]
    return [DEFAULT_MIXTURE, *simplex]


@dataclass(frozen=True)
class DelayMatching:
    """A kernel f(d) and what it makes of hourly crashes: two matrices, built once for all releases that share it."""

    kernel: Array
    _weights: Array
    _squared_weights: Array

    @classmethod
    def of(cls, kernel: Array, hours: int = HORIZON_HOURS) -> "DelayMatching":
        received_by = np.cumsum(kernel)
        return cls(kernel, _toeplitz(kernel, hours, beyond=0.0), _toeplitz(received_by**2, hours, beyond=float(received_by[-1] ** 2)))

    def delayed(self, crashes: Array) -> Array:
        """Hourly delayed crashes Ct; `crashes` is (..., hours)."""
        return np.asarray(crashes @ self._weights)

    def squared_weights(self, crashes: Array) -> Array:
        """Q: the crashes so far with squared weights, for the variance of their cumulative delayed count O."""
        return np.asarray(crashes @ self._squared_weights)


def kernel_from_triangle(usage_hours: Array) -> Array:
    """f(d) by the reverse-time hazard, from usage_hours[x, d]: hours of use in hour x received d hours later; NaN where x + d is yet to come.

    Lawless 1994; Hoehle and an der Heiden 2014. The last delay of the triangle is taken as the end of the distribution.
    """
    is_known = ~np.isnan(usage_hours)
    known = np.where(is_known, usage_hours, 0.0)
    so_far = np.cumsum(known, axis=1)
    at_delay = known.sum(axis=0)
    up_to_delay = np.where(is_known, so_far, 0.0).sum(axis=0)
    hazard = np.divide(at_delay, up_to_delay, out=np.zeros_like(at_delay), where=up_to_delay > 0)
    return kernel_of_hazards(hazard)


def kernel_of_hazards(hazard: Array) -> Array:
    """f(d) from the chance of each delay, given that it is no longer; the last delay is the end of the distribution."""
    survivors = np.cumprod((1.0 - np.minimum(hazard, 1.0))[::-1])[::-1]  # the two sums may differ in their last digit
    received_by = np.append(survivors[1:], 1.0)
    return np.diff(received_by, prepend=0.0)


def _toeplitz(weights: Array, hours: int, beyond: float) -> Array:
    """M[i, t] = weights[t - i]: what a crash of hour i counts at hour t; `beyond` where the weights end."""
    by_lag = np.full(hours, beyond)
    by_lag[: min(hours, weights.size)] = weights[:hours]
    lag = np.arange(hours)[None, :] - np.arange(hours)[:, None]
    return np.asarray(np.where(lag >= 0, by_lag[np.maximum(lag, 0)], 0.0), dtype=np.float64)
