"""What the study of families says: how often anything of a healthy release alarms, and what is found of a bad one."""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.evaluation.chunk import Results
from simulation.evaluation.figures_of_merit import Share, detection, false_alarms, is_labelled, share_of
from simulation.evaluation.first_hours import NEVER
from simulation.evaluation.plan import FAMILY_EFFECTS, FamilyStudy
from simulation.evaluation.tables import found_words, markdown_table, percent_words
from simulation.evaluation.targets import SIZES, Target


def other_alarms(study: Results) -> Share:
    """Healthy releases of which a measure that does not decide has regressed, of those whose other measures were looked at."""
    is_judged = is_labelled(study, "healthy") & np.isfinite(np.nan_to_num(study["other_hour"], nan=-np.inf, posinf=0.0))
    return share_of(study["other_hour"][is_judged] < NEVER, study["history"][is_judged])


def family_table(results: Mapping[str, Results], families: Sequence[FamilyStudy]) -> str:
    effects = [effect.label for effect in FAMILY_EFFECTS]
    rows = []
    for family in families:
        study = results[family.name]
        healthy = is_labelled(study, "healthy")
        tested = [effect if is_labelled(study, effect).any() else None for effect in effects]
        found = ["" if effect is None else found_words(detection(study, effect, study["regressed_hour"])) for effect in tested]
        problem = study["problem_hours"][healthy].mean() / 168
        row = [family.name.removeprefix("family "), str(int(healthy.sum())), percent_words(false_alarms(study, study["regressed_hour"]))]
        rows.append([*row, percent_words(other_alarms(study)), f"{study['broadcasts'][healthy].mean():.3f}", f"{problem:.1%}", *found])
    head = ["users", "healthy releases", "regressed", "others", "broadcasts each", "hours of data problem", *effects]
    return markdown_table(head, rows)


def family_targets(results: Mapping[str, Results]) -> list[Target]:
    targets = []
    for size in SIZES:
        study = results[f"family {size}"]
        share, others = false_alarms(study, study["regressed_hour"]), other_alarms(study)
        figure = f"{share.mean:.2%} ± {share.error:.2%} (upper bound {share.upper:.2%}, n = {share.count})"
        is_met = share.mean <= 0.010 and share.upper <= 0.014
        targets.append(Target("0", f"healthy releases called regressed per week ≤ 1.0 %, upper bound ≤ 1.4 % ({size})", figure, is_met))
        figure = f"{others.mean:.2%} ± {others.error:.2%} (n = {others.count})"
        targets.append(Target("0", f"watch for measures that do not decide ≤ 3 % ({size})", figure, others.mean <= 0.03))
    study = results["family 200k"]
    healthy = is_labelled(study, "healthy")
    broadcasts = float(study["broadcasts"][healthy].mean())
    targets.append(Target("0", "broadcasts per healthy release ≤ .02 (200k)", f"{broadcasts:.3f}", broadcasts <= 0.02))
    found = detection(study, "1.5x", study["regressed_hour"])
    figure = f"{found.share.mean:.1%} ± {found.share.error:.1%}, median {found.median_hours:.0f} h"
    is_met = found.share.mean >= 0.75 and found.median_hours <= 30
    targets.append(Target("0", "1.5x in browser crashes on all platforms: ≥ 75 % in a week, median ≤ 30 h (200k)", figure, is_met))
    local = detection(study, "local 2x", study["regressed_hour"])
    figure = f"{local.share.mean:.1%}, median {local.median_hours:.0f} h"
    return [*targets, Target("0", "local 2x: ≥ 97 % in a week (200k)", figure, local.share.mean >= 0.97)]
