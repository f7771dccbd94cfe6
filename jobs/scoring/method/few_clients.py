"""Crashes that a few clients bend: far more of them a crashed client than past releases had (docs/method.md#crashes-of-a-few).

Crashes and the clients that crash for the first time on their day arrive together, so that their quotient needs no exposure and knows no
lateness. As in `environment_guard`, most of what is seen of it is wander, and a storm is rare and large: what is taken off is the posterior
mean of a mixture of both, day by day of the release's age, so that what was seen to be a storm stays one when the week dilutes it.
"""

from collections.abc import Sequence

import numpy as np

from jobs.scoring.method.arrays import Array
from jobs.scoring.method.environment_guard import event_chances
from jobs.scoring.method.hourly_counts import CrashingClients

_DAY_HOURS = 24
_FEWEST_RELEASES = 3
_STORM_PROBABILITY = 0.1  # of a release's day
_STORM_SD = 0.5  # of its log factor
_WANDER = 0.05**2  # in simulated releases .02 to .03; a release of twice the crashes has .15 more a client, for some crash twice
_CLIENT_VARIANCE = 0.5  # of the crashes of a client, against their mean squared; .3 in simulated releases
_DOUBT = 0.3  # of what is taken off: the storm's clients are crashed clients, too, 30 of 300 on a day of a rollout


def usual_clients(pasts: Sequence[CrashingClients]) -> CrashingClients | None:
    """Sums over past releases; None where too few count their clients."""
    if len(pasts) < _FEWEST_RELEASES:
        return None
    return CrashingClients(np.sum([past.crashes for past in pasts], axis=0), np.sum([past.clients for past in pasts], axis=0))


def crashes_of_few(own: CrashingClients, usual: CrashingClients, delayed_of_days: Array) -> Array:
    """The share of the crashes since release, at each hour, that a few clients had beyond the usual of past releases of at least as many hours.

    `delayed_of_days`, (days, hours), are the delayed crashes of each day of the release's age as they count at each hour.
    """
    hours = np.arange(own.crashes.size)
    usual = usual.first(hours.size)
    clients_of_day = _day_so_far(own.clients)
    more = _log_a_client(_day_so_far(own.crashes), clients_of_day) - _log_a_client(_day_so_far(usual.crashes), _day_so_far(usual.clients))
    share_of_day = _storm_share(more, _WANDER + _count_variance(clients_of_day))
    ends = _DAY_HOURS * np.arange(1, delayed_of_days.shape[0] + 1)[:, None] - 1
    taken = (share_of_day[np.minimum(hours, ends)] * delayed_of_days).sum(axis=0)
    return np.asarray(taken / np.maximum(delayed_of_days.sum(axis=0), 1.0))


def days_of_age(hourly: Array) -> Array:
    """A series cut into days of age, (days, hours): each row has its own day's amounts and zeros."""
    day = np.arange(hourly.size) // _DAY_HOURS
    return np.asarray(np.where(day == np.arange(day[-1] + 1)[:, None], hourly, 0.0))


def doubt_of_few(share: Array) -> Array:
    """Variance that taking off this share of the crashes leaves in the logarithm of the rest."""
    return np.asarray((_DOUBT * share) ** 2)


def _storm_share(more: Array, wander: Array) -> Array:
    """The share of the crashes that is a storm's, given how much more a client they are (log) than they would be but for wander."""
    is_storm, share = event_chances(more, wander, _STORM_PROBABILITY, _STORM_SD)
    return np.asarray(-np.expm1(-is_storm * share * np.maximum(more, 0.0)))


def _log_a_client(crashes: Array, clients: Array) -> Array:
    return np.asarray(np.log((crashes + 0.5) / (clients + 0.5)))


def _count_variance(clients: Array) -> Array:
    return np.asarray(_CLIENT_VARIANCE / np.maximum(clients, 1.0))


def _day_so_far(hourly: Array) -> Array:
    """Sums since the beginning of the day of age, along the hours."""
    cumulative = np.cumsum(hourly)
    before = np.concatenate([[0.0], cumulative[_DAY_HOURS - 1 :: _DAY_HOURS]])
    return np.asarray(cumulative - before[np.arange(hourly.size) // _DAY_HOURS])
