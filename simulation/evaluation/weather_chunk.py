"""One task of the study of weather: releases of one measure, judged with what the pipeline has and through the guards that it runs.

Update counts, the kernel of each day as measured by then, the volumes of the channel; tau0 is learned over the histories of the chunk.
"""

import time
from datetime import UTC, datetime

import numpy as np

from jobs.declarations.policies import HORIZON_HOURS, POLICY
from jobs.declarations.states import State
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.measured_kernels import UsageDelays, kernel_drift_problem, kernels_by_age
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.looks.missing_reports import missing_reports
from jobs.scoring.looks.release_sums import change_of_previous
from jobs.scoring.looks.verdict_states import cell_states
from jobs.scoring.method.data_guard import DataProblem, but_for_the_release, fallen_usage, volume_problems
from jobs.scoring.method.hourly_counts import CrashingClients, PreviousVersion, ReleaseCounts
from jobs.scoring.method.release_history import ReleaseHistory, fit_history, with_learned_scale
from jobs.scoring.method.release_levels import learned_prior_scale
from simulation.evaluation.first_hours import first_hour
from simulation.evaluation.weather_plan import WeatherStudy
from simulation.release_world.adoption import use_at
from simulation.release_world.counts import SimulatedHistory, SimulatedRelease, simulate_history
from simulation.release_world.data_faults import with_faults
from simulation.release_world.world import Array, World, delay_parts

_START_SCALE = 0.10
_BEFORE_HOURS = 24 * POLICY.delays.triangle_days
_ORIGIN = datetime(2025, 1, 6, tzinfo=UTC)
_COVERED_HOURS = (24, 168)


def simulate_weather_chunk(study: WeatherStudy, seed: int, indices: range) -> dict[str, Array]:
    """Figures of every release under test in the chunk, one element (or row) a release."""
    started = time.process_time()
    histories = [with_faults(simulate_history(study.world, study.tests, seed, i), study.faults, seed, i) for i in indices]
    fitted = [fitted_history(history) for history in histories]
    learned = learned_prior_scale([own.past for own in fitted], _START_SCALE, POLICY.baselines, POLICY.variance)
    rows = []
    for index, history, own in zip(indices, histories, fitted, strict=True):
        own = own if learned is None else with_learned_scale(own, learned)
        rows += [_figures(own, history, release, study) | {"history": index} for release in history.tests]
    results = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return results | {"seconds": np.full(len(rows), (time.process_time() - started) / len(rows))}


def fitted_history(history: SimulatedHistory) -> ReleaseHistory:
    fitted = fit_history([counts_of(past, past.mean_kernel[:HORIZON_HOURS]) for past in history.baselines], _START_SCALE)
    assert fitted is not None, "simulated baselines have usage"
    return fitted


def counts_of(release: SimulatedRelease, kernels: Array | None) -> ReleaseCounts:
    return ReleaseCounts(
        crashes=release.crashes,
        usage_hours=release.usage_hours,
        channel_hours=release.channel_hours,
        updates=release.updates,
        delay_kernel=kernels,
        previous=PreviousVersion(
            release.old_crashes.sum(axis=0), release.old_usage_hours.sum(axis=0), release.old_crashes, release.old_usage_hours
        ),
        crashing=CrashingClients(release.crashes.sum(axis=0), release.crashed_clients) if release.crashed_clients.size else None,
        release_hour=release.released_hour,
    )


def _figures(fitted: ReleaseHistory, history: SimulatedHistory, release: SimulatedRelease, study: WeatherStudy) -> dict[str, object]:
    delays = channel_delays(history, release, study.faults.jumping_clocks)
    released = _ORIGIN + _BEFORE_HOURS * HOUR
    counts = counts_of(release, kernels_by_age(delays, None, released, HORIZON_HOURS, POLICY.delays))
    looks = look_at_cells(fitted, counts)
    problems = [
        *kernel_drift_problem(delays, released, HORIZON_HOURS, POLICY),
        *but_for_the_release(_volume_problems(history, release), change_of_previous(fitted, counts, counts.hours), POLICY.data_guard),
        fallen_usage(counts.usage_hours.sum(axis=0), counts.crashes.sum(axis=0), POLICY.data_guard),
        missing_reports(looks, fitted.level.levels - fitted.level.mean, POLICY.verdict),
    ]
    has_problem = np.any([problem.has_problem for problem in problems], axis=0)
    states = np.array([[state.value for state in row] for row in cell_states(looks, has_problem, POLICY.alarm, POLICY.verdict)])
    at = np.array(_COVERED_HOURS) - 1
    miss = np.abs(release.log_ratio - looks.posterior.mean[0, at])
    return {
        "label": release.regression.label,
        "log_ratio": release.log_ratio,
        "regressed_hour": first_hour(states[0] == State.REGRESSED.value),
        "local_hour": first_hour((states[2:] == State.REGRESSED.value).any(axis=0)),
        "improved_hour": first_hour(states[0] == State.IMPROVED.value),
        "problem_hours": int((states[0] == State.DATA_PROBLEM.value).sum()),
        "is_covered": miss < 1.645 * looks.posterior.sd[0, at],
    }


def channel_delays(history: SimulatedHistory, release: SimulatedRelease, jumping_clocks: float) -> UsageDelays:
    """Usage hours of all versions by hour of receipt, from two weeks before the release, and delay; its week's are late as its kernel says.

    A clock that jumped gives any delay of a week.
    """
    own, usual = release.mean_kernel[:HORIZON_HOURS], _usual_kernel(history)
    told = (1 - jumping_clocks) * own + jumping_clocks * own.sum() / HORIZON_HOURS
    used_at = np.arange(-_BEFORE_HOURS, HORIZON_HOURS)[:, None] - np.arange(HORIZON_HOURS)
    used = _usual_use(history, release)[used_at + _BEFORE_HOURS + HORIZON_HOURS]
    return UsageDelays(_ORIGIN, {"all": used * np.where(used_at >= 0, told, usual)})


def _usual_kernel(history: SimulatedHistory) -> Array:
    strata, world = history.strata, history.world
    shares = np.exp(np.log(world.delay_shares) + strata.delay_tilt)
    weight = strata.share * strata.usage_hours_per_day
    mean = weight @ (shares / shares.sum(axis=1, keepdims=True)) / weight.sum()
    return np.asarray(mean @ delay_parts()[:, :HORIZON_HOURS])


def _usual_use(history: SimulatedHistory, release: SimulatedRelease) -> Array:
    """Usage hours by hour of use, from a week before the two weeks before the release."""
    clock = release.released_hour + np.arange(-_BEFORE_HOURS - HORIZON_HOURS, HORIZON_HOURS, dtype=float)
    return np.asarray(_hours_a_stratum(history.world, history) @ use_at(clock, history.world, history.strata))


def _hours_a_stratum(world: World, history: SimulatedHistory) -> Array:
    return np.asarray(world.users * history.strata.share * history.strata.usage_hours_per_day / 24)


def _volume_problems(history: SimulatedHistory, release: SimulatedRelease) -> list[DataProblem]:
    """Of the channel in the release's week, against the two weeks before, which were as usual."""
    week = slice(_BEFORE_HOURS, None)
    used = _usual_use(history, release)
    usage_hours = np.convolve(used, _usual_kernel(history))[HORIZON_HOURS : used.size]
    rate = _hours_a_stratum(history.world, history) @ history.strata.crashes_per_hour / _hours_a_stratum(history.world, history).sum()
    crash_pings = rate * used[HORIZON_HOURS:]
    usage_hours[week] = release.channel_hours
    crash_pings[week] = release.crashes.sum(axis=0) + release.old_crashes[:, -HORIZON_HOURS:].sum(axis=0)
    known = np.ones(usage_hours.size, dtype=bool)
    found = volume_problems(usage_hours, crash_pings, known, POLICY.data_guard)
    return [DataProblem(problem.has_problem[week], problem.note) for problem in found]
