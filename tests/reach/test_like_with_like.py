"""Why crash-free users stand beside past releases at the same age without a correction: simulated clients, delays and rollouts.

Crashes are reported at once and usage when a session has ended and the client is on line again; releases differ in how fast they are taken up
and are otherwise alike. Early figures are unlike later ones, and about as much so in every release.
"""

import numpy as np
import pytest

CLIENTS, HOURS, DAY = 30_000, 168, 24
CRASHES_PER_SESSION = 0.004


def crash_free_by_age(seed: int, hours_to_half: float) -> np.ndarray:
    """Crash-free users of the 24 hours before each hour of age, by what was received; NaN below a thousand active."""
    rng = np.random.default_rng(seed)
    updated = rng.exponential(hours_to_half / np.log(2), CLIENTS)
    active, crashed = np.zeros((2, CLIENTS, HOURS), dtype=bool)
    for _ in range(3 * HOURS // DAY):  # three sessions a day
        client, start = np.arange(CLIENTS), rng.uniform(0, HOURS, CLIENTS)
        is_own = start > updated
        end = start + rng.exponential(1.5, CLIENTS)
        has_crashed = is_own & (rng.random(CLIENTS) < CRASHES_PER_SESSION)
        late = rng.choice([0.3, 8.0, 30.0], p=[0.6, 0.25, 0.15], size=CLIENTS)
        came = end + rng.exponential(late)
        for is_there, at, seen in ((is_own, came, (active,)), (has_crashed, start, (active, crashed))):
            hour = at.astype(int)
            shown = is_there & (hour < HOURS)
            for each in seen:
                each[client[shown], hour[shown]] = True
    shares = np.full(HOURS, np.nan)
    for look in range(HOURS):
        day = slice(max(look - DAY + 1, 0), look + 1)
        of_day = np.count_nonzero(active[:, day].any(axis=1))
        if of_day >= 1_000:
            shares[look] = 1 - np.count_nonzero(crashed[:, day].any(axis=1)) / of_day
    return shares


@pytest.fixture(scope="module")
def fast_and_slow() -> tuple[np.ndarray, np.ndarray]:
    """Healthy releases that half of the users have after 18 hours, and such that they have after 50; in percentage points."""
    return tuple(
        np.mean([100 * crash_free_by_age(first + seed, hours) for seed in range(3)], axis=0) for first, hours in ((0, 18), (100, 50))
    )


def test_a_young_release_is_not_to_be_compared_with_older_ones(fast_and_slow) -> None:
    for shares in fast_and_slow:
        assert shares[18 - 1] - shares[-DAY:].mean() > 0.15, "in its first day it has had fewer hours to crash in"


@pytest.mark.parametrize("age", [18, 24, 36, 48, 72, 96, 168])
def test_at_the_same_age_they_are_alike_however_fast_they_are_taken_up(fast_and_slow, age: int) -> None:
    fast, slow = fast_and_slow
    assert fast[age - 1] == pytest.approx(slow[age - 1], abs=0.15)
