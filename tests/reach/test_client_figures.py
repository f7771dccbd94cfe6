"""What is told of people: rounded counts whose bounds hold, and crash-free users only where enough are active."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest

from jobs.reach.client_figures import MIN_ACTIVE_CLIENTS, adoption_by_people, crash_free_users, told_clients
from jobs.reach.sketches import ClientCount, count_clients, united
from tests.reach.client_hours import sketch_of


def exactly(clients):
    return ClientCount(clients, clients, clients)


@pytest.mark.parametrize(
    ("exact", "told", "low", "high"),
    [
        (0, 0, 0, 0),
        (7, 7, 7, 7),
        (999, 999, 999, 999),
        (3_456, 3_460, 3_450, 3_460),
        (3_454, 3_450, 3_450, 3_460),
        (123_456, 123_000, 123_000, 124_000),
    ],
)
def test_clients_are_told_to_three_digits(exact, told, low, high):
    assert told_clients(exactly(exact)) == ClientCount(told, low, high)


def test_crash_free_users_are_those_active_who_did_not_crash():
    told = crash_free_users(exactly(20_000.0), exactly(500.0))
    assert told is not None
    assert told.share == pytest.approx(1 - 500 / 20_000)
    assert told.low == told.high == told.share  # counted exactly, and three digits lose nothing


def test_nothing_is_told_of_fewer_than_a_thousand():
    assert crash_free_users(exactly(MIN_ACTIVE_CLIENTS - 1.0), exactly(0.0)) is None
    told = crash_free_users(exactly(MIN_ACTIVE_CLIENTS), exactly(0.0))
    assert told is not None and told.share == told.low == told.high == 1.0
    assert adoption_by_people(exactly(10.0), exactly(999.0)) is None


def test_adoption_by_people_is_a_share_of_the_channel_s():
    assert adoption_by_people(exactly(250.0), exactly(1_000.0)) == 0.25
    assert adoption_by_people(exactly(1_010.0), exactly(1_000.0)) == 1.0  # two estimates of the same people


def test_more_crashes_never_make_it_better():
    shares = [crash_free_users(exactly(5_000.0), exactly(float(crashed))) for crashed in range(0, 5_000, 250)]
    assert all(before.share > after.share for before, after in pairwise(shares))


def test_the_bounds_hold_the_exact_share_in_95_of_100_windows():
    """Unions of two sets each, of 300 to 60,000 clients: exact ones and estimated ones."""
    rng, inside, beyond, windows = random.Random(11), 0, 0, 400
    for window in range(windows):
        first = window << 32
        clients = int(math.exp(rng.uniform(math.log(1_500), math.log(60_000))))
        crashed = int(clients * math.exp(rng.uniform(math.log(0.002), math.log(0.3))))
        overlap = rng.randrange(clients // 2)
        active = united([sketch_of(range(first, first + clients - overlap)), sketch_of(range(first + overlap, first + clients))])
        some = sorted(rng.sample(range(first, first + clients), crashed))
        told = crash_free_users(told_clients(count_clients(active)), told_clients(count_clients(sketch_of(some))))
        assert told is not None
        exact = 1 - crashed / clients
        inside += told.low - 1e-12 <= exact <= told.high + 1e-12
        beyond += abs(exact - told.share) > 3 * max(told.high - told.share, told.share - told.low) + 1e-12
    assert inside >= 0.93 * windows
    assert not beyond


def test_rounding_adds_less_than_the_sketch_does():
    counts = np.geomspace(100, 5e7, 2_000)
    errors = [abs(told_clients(exactly(float(round(count)))).estimate / round(count) - 1) for count in counts]
    assert max(errors) <= 0.005 < 1 / math.sqrt(4_096)
