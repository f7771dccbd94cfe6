"""The report's figures, as SVG."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from simulation.evaluation.chunk import SCORE_HOURS, Results
from simulation.evaluation.figures_of_merit import (
    calibration_curve,
    ceiling,
    detection,
    false_alarms,
    first_above,
    healthy_spread,
    is_labelled,
    release_hours,
    score_index,
    tuned_rule,
)
from simulation.evaluation.plan import Study
from simulation.evaluation.rival_rules import RULES
from simulation.release_world.world import Array

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "release health"
from matplotlib import pyplot as plt  # noqa: E402 - the backend comes first
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

_EFFECTS = {"1.1x": 1.1, "1.25x": 1.25, "1.5x": 1.5, "2x": 2.0, "3x": 3.0}


def draw_detection(study: Results, file: Path) -> None:
    """Detection in a week by size of the regression, rivals tuned to 1 % false alarms, and the ceiling."""
    figure, axes = plt.subplots(figsize=(8, 5))
    ratios = list(_EFFECTS.values())
    fine = np.geomspace(1.05, 3.2, 100)
    axes.plot(fine, [ceiling(r, healthy_spread(study)) for r in fine], "k--", label="ceiling without randomisation")
    ours = [detection(study, effect, study["global_hour"]).share.mean for effect in _EFFECTS]
    axes.plot(ratios, ours, "o-", linewidth=3, label="this scorer, untuned")
    for position, rule in enumerate(RULES):
        tuned = tuned_rule(study, study["rival_paths"][:, position], list(_EFFECTS))
        axes.plot(ratios, [tuned.detections[effect].share.mean for effect in _EFFECTS], ".-", label=f"{rule.name}, tuned by an oracle")
    axes.set(
        xscale="log",
        xlabel="crash rate against recent releases",
        ylabel="found within a week",
        title="Found at 1 % false alarms per release-week",
    )
    axes.set_xticks(ratios, [f"{r:g}x" for r in ratios])
    _finish(figure, axes, file)


def draw_hours(study: Results, file: Path, effect: str = "2x") -> None:
    """Share found by each hour."""
    figure, axes = plt.subplots(figsize=(8, 5))
    hours = np.arange(1, 169)
    chosen = is_labelled(study, effect)

    def found_by(first_hours: Array) -> Array:
        return np.asarray((first_hours[chosen][:, None] <= hours).mean(axis=0))

    axes.plot(hours, found_by(study["global_hour"]), linewidth=3, label="this scorer, untuned")
    for position, rule in enumerate(RULES):
        paths = study["rival_paths"][:, position]
        tuned = tuned_rule(study, paths, [effect])
        axes.plot(hours, found_by(first_above(paths, tuned.threshold, tuned.blackout_hours)), label=f"{rule.name}, tuned by an oracle")
    axes.set(
        xscale="log", xlabel="hours since release", ylabel="found", title=f"How soon a {effect} regression is found, at 1 % false alarms"
    )
    axes.set_xticks([1, 3, 6, 12, 24, 48, 96, 168], ["1", "3", "6", "12", "24", "48", "96", "168"])
    _finish(figure, axes, file)


def draw_calibration(studies: Mapping[str, Results], file: Path, hours: Sequence[int] = SCORE_HOURS) -> None:
    """Of the releases with a score of q, how many were acceptable."""
    figure, panels = plt.subplots(1, len(studies), figsize=(4 * len(studies), 4), squeeze=False)
    for axes, (name, study) in zip(panels[0], studies.items(), strict=True):
        axes.plot([0, 1], [0, 1], "k--", linewidth=1)
        for at in hours:
            probability, frequency, _ = calibration_curve(study, score_index(at))
            axes.plot(probability, frequency, ".-", label=f"{at} h")
        axes.set(xlabel="score / 100", ylabel="share that was acceptable", title=name)
        axes.legend(fontsize=8)
    figure.tight_layout()
    _save(figure, file)


def draw_robustness(results: Mapping[str, Results], studies: Sequence[Study], file: Path) -> None:
    """False alarms by world, on a logarithmic scale."""
    figure, axes = plt.subplots(figsize=(8, 7))
    names = [study.name.removeprefix("robustness ") for study in studies]
    counted: dict[str, Callable[[Results], Array]] = {"global cell": lambda own: own["global_hour"], "any of 13 cells": release_hours}
    for shift, (label, hours_of) in enumerate(counted.items()):
        shares = [false_alarms(results[study.name], hours_of(results[study.name])) for study in studies]
        means = [max(share.mean, 0.0005) for share in shares]
        errors = [min(share.error, mean * 0.95) for share, mean in zip(shares, means, strict=True)]
        axes.errorbar(means, np.arange(len(names)) + 0.2 * shift, xerr=errors, fmt="o", label=label)
    axes.axvline(0.025, color="k", linestyle="--", linewidth=1)
    axes.set(
        xscale="log", xlabel="false alarms per release-week (0 drawn at .0005)", title="False alarms in worlds that are not as assumed"
    )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    _finish(figure, axes, file)


def _finish(figure: Figure, axes: Axes, file: Path) -> None:
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
