"""Unions over random windows against an exact count: within the bounds that are stated, as often as is stated."""

import numpy as np
import pytest
from datasketches import update_theta_sketch

from jobs.pings.client_keys import ClientKeys
from jobs.reach.sketches import LG_NOMINAL_ENTRIES, count_clients, united

pytestmark = pytest.mark.long

HOURS, CLIENTS, WORLDS, WINDOWS = 72, 30_000, 40, 25


def test_a_thousand_random_windows_lie_within_their_bounds() -> None:
    chance = np.random.default_rng(57)
    within, ratios = [], []
    for world in range(WORLDS):  # each with a secret of its own: windows of one world share their luck
        keys_of = ClientKeys(f"secret {world}".encode()).maker()
        keys = [keys_of(f"client {client}")[0] for client in range(CLIENTS)]
        activity = chance.random(CLIENTS) ** 3 * 0.6
        is_active = chance.random((HOURS, CLIENTS)) < activity
        sketches = [sketch_of([keys[client] for client in np.flatnonzero(hour)]) for hour in is_active]
        for _ in range(WINDOWS):
            first, last = sorted(chance.integers(0, HOURS, 2))
            exact = int(is_active[first : last + 1].any(axis=0).sum())
            count = count_clients(united(sketches[first : last + 1]))
            within.append(count.low <= exact <= count.high)
            ratios.append(abs(count.estimate - exact) / max(count.high - count.estimate, 1.0))
    assert len(within) == 1000
    assert np.mean(within) >= 0.93
    assert max(ratios) <= 3


def sketch_of(keys: list[int | None]) -> bytes:
    sketch = update_theta_sketch(LG_NOMINAL_ENTRIES)
    for key in keys:
        sketch.update(key)
    return united([bytes(sketch.compact().serialize())])
