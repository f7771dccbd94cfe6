"""The posterior of one look: golden vectors, and what must hold for any counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.scoring.method.ratio_posterior import ratio_posterior, ratio_prior, variance_to_mean

PHI = 2.0
PRIOR = ratio_prior(scale=0.11, degrees=14, log_acceptable=0.22, p_regression=0.10, p_improvement=0.05)

# (observed, expected, squared weights, transient variance) -> P(unacceptable), P(improved), mean, sd, evidence
GOLDEN = [
    ((0, 0.3, 0, 0.01), (0.0998, 0.0687, 0.0236, 0.2469, 0.881)),
    ((0, 20, 0, 0.01), (0.0006, 0.7477, -0.5877, 0.3662, 0.0389)),
    ((12, 4, 10, 0.03), (0.4869, 0.0067, 0.3781, 0.4144, 7.139)),
    ((60, 40, 50, 0.015), (0.2832, 0.0014, 0.1656, 0.1851, 2.362)),
    ((400, 300, 390, 0.006), (0.3496, 0.0000, 0.1906, 0.1026, 2.144)),
    ((640, 412, 620, 0.006), (0.9465, 0.0000, 0.4057, 0.1114, 24.83)),
    ((3000, 2900, 2990, 0.002), (0.0000, 0.0000, 0.0284, 0.0468, 0.1411)),
    ((3000, 4000, 2990, 0.002), (0.0000, 0.7299, -0.2545, 0.0533, 0.0000)),
]


def posterior_of(observed, expected, squared, transient_variance, prior=PRIOR):
    observed, squared = np.array([float(observed)]), np.array([float(squared)])
    dispersion = variance_to_mean(observed, squared) * PHI
    return ratio_posterior(observed, np.array([float(expected)]), dispersion, np.array([transient_variance]), prior)


@pytest.mark.parametrize(("counts", "golden"), GOLDEN)
def test_golden_vectors(counts, golden):
    posterior = posterior_of(*counts)
    figures = [posterior.p_unacceptable, posterior.p_improved, posterior.mean, posterior.sd]
    assert np.concatenate(figures) == pytest.approx(golden[:4], abs=1e-3)
    assert posterior.evidence[0] == pytest.approx(golden[4], rel=1e-3, abs=1e-3)


def test_golden_trailing_window():
    posterior = posterior_of(60, 40, 50, 0.0124, ratio_prior(0.11, 14, 0.22, p_regression=0.05, p_improvement=0.025))
    assert [posterior.p_unacceptable[0], posterior.mean[0], posterior.sd[0]] == pytest.approx([0.2155, 0.1366, 0.1565], abs=1e-3)


@given(observed=st.floats(0, 5000), expected=st.floats(0.01, 5000), added=st.floats(0, 100))
@settings(max_examples=200, deadline=None)
def test_a_crash_more_never_raises_the_score(observed, expected, added):
    fewer, more = (posterior_of(o, expected, o, 0.01) for o in (observed, observed + added))
    assert more.score[0] <= fewer.score[0] + 1e-9


@given(observed=st.floats(0, 1e6), expected=st.floats(0, 1e6), transient_variance=st.floats(4e-4, 1))
@settings(max_examples=200, deadline=None)
def test_every_figure_is_a_number(observed, expected, transient_variance):
    posterior = posterior_of(observed, expected, observed, transient_variance)
    for figure in (posterior.p_unacceptable, posterior.p_improved, posterior.mean, posterior.sd, posterior.evidence):
        assert np.isfinite(figure).all()


def test_more_hours_keep_the_ratio_and_narrow_it():
    little, much = posterior_of(100, 100, 100, 0.001), posterior_of(1000, 1000, 1000, 0.001)
    assert much.mean[0] == pytest.approx(little.mean[0], abs=0.02)
    assert much.sd[0] < little.sd[0]


def test_nothing_expected_leaves_the_prior():
    posterior = posterior_of(7, 0, 7, 0.01)
    assert posterior.evidence[0] == pytest.approx(1.0)
    assert posterior.mean[0] == pytest.approx(float(PRIOR.mixture @ np.linspace(np.log(1 / 3), np.log(8), 65)))


def test_the_grid_agrees_with_numerical_integration():
    """An independent way to the same number: a fine grid and the mixture's densities, instead of 65 points."""
    x = np.linspace(np.log(1 / 3), np.log(8), 20001)
    observed, expected, omega2 = 60.0, 40.0, 0.015
    dispersion = 50 / 60 * PHI
    n, m, size = observed / dispersion, expected / dispersion, 1 / omega2
    log_likelihood = n * np.log(m * np.exp(x) / (m * np.exp(x) + size)) - size * np.log1p(m * np.exp(x) / size)
    healthy = (1 + (x / 0.11) ** 2 / 14) ** -7.5
    slab_variance = 0.4**2 + 0.11**2
    regressed = np.where(x > 0, np.exp(-((x - np.log(1.6)) ** 2) / (2 * slab_variance)), 0)
    improved = np.where(x < 0, np.exp(-((x + 0.6 * np.log(1.6)) ** 2) / (2 * slab_variance)), 0)
    prior = 0.85 * healthy / healthy.sum() + 0.1 * regressed / regressed.sum() + 0.05 * improved / improved.sum()
    weight = np.exp(log_likelihood - log_likelihood.max()) * prior
    weight /= weight.sum()
    posterior = posterior_of(60, 40, 50, omega2)
    assert posterior.mean[0] == pytest.approx(weight @ x, abs=0.01)
    assert posterior.p_unacceptable[0] == pytest.approx(weight[x > 0.22].sum(), abs=0.02)
