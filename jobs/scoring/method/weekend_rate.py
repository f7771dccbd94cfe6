"""How much more users crash on an hour of the weekend, and which received hours are of one (docs/method.md#weekends).

Releases come out on other weekdays than their past, and a rate that rises every weekend is not theirs: without it the days before a step look worse
than they were, and a past whose fourth to seventh days held the weekend is a level too high.
"""

import numpy as np
from numpy.typing import NDArray

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import delay_kernel

_DAY_HOURS, _WEEK_DAYS, _WEEKDAYS = 24, 7, 5  # Saturday and Sunday, UTC
_PRIOR_VARIANCE = 0.10**2  # of the log of the factor
_WANDER = 0.06**2  # of a release's weekend against its other days beyond counting: the environment strays by .05, and remembers for a day
_OVERDISPERSION = 2.5  # fixed, as of the previous version: a history's own is known only after its fit
_FEWEST_HOURS = 12  # of either kind
_MOSTLY = 0.5


def weekend_share(release_hour: int | None, hours: int, hours_before: int = 0) -> Array:
    """Of what is received in each hour from `hours_before` before the release on, the share that was used on a weekend; 0 where the hour of the week
    of the release, from Monday's midnight UTC, is not known. Nobody used a release before it came out: with `hours_before` it is of the version before.
    """
    if release_hour is None:
        return np.zeros(hours_before + hours)
    kernel = delay_kernel()
    unseen = kernel.size if hours_before else 0
    clock = release_hour + np.arange(-hours_before - unseen, hours)
    is_weekend = (clock // _DAY_HOURS) % _WEEK_DAYS >= _WEEKDAYS
    received, of_weekend = (np.convolve(used, kernel)[unseen : clock.size] for used in (np.ones(clock.size), is_weekend))
    return np.asarray(of_weekend / received)


def log_weekend_factor(delayed: Array, expected: Array, shares: Array, mature: NDArray[np.bool_]) -> float:
    """Log of the rate of weekends over that of other days, shrunk to 0; of past releases' delayed crashes and what is expected of them but for that.

    All are (releases, hours). Only mature hours tell, where age says little more; only releases that had hours enough of both kinds.
    """
    precision, weighted = 1 / _PRIOR_VARIANCE, 0.0
    for own, usual, share, is_mature in zip(delayed, expected, shares, mature, strict=True):
        kinds = (is_mature & (share > _MOSTLY), is_mature & (share <= _MOSTLY))
        if min(kind.sum() for kind in kinds) < _FEWEST_HOURS:
            continue
        crashes, usually, share_of = (np.array([(series * kind).sum() for kind in kinds]) for series in (own, usual, usual * share))
        share_of = share_of / np.maximum(usually, 1e-9)
        log_ratio = np.log((crashes + 0.5) / (usually + 0.5))
        differs = share_of[0] - share_of[1]
        variance = (_WANDER + _OVERDISPERSION * (1 / np.maximum(crashes, 1.0)).sum()) / max(differs, 0.1) ** 2
        precision += 1 / variance
        weighted += (log_ratio[0] - log_ratio[1]) / max(differs, 0.1) / variance
    return float(weighted / precision)
