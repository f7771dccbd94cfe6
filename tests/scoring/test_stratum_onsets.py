"""What speaks for an event, and since when: closed forms against the densities that they stand for."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from jobs.scoring.method.stratum_onsets import Normal, Onsets, log_evidence, onsets_of

LEVEL, STEP = Normal(0.1, 0.2**2), Normal(0.3, 0.7**2)


def onsets(before, since, change, variances):
    figures = [np.full((1, 1, 1), figure) for figure in (before, variances[0], since, variances[1], change, variances[2], 1.0, 1.0)]
    return Onsets(*figures, is_past=np.ones((1, 1, 1), dtype=bool))


@pytest.mark.parametrize("is_shared", [True, False])
def test_the_evidence_is_the_density_of_the_three_figures_together(is_shared):
    variances = np.array([0.03, 0.05, 0.08])
    level, own_step = np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0 if is_shared else 0.0])
    covariance = np.diag(variances) + LEVEL.variance * np.outer(level, level) + STEP.variance * np.outer(own_step, own_step)
    together = multivariate_normal(LEVEL.mean * level + STEP.mean * own_step, covariance)
    figures, others = (0.2, 0.9, 0.7), (-0.1, 0.4, 0.0)
    found, other = (float(log_evidence(onsets(*seen, variances), LEVEL, STEP, is_shared).item()) for seen in (figures, others))
    assert found - other == pytest.approx(together.logpdf(figures) - together.logpdf(others))
    wide = replace(STEP, variance=1e-12)
    without_step = float(log_evidence(onsets(*figures, variances), LEVEL, wide, is_shared).item())
    covariance -= (STEP.variance - 1e-12) * np.outer(own_step, own_step)
    assert found - without_step == pytest.approx(
        together.logpdf(figures) - multivariate_normal(LEVEL.mean * level + STEP.mean * own_step, covariance).logpdf(figures)
    )


def test_hours_before_an_onset_don_t_dilute_what_came_since():
    """Stratum 0 doubles at hour 24 in all versions, of 100 crashes an hour each; both strata are used alike."""
    hours = np.arange(72)
    doubled = np.array([100.0 * np.where(hours < 24, 1, 2), np.full(72, 100.0)])
    previous = np.concatenate([np.full((2, 72), 100.0), doubled], axis=1)
    expected = np.cumsum(np.full((2, 72), 100.0), axis=1)
    found = onsets_of(previous, np.ones((2, 144)), np.cumsum(doubled, axis=1), expected, np.ones((2, 72)))
    from_24, at = 1, 36
    assert found.before[0, from_24, at] == pytest.approx(0, abs=0.01)
    assert [found.since[0, from_24, at], found.change[0, from_24, at]] == pytest.approx([np.log(2)] * 2, abs=0.01)
    assert found.since[0, 0, at] < np.log(1.5)  # since the release
    assert found.is_past[0, :, at].tolist() == [True, True, False]
