"""What may come of one cell: rates drawn from its posterior, counts drawn from the rates, and the looks that they would give."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from jobs.decisions.rollout_plan import DAY_HOURS, LastDay, Pace, RolloutPlan
from jobs.decisions.usual_growth import UsualGrowth
from jobs.declarations.states import Scope
from jobs.scoring.looks.cell_looks import CellLooks
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.ratio_posterior import GRID, STEP, RatioPosterior, RatioPrior, posterior_masses, ratio_posterior
from jobs.scoring.method.release_history import ReleaseHistory

PAST_LOOKS = 12
"""The rules of the states look back so far."""
_HOURLY = 12
_SETTLED_LOOK = 47
"""At two days most of those who have updated are seen using the release."""
_THINNED = 3
"""After half a day, a look in three hours is enough to know when a verdict comes."""


@dataclass(frozen=True)
class Chances:
    """One element for each draw: `rate` and `path` within (0, 1), `transient` standard normal. Cells share them in part."""

    rate: Array
    path: Array
    transient: Array


@dataclass(frozen=True)
class CellFuture:
    """All that a cell's draws need beside its looks; `plan` has the declared steps of the rollout, if there are any."""

    history: ReleaseHistory
    prior: RatioPrior
    growth: UsualGrowth
    plan: RolloutPlan | None = None


def draw_looks(future: CellFuture, looks: CellLooks, look: int, hours: int, chances: Chances, rng: np.random.Generator) -> CellLooks:
    """Looks at the whole cell, a draw in each row: the last known ones up to `look`, then those of the next `hours`."""
    omega2 = future.history.omega2[look : look + 1 + hours] + looks.transient_variance[0, look] - future.history.omega2[look]
    observed_now, expected_now = float(looks.observed[0, look]), float(looks.expected[0, look])
    ratio = observed_now / max(float(looks.effective_crashes[0, look]), 1e-9) if looks.effective_crashes[0, look] > 1e-9 else 1.0
    dispersion = ratio * future.history.phi
    thetas = _drawn_thetas(future, observed_now, expected_now, dispersion, float(omega2[0]), chances)
    errors = _drawn_errors(observed_now, expected_now, dispersion, omega2, thetas, chances)
    added = _drawn_growth(future, looks, look, hours, chances)
    expected = expected_now + np.concatenate([np.zeros((thetas.size, 1)), np.cumsum(added, axis=1)], axis=1)
    means = np.maximum(np.diff(expected * np.exp(thetas[:, None] + errors), axis=1), 1e-9)
    observed = observed_now + np.cumsum(rng.gamma(means / dispersion, dispersion), axis=1)
    kept = _kept_hours(hours)
    posterior = _thinned(
        ratio_posterior(observed[:, kept], expected[:, 1:][:, kept], np.array(dispersion), omega2[1:][kept], future.prior), hours
    )
    return _joined(looks, look, _Ahead(observed, expected[:, 1:], ratio, omega2[1:], posterior))


def _drawn_thetas(future: CellFuture, observed: float, expected: float, dispersion: float, omega2: float, chances: Chances) -> Array:
    """Log ratios from the posterior; within a step of the grid all are as likely."""
    masses = posterior_masses(observed, expected, dispersion, omega2, future.prior)
    edges = np.concatenate([[0.0], np.cumsum(masses)])
    return np.asarray(np.interp(chances.rate, edges / edges[-1], np.append(GRID - STEP / 2, GRID[-1] + STEP / 2)))


def _drawn_errors(observed: float, expected: float, dispersion: float, omega2: Array, thetas: Array, chances: Chances) -> Array:
    """(draws, now and hours ahead): log error of what is expected. It is the same through a draw, and fades as errors of that age do.

    What the counts show beyond a draw's ratio is error, or chance.
    """
    omega = np.sqrt(omega2)
    counting = dispersion / np.maximum(expected * np.exp(thetas), 0.5)
    seen = np.log((observed + 0.5) / (expected + 0.5)) - thetas
    mean = omega[0] * seen / (omega2[0] + counting)
    sd = np.sqrt(counting / (omega2[0] + counting))
    return np.asarray((mean + sd * chances.transient)[:, None] * omega)


def _drawn_growth(future: CellFuture, looks: CellLooks, look: int, hours: int, chances: Chances) -> Array:
    """(draws, hours ahead): expected crashes that are added, each draw along one baseline's path, or as the rollout is planned."""
    growth, adoption = future.growth, float(looks.adoption[look])
    baselines = growth.drawn(look + 1, adoption, chances.path)
    if future.plan is None:
        return np.asarray(growth.ahead(look + 1, usual_last_day(looks, look), hours)[baselines])
    pace = Pace(chances.path[::-1], growth.daily_shapes[baselines], update_worth_hours(future.history))  # as good as draws of their own
    return future.plan.ahead(LastDay(look + 1, adoption, usual_last_day(looks, look)), pace, hours)


def update_worth_hours(history: ReleaseHistory) -> float:
    """Hours of a user that bring as many crashes as an update does, from the usage hours that it counts for and how many a user has a day."""
    if history.usual_updates is None:
        return 0.0
    updates_per_daily_hour = float(np.exp(history.usual_updates.log_level[_SETTLED_LOOK]))
    return history.update_weight * DAY_HOURS * updates_per_daily_hour


def usual_last_day(looks: CellLooks, look: int) -> float:
    """Expected crashes of the whole cell in the last 24 hours, or since the release."""
    before = float(looks.expected[0, look - 24]) if look >= 24 else 0.0
    return max(float(looks.expected[0, look]) - before, 0.0)


@dataclass(frozen=True)
class _Ahead:
    observed: Array
    expected: Array
    ratio: float
    omega2: Array
    posterior: RatioPosterior


@cache
def _kept_hours(hours: int) -> Array:
    ahead = np.arange(hours)
    return np.asarray(ahead[(ahead < _HOURLY) | ((ahead - _HOURLY) % _THINNED == _THINNED - 1) | (ahead == hours - 1)])


def _thinned(posterior: RatioPosterior, hours: int) -> RatioPosterior:
    """Of every hour, from those of the kept ones: an hour in between has the figures of the next kept one."""
    places = np.searchsorted(_kept_hours(hours), np.arange(hours))
    return RatioPosterior(**{name: values[:, places] for name, values in vars(posterior).items()})


def _joined(looks: CellLooks, look: int, ahead: _Ahead) -> CellLooks:
    """The last known looks in every row, then the drawn ones."""
    draws, hours = ahead.observed.shape
    first = max(look + 1 - PAST_LOOKS, 0)
    past = slice(first, look + 1)
    columns = look + 1 - first + hours

    def joined(known: Array, drawn: Array) -> Array:
        return np.concatenate([np.broadcast_to(known[0, past], (draws, look + 1 - first)), drawn], axis=1)

    posterior = {name: joined(known, getattr(ahead.posterior, name)) for name, known in vars(looks.posterior).items()}
    omega2 = np.concatenate([looks.transient_variance[0, past], ahead.omega2])
    return replace(
        looks,
        scopes=(Scope.PLATFORM,) * draws,
        strata=looks.strata[:1] * draws,
        crashes=joined(looks.crashes, ahead.observed),
        usage_hours=np.zeros((draws, columns)),
        observed=joined(looks.observed, ahead.observed),
        squared_weights=joined(looks.squared_weights, ahead.observed * ahead.ratio),
        expected=joined(looks.expected, ahead.expected),
        effective_crashes=joined(looks.effective_crashes, ahead.observed / ahead.ratio),
        effective_expected=joined(looks.effective_expected, ahead.expected / ahead.ratio),
        transient_variance=np.broadcast_to(omega2, (draws, columns)),
        scales=np.repeat(looks.scales[:1], draws),
        degrees=np.repeat(looks.degrees[:1], draws),
        log_acceptable=np.repeat(looks.log_acceptable[:1], draws),
        posterior=RatioPosterior(**posterior),
        is_known=np.ones((draws, columns), dtype=bool),
        first_age_hours=first + 1,
    )
