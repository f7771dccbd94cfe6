"""A delay kernel where none was measured: the mixture under which past releases develop most evenly (docs/method.md#delay-matching)."""

from collections.abc import Sequence

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.delay_matching import DelayMatching, candidate_mixtures, delay_kernel
from jobs.scoring.method.development_factors import adoption_bins, age_bins, fit_development
from jobs.scoring.method.hourly_counts import ReleaseCounts, adoption
from jobs.scoring.method.release_history import padded

FEWEST_BASELINES = 3
_JUDGED_HOURS = slice(1, 49)


def chosen_matching(baselines: Sequence[ReleaseCounts]) -> DelayMatching | None:
    """The best of 231 mixtures; None (the default serves) for fewer than three baselines, or where their delays were measured.

    Whatever is wrong in the kernel and the same for all releases is taken up by the development factors, so this is a refinement.
    """
    if len(baselines) < FEWEST_BASELINES or any(release.has_measured_delays for release in baselines):
        return None
    mixtures = np.array(candidate_mixtures())
    best = int(np.argmin(_unevenness(baselines, mixtures)))
    return None if best == 0 else DelayMatching.of(delay_kernel(tuple(mixtures[best])))


def _unevenness(baselines: Sequence[ReleaseCounts], mixtures: Array) -> Array:
    """By mixture: variance over ages 1-48 h of log cumulative observed/expected after the fit of development; mean over the baselines."""
    known = np.array([padded(release.known, HORIZON_HOURS) for release in baselines])
    mature = np.array([padded(release.mature, HORIZON_HOURS) for release in baselines])
    crashes = np.array([padded(release.crashes.sum(axis=0), HORIZON_HOURS) for release in baselines]) * known
    usage_hours = np.array([padded(release.usage_hours.sum(axis=0), HORIZON_HOURS) for release in baselines]) * known
    channel_hours = np.array([padded(release.channel_hours, HORIZON_HOURS) for release in baselines]) * known
    # Delaying is linear in the kernel: three kinds of delay make every mixture.
    parts = np.array([DelayMatching.of(delay_kernel(part)).delayed(crashes) for part in ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))])
    delayed = np.einsum("mk,krt->mrt", mixtures, parts)
    rate = (delayed * mature).sum(axis=(1, 2)) / max(float((usage_hours * mature).sum()), 1e-9)
    expected = rate[:, None, None] * usage_hours
    bins = adoption_bins(adoption(usage_hours, channel_hours))
    factors, _ = fit_development(delayed, expected, bins, mature)
    at_factors = expected * np.exp(factors.by_adoption[:, bins] + factors.by_age[:, None, age_bins(HORIZON_HOURS)])
    log_ratio = np.log((np.cumsum(delayed, axis=2) + 0.5) / (np.cumsum(at_factors, axis=2) + 0.5))
    return np.asarray(log_ratio[:, :, _JUDGED_HOURS].var(axis=2).mean(axis=1))
