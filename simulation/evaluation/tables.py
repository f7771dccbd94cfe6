"""The report's tables, in Markdown."""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.evaluation.chunk import SCORE_HOURS, TRANSIENT_HOURS, Results
from simulation.evaluation.figures_of_merit import (
    Detection,
    Share,
    calibration_error,
    ceiling,
    coverage,
    detection,
    false_alarms,
    first_above,
    healthy_spread,
    is_labelled,
    iso_threshold,
    release_hours,
    tuned_rule,
)
from simulation.evaluation.first_hours import NEVER
from simulation.evaluation.plan import EFFECTS, Study
from simulation.evaluation.rival_rules import RULES

GLOBAL_EFFECTS = ("1.1x", "1.25x", "1.5x", "2x", "3x")
LOCAL_EFFECTS = ("local 1.5x", "local 2x", "local 3x")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def side_by_side(study: Results) -> str:
    """The scorer untuned, and each rival at its default and tuned to 1 % false alarms by an oracle."""
    effects = (*GLOBAL_EFFECTS, *LOCAL_EFFECTS)
    healthy = is_labelled(study, "healthy")
    rows = []
    for position, rule in enumerate(RULES):
        paths = study["rival_paths"][:, position]
        default = false_alarms(study, first_above(paths, rule.default))
        tuned = tuned_rule(study, paths, list(effects))
        setting = f"1 %, above {tuned.threshold:.3g}, first {tuned.blackout_hours} h ignored"
        rows.append([rule.name, percent_words(default), setting, *(found_words(tuned.detections[effect]) for effect in effects)])
    ours = false_alarms(study, release_hours(study))
    found = [found_words(detection(study, effect, release_hours(study))) for effect in effects]
    rows.append(["**this scorer**", f"**{percent_words(ours)}**", "as it is", *(f"**{cell}**" for cell in found)])
    iso = first_above(study["path"], iso_threshold(study["path"], healthy))
    global_found = [found_words(detection(study, effect, iso)) for effect in effects]
    rows.append(["its global posterior alone", "", "1 %, no persistence", *global_found])
    return markdown_table(["rule", "false alarms at default", "tuned to", *effects], rows)


def sizes_table(results: Mapping[str, Results], names: Sequence[str]) -> str:
    effects = (*GLOBAL_EFFECTS[1:], *LOCAL_EFFECTS, "2x from hour 72")
    rows = []
    for name in names:
        study = results[name]
        hours = release_hours(study)
        row = [name, percent_words(false_alarms(study, hours)), percent_words(false_alarms(study, study["global_hour"]))]
        for effect in effects:
            if not is_labelled(study, effect).any():
                row.append("")
            elif effect == "2x from hour 72":
                any_cell = np.minimum(hours, study["trailing_hour"])
                row.append(found_words(detection(study, effect, any_cell, from_hour=_onset(effect))))
            else:
                row.append(found_words(detection(study, effect, hours)))
        rows.append(row)
    return markdown_table(["world", "false alarms, any cell", "global cell", *effects], rows)


def by_time_table(results: Mapping[str, Results], names: Sequence[str]) -> str:
    rows = []
    for name in names:
        for effect in ("1.5x", "2x", "3x"):
            found = detection(results[name], effect, results[name]["global_hour"])
            rows.append([name, effect, *(f"{share:.0%}" for share in found.by_hour.values()), f"{found.share.mean:.1%}"])
    return markdown_table(["world", "effect", "by 6 h", "by 12 h", "by 24 h", "by 48 h", "in a week"], rows)


def transient_table(results: Mapping[str, Results], names: Sequence[str]) -> str:
    """How far a healthy release's ratio strays early on."""
    rows = []
    for name in names:
        study = results[name]
        healthy = is_labelled(study, "healthy")
        error = study["log_observed_expected"][healthy] - study["log_ratio"][healthy][:, None]
        rows.append([name, *(f"{sd:.3f}" for sd in error.std(axis=0))])
    return markdown_table(["world", *(f"sd at {hours} h" for hours in TRANSIENT_HOURS)], rows)


def ablation_table(results: Mapping[str, Results], studies: Sequence[Study]) -> str:
    rows = []
    for study in studies:
        own = results[study.name]
        iso = first_above(own["path"], iso_threshold(own["path"], is_labelled(own, "healthy")))
        rows.append(
            [
                study.name.removeprefix("ablation "),
                percent_words(false_alarms(own, own["global_hour"])),
                found_words(detection(own, "1.5x", iso)),
                found_words(detection(own, "2x", own["global_hour"])),
            ]
        )
    return markdown_table(["variant", "false alarms, global cell", "1.5x at 1 % false alarms", "2x as it is"], rows)


def robustness_table(results: Mapping[str, Results], studies: Sequence[Study]) -> str:
    rows = []
    for study in studies:
        own = results[study.name]
        rows.append(
            [
                study.name.removeprefix("robustness "),
                percent_words(false_alarms(own, own["global_hour"])),
                percent_words(false_alarms(own, release_hours(own))),
                found_words(detection(own, "1.5x", release_hours(own))),
                found_words(detection(own, "2x", release_hours(own))),
            ]
        )
    return markdown_table(["world", "false alarms, global cell", "any of 13 cells", "1.5x", "2x"], rows)


def calibration_table(results: Mapping[str, Results], studies: Sequence[Study]) -> str:
    rows = []
    for study in studies:
        own = results[study.name]
        cells = [f"{calibration_error(own, at):.3f} / {coverage(own, at):.2f}" for at in range(len(SCORE_HOURS))]
        rows.append([study.name.removeprefix("calibration "), str(len(own["label"])), *cells])
    return markdown_table(["users", "releases", *(f"{hours} h" for hours in SCORE_HOURS)], rows)


def ceiling_table(results: Mapping[str, Results], names: Sequence[str]) -> str:
    rows = []
    for name in names:
        study = results[name]
        spread = healthy_spread(study)
        cells = [
            f"{detection(study, effect, study['global_hour']).share.mean:.0%} of {ceiling(_ratio_of(effect), spread):.0%}"
            for effect in GLOBAL_EFFECTS
        ]
        rows.append([name, f"{spread:.3f}", *cells])
    return markdown_table(["world", "sd of healthy log ratios", *GLOBAL_EFFECTS], rows)


def verdicts_table(results: Mapping[str, Results], names: Sequence[str]) -> str:
    """How soon healthy is said of a healthy release, and how often of a bad one."""
    rows = []
    for name in names:
        study = results[name]
        healthy = is_labelled(study, "healthy")
        hours = study["healthy_hour"]
        called = [
            f"{(hours[is_labelled(study, e)] < NEVER).mean():.1%} / {study['healthy_at_end'][is_labelled(study, e)].mean():.1%}"
            for e in ("1.5x", "2x")
        ]
        rows.append(
            [
                name,
                f"{(hours[healthy] <= 12).mean():.0%}",
                f"{(hours[healthy] <= 24).mean():.0%}",
                f"{np.median(hours[healthy]):.0f} h",
                *called,
            ]
        )
    head = ["world", "healthy by 12 h", "by 24 h", "median", "1.5x called healthy ever / at 168 h", "2x ever / at 168 h"]
    return markdown_table(head, rows)


def _ratio_of(label: str) -> float:
    return next(effect.ratio for effect in EFFECTS if effect.label == label)


def _onset(label: str) -> int:
    return next(effect.from_hour for effect in EFFECTS if effect.label == label)


def percent_words(share: Share) -> str:
    return f"{share.mean:.1%}" if share.mean > 0.2 else f"{share.mean:.2%} ± {share.error:.2%}"


def found_words(found: Detection) -> str:
    return f"{found.share.mean:.0%}" + (f" / {found.median_hours:.0f} h" if found.share.mean > 0 else "")
