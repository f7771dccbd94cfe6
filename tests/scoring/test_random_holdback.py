"""Where updating is held back at random: evidence that holds at any time, and finds what no comparison with past releases can."""

import numpy as np
import pyarrow as pa
import pytest

from jobs.declarations.policies import POLICY
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.holdback_rows import HOLDBACK_COLUMNS, holdback_arms
from jobs.scoring.method.random_holdback import holdback_evidence
from tests.scoring.small_channel import ORIGIN

USAGE = np.full(168, 5_000.0)


def drawn_evidence(ratio, seed, phi=2.0):
    """Clustered counts: negative binomial of variance phi x mean."""
    rng = np.random.default_rng(seed)

    def counts(mean):
        return rng.poisson(rng.gamma(mean / (phi - 1), size=168) * (phi - 1)).astype(float)

    return holdback_evidence(counts(10.0 * ratio), counts(10.0), USAGE, USAGE, phi)


def test_no_difference_seldom_alarms_however_often_one_looks():
    assert np.mean([drawn_evidence(1.0, seed).max() >= 100 for seed in range(300)]) <= 0.01 + 0.01


def test_a_quarter_more_crashes_is_found_in_some_thousand():
    found = [np.argmax(drawn_evidence(1.25, seed) >= 100) for seed in range(50)]
    # 2 500 effective crashes of both arms, of phi 2 and 22.5 an hour: about 110 hours on average.
    assert 50 < np.median([hour for hour in found if hour]) < 168


def test_hours_without_usage_in_an_arm_say_nothing():
    crashes = np.full(10, 5.0)
    evidence = holdback_evidence(crashes, np.zeros(10), np.full(10, 100.0), np.zeros(10), 2.0)
    assert evidence == pytest.approx(np.ones(10))


def test_evidence_is_the_likelihood_ratio_of_the_arms():
    """One hour, one candidate ratio at a time: the mixture is their weighted mean."""
    evidence = holdback_evidence(np.array([7.0]), np.array([3.0]), np.array([60.0]), np.array([40.0]), 1.0)[0]
    log_ratios = np.linspace(-1.5, 1.5, 41)
    weights = np.exp(-(log_ratios**2) / 0.5)
    share = 0.6 * np.exp(log_ratios) / (0.6 * np.exp(log_ratios) + 0.4)
    likelihoods = share**7 * (1 - share) ** 3 / (0.6**7 * 0.4**3)
    assert evidence == pytest.approx(likelihoods @ weights / weights.sum())


def experiment_row(hour, branch, version="57.0b8", **values):
    given = {"usage_hours": 10.0, "main_crashes_capped": 1}
    return (
        {"hour_start": ORIGIN + hour * HOUR, "channel": "beta", "experiment": f"release-holdback-{version}", "branch": branch}
        | given
        | values
    )


def test_arms_are_the_branches_of_the_holdback_of_that_version():
    rows = [
        experiment_row(1, "released", main_crashes_capped=4),
        experiment_row(1, "held", main_crashes_capped=2),
        experiment_row(1, "released", version="57.0b7", main_crashes_capped=100),
        experiment_row(2, "held", main_crashes_capped=None),
    ]
    table = pa.Table.from_pylist(rows).select(list(HOLDBACK_COLUMNS))
    arms = holdback_arms(table, "beta", "57.0b8", ORIGIN, POLICY.holdback)
    assert arms.released_crashes[:3].tolist() == [0, 4, 0]
    assert arms.held_crashes[:3].tolist() == [0, 2, 0]
    assert arms.held_hours[:3].tolist() == [0, 10, 10]


def test_a_release_without_holdback_has_no_arms():
    table = pa.Table.from_pylist([experiment_row(1, "released")]).select(list(HOLDBACK_COLUMNS))
    assert holdback_arms(table, "beta", "57.0b8", ORIGIN, POLICY.holdback) is None
