"""Which build of a release was the first that is worse: a change point over its builds, from what each should have had and what it had.

Builds are compared in the same half days, so that what hits all of them (a website, a driver, a weekend) is no build's fault. With y the log
of had over expected of a build in a half day,

    y = level + half day + build + youth x exp(-age/24 h) + step, if the build is bad + noise

where all terms but the step are normal around 0 and so drop out in closed form. Builds are bad from the first bad one on, or until a later
one that is good again (the change was taken out).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from jobs.scoring.method.arrays import Array

BIN_HOURS = 12
MOST_BUILDS = 30
LEAST_SHARE = 0.005
"""A build with less of its release's usage hours says nothing yet, and anybody can send a ping with a build of their own."""
P_CHANGE = 0.5
"""Prior chance that a suspicious release turned bad with one of its builds, and not with its first one or outside of it."""
_P_STILL_BAD = 0.7
_LEVEL_SD, _HALF_DAY_SD = 0.5, 0.5
_BUILD_SD, _CELL_SD = 0.08, 0.10
"""What builds differ by, and a build's users from one half day to another: with millions of users chance alone would name what is neither."""
_YOUTH_SD, _YOUTH_HOURS = 0.3, 24.0
"""Who updates first crashes more: how much is the same for all builds of a release, and not known."""
_STEPS = np.arange(0.14, 1.8, 0.07)
"""Bad builds crash 1.15 to 6 times as often as good ones, less likely the more."""
_STEP_SD = 0.7
_LEAST_CRASHES = 2.0
"""A half day with fewer, by their variance, has no logarithm worth the name."""


@dataclass(frozen=True)
class FirstBadBuild:
    """`first_bad`: of each build, the posterior chance that it was the first bad one. They add up to `p_change`."""

    first_bad: Array
    p_change: float

    def likely_set(self, mass: float) -> NDArray[np.bool_]:
        """The fewest builds that hold the share `mass` of the chance that some build was the first bad one."""
        order = np.argsort(-self.first_bad, kind="stable")
        before = np.cumsum(self.first_bad[order]) - self.first_bad[order]
        chosen = np.zeros(self.first_bad.size, dtype=bool)
        chosen[order] = before < mass * self.p_change
        return chosen


def first_bad_build(observed: Array, expected: Array, phi: float) -> FirstBadBuild:
    """From the delayed crashes that each build had in each half day, (builds, half days), oldest first, what the baselines would have had, and the
    variance of counts over their mean. The first build is never the first bad one: there is nothing of the release before it."""
    builds = observed.shape[0]
    weights, pulls = _by_build(observed, expected, phi)
    bounds = np.zeros((builds + 1, builds + 1))
    bounds[1:, 1:] = np.cumsum(np.cumsum(weights, axis=0), axis=1)
    pulled = np.concatenate([[0.0], np.cumsum(pulls)])
    log_step = -0.5 * (_STEPS / _STEP_SD) ** 2
    log_step -= logsumexp(log_step)
    changed = np.full(builds, -np.inf)
    for first in range(1, builds):
        ends = np.arange(first + 1, builds + 1)
        information = bounds[ends, ends] - bounds[first, ends] - bounds[ends, first] + bounds[first, first]
        gain = logsumexp(log_step + _STEPS * (pulled[ends] - pulled[first])[:, None] - _STEPS**2 * information[:, None] / 2, axis=1)
        prior = np.full(ends.size, (1 - _P_STILL_BAD) / max(ends.size - 1, 1))
        prior[-1] = _P_STILL_BAD if ends.size > 1 else 1.0
        changed[first] = np.log(P_CHANGE / (builds - 1)) + logsumexp(gain, b=prior)
    first_bad = np.exp(changed - np.logaddexp(np.log(1 - P_CHANGE), logsumexp(changed))) if builds > 1 else np.zeros(builds)
    return FirstBadBuild(first_bad, float(first_bad.sum()))


def in_half_days(hourly: Array) -> Array:
    """Sums of (builds, hours) over half days, the last of which may be shorter."""
    return np.asarray(np.add.reduceat(hourly, np.arange(0, hourly.shape[1], BIN_HOURS), axis=1))


def _by_build(observed: Array, expected: Array, phi: float) -> tuple[Array, Array]:
    """W and W y of the builds: how much a step of some of them would be noticed, and is."""
    builds = observed.shape[0]
    ratio = (observed.sum() + 1) / (expected.sum() + 1)
    build, half_day = np.nonzero(expected * ratio >= _LEAST_CRASHES * phi)
    if build.size == 0:
        return np.zeros((builds, builds)), np.zeros(builds)
    counts, means = np.maximum(observed[build, half_day], 0.0), expected[build, half_day]
    began = np.array([np.flatnonzero(row > 0)[0] if row.any() else 0 for row in expected])
    youth = np.exp(-(half_day - began[build]) * BIN_HOURS / _YOUTH_HOURS)
    covariance = _LEVEL_SD**2 + _YOUTH_SD**2 * np.outer(youth, youth) + np.diag(_CELL_SD**2 + phi / np.maximum(counts, means * ratio / 2))
    covariance += _HALF_DAY_SD**2 * (half_day[:, None] == half_day) + _BUILD_SD**2 * (build[:, None] == build)
    of_build = np.asarray(build[:, None] == np.arange(builds), dtype=np.float64)
    solved = np.linalg.solve(covariance, np.column_stack([of_build, np.log((counts + 0.5) / (means + 0.5))]))
    return np.asarray(of_build.T @ solved[:, :-1]), np.asarray(of_build.T @ solved[:, -1])
