"""What happens in the demo's world: hours of use, crashes and updates, each with the moment at which the server receives its ping."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from simulation.ping_world.adoption import NEVER, Hours, hours_since_start, release_in_use, update_times, use_by_hour
from simulation.ping_world.population import Users, draw_users
from simulation.ping_world.world import BAD_BRANCH, REGRESSION, PingWorld

MEAN_SUBSESSION_HOURS = 2.0
MEAN_ANDROID_SESSION_HOURS = 1.0
MAIN_CRASHES_PER_HOUR = 0.009
CONTENT_CRASHES_PER_HOUR = 0.013
SUBPROCESS_CRASHES_PER_HOUR = {"gpu": 0.0015, "plugin": 0.004, "gmplugin": 0.0004}
STARTUP_SHARE = 0.06
SHUTDOWN_KILL_SHARE = 0.12
RELEASES_DIFFER_BY = 0.06
"""Standard deviation of the logarithm of a healthy release's crash rate."""
DAYS_DIFFER_BY = 0.04
CRASHES_AT_UPDATING_HOURS = 1.0
"""The restart of an update costs as many crashes as so many hours of use."""
WARM_UP_DAYS = 10
LOOPING_CRASHES = 40
_TREATMENT = 2
NANOSECONDS_PER_HOUR = 3_600_000_000_000


class Kind(IntEnum):
    MAIN = 0
    CORE = 1
    CRASH = 2
    UPDATE = 3


class Crash(IntEnum):
    MAIN = 0
    STARTUP = 1
    CONTENT = 2
    SHUTDOWN_KILL = 3


PING = np.dtype(
    [
        ("received_ns", "i8"),
        ("created_ns", "i8"),
        ("kind", "u1"),
        ("user", "i4"),
        ("release", "i1"),
        ("previous_release", "i1"),
        ("use_seconds", "i4"),
        ("subsession", "i2"),
        ("crash", "u1"),
        ("gpu", "i2"),
        ("plugin", "i2"),
        ("gmplugin", "i2"),
        ("id_high", "u8"),
        ("id_low", "u8"),
        ("fault", "u1"),
    ]
)
Pings = npt.NDArray[np.void]
Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Subsessions:
    """One element a subsession in each array; times in hours since the world's start."""

    user: npt.NDArray[np.int64]
    started: Hours
    hours: Floats
    release: npt.NDArray[np.int64]


@dataclass(frozen=True)
class CrashRates:
    """Crashes per hour by release (row) and user (column)."""

    main: Floats
    content: Floats


def simulate_pings(world: PingWorld) -> tuple[Users, Pings]:
    """The users, and every ping that is received between the world's start and its horizon, in the order of receipt."""
    users = draw_users(world)
    updates = update_times(world, users)
    rng = np.random.default_rng([world.seed, 3])
    sessions = _draw_subsessions(world, users, updates, rng)
    rates = _crash_rates(world, users)
    parts = [_usage_pings(users, sessions, rng), _update_pings(world, users, updates, rng)]
    parts += _session_crashes(world, sessions, rates, rng)
    parts += _update_crashes(parts[1], rates, rng)
    parts.append(_looping_client(world, users, updates, rng))
    pings = np.concatenate(parts)
    pings["id_high"] = rng.integers(0, 2**63, pings.size, dtype=np.uint64)
    pings["id_low"] = rng.integers(0, 2**63, pings.size, dtype=np.uint64)
    for column in ("received_ns", "created_ns"):
        pings[column] += _nanoseconds(world.start)
    is_received = (pings["received_ns"] >= _nanoseconds(world.start)) & (pings["received_ns"] < _nanoseconds(world.horizon))
    return users, np.sort(pings[is_received], order=("received_ns", "id_high"))


def _nanoseconds(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) * 1_000_000_000


def _draw_subsessions(world: PingWorld, users: Users, updates: Hours, rng: np.random.Generator) -> Subsessions:
    first = -24.0 * WARM_UP_DAYS
    last = hours_since_start(world, world.horizon)
    is_android = users.on("Android")
    mean_hours = np.where(is_android, MEAN_ANDROID_SESSION_HOURS, MEAN_SUBSESSION_HOURS)
    # Thinned from the busiest hour's rate, 1.5 times the average, to the rate of each moment.
    candidates = rng.poisson(1.5 * users.hours_per_day / mean_hours * (last - first) / 24)
    user = np.repeat(np.arange(candidates.size), candidates)
    started = rng.uniform(first, last, user.size)
    is_kept = rng.random(user.size) * 1.5 < use_by_hour(world, started, users.utc_offset_hours[user])
    user, started = user[is_kept], started[is_kept]
    hours = np.minimum(rng.lognormal(-0.5, 1.0, user.size) * mean_hours[user], 24.0)
    # A laptop that slept through the week reports its sleep as use.
    hours = np.where(rng.random(user.size) < 0.0002, hours + 150, hours)
    return Subsessions(user, started, hours, release_in_use(updates, user, started))


def _crash_rates(world: PingWorld, users: Users) -> CrashRates:
    rng = np.random.default_rng([world.seed, 4])
    effects = rng.lognormal(0, RELEASES_DIFFER_BY, (2, len(world.releases), 1))
    main = MAIN_CRASHES_PER_HOUR * users.crash_ratio * effects[0]
    content = CONTENT_CRASHES_PER_HOUR * users.crash_ratio * effects[1]
    if world.culprit == "experiment":
        main[:, users.experiment_branch == _TREATMENT] *= BAD_BRANCH.main_crash_ratio
        return CrashRates(main, content)
    bad = [release.display_version for release in world.releases].index(REGRESSION.display_version)
    main[bad, users.on(REGRESSION.os_name)] *= REGRESSION.main_crash_ratio
    return CrashRates(main, content)


def _usage_pings(users: Users, sessions: Subsessions, rng: np.random.Generator) -> Pings:
    """Main pings, late as they are; core pings where the browser is Fennec."""
    size = sessions.user.size
    ended = sessions.started + sessions.hours
    # Sent at shutdown, with the next session, on the next day, or whenever the machine is on again.
    way = rng.choice(4, size, p=[0.45, 0.20, 0.22, 0.13])
    delay = np.choose(
        way, [rng.exponential(0.02, size), rng.exponential(1.5, size), rng.uniform(2, 25, size), 8 + rng.exponential(18, size)]
    )
    is_core = users.on("Android")[sessions.user]
    pings = _blank(ended + np.where(is_core, rng.exponential(0.2, size), delay), ended)
    pings["kind"] = np.where(is_core, Kind.CORE, Kind.MAIN)
    pings["user"], pings["release"] = sessions.user, sessions.release
    pings["use_seconds"] = np.round(sessions.hours * 3600)
    pings["subsession"] = rng.geometric(0.7, size)
    for kind, crashes_per_hour in SUBPROCESS_CRASHES_PER_HOUR.items():
        pings[kind] = rng.poisson(np.minimum(sessions.hours, 24) * crashes_per_hour)
    return pings


def _session_crashes(world: PingWorld, sessions: Subsessions, rates: CrashRates, rng: np.random.Generator) -> list[Pings]:
    days = np.floor(sessions.started / 24).astype(int)
    day_effect = rng.lognormal(0, DAYS_DIFFER_BY, days.max() - days.min() + 1)[days - days.min()]
    hours = np.minimum(sessions.hours, 24)
    crashes = []
    for rate, choose in ((rates.main, _main_crashes), (rates.content, _content_crashes)):
        count = rng.poisson(rate[sessions.release, sessions.user] * hours * day_effect)
        session = np.repeat(np.arange(count.size), count)
        happened = sessions.started[session] + rng.random(session.size) * hours[session]
        crashes.append(_crash_pings(sessions.user[session], sessions.release[session], happened, choose, rng))
    return crashes


def _main_crashes(size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return np.where(rng.random(size) < STARTUP_SHARE, Crash.STARTUP, Crash.MAIN)


def _content_crashes(size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return np.where(rng.random(size) < SHUTDOWN_KILL_SHARE, Crash.SHUTDOWN_KILL, Crash.CONTENT)


def _crash_pings(
    user: Ids, release: Ids, happened: Hours, choose: Callable[[int, np.random.Generator], Ids], rng: np.random.Generator
) -> Pings:
    """Most crashes are reported by the crash reporter at once, the others with a later session."""
    at_once = rng.random(happened.size) < 0.85
    delay = np.where(at_once, rng.exponential(0.03, happened.size), 1 + rng.exponential(10.0, happened.size))
    pings = _blank(happened + delay, happened)
    pings["kind"], pings["user"], pings["release"] = Kind.CRASH, user, release
    pings["crash"] = choose(happened.size, rng)
    return pings


def _update_pings(world: PingWorld, users: Users, updates: Hours, rng: np.random.Generator) -> Pings:
    """One for each release that a user really ran; a release skipped by a newer one has none."""
    newest_first = np.minimum.accumulate(updates[::-1], axis=0)[::-1]
    is_run = (updates[1:] < NEVER / 2) & (updates[1:] < np.vstack([newest_first[2:], np.full(updates.shape[1], np.inf)]))
    release, user = np.nonzero(is_run)
    release += 1
    happened = updates[release, user]
    pings = _blank(happened + rng.exponential(0.02, happened.size), happened)
    pings["kind"], pings["user"], pings["release"] = Kind.UPDATE, user, release
    pings["previous_release"] = release_in_use(updates, user, happened - 1e-6)
    return pings[~users.on("Android")[user]]


def _update_crashes(update_pings: Pings, rates: CrashRates, rng: np.random.Generator) -> list[Pings]:
    crashes = []
    for rate, choose in ((rates.main, _main_crashes), (rates.content, _content_crashes)):
        count = rng.poisson(rate[update_pings["release"], update_pings["user"]] * CRASHES_AT_UPDATING_HOURS)
        update = np.repeat(np.arange(count.size), count)
        happened = update_pings["created_ns"][update] / NANOSECONDS_PER_HOUR + rng.exponential(0.3, update.size)
        crashes.append(_crash_pings(update_pings["user"][update], update_pings["release"][update], happened, choose, rng))
    return crashes


def _looping_client(world: PingWorld, users: Users, updates: Hours, rng: np.random.Generator) -> Pings:
    """One machine that crashes again and again within an hour, in the second week of the history."""
    user = int(np.flatnonzero(users.on("Windows_NT"))[0])
    happened = 24 * 9 + 10 + rng.uniform(0.05, 0.9, LOOPING_CRASHES)
    release = release_in_use(updates, np.full(LOOPING_CRASHES, user), happened)
    return _crash_pings(np.full(LOOPING_CRASHES, user), release, happened, _main_crashes, rng)


def _blank(received: Hours, created: Hours) -> Pings:
    pings = np.zeros(received.size, dtype=PING)
    pings["received_ns"] = np.round(received * NANOSECONDS_PER_HOUR)
    pings["created_ns"] = np.round(created * NANOSECONDS_PER_HOUR)
    return pings
