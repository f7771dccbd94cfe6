"""A release's hourly amounts under its own delays: exposure, and crashes delayed as usage is."""

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.hourly_counts import KERNEL_AGES_HOURS, ReleaseCounts
from jobs.scoring.method.release_history import ReleaseHistory, matchings_by_age, padded
from jobs.scoring.method.update_counts import Exposure, exposure

_BEFORE_PSEUDO_CRASHES, _LEAST_BEFORE = 20.0, 0.85  # half of the late regressions of 1.5x are hidden at 1.0


def release_exposure(history: ReleaseHistory, release: ReleaseCounts, hours: int) -> Exposure:
    """A release's hourly exposure in its first `hours`, with its updates delayed as usage is."""
    known = release.known[:hours]
    delayed = None
    if history.update_weight > 0 and release.updates is not None:
        matching = matchings_by_age(release, history.matching)[0]  # of the first hours: a later one would change earlier looks
        delayed = matching.delayed(padded(release.updates[:, :hours] * known, HORIZON_HOURS))[:, :hours]
    return exposure(release.usage_hours[:, :hours] * known, delayed, history.usual_updates, history.update_weight)


def delayed_crashes(history: ReleaseHistory, release: ReleaseCounts, crashes: Array, hours: int) -> tuple[Array, Array]:
    """O and Q at each look, with the kernel of the look's age."""
    matchings = matchings_by_age(release, history.matching)
    observed, squared_weights = np.empty((crashes.shape[0], hours)), np.empty((crashes.shape[0], hours))
    for place, matching in enumerate(matchings):
        end = hours if place == len(matchings) - 1 else min(KERNEL_AGES_HOURS[place + 1], hours)
        looks = slice(KERNEL_AGES_HOURS[place], end)
        observed[:, looks] = np.cumsum(matching.delayed(crashes), axis=1)[:, looks]
        squared_weights[:, looks] = matching.squared_weights(crashes)[:, looks]
    return observed, squared_weights


def counted_strata(history: ReleaseHistory, usage_hours: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Share of the hours in strata that no baseline had, and which strata count at each look: those go where they are many.

    `usage_hours` are sums since release, (strata, hours).
    """
    unseen = usage_hours[~history.has_baseline].sum(axis=0)
    total = usage_hours.sum(axis=0)
    share = np.divide(unseen, total, out=np.zeros_like(total), where=total > 0)
    is_counted = history.has_baseline[:, None] | (share <= history.policy.verdict.max_unseen_share)[None, :]
    return share, is_counted


def hours_before_factor(observed: Array, expected: Array) -> Array:
    """What a release's hours before its last day have, of what past releases had then; a better release may worsen to their rate."""
    return np.maximum((observed + _BEFORE_PSEUDO_CRASHES) / (expected + _BEFORE_PSEUDO_CRASHES), _LEAST_BEFORE)
