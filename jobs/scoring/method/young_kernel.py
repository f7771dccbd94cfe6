"""A release's delay kernel within its first day, from the few hours of use since it came out (docs/method.md#delay-matching).

Delays longer than the release is old have not been seen yet: what they will be is told from those that have, by a tilt of the channel's kernel.
"""

import numpy as np

from jobs.declarations.policies import DelayPolicy
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import kernel_of_hazards

_TILTS: Array = np.linspace(-1.5, 1.5, 61)
_TILT_SD = 0.5  # of the exponent of 1 + delay: at .5 half as many hours come at once, and three times as many after two days
_MOST_TELLING_HOURS = 2000.0  # usage hours come in sessions, and a time of day has its own delays: more of them tell no more


def led_by_own_hours(of_channel: Array, own: Array, policy: DelayPolicy) -> Array:
    """The channel's kernel, tilted as the hours of use since the release say, (hours of use, delays), NaN where yet to come.

    Reverse-time hazards of their own take the place of the tilted ones, the more the more of these hours have been seen to that delay.
    """
    is_known = ~np.isnan(own)
    seen = np.where(is_known, own, 0.0)
    if seen.sum() <= 0:
        return of_channel
    tilted = _tilted(of_channel, seen, is_known.sum(axis=1))
    at_delay, up_to_delay = seen.sum(axis=0), np.where(is_known, np.cumsum(seen, axis=1), 0.0).sum(axis=0)
    usual = _hazards(tilted, np.cumsum(tilted))
    hazard = np.where(up_to_delay > 0, _hazards(at_delay, up_to_delay), usual)
    seen_hours = is_known.sum(axis=0) * up_to_delay / (up_to_delay + policy.min_usage_hours)
    weight = seen_hours / (seen_hours + policy.channel_hours)
    return kernel_of_hazards(weight * hazard + (1 - weight) * usual)


def _tilted(of_channel: Array, seen: Array, seen_delays: Array) -> Array:
    """f(d) (1 + d)^b / sum, with b by maximum a posteriori; of an hour of use only its first `seen_delays` delays are known."""
    kernels = of_channel * (1.0 + np.arange(of_channel.size)) ** _TILTS[:, None]
    kernels /= kernels.sum(axis=1, keepdims=True)
    received_by = np.cumsum(kernels, axis=1)
    is_possible = of_channel > 0
    by_hour = np.where(is_possible, seen, 0.0).sum(axis=1)
    has_seen = by_hour > 0
    at_delays = np.log(kernels[:, is_possible]) @ seen[:, is_possible].sum(axis=0)
    truncated = np.log(np.maximum(received_by[:, np.maximum(seen_delays[has_seen], 1) - 1], 1e-12)) @ by_hour[has_seen]
    telling = min(1.0, _MOST_TELLING_HOURS / by_hour.sum()) if has_seen.any() else 0.0
    best = int(np.argmax(telling * (at_delays - truncated) - (_TILTS / _TILT_SD) ** 2 / 2))
    return np.asarray(kernels[best])


def _hazards(at_delay: Array, up_to_delay: Array) -> Array:
    return np.divide(at_delay, up_to_delay, out=np.zeros_like(at_delay), where=up_to_delay > 0)
