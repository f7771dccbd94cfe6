"""Where updating is held back at random, the two arms differ by the release alone: an anytime-valid test (docs/method.md#random-holdback).

Conditional on the crashes of an hour, each comes from the released arm with a probability that only the rate ratio and the shares of the
hours decide (Lindon and Malek 2022). Alarming at 1/alpha keeps false alarms below alpha however often one looks. It alone breaks the
ceiling that differences between releases set.
"""

import numpy as np

from jobs.scoring.method.arrays import Array

_LOG_RATIOS: Array = np.linspace(-1.5, 1.5, 41)
_PRIOR_SD = 0.5


def holdback_evidence(released_crashes: Array, held_crashes: Array, released_hours: Array, held_hours: Array, phi: float | Array) -> Array:
    """The e-value at each look, from hourly delay-matched crashes and received usage hours of both arms.

    `phi` is the overdispersion of the counts, one number or one for each look. Hours in which an arm has no usage say nothing.
    """
    total_hours = released_hours + held_hours
    has_both = (released_hours > 0) & (held_hours > 0)
    share = np.divide(released_hours, total_hours, out=np.full(total_hours.shape, 0.5), where=has_both)
    released, held = np.where(has_both, released_crashes, 0.0), np.where(has_both, held_crashes, 0.0)
    by_hour = released[:, None] * _LOG_RATIOS - (released + held)[:, None] * np.log1p(share[:, None] * np.expm1(_LOG_RATIOS))
    log_likelihood_ratios = np.cumsum(by_hour, axis=0) / np.broadcast_to(phi, total_hours.shape)[:, None]
    prior = np.exp(-0.5 * (_LOG_RATIOS / _PRIOR_SD) ** 2)
    largest = log_likelihood_ratios.max(axis=1)
    log_evidence = largest + np.log(np.exp(log_likelihood_ratios - largest[:, None]) @ (prior / prior.sum()))
    return np.asarray(np.exp(np.minimum(log_evidence, 700.0)))
