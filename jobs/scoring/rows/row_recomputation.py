"""A stored row of release_health, computed again: its posterior from its own counts, and all of it from the totals."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.declarations.policies import AlarmPolicy
from jobs.scoring.looks.cell_looks import TRAILING_MASS
from jobs.scoring.method.ratio_posterior import INTERVAL_SDS, ratio_posterior, ratio_prior, variance_to_mean

Row = Mapping[str, Any]
_TOLERANCE = 1e-9
_NOT_COMPARED = ("audit_sequence",)


def posterior_of_row(row: Row, strata: int, alarm: AlarmPolicy) -> dict[str, float]:
    """Ratio, interval, probabilities, evidence and score from the row's own counts and scales.

    `strata` is the number of local cells that share the prior mass of a local regression.
    """
    masses = {
        "platform": (alarm.p_regression, alarm.p_improvement),
        "trailing": (TRAILING_MASS * alarm.p_regression, alarm.p_improvement / 2),
        "stratum": (alarm.p_stratum_regression / max(strata, 1), alarm.p_stratum_regression / max(2 * strata, 1)),
    }[row["scope"]]
    prior = ratio_prior(row["between_release_scale"], row["degrees_of_freedom"], math.log(row["acceptable_ratio"]), *masses)
    dispersion = row["overdispersion"] * row_variance_to_mean(row)
    posterior = ratio_posterior(
        np.array([row["delayed_crashes"]]),
        np.array([row["expected_crashes"]]),
        np.array([dispersion]),
        np.array([row["transient_variance"]]),
        prior,
    )
    mean, sd = float(posterior.mean[0]), float(posterior.sd[0])
    return {
        "ratio": math.exp(mean),
        "ratio_low": math.exp(mean - INTERVAL_SDS * sd),
        "ratio_high": math.exp(mean + INTERVAL_SDS * sd),
        "posterior_sd": sd,
        "p_unacceptable": float(posterior.p_unacceptable[0]),
        "p_improved": float(posterior.p_improved[0]),
        "evidence": float(posterior.evidence[0]),
        "score": float(posterior.score[0]),
        "expected_excess": float(posterior.expected_excess[0]),
        "unacceptable_excess": float(posterior.unacceptable_excess[0]),
    }


def row_variance_to_mean(row: Row) -> float:
    """c of the row: delayed crashes over effective ones; for a trailing row that of the whole release, which it was made with."""
    if row["effective_crashes"] > 1e-9:
        return float(row["delayed_crashes"] / row["effective_crashes"])
    return float(variance_to_mean(np.array([row["delayed_crashes"]]), np.array([row["delayed_crashes_squared_weights"]]))[0])


def differences(stored: Row, again: Row) -> list[str]:
    """Columns in which two rows of one cell and look differ, in words; times of processing aside."""
    found = []
    for column, was in stored.items():
        now = again.get(column)
        if column in _NOT_COMPARED or column not in again or _is_same(was, now):
            continue
        found.append(f"{column}: stored {was}, now {now}")
    return found


def _is_same(was: Any, now: Any) -> bool:
    if isinstance(was, float) and isinstance(now, int | float):
        return math.isclose(was, now, rel_tol=1e-6, abs_tol=_TOLERANCE)
    if isinstance(was, Sequence) and not isinstance(was, str):
        return list(was) == list(now or ())
    return bool(was == now)
