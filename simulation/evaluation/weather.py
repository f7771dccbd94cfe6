"""What the study of weather says: false alarms, wrong praise, silence and blindness in each world, beside what was aimed at."""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.evaluation.chunk import Results
from simulation.evaluation.figures_of_merit import detection, false_alarms, is_labelled
from simulation.evaluation.tables import found_words, markdown_table, percent_words
from simulation.evaluation.targets import Target
from simulation.evaluation.weather_plan import LATE_HOUR, WEATHER_EFFECTS, WeatherStudy

_WEEK_HOURS = 168
_SOON_HOURS = 36
_MOST_FALSE_ALARMS, _MOST_PRAISE, _MOST_PROBLEM = 0.015, 0.015, 0.02
_LEAST_FOUND = {"1.5x": 0.60, "2x": 0.97}
_LEAST_FOUND_SOON = 0.60


def weather_section(results: Mapping[str, Results], studies: Sequence[WeatherStudy]) -> list[str]:
    healthy = min(int(is_labelled(results[study.name], "healthy").sum()) for study in studies)
    return [
        "## Weather: faults in the data and events outside the release",
        f"{healthy} healthy releases a world, of 200k users and with 12 past ones where nothing else is said, judged with what the pipeline has and "
        "through the guards that it runs: update counts, clients that crash, the kernel of each day as measured by then, volumes, missing reports. tau0 is learned over 20 "
        "histories. Any alarm counts, of the release, its last day or a stratum; a look at bad data raises none.",
        weather_table(results, studies),
    ]


def weather_table(results: Mapping[str, Results], studies: Sequence[WeatherStudy]) -> str:
    effects = [effect.label for effect in WEATHER_EFFECTS[:-1]]
    rows = []
    for study in studies:
        own = results[study.name]
        found = [found_words(detection(own, effect, own["regressed_hour"])) if study.has_all_crashes else "" for effect in effects]
        late = f"{_found_soon(own):.0%}" if study.has_all_crashes else ""
        problem = f"{_problem_share(own):.1%}" + ("" if study.has_sound_data else " (faulty)")
        praise = percent_words(false_alarms(own, own["improved_hour"]))
        row = [study.name.removeprefix("weather "), percent_words(false_alarms(own, own["regressed_hour"])), *found, late]
        rows.append([*row, praise, problem, " / ".join(f"{share:.2f}" for share in own["is_covered"].mean(axis=0))])
    late_head = f"1.5x from hour {LATE_HOUR}, in {_SOON_HOURS} h"
    head = [
        "world",
        "false alarms",
        *effects,
        late_head,
        "healthy called improved",
        "hours of data problem",
        "90 % interval holds, 24 / 168 h",
    ]
    return markdown_table(head, rows)


def weather_targets(results: Mapping[str, Results], studies: Sequence[WeatherStudy]) -> list[Target]:
    """One row a goal; the worlds in which it was missed are named."""
    arriving = [study for study in studies if study.has_all_crashes]
    goals = [
        ("false alarms of any cell per release-week ≤ 1.5 %", studies, _false_alarm_share, _MOST_FALSE_ALARMS),
        ("healthy releases called improved ≤ 1.5 %", studies, _praise_share, _MOST_PRAISE),
        (
            "data problem in ≤ 2 % of hours of sound data",
            [study for study in studies if study.has_sound_data],
            _problem_share,
            _MOST_PROBLEM,
        ),
    ]
    targets = [_target(text, {s.name: measured(results[s.name]) for s in among}, most=most) for text, among, measured, most in goals]
    for effect, least in _LEAST_FOUND.items():
        shares = {study.name: _found_share(results[study.name], effect) for study in arriving}
        targets.append(_target(f"{effect} found in the week in ≥ {least:.0%}", shares, least=least))
    late = {study.name: _found_soon(results[study.name]) for study in arriving}
    return [*targets, _target(f"1.5x from hour {LATE_HOUR} found within {_SOON_HOURS} h in ≥ 60 %", late, least=_LEAST_FOUND_SOON)]


def _target(text: str, shares: Mapping[str, float], least: float = 0.0, most: float = 1.0) -> Target:
    missed = {name.removeprefix("weather "): share for name, share in shares.items() if not least <= share <= most}
    named = "; ".join(f"{name}: {share:.1%}" for name, share in missed.items())
    figure = f"in {len(shares) - len(missed)} of {len(shares)} worlds" + (f", not in {named}" if missed else "")
    return Target("8", f"whatever the weather: {text}", figure, not missed)


def _false_alarm_share(own: Results) -> float:
    return false_alarms(own, own["regressed_hour"]).mean


def _praise_share(own: Results) -> float:
    return false_alarms(own, own["improved_hour"]).mean


def _problem_share(own: Results) -> float:
    return float(own["problem_hours"][is_labelled(own, "healthy")].mean() / _WEEK_HOURS)


def _found_share(own: Results, effect: str) -> float:
    return detection(own, effect, own["regressed_hour"]).share.mean


def _found_soon(own: Results) -> float:
    """Of regressions that begin late: found between their beginning and a day and a half later."""
    hours = own["regressed_hour"][is_labelled(own, f"1.5x from hour {LATE_HOUR}")]
    return float(np.mean((hours > LATE_HOUR) & (hours <= LATE_HOUR + _SOON_HOURS)))
