"""The posterior of a release's crash rate ratio, on a grid of its logarithm: one posterior gives score, alarm and evidence (docs/method.md#one-posterior).

Observed counts are negative binomial around expected x ratio. The prior is a mixture: most releases differ from their predecessors as
releases do (Student t), some regress, a few improve. Everything that is asked of the posterior is linear in the likelihood, so that one
matrix product answers it for thousands of looks.
"""

from dataclasses import dataclass

import numpy as np

from jobs.scoring.method.arrays import Array

GRID: Array = np.linspace(np.log(1 / 3), np.log(8.0), 65)
STEP = float(GRID[1] - GRID[0])
INTERVAL_SDS = 1.645  # 90 % of a normal
_EXP_GRID: Array = np.exp(GRID)
_SLAB_MEAN = float(np.log(1.6))
_SLAB_SD = 0.4
_IMPROVEMENT_MEAN = -0.6 * _SLAB_MEAN
_UNUSED = np.zeros((3, GRID.size))
"""They fill the functionals up to a multiple of four: of columns beyond one, the number of looks would decide how they are rounded."""
_CHUNK_LOOKS = 2048  # 1 MB a matrix: stays in the cache


@dataclass(frozen=True)
class RatioPrior:
    """Probabilities on the grid: the mixture, and its healthy and regressed parts each normalised to 1."""

    mixture: Array
    healthy: Array
    regressed: Array
    log_acceptable: float


@dataclass(frozen=True)
class RatioPosterior:
    """One value for each look; `mean` and `sd` are of the logarithm of the ratio.

    `expected_excess` is the mean of what the ratio has above one (0 where it is below), `unacceptable_excess` that of its unacceptable
    part alone: crashes beyond the usual, as a share of the usual ones.
    """

    p_unacceptable: Array
    p_improved: Array
    mean: Array
    sd: Array
    evidence: Array
    expected_excess: Array
    unacceptable_excess: Array

    @property
    def score(self) -> Array:
        return 100.0 * (1.0 - self.p_unacceptable)


def ratio_prior(scale: float, degrees: float, log_acceptable: float, p_regression: float, p_improvement: float) -> RatioPrior:
    """The prior whose healthy part is a Student t of `scale` and `degrees` around no difference."""
    healthy = _normalised((1 + (GRID / scale) ** 2 / degrees) ** (-(degrees + 1) / 2))
    slab_sd = np.hypot(_SLAB_SD, scale)
    regressed = _normalised(np.where(GRID > 0, _bell(GRID, _SLAB_MEAN, slab_sd), 0.0))
    improved = _normalised(np.where(GRID < 0, _bell(GRID, _IMPROVEMENT_MEAN, slab_sd), 0.0))
    mixture = (1 - p_regression - p_improvement) * healthy + p_regression * regressed + p_improvement * improved
    return RatioPrior(mixture, healthy, regressed, log_acceptable)


def ratio_posterior(observed: Array, expected: Array, dispersion: Array, transient_variance: Array, prior: RatioPrior) -> RatioPosterior:
    """The posterior for each look; the four arrays broadcast against each other.

    `observed` and `expected` are delayed crashes; `dispersion` is the variance-to-mean ratio of the observed count (c phi);
    `transient_variance` is that of log observed/expected in healthy releases of that age. Where nothing is expected there is no
    likelihood, and the prior is returned.
    """
    observed, expected, dispersion, transient_variance = np.broadcast_arrays(observed, expected, dispersion, transient_variance)
    is_informative = expected > 0
    counts = np.where(is_informative, observed / dispersion, 0.0).ravel()
    means = np.where(is_informative, expected / dispersion, 0.0).ravel()
    sizes = (1.0 / transient_variance).ravel()
    functionals = _functionals(prior)
    sums = np.empty((counts.size, functionals.shape[1]))
    for start in range(0, counts.size, _CHUNK_LOOKS):
        looks = slice(start, start + _CHUNK_LOOKS)
        sums[looks] = _likelihood(counts[looks], means[looks], sizes[looks]) @ functionals
    total, first, second, bad, improved, regressed, healthy, excess, unacceptable, *_ = (
        column.reshape(observed.shape) for column in sums.T
    )
    mean = first / total
    return RatioPosterior(
        p_unacceptable=np.clip(bad / total, 0.0, 1.0),
        p_improved=np.clip(improved / total, 0.0, 1.0),
        mean=mean,
        sd=np.sqrt(np.maximum(second / total - mean**2, 0.0)),
        evidence=regressed / healthy,
        expected_excess=excess / total,
        unacceptable_excess=unacceptable / total,
    )


def posterior_masses(observed: float, expected: float, dispersion: float, transient_variance: float, prior: RatioPrior) -> Array:
    """Probability of each ratio of the grid at one look."""
    if expected <= 0:
        return prior.mixture
    counts, means, sizes = (np.array([value]) for value in (observed / dispersion, expected / dispersion, 1 / transient_variance))
    return _normalised(_likelihood(counts, means, sizes)[0] * prior.mixture)


def variance_to_mean(delayed_crashes: Array, squared_weights: Array) -> Array:
    """c = Q/O of a weighted count, within [0.2, 1]; 1 where there is none."""
    has_crashes = delayed_crashes > 1e-6
    ratio = np.divide(squared_weights, delayed_crashes, out=np.ones_like(delayed_crashes), where=has_crashes)
    return np.clip(ratio, 0.2, 1.0)


def _bell(at: Array, mean: float, sd: float) -> Array:
    """A normal density, up to a factor."""
    return np.asarray(np.exp(-(((at - mean) / sd) ** 2) / 2), dtype=np.float64)


def _normalised(density: Array) -> Array:
    return np.asarray(density / density.sum(), dtype=np.float64)


def _functionals(prior: RatioPrior) -> Array:
    """Columns whose product with a likelihood gives mass, first and second moment, both tails, the two marginal likelihoods, both excesses."""
    share_above = np.clip((GRID + STEP / 2 - prior.log_acceptable) / STEP, 0.0, 1.0)
    share_below = np.clip((-prior.log_acceptable - (GRID - STEP / 2)) / STEP, 0.0, 1.0)
    mixture = prior.mixture
    excess = mixture * np.maximum(_EXP_GRID - 1, 0.0)
    tails = (mixture * share_above, mixture * share_below)
    return np.column_stack(
        [mixture, mixture * GRID, mixture * GRID**2, *tails, prior.regressed, prior.healthy, excess, excess * share_above, *_UNUSED]
    )


def _likelihood(counts: Array, means: Array, sizes: Array) -> Array:
    """Negative binomial likelihood on the grid, up to a factor for each look."""
    log_likelihood = np.outer(means / sizes, _EXP_GRID)
    log_likelihood += 1.0
    np.log(log_likelihood, out=log_likelihood)
    log_likelihood *= -(counts + sizes)[:, None]
    log_likelihood += counts[:, None] * GRID
    log_likelihood -= log_likelihood.max(axis=1, keepdims=True)
    return np.exp(log_likelihood, out=log_likelihood)
