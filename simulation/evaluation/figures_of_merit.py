"""What a study's results say: false alarms with errors clustered by history, detection and hours, calibration, rivals at equal false alarms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from simulation.evaluation.chunk import SCORE_HOURS, Results
from simulation.evaluation.first_hours import NEVER
from simulation.release_world.world import Array

BLACKOUT_HOURS = (0, 6, 12, 24, 48, 72)
ISO_QUANTILE = 0.99
_SCORE_BINS = np.array([0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.93, 0.97, 0.99, 1.0])
_UPPER_95, _INTERVAL_90 = 1.645, 1.645


@dataclass(frozen=True)
class Share:
    """A share of releases with its standard error; `count` releases."""

    mean: float
    error: float
    count: int

    @property
    def upper(self) -> float:
        """One-sided 95 % bound; of no events in n, 3/n."""
        return self.mean + _UPPER_95 * self.error if self.mean > 0 else 3.0 / max(self.count, 1)


@dataclass(frozen=True)
class Detection:
    """Share found within a week, median hours of those, and shares found by 6, 12, 24 and 48 h."""

    share: Share
    median_hours: float
    by_hour: dict[int, float]


@dataclass(frozen=True)
class TunedRule:
    """A rule with the threshold that gives 1 % false alarms on the very releases evaluated, and the blackout that serves it best."""

    blackout_hours: int
    threshold: float
    detections: dict[str, Detection]


def is_labelled(results: Results, label: str) -> NDArray[np.bool_]:
    return np.asarray(results["label"] == label)


def release_hours(results: Results) -> Array:
    """Hour of the first alarm of the release as a whole or of any stratum."""
    return np.minimum(results["global_hour"], results["local_hour"])


def share_of(flags: NDArray[np.bool_], histories: Array) -> Share:
    """Releases of one history share its baselines: the error is that of the histories' means."""
    if flags.size == 0:
        return Share(float("nan"), float("nan"), 0)
    means = np.array([flags[histories == history].mean() for history in np.unique(histories)])
    error = float(means.std(ddof=1) / np.sqrt(means.size)) if means.size > 1 else float("nan")
    return Share(float(flags.mean()), error, int(flags.size))


def false_alarms(results: Results, hours: Array) -> Share:
    healthy = is_labelled(results, "healthy")
    return share_of(hours[healthy] < NEVER, results["history"][healthy])


def detection(results: Results, label: str, hours: Array, from_hour: int = 0) -> Detection:
    chosen = is_labelled(results, label)
    found_at = hours[chosen] - from_hour
    found = found_at < NEVER
    return Detection(
        share=share_of(found, results["history"][chosen]),
        median_hours=float(np.median(found_at[found])) if found.any() else float("nan"),
        by_hour={limit: float((found_at <= limit).mean()) for limit in (6, 12, 24, 48)},
    )


def calibration_error(results: Results, at: int) -> float:
    """Share-weighted |mean probability - frequency| of an acceptable release, over bins of the probability; `at` indexes SCORE_HOURS."""
    acceptable = 1 - results["p_unacceptable"][:, at]
    is_acceptable = results["log_ratio"] <= results["log_acceptable"]
    bins = np.clip(np.digitize(acceptable, _SCORE_BINS) - 1, 0, _SCORE_BINS.size - 2)
    return float(
        sum(
            np.mean(bins == b) * abs(acceptable[bins == b].mean() - is_acceptable[bins == b].mean())
            for b in range(_SCORE_BINS.size - 1)
            if (bins == b).any()
        )
    )


def calibration_curve(results: Results, at: int) -> tuple[Array, Array, Array]:
    """Mean probability, frequency and number of releases in each bin that has any."""
    acceptable = 1 - results["p_unacceptable"][:, at]
    is_acceptable = results["log_ratio"] <= results["log_acceptable"]
    bins = np.clip(np.digitize(acceptable, _SCORE_BINS) - 1, 0, _SCORE_BINS.size - 2)
    used = [b for b in range(_SCORE_BINS.size - 1) if (bins == b).any()]
    return (
        np.array([acceptable[bins == b].mean() for b in used]),
        np.array([is_acceptable[bins == b].mean() for b in used]),
        np.array([(bins == b).sum() for b in used]),
    )


def coverage(results: Results, at: int) -> float:
    """How often the 90 % interval holds the truth."""
    return float((np.abs(results["log_ratio"] - results["mean"][:, at]) < _INTERVAL_90 * results["sd"][:, at]).mean())


def first_above(paths: Array, threshold: float, blackout_hours: int = 0) -> Array:
    """Hour of the first look above the threshold, looks before the blackout's end left out."""
    above = paths > threshold
    above[:, :blackout_hours] = False
    return np.where(above.any(axis=1), above.argmax(axis=1) + 1.0, NEVER)


def iso_threshold(paths: Array, healthy: NDArray[np.bool_], blackout_hours: int = 0) -> float:
    """The threshold at which one healthy release in a hundred alarms."""
    largest = np.sort(paths[healthy][:, blackout_hours:].max(axis=1))
    return float(largest[int(np.ceil(ISO_QUANTILE * largest.size)) - 1] * 1.000001)


def tuned_rule(results: Results, paths: Array, labels: list[str], tuned_on: str = "1.5x") -> TunedRule:
    """The oracle's choice of blackout and threshold."""
    healthy = is_labelled(results, "healthy")
    best: tuple[float, int, float] | None = None
    for blackout in BLACKOUT_HOURS:
        threshold = iso_threshold(paths, healthy, blackout)
        found = detection(results, tuned_on, first_above(paths, threshold, blackout)).share.mean
        if best is None or found > best[0]:
            best = (found, blackout, threshold)
    assert best is not None
    hours = first_above(paths, best[2], best[1])
    return TunedRule(best[1], best[2], {label: detection(results, label, hours) for label in labels})


def assumed_spread(effect_sd: float, baselines: int) -> float:
    """The spread of healthy releases against K exchangeable ones that differ by `effect_sd` in all."""
    return float(effect_sd * np.sqrt(1 + 1 / baselines))


def healthy_spread(results: Results) -> float:
    """Standard deviation of what healthy releases truly differ by from the mean of their baselines."""
    return float(results["log_ratio"][is_labelled(results, "healthy")].std(ddof=1))


def ceiling(ratio: float, spread: float, share_of_false_alarms: float = 0.01) -> float:
    """Detection that nobody can beat at those false alarms without randomisation, however much data there is."""
    return float(stats.norm.cdf(np.log(ratio) / spread - stats.norm.ppf(1 - share_of_false_alarms)))


def score_index(hours: int) -> int:
    return SCORE_HOURS.index(hours)
