"""One task of the study: a chunk of histories simulated, judged and reduced to arrays, kept as a file."""

import time
from pathlib import Path

import numpy as np

from simulation.evaluation.family_chunk import simulate_family_chunk
from simulation.evaluation.first_hours import NEVER, first_hour
from simulation.evaluation.plan import CHUNK_HISTORIES, FamilyStudy, Study
from simulation.evaluation.rival_rules import raw_ratio_by_stratum, rival_statistics
from simulation.evaluation.scorer import JudgedRelease, fit_histories, judge
from simulation.evaluation.weather_chunk import simulate_weather_chunk
from simulation.evaluation.weather_plan import WeatherStudy
from simulation.release_world.counts import SimulatedHistory, SimulatedRelease, simulate_history
from simulation.release_world.world import STRATA, Array, Regression

SCORE_HOURS = (3, 6, 12, 24, 72, 168)
TRANSIENT_HOURS = (4, 8)
_FEWEST_CRASHES = 5.0
_MIXTURE_TESTS = 10
_RAW_THRESHOLD = 1.5
Results = dict[str, Array]
AnyStudy = Study | FamilyStudy | WeatherStudy


def simulate_chunk(study: AnyStudy, seed: int, chunk: int) -> Results:
    """Figures of every release under test in the chunk, one element (or row) a release."""
    started = time.process_time()
    first = chunk * CHUNK_HISTORIES
    indices = range(first, first + study.histories_in(chunk))
    if isinstance(study, FamilyStudy):
        return simulate_family_chunk(study, seed, indices)
    if isinstance(study, WeatherStudy):
        return simulate_weather_chunk(study, seed, indices)
    histories = [simulate_history(study.world, _tests_of(study, seed, index), seed, index) for index in indices]
    rows = []
    for index, history, fitted in zip(indices, histories, fit_histories(study, histories), strict=True):
        for release in history.tests:
            figures = _figures(release, judge(study, fitted, release)) | {"history": index}
            rows.append(figures | (_rival_figures(history, release) if study.has_rivals else {}))
    results = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return results | {"seconds": np.full(len(rows), (time.process_time() - started) / len(rows))}


def run_chunk(study: AnyStudy, seed: int, chunk: int, file: Path) -> None:
    """The same, written to `file` atomically: a study that was interrupted goes on where it stopped."""
    results = simulate_chunk(study, seed, chunk)
    unfinished = file.with_suffix(".part.npz")
    np.savez_compressed(unfinished, allow_pickle=True, **results)
    unfinished.rename(file)


def _tests_of(study: Study, seed: int, index: int) -> tuple[Regression, ...]:
    if not study.is_mixture:
        return study.tests
    rng = np.random.default_rng([seed, index, 1])
    return tuple(_mixture_member(rng) for _ in range(_MIXTURE_TESTS))


def _mixture_member(rng: np.random.Generator) -> Regression:
    """.80 healthy, .12 worse, .03 better, .05 worse in one stratum."""
    kind = rng.random()
    if kind < 0.80:
        return Regression("healthy")
    if kind < 0.92:
        return Regression("worse", float(np.exp(abs(rng.normal(0.35, 0.3)))))
    if kind < 0.95:
        return Regression("better", 0.7)
    return Regression("locally worse", float(np.exp(abs(rng.normal(0.8, 0.4)))), stratum=int(rng.integers(STRATA)))


def _figures(release: SimulatedRelease, judged: JudgedRelease) -> dict[str, object]:
    looks, posterior = judged.looks, judged.looks.posterior
    local = judged.alarms[2:]
    local_hour = first_hour(np.any(local, axis=0))
    named = -1 if local_hour == NEVER else int(looks.strata[2 + int(np.argmax(local[:, int(local_hour) - 1]))])
    at = np.array(SCORE_HOURS) - 1
    regressed = np.array([state == "regressed" for state in judged.states])
    healthy = np.array([state == "healthy" for state in judged.states])
    has_crashes = looks.effective_crashes[0] >= _FEWEST_CRASHES
    transient = np.array(TRANSIENT_HOURS) - 1
    first_regressed = int(np.argmax(regressed))
    return {
        "label": release.regression.label,
        "log_ratio": release.log_ratio,
        "log_acceptable": looks.log_acceptable[0],
        "global_hour": first_hour(judged.alarms[0]),
        "trailing_hour": first_hour(judged.alarms[1]),
        "local_hour": local_hour,
        "local_stratum": named,
        "healthy_hour": first_hour(healthy),
        "healthy_at_end": bool(healthy[-1]),
        "hours_after_alarm": regressed.size - first_regressed if regressed.any() else 0,
        "hours_regressed": int(regressed.sum()),
        "alarm_episodes": int(np.sum(np.diff(regressed.astype(int), prepend=0) == 1)),
        "p_unacceptable": posterior.p_unacceptable[0, at],
        "mean": posterior.mean[0, at],
        "sd": posterior.sd[0, at],
        "largest_evidence": posterior.evidence[0].max(),
        "path": np.where(has_crashes, posterior.p_unacceptable[0], 0.0).astype(np.float32),
        "log_observed_expected": np.log((looks.observed[0, transient] + 0.5) / (looks.expected[0, transient] + 0.5)),
    }


def _rival_figures(history: SimulatedHistory, release: SimulatedRelease) -> dict[str, object]:
    by_stratum = raw_ratio_by_stratum(history, release)[:, :24]
    return {
        "rival_paths": rival_statistics(history, release).astype(np.float32),
        "raw_strata_alarming_first_day": int((by_stratum > _RAW_THRESHOLD).any(axis=1).sum()),
    }
