"""Who crashes: clients for the crashes of a world, few of whom have most of them.

A negative binomial count is a Poisson number of clients with several crashes each; given the count, so many clients as parties of a Chinese
restaurant have sat down. Whoever crashes in an hour has often crashed on that day before: users differ in how prone they are (gamma).
"""

import numpy as np

from simulation.release_world.world import Array

_DAY_HOURS = 24
PRONENESS = 0.02
"""Shape of the gamma distribution of how prone users are: one user in fifty has nearly all crashes."""


def first_crashes_of_day(
    crashes: Array, means: Array, users: Array, clock: Array, overdispersion: float, rng: np.random.Generator
) -> Array:
    """Clients that crash for the first time on their UTC day, (releases, strata, hours).

    Of received `crashes` with the `means` that they were drawn from, among so many `users` of the version, all of that shape; `clock` (releases, hours).
    """
    crashing = _clients_in_hour(crashes, means / (overdispersion - 1), rng)
    first = np.zeros_like(crashing)
    met, known = np.zeros(crashes.shape[:2]), np.zeros(crashes.shape[:2])
    for hour in range(crashes.shape[2]):
        is_new_day = (np.floor(clock[:, hour]) % _DAY_HOURS == 0)[:, None]
        met, known = np.where(is_new_day, 0.0, met), np.where(is_new_day, 0.0, known)
        here = np.maximum(users[..., hour], known + 1)
        chance = PRONENESS * (here - known) / (PRONENESS * here + met + crashing[..., hour] / 2)
        first[..., hour] = rng.binomial(crashing[..., hour].astype(np.int64), np.minimum(chance, 1.0))
        met, known = met + crashing[..., hour], known + first[..., hour]
    return first


def _clients_in_hour(crashes: Array, concentration: Array, rng: np.random.Generator) -> Array:
    """The next crash is of a client new in this hour with probability r / (r + crashes so far)."""
    clients = np.minimum(crashes, 1.0)
    where = np.flatnonzero(crashes > 1)
    counts, shape = crashes.ravel()[where], np.maximum(concentration.ravel()[where], 1e-9)
    flat = clients.reshape(-1)
    for so_far in range(1, int(counts.max(initial=1.0))):
        is_on = counts > so_far
        where, counts, shape = where[is_on], counts[is_on], shape[is_on]
        flat[where] += rng.random(where.size) < shape / (shape + so_far)
    return flat.reshape(crashes.shape)
