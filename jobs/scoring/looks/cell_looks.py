"""Every hourly look at a release's cells: the release as a whole, its trailing 24 hours, and each stratum (docs/method.md#one-posterior to #the-last-day)."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.states import Scope
from jobs.scoring.looks.release_sums import (
    LEAST_EXPECTED,
    TRAILING_HOURS,
    ReleaseSums,
    environment_doubt,
    of_few_clients,
    sums_since_release,
    trailing_sums,
)
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.few_clients import doubt_of_few
from jobs.scoring.method.hourly_counts import ReleaseCounts
from jobs.scoring.method.local_groups import LocalGroup, local_groups
from jobs.scoring.method.ratio_posterior import INTERVAL_SDS, RatioPosterior, RatioPrior, ratio_posterior, ratio_prior, variance_to_mean
from jobs.scoring.method.release_amounts import counted_strata, hours_before_factor, release_exposure
from jobs.scoring.method.release_history import ReleaseHistory, padded
from jobs.scoring.method.rest_of_release import expected_as_the_rest
from jobs.scoring.method.stratum_environment import StratumEnvironment, no_stratum_environment

ALL = "all"
TRAILING_MASS = 2.0  # a regression may begin on any of seven days
_TRAILING_SCALE, _TRAILING_VARIANCE = 0.04, 0.03**2  # a healthy release's day strays less from its own hours before than releases differ
_LOCAL_DEGREES = 28.0


@dataclass(frozen=True)
class CellLooks:
    """Figures of cells (rows) at looks (columns): look t comes after hour t since release.

    `observed`, `expected` and `squared_weights` are delayed crashes; `effective_*` are by their variance-to-mean ratio, without phi.
    The first row is the whole release, the second its trailing 24 hours (not known before the 25th look), the others its strata and its
    platforms, each against the rest of the release.
    """

    scopes: tuple[Scope, ...]
    strata: tuple[str, ...]
    crashes: Array
    usage_hours: Array
    observed: Array
    squared_weights: Array
    expected: Array
    effective_crashes: Array
    effective_expected: Array
    transient_variance: Array
    scales: Array
    degrees: Array
    log_acceptable: Array
    posterior: RatioPosterior
    is_known: NDArray[np.bool_]
    overdispersion: float
    adoption: Array
    environment: Array
    unseen_share: Array
    has_lost_updates: NDArray[np.bool_]
    stratum_environment: StratumEnvironment
    """Events that hit one stratum in all versions, by strata of the release."""
    share_of_few: Array
    """Of the crashes since release at each look: a few clients had them, and they are not counted."""
    first_age_hours: int = 1

    @property
    def age_hours(self) -> Array:
        return np.arange(self.expected.shape[1], dtype=float) + self.first_age_hours

    def chance_if_healthy(self, cell: int) -> Array:
        """Chance at each look that a healthy release's ratio is as high: it differs from its predecessors, is young, and counts are few."""
        counting = self.overdispersion / np.maximum(self.effective_expected[cell], LEAST_EXPECTED)
        predictive = self.scales[cell] ** 2 + self.transient_variance[cell] + counting
        log_ratio = np.log((self.observed[cell] + 0.5) / (self.expected[cell] + 0.5))
        return np.asarray(stdtr(self.degrees[cell], -log_ratio / np.sqrt(predictive)))

    @property
    def ratio_high(self) -> Array:
        return np.asarray(np.exp(self.posterior.mean + INTERVAL_SDS * self.posterior.sd))

    @property
    def ratio_low(self) -> Array:
        return np.asarray(np.exp(self.posterior.mean - INTERVAL_SDS * self.posterior.sd))


def look_at_cells(
    history: ReleaseHistory, release: ReleaseCounts, stratum_names: tuple[str, ...] = (), with_strata: bool = True
) -> CellLooks:
    """All looks at a release of `release.hours` hours, against its history. One stratum alone has no rest to be compared with."""
    hours = min(release.hours, HORIZON_HOURS)
    exposed = release_exposure(history, release, hours)
    so_far = sums_since_release(history, release, exposed, hours)
    sums, environment = so_far.sums, so_far.environment
    unseen_share, is_counted = counted_strata(history, sums.usage_hours)
    received, received_then = (_of_release(by_stratum, is_counted) for by_stratum in (sums, so_far.as_known_then))
    of_few = of_few_clients(history, release, hours)
    extra_variance = exposed.extra_variance + doubt_of_few(of_few)
    history = replace(history, omega2=history.omega2 + padded(extra_variance, history.omega2.size))
    whole, then = received.without(of_few), received_then.without(of_few)
    received_lately, trailing = (ReleaseSums(*(trailing_sums(field) for field in vars(sums).values())) for sums in (received_then, then))
    of_few_lately = 1 - trailing.observed / np.maximum(received_lately.observed, LEAST_EXPECTED)
    names = stratum_names or tuple(map(str, range(release.crashes.shape[0])))
    doubt = environment_doubt(then.expected[0], environment)
    parts = [_whole_cell(history, whole, doubt), _trailing_cell(history, then, trailing, doubt_of_few(of_few_lately))]
    groups = local_groups(history, names) if with_strata else []
    mass = history.policy.alarm.p_stratum_regression / max(sum(len(group.names) for group in groups), 1)
    bent = of_few * received.observed
    parts += [_local_cells(history, sums, received, _Parts(group, mass, so_far.by_stratum.variance, bent)) for group in groups]
    local_names = tuple(name for group in groups for name in group.names)
    looks = _assembled(parts, local_names, history.phi, so_far.adoption, environment.factors, unseen_share)
    return replace(looks, has_lost_updates=exposed.has_lost_updates, stratum_environment=so_far.by_stratum, share_of_few=of_few)


def _of_release(sums: ReleaseSums, is_counted: NDArray[np.bool_]) -> ReleaseSums:
    return ReleaseSums(*(np.where(is_counted, field, 0.0).sum(axis=0, keepdims=True) for field in vars(sums).values()))


@dataclass(frozen=True)
class _Part:
    """Cells that share a prior."""

    sums: ReleaseSums
    expected: Array
    ratio: Array
    transient_variance: Array
    scale: float
    degrees: float
    prior: RatioPrior
    posterior: RatioPosterior
    is_known: NDArray[np.bool_]


def _whole_cell(history: ReleaseHistory, whole: ReleaseSums, doubt: Array) -> _Part:
    level, prior, hours = history.level, whole_prior(history), doubt.size
    ratio, omega2 = variance_to_mean(whole.observed, whole.squared_weights), history.omega2[:hours] + doubt
    posterior = ratio_posterior(whole.observed, whole.expected, ratio * history.phi, omega2, prior)
    is_known = np.ones((1, hours), dtype=bool)
    return _Part(whole, whole.expected, ratio, omega2[None, :], level.scale, level.degrees, prior, posterior, is_known)


def whole_prior(history: ReleaseHistory) -> RatioPrior:
    """What is believed of the ratio of a release as a whole before it comes out."""
    alarm, level = history.policy.alarm, history.level
    log_acceptable = max(float(np.log1p(alarm.margin)), alarm.scales * level.scale)
    return ratio_prior(level.scale, level.degrees, log_acceptable, alarm.p_regression, alarm.p_improvement)


def _trailing_cell(history: ReleaseHistory, whole: ReleaseSums, trailing: ReleaseSums, doubt: Array) -> _Part:
    """What began later than the release shows in the last day first: against the hours before it, how much the release differs cancels."""
    alarm = history.policy.alarm
    scale = float(np.hypot(_TRAILING_SCALE, np.sqrt(history.long_run_variance)))
    log_acceptable = max(float(np.log1p(alarm.margin)), alarm.local_scales * scale)
    prior = ratio_prior(scale, _LOCAL_DEGREES, log_acceptable, TRAILING_MASS * alarm.p_regression, alarm.p_improvement / 2)
    ratio = variance_to_mean(whole.observed, whole.squared_weights)
    observed_before, expected_before = (np.maximum(w - t, 0.0) for w, t in zip(_counts(whole), _counts(trailing), strict=True))
    expected = trailing.expected * hours_before_factor(observed_before, expected_before)
    omega2 = _TRAILING_VARIANCE + history.phi * ratio / np.maximum(observed_before, 2.0) + doubt
    posterior = ratio_posterior(trailing.observed, expected, ratio * history.phi, omega2, prior)
    is_known = (np.arange(whole.observed.shape[1]) >= TRAILING_HOURS)[None, :]
    return _Part(trailing, expected, ratio, omega2, scale, _LOCAL_DEGREES, prior, posterior, is_known)


def _counts(sums: ReleaseSums) -> tuple[Array, Array]:
    return sums.observed, sums.expected


@dataclass(frozen=True)
class _Parts:
    """Parts of a release, the prior's `mass` of a regression of each, the `doubt` that events in strata leave, (strata, hours), and the crashes
    `of_few` clients, (1, hours)."""

    group: LocalGroup
    mass: float
    doubt: Array
    of_few: Array

    def sums_of(self, by_stratum: Array) -> Array:
        """(parts, hours) of (strata, hours)."""
        return np.array([by_stratum[list(strata)].sum(axis=0) for strata in self.group.strata])


def _local_cells(history: ReleaseHistory, sums: ReleaseSums, whole: ReleaseSums, parts: _Parts) -> _Part:
    """Each stratum or platform against the rest of the same release: what is common to both cancels.

    Whose crashes the few clients' are is not known by stratum: each is judged as if all of them were its own.
    """
    alarm, mass, scale = history.policy.alarm, parts.mass, parts.group.scale
    log_acceptable = max(float(np.log1p(alarm.local_margin)), alarm.local_scales * scale)
    prior = ratio_prior(scale, _LOCAL_DEGREES, log_acceptable, mass, mass / 2)
    own = ReleaseSums(*(parts.sums_of(field) for field in vars(sums).values()))
    rest_observed = np.maximum(whole.observed - own.observed, 0.0)
    rest_expected = np.maximum(whole.expected - own.expected, 0.0)
    expected = expected_as_the_rest(own.expected, rest_observed, rest_expected)
    # Events in groups of users are each its own: of the doubt of each a platform bears the group's part.
    doubt = parts.sums_of(sums.expected**2 * parts.doubt) / np.maximum(own.expected, LEAST_EXPECTED) ** 2
    omega2 = history.omega2[: own.observed.shape[1]] / 2 + history.phi / np.maximum(rest_observed, 2.0) + doubt
    own = own.without(np.minimum(parts.of_few / np.maximum(own.observed, LEAST_EXPECTED), 1.0))
    ratio = variance_to_mean(own.observed, own.squared_weights)
    posterior = ratio_posterior(own.observed, expected, ratio * history.phi, omega2, prior)
    return _Part(own, expected, ratio, omega2, scale, _LOCAL_DEGREES, prior, posterior, np.ones(own.observed.shape, dtype=bool))


def _assembled(
    parts: list[_Part], local_names: tuple[str, ...], phi: float, shares: Array, environment: Array, unseen_share: Array
) -> CellLooks:
    sizes = [part.expected.shape[0] for part in parts]
    shape = (sum(sizes), parts[0].expected.shape[1])

    def stacked(name: str) -> Array:
        return np.concatenate([getattr(part.sums, name) for part in parts])

    def repeated(values: list[float]) -> Array:
        return np.repeat(values, sizes)

    ratio = np.concatenate([part.ratio for part in parts])
    expected, observed = np.concatenate([part.expected for part in parts]), stacked("observed")
    posteriors = [vars(part.posterior) for part in parts]
    return CellLooks(
        scopes=(Scope.PLATFORM, Scope.TRAILING, *(Scope.STRATUM for _ in local_names)),
        strata=(ALL, ALL, *local_names),
        crashes=stacked("crashes"),
        usage_hours=stacked("usage_hours"),
        observed=observed,
        squared_weights=stacked("squared_weights"),
        expected=expected,
        effective_crashes=observed / ratio,
        effective_expected=expected / ratio,
        transient_variance=np.concatenate([np.broadcast_to(part.transient_variance, part.expected.shape) for part in parts]),
        scales=repeated([part.scale for part in parts]),
        degrees=repeated([part.degrees for part in parts]),
        log_acceptable=repeated([part.prior.log_acceptable for part in parts]),
        posterior=RatioPosterior(**{name: np.concatenate([figures[name] for figures in posteriors]) for name in posteriors[0]}),
        is_known=np.concatenate([part.is_known for part in parts]).reshape(shape),
        overdispersion=phi,
        adoption=shares,
        environment=environment,
        unseen_share=unseen_share,
        has_lost_updates=np.zeros(shares.size, dtype=bool),
        stratum_environment=no_stratum_environment(0, shares.size),
        share_of_few=np.zeros(shares.size),
    )
